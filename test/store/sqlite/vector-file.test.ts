import { fstatSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dot, largest, products } from '../../../src/model/vector.ts'
import { isCurrent, openVectorFile, type VectorFile } from '../../../src/store/sqlite/vector-file.ts'
import { foldVectorFile } from '../../../src/store/sqlite/vector-fold.ts'
import { Graph } from '../../../src/store/sqlite/vector-graph.ts'
import { withProved } from '../../../src/store/sqlite/vector-proof.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { SEED, seeded } from '../../kit/random.ts'
import { DIMENSIONS, foldTo, mustOpen, rowOf, rowsBetween, SPACE, vectorsOf } from '../../kit/vectors.ts'

const HISTORIES = IS_THOROUGH ? 12 : 2

const folder = temporaryFolder()
const packed = vectorsOf(6000)

/** The ids of the ten exactly nearest among those that are there. */
function exactTen(query: Float32Array, rows: number, gone: ReadonlySet<number>): number[] {
  const found = products(packed.subarray(0, rows * DIMENSIONS), query)
  for (const id of gone) found[id - 1] = Number.NEGATIVE_INFINITY
  return Array.from(largest(found, 10), row => row + 1)
}

/** As recall does it: the index for what it covers, the rest row by row, and then all compared exactly. */
function tenOf(index: VectorFile | null, query: Float32Array, rows: number, gone: ReadonlySet<number>) {
  const covered = index?.covered ?? 0
  const tail = Array.from({ length: rows - covered }, (_, at) => covered + at + 1)
  const candidates = [...(index?.search(query, 30 + gone.size).ids ?? []), ...tail].filter(
    id => !gone.has(id),
  )
  const similarity = (id: number) => dot(rowOf(packed, id - 1), query)
  return candidates.sort((a, b) => similarity(b) - similarity(a) || a - b).slice(0, 10)
}

function recallOf(index: VectorFile | null, rows: number, gone: ReadonlySet<number>): number {
  let [found, wanted] = [0, 0]
  for (const query of [0, 1, 2, 3, 4, 5, 6, 7].map(number => rowOf(vectorsOf(8, 1), number))) {
    const exact = exactTen(query, rows, gone)
    const ten = tenOf(index, query, rows, gone)
    expect(new Set(ten).size, 'twice the same').toBe(ten.length)
    wanted += exact.length
    found += exact.filter(id => ten.includes(id)).length
  }
  return wanted === 0 ? 1 : found / wanted
}

describe('the vector index beside exact search', () => {
  it(`finds the same through inserts, deletions and folds (HEIRLOOM_TEST_SEED=${SEED} repeats it)`, async () => {
    const random = seeded(SEED)
    const recalls: number[] = []
    for (let history = 0; history < HISTORIES; history++) {
      const own = join(folder, `history ${history}`)
      const gone = new Set<number>()
      let told: number[] = []
      let [rows, index] = [0, null as VectorFile | null]
      for (let step = 0; step < 24; step++) {
        const chance = random()
        if (chance < 0.4) rows = Math.min(rows + 1 + Math.floor(random() * 400), 6000)
        else if (chance < 0.6 && rows > 0)
          for (let count = random() * 20; count > 0; count--) gone.add(1 + Math.floor(random() * rows))
        else if (rows > 0) {
          const isAnew = chance > 0.9
          index = await foldVectorFile(own, SPACE, {
            from: isAnew ? null : index,
            rows: living(isAnew ? 0 : (index?.covered ?? 0), rows, gone),
            removed: isAnew || index === null ? [] : told,
            covered: rows,
          })
          told = []
          expect(index === null || isCurrent(index)).toBe(true)
          expect(index?.covered ?? rows).toBe(rows)
          expect(index?.count ?? 0).toBe(rows - gone.size)
        }
        told = [...gone]
        recalls.push(recallOf(index, rows, gone))
      }
    }
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length).toBeGreaterThan(0.99)
    expect(Math.min(...recalls)).toBeGreaterThan(0.9)
  }, 180_000)

  it('gives nearest first, with their similarity, and no more than there are', async () => {
    const index = await foldTo(join(folder, 'few'), packed, 300)
    const query = rowOf(packed, 17)
    const { ids, similarities } = index.search(query, 1000)
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: 300 }, (_, row) => row + 1)))
    expect(ids[0]).toBe(18)
    expect(Array.from(similarities)).toEqual([...similarities].sort((a, b) => b - a))
    for (const [place, id] of ids.entries())
      expect(Math.abs(similarities[place]! - dot(rowOf(packed, id - 1), query))).toBeLessThan(0.08)
    expect(() => index.search(query, 0)).toThrow(/0 vectors/)
    expect(() => index.search(query.slice(1), 1)).toThrow(/nothing is near/)
    expect(() => index.search(new Float32Array(DIMENSIONS), 1)).toThrow(/nothing is near/)
  })
})

function* living(from: number, to: number, gone: ReadonlySet<number>) {
  for (const { ids, vectors } of rowsBetween(packed, from, to)) {
    const kept = ids.filter(id => !gone.has(id))
    const left = Float32Array.from(kept.flatMap(id => Array.from(rowOf(packed, id - 1))))
    expect(vectors.length).toBe(ids.length * DIMENSIONS)
    yield { ids: kept, vectors: left }
  }
}

describe('generations', () => {
  it('replace each other, and leave one who searches the old one alone', async () => {
    const own = join(folder, 'generations')
    expect(await openVectorFile(own, SPACE)).toEqual({ kind: 'none' })
    const first = await foldTo(own, packed, 500)
    const answers = () => Array.from({ length: 50 }, (_, row) => first.search(rowOf(packed, row), 5).ids)
    const before = answers()
    const second = await foldTo(own, packed, 900)
    expect([first.generation, second.generation]).toEqual([1, 2])
    expect([isCurrent(first), isCurrent(second)]).toEqual([false, true])
    expect([second.covered, second.count]).toEqual([900, 900])
    expect(readdirSync(own).sort()).toEqual(['a-space-2.usearch', 'a-space.json'])
    // Its file has no name any more.
    expect(answers()).toEqual(before)
    expect((await mustOpen(own)).generation).toBe(2)
    rmSync(own, { recursive: true })
    expect(isCurrent(second)).toBe(false)
  })

  it('go on only from the newest', async () => {
    const own = join(folder, 'forked')
    const first = await foldTo(own, packed, 100)
    await foldTo(own, packed, 200)
    const late = foldVectorFile(own, SPACE, { from: first, rows: rowsBetween(packed, 100, 150) })
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await mustOpen(own)).covered).toBe(200)
  })

  it('are none where no vector is left', async () => {
    const own = join(folder, 'emptied')
    const index = await foldTo(own, packed, 3)
    expect(await foldVectorFile(own, SPACE, { from: index, rows: [], removed: [1, 2, 3, 99] })).toBeNull()
    expect(await openVectorFile(own, SPACE)).toEqual({ kind: 'none' })
    expect(readdirSync(own)).toEqual([])
    expect(await foldVectorFile(own, SPACE, { from: null, rows: [] })).toBeNull()
  })

  it('leave out vectors that nothing is near to', async () => {
    const vectors = packed.slice(0, 4 * DIMENSIONS)
    vectors.fill(0, 0, DIMENSIONS)
    vectors[DIMENSIONS] = NaN
    vectors[2 * DIMENSIONS + 5] = Infinity
    const rows = [{ ids: [1, 2, 5, 9], vectors }]
    const index = await foldVectorFile(join(folder, 'odd'), SPACE, { from: null, rows })
    expect(index).toMatchObject({ count: 1, covered: 9 })
    expect(index?.search(rowOf(packed, 0), 4).ids).toEqual([9])
  })

  it('refuse rows out of their order', async () => {
    const own = join(folder, 'disorder')
    const index = await foldTo(own, packed, 10)
    for (const ids of [[10], [11, 11], [12, 11], [11.5], [2 ** 53]]) {
      const rows = [{ ids, vectors: packed.slice(0, ids.length * DIMENSIONS) }]
      await expect(foldVectorFile(own, SPACE, { from: index, rows }), `${ids}`).rejects.toThrow(/^Bug/)
    }
    const rows = [{ ids: [11], vectors: packed.slice(0, DIMENSIONS + 1) }]
    await expect(foldVectorFile(own, SPACE, { from: index, rows })).rejects.toThrow(/do not belong together/)
    expect((await mustOpen(own)).generation).toBe(1)
  })

  it('of different stores and spaces do not mix', async () => {
    const [here, there] = [join(folder, 'here'), join(folder, 'there')]
    const other = { ...SPACE, space: 'a-space-1' }
    const folds = [
      foldVectorFile(here, SPACE, { from: null, rows: rowsBetween(packed, 0, 400) }),
      foldVectorFile(here, other, { from: null, rows: rowsBetween(packed, 0, 70) }),
      foldVectorFile(
        there,
        { ...SPACE, stores: ['other'] },
        { from: null, rows: rowsBetween(packed, 0, 90) },
      ),
    ]
    expect((await Promise.all(folds)).map(index => index?.count)).toEqual([400, 70, 90])
    await foldVectorFile(here, SPACE, { from: null, rows: rowsBetween(packed, 0, 30) })
    expect((await mustOpen(here)).count).toBe(30)
    expect((await mustOpen(here, other)).count).toBe(70)
    expect(await openVectorFile(there, SPACE)).toMatchObject({
      kind: 'unusable',
      why: expect.stringMatching(/another store/),
    })
  })

  it.runIf(process.platform !== 'win32')('are for nobody else to read', async () => {
    const own = join(folder, 'rights')
    await foldTo(own, packed, 20)
    for (const name of ['', ...readdirSync(own)]) expect(statSync(join(own, name)).mode & 0o077, name).toBe(0)
  })
})

describe.runIf(process.platform === 'linux')(
  'a file that is deleted between its proof and its opening',
  () => {
    it('is opened all the same, and standard input stays open', async () => {
      const own = join(folder, 'deleted')
      const { manifest } = await foldTo(own, packed, 200)
      const before = fstatSync(0)
      const proved = await withProved(own, manifest, path => {
        rmSync(own, { recursive: true })
        return Graph.view(DIMENSIONS, manifest.count, path)
      })
      expect(proved).toMatchObject({ result: { count: 200 } })
      expect([fstatSync(0).dev, fstatSync(0).ino]).toEqual([before.dev, before.ino])
    })
  },
)
