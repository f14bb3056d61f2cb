import { describe, expect, it } from 'vitest'
import type { TestEngine, TestStore } from '../kit/engines.ts'
import { things } from '../kit/things.ts'

async function related({ checks }: Awaited<ReturnType<TestStore['memory']['doctor']>>) {
  return checks.find(({ name }) => name === 'relationships')
}

export function circling(engine: TestEngine): void {
  describe('what contains itself', () => {
    it('is found by doctor, each circle once, where it came past every rule', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw } = store
      await things(memory, 'component', ['a', 'b', 'c', 'd', 'e', 'f'])
      for (const [source, target] of ['ab', 'bc', 'ac', 'cd', 'ef', 'ce'])
        await memory.relate({ source: source!, type: 'contains', target: target! })
      expect(await related(await memory.doctor({}))).toMatchObject({ ok: true })
      const idOf = (name: string) => `(select cast(id as text) from entities where name = '${name}')`
      const turn = (whole: string, part: string, also = '') =>
        raw(
          `update relationships set source_id = ${idOf(part)}, target_id = ${idOf(whole)}${also}
           where type = 'contains' and source_id = ${idOf(whole)} and target_id = ${idOf(part)}`,
        )
      await turn('a', 'c')
      const found = await related(await memory.doctor({}))
      expect(found?.ok).toBe(false)
      expect(found?.detail.replaceAll(/ \([\da-f-]{36}\)/g, '')).toBe(
        '"a" contains "b" contains "c" contains "a"',
      )
      expect(found?.remedy).toContain('heirloom unrelate')
      // What does not stand contains nothing.
      await raw(`update relationships set status = 'retired' where source_id = ${idOf('c')}`)
      expect(await related(await memory.doctor({}))).toMatchObject({ ok: true })
    })

    it('is named a few times, and counted beyond', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory, raw } = store
      for (const at of [1, 2, 3, 4, 5, 6, 7]) {
        const [whole, part, other] = [`whole ${at}`, `part ${at}`, `other ${at}`]
        const ids = await things(memory, 'component', [whole, part, other])
        await memory.relate({ source: whole, type: 'contains', target: part })
        const { id } = await memory.relate({ source: part, type: 'contains', target: other })
        await raw(`update relationships set target_id = '${ids[whole]}' where id = '${id}'`)
      }
      const detail = (await related(await memory.doctor({})))?.detail ?? ''
      expect(
        detail.match(/"\w+ \d" \([\da-f-]{36}\) contains "\w+ \d" \([\da-f-]{36}\) contains "/g),
      ).toHaveLength(5)
      expect(detail).toContain('and 2 more')
    })
  })
}
