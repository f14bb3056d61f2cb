/** Nearest vectors on SQLite: found beside an index or through one, those that are shown are those that are nearest. */
import { describe, expect, it } from 'vitest'
import { cosineOfHalves, toHalves } from '../../../src/model/vector.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { openBeneath } from '../../kit/beneath.ts'
import { sqliteFile } from '../../kit/engines.ts'
import { addSpace, asking, SPACE } from '../../kit/nearest.ts'
import { seeded } from '../../kit/random.ts'

const COUNT = 240
const files = sqliteFile()

/** Few directions, so that many memories are equally near. */
function directions(): Float32Array[] {
  const random = seeded(5)
  return Array.from({ length: 40 }, () => {
    const vector = Float32Array.from({ length: SPACE.dimensions }, () => random() - 0.5)
    const length = Math.hypot(...vector)
    return vector.map(number => number / length)
  })
}

/** Every sixth memory is forgotten, every seventh has no vector, every eleventh one of another space's dimensions. */
async function filled() {
  const opened = await openBeneath(files, { embedder: 'none' })
  const { memory, store } = opened
  const { engine } = store
  await addSpace({ engine, space: SPACE })
  const known = directions()
  for (let number = 1; number <= COUNT; number++) {
    const { id } = await memory.remember({ content: `fact number ${number}` })
    const own = number % 7 === 0 ? null : toHalves(known[(number * 17) % known.length]!)
    const vector = number % 11 === 0 ? new Uint8Array(8) : own
    const row = { space: SPACE.number, subject_id: id, text_hash: '', vector }
    await engine.write(db => engine.vectors.insert(db, [row]))
    if (number % 6 === 0) await memory.forget({ id })
  }
  return { ...opened, engine, known }
}

/** All live ones of the right length, nearest first, equally near ones in the order of their rows. */
async function expected(engine: Engine, vector: Float32Array): Promise<{ doc: number; near: number }[]> {
  const rows = await engine.read(db =>
    db
      .selectFrom('keyword_documents as d')
      .innerJoin('vectors as v', 'v.subject_id', 'd.memory_id')
      .select(['d.doc', 'v.vector'])
      .where('d.live', '=', 1)
      .execute(),
  )
  return rows
    .filter(row => row.vector?.length === SPACE.dimensions * 2)
    .map(row => ({ doc: Number(row.doc), near: cosineOfHalves(vector, row.vector!) }))
    .sort((a, b) => b.near - a.near || a.doc - b.doc)
}

describe('the nearest vectors on SQLite', () => {
  it('are the nearest live ones at every limit, equally near ones in their order, with an index as without', async () => {
    const { engine, known } = await filled()
    const compare = async () => {
      for (const vector of known.slice(0, 6)) {
        const all = await expected(engine, vector)
        for (const limit of [1, 2, 3, 7, 20, COUNT]) {
          const hits = await engine.read(db => engine.vectors.nearest(db, asking(SPACE, vector, { limit })))
          const found = hits.map(({ doc, similarity }) => ({ doc: Number(doc), near: similarity }))
          expect(found).toHaveLength(Math.min(limit, all.length))
          // Which of equally near ones an index finds is its own affair; how near they are is not.
          expect(found.map(({ near }) => near)).toEqual(all.slice(0, limit).map(({ near }) => near))
          expect(found).toEqual(found.toSorted((a, b) => b.near - a.near || a.doc - b.doc))
          if (limit === COUNT) expect(found).toEqual(all)
        }
      }
    }
    await compare()
    await engine.exclusively('test', held => engine.vectors.fold(held, SPACE, { isBusy: false }))
    expect(await engine.read(db => engine.vectors.state(db, SPACE))).toMatchObject({ tail: 0 })
    await compare()
  })

  it('are given whole by whose they are, and nothing for those that have none', async () => {
    const { engine } = await filled()
    const rows = await engine.read(db => db.selectFrom('vectors').select(['subject_id', 'vector']).execute())
    const ids = rows.map(({ subject_id }) => subject_id)
    const found = await engine.read(db => engine.vectors.of(db, SPACE, [...ids, ids[0]!.replace(/^./, 'f')]))
    const whole = rows.filter(({ vector }) => vector?.length === SPACE.dimensions * 2)
    expect([...found.keys()].sort()).toEqual(whole.map(({ subject_id }) => subject_id).sort())
    for (const { subject_id, vector } of whole)
      expect(Buffer.from(found.get(subject_id)!).equals(Buffer.from(vector!))).toBe(true)
    expect(await engine.read(db => engine.vectors.of(db, SPACE, []))).toEqual(new Map())
  })
})
