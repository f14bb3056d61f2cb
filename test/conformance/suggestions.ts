import { describe, expect, it } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { claiming } from '../kit/slots.ts'

export function suggesting(engine: TestEngine): void {
  describe('suggestions', () => {
    it('are pairs of near the same words that differ in a number, a version or a denial', async () => {
      await using store = await engine.open()
      const { memory } = store
      const said = async (content: string, project = 'apollo') =>
        (await memory.remember({ content, project })).id
      const a = await said('Jobs of the nightly import are retried 3 times')
      await said('The heron nests by the pond')
      const b = await said('Jobs of the nightly import are retried 5 times')
      const c = await said('The exporter of the billing team writes plain files')
      const d = await said('The exporter of the billing team no longer writes plain files')
      await said('Jobs of the nightly import are retried 7 times', 'other')
      const found = await memory.suggestions({})
      expect(found.suggestions.map(({ memories }) => memories.map(({ id }) => id)).sort()).toEqual([
        [a, b],
        [c, d],
      ])
      const [first] = found.suggestions.filter(({ memories }) => memories[0]?.id === a)
      expect(first).toMatchObject({
        project: 'apollo',
        entity: null,
        why: [expect.stringContaining('3 against 5'), expect.any(String)],
      })
      expect(found).toMatchObject({ truncated: false, notices: [], memories_looked_at: 6 })
      expect(found.suggestions.map(({ score }) => score)).toEqual(
        found.suggestions.map(({ score }) => score).toSorted((x, y) => y - x),
      )
      expect(await memory.suggestions({ limit: 1 })).toMatchObject({
        truncated: true,
        suggestions: [expect.anything()],
      })
      expect((await memory.suggestions({ project: 'other' })).suggestions).toEqual([])
      expect((await memory.suggestions({ project: 'nowhere' })).notices.join()).toContain(
        'no project "nowhere"',
      )
      await expectSound(store)
    })

    it('leave out what is superseded, waits, claims one slot, or stands or stood in one conflict', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const a = await memory.remember(claiming('8080'))
      const { conflict } = await memory.remember(claiming('9090'))
      expect((await memory.suggestions({})).suggestions).toEqual([])
      await memory.resolve({ id: conflict?.id ?? '', keep_both: true, because: 'two listeners' })
      expect((await memory.suggestions({})).suggestions).toEqual([])
      await memory.forget({ id: a.id })
      const old = (await memory.remember({ content: 'Tests of the parser take 40 s on the build machine' }))
        .id
      await memory.remember({
        content: 'Tests of the parser take 90 s on the build machine',
        candidate: true,
      })
      await memory.remember({
        content: 'Tests of the parser take 80 s on the build machine',
        valid_until: '2025-12-31',
      })
      expect((await memory.suggestions({})).suggestions).toEqual([])
      const by = (await memory.remember({ content: 'Tests of the parser take 50 s on the build machine' })).id
      expect((await memory.suggestions({})).suggestions).toHaveLength(1)
      await memory.supersede({ id: old, by })
      expect((await memory.suggestions({})).suggestions).toEqual([])
      await expectSound(store)
    })

    it('say which entity both mention, and let more words differ then', async () => {
      await using store = await engine.open({ actor: 'person' })
      const { memory } = store
      const contents = [
        'The Falcon bus carries frames of 64 bytes to sensors',
        'Frames that Falcon carries have 128 bytes at most',
      ]
      for (const content of contents) await memory.remember({ content, project: 'apollo' })
      const before = await memory.suggestions({})
      const entity = await memory.entity_create({ type: 'component', name: 'Falcon', project: 'apollo' })
      const [found] = (await memory.suggestions({})).suggestions
      expect(found?.entity).toEqual({ id: entity.id, name: 'Falcon' })
      expect(found?.why.join()).toMatch(/64 bytes against 128 bytes.*both mention Falcon/)
      expect(found?.score).toBeGreaterThan(before.suggestions[0]?.score ?? 0)
      await expectSound(store)
    })

    it('look at the newest memories only, and say so', async () => {
      await using store = await engine.open()
      const { memory } = store
      const text = Array.from(
        { length: 1001 },
        (_, at) => `## Heading ${at}\n\nParagraph about ${word(at)}.\n`,
      ).join('\n')
      await memory.ingest({ name: 'long.md', text })
      const found = await memory.suggestions({})
      expect(found).toMatchObject({ truncated: true, notices: [expect.stringContaining('newest 1,000')] })
    })
  })
}

/** A word that no other number has. */
function word(number: number): string {
  return [...String(number)].map(digit => 'abcdefghij'[Number(digit)]).join('x')
}
