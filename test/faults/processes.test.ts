import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openReal, startChild } from '../kit/child.ts'
import { IS_THOROUGH, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const WRITERS = 4
/** The suite of faults, which takes its time, has each write more. */
const EACH = IS_THOROUGH ? 2000 : 250

const folder = temporaryFolder()

function acknowledgedBy(children: readonly { lines: readonly { id?: string; content?: string }[] }[]) {
  return new Map(
    children.flatMap(({ lines }) => lines.map(line => [line.id ?? '', line.content ?? ''] as const)),
  )
}

describe('several processes on one file', () => {
  it(`${WRITERS} writing ${EACH} memories each lose none and are never told that it is locked`, async () => {
    const file = join(folder, 'written.db')
    const children = Array.from({ length: WRITERS }, (_, index) =>
      startChild(['write', file, `${index}`, `${EACH}`]),
    )
    for (const child of children) expect(await child.ended).toEqual({ code: 0, signal: null, errors: '' })
    const acknowledged = acknowledgedBy(children)
    expect(acknowledged.size).toBe(WRITERS * EACH)
    await using store = await openReal(file)
    expect((await store.memory.list({ limit: 1 })).total).toBe(WRITERS * EACH)
    await expectSound(store, acknowledged)
  }, 240_000)

  it('that create it at the same moment make one store', async () => {
    for (let round = 0; round < 5; round++) {
      const file = join(folder, `created-${round}.db`)
      const children = Array.from({ length: 4 }, (_, index) => startChild(['create', file, `${index}`]))
      for (const child of children) expect(await child.ended).toEqual({ code: 0, signal: null, errors: '' })
      const created = children.map(child => child.lines[0]?.created)
      expect(created.filter(made => made === true)).toHaveLength(1)
      await using store = await openReal(file)
      expect((await store.memory.list({})).total).toBe(4)
      await expectSound(store, acknowledgedBy(children))
    }
  })
})
