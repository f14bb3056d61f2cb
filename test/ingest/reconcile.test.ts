import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type NewPassage,
  type Reconciliation,
  reconcile,
  type StoredPassage,
} from '../../src/ingest/reconcile.ts'

function fresh(text: string, label: string | null = null, author: string | null = null): NewPassage {
  return { contentHash: text, label, author }
}

function storedAs(passages: readonly NewPassage[], prefix = 'id'): StoredPassage[] {
  return passages.map((passage, position) => ({
    ...passage,
    id: `${prefix}${position}`,
    position,
    live: true,
  }))
}

/** What the store holds afterwards: the model against which histories are checked. */
function apply(
  stored: readonly StoredPassage[],
  parsed: readonly NewPassage[],
  result: Reconciliation,
  prefix: string,
) {
  const byId = new Map(stored.map(passage => [passage.id, passage]))
  const at = (position: number): NewPassage => parsed[position] ?? fresh('?')
  for (const { id, position } of [...result.kept, ...result.revised]) {
    byId.set(id, { ...at(position), id, position, live: true })
  }
  for (const { position } of result.added) {
    byId.set(`${prefix}${position}`, { ...at(position), id: `${prefix}${position}`, position, live: true })
  }
  for (const { id } of result.vanished) byId.set(id, { ...(byId.get(id) as StoredPassage), live: false })
  return [...byId.values()]
}

function expectSound(
  stored: readonly StoredPassage[],
  parsed: readonly NewPassage[],
  result: Reconciliation,
) {
  const positions = [...result.kept, ...result.revised, ...result.added].map(({ position }) => position)
  expect(positions.toSorted((a, b) => a - b)).toEqual([...parsed.keys()])
  const ids = [...result.kept, ...result.revised, ...result.vanished].map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const restored = new Set(result.kept.filter(kept => kept.restored).map(({ id }) => id))
  expect(new Set(ids.filter(id => !restored.has(id)))).toEqual(
    new Set(stored.filter(({ live }) => live).map(({ id }) => id)),
  )
  const byId = new Map(stored.map(passage => [passage.id, passage]))
  for (const { id, position, moved, restored } of result.kept) {
    const before = byId.get(id)
    const after = parsed[position]
    expect([before?.contentHash, before?.author]).toEqual([after?.contentHash, after?.author])
    expect(moved).toBe(before?.position !== position || before?.label !== after?.label)
    expect(restored).toBe(before?.live === false)
  }
  for (const { id } of result.revised) expect(byId.get(id)?.live).toBe(true)
}

function countOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

const keyOf = ({ contentHash, author }: { contentHash: string; author: string | null }) =>
  JSON.stringify([author, contentHash])

const PASSAGE = fc.record({
  contentHash: fc.constantFrom(...'abcdefgh'),
  label: fc.constantFrom(null, 'L', 'M', 'N > O'),
  author: fc.constantFrom(null, null, null, 'ann', 'null'),
})
const VERSIONS = fc.array(fc.array(PASSAGE, { maxLength: 12 }), { minLength: 2, maxLength: 5 })

type Edit = (document: readonly NewPassage[]) => NewPassage[]
const PLACE = fc.nat({ max: 1000 })
const EDIT: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(PLACE, PASSAGE).map(
    ([at, passage]): Edit =>
      d =>
        d.toSpliced(at % (d.length + 1), 0, passage),
  ),
  PLACE.map(
    (at): Edit =>
      d =>
        d.toSpliced(at % (d.length || 1), 1),
  ),
  fc.tuple(PLACE, fc.string()).map(
    ([at, text]): Edit =>
      d =>
        d.map((p, i) => (i === at % (d.length || 1) ? { ...p, contentHash: `new ${text}` } : p)),
  ),
  fc.tuple(PLACE, PLACE).map(
    ([a, b]): Edit =>
      d => {
        const moved = d[a % (d.length || 1)]
        return moved === undefined ? [...d] : d.toSpliced(a % d.length, 1).toSpliced(b % d.length, 0, moved)
      },
  ),
  PLACE.map(
    (at): Edit =>
      d =>
        d.flatMap((p, i) => (i === at % (d.length || 1) ? [p, p] : [p])),
  ),
)

describe('reconciling a document that is read again', () => {
  it('covers every position and every live id once, whatever the history', () => {
    fc.assert(
      fc.property(VERSIONS, versions => {
        let stored: StoredPassage[] = []
        for (const [round, parsed] of versions.entries()) {
          const result = reconcile(stored, parsed)
          expectSound(stored, parsed, result)
          stored = apply(stored, parsed, result, `r${round}-`)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps as many ids of each content as a count of both sides allows, the live ones first', () => {
    fc.assert(
      fc.property(VERSIONS, versions => {
        let stored: StoredPassage[] = []
        for (const [round, parsed] of versions.entries()) {
          const result = reconcile(stored, parsed)
          const wanted = countOf(parsed.map(keyOf))
          const live = countOf(stored.filter(passage => passage.live).map(keyOf))
          const all = countOf(stored.map(keyOf))
          const kept = countOf(result.kept.map(({ position }) => keyOf(parsed[position] as NewPassage)))
          const restored = countOf(
            result.kept.filter(k => k.restored).map(({ position }) => keyOf(parsed[position] as NewPassage)),
          )
          for (const [key, count] of wanted) {
            expect(kept.get(key) ?? 0).toBe(Math.min(count, all.get(key) ?? 0))
            const missing = Math.max(0, count - (live.get(key) ?? 0))
            expect(restored.get(key) ?? 0).toBe(Math.min(missing, (all.get(key) ?? 0) - (live.get(key) ?? 0)))
          }
          stored = apply(stored, parsed, result, `r${round}-`)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps equal passages with the same label in their order', () => {
    fc.assert(
      fc.property(fc.array(PASSAGE, { maxLength: 12 }), fc.array(EDIT, { maxLength: 6 }), (before, edits) => {
        const after = edits.reduce<readonly NewPassage[]>((document, edit) => edit(document), before)
        const { kept } = reconcile(storedAs(before), after)
        const seen = new Map<string, number>()
        for (const { id, position } of kept) {
          const from = Number(id.slice(2))
          const label = before[from]?.label
          if (label !== after[position]?.label) continue
          const key = JSON.stringify([keyOf(after[position] as NewPassage), label])
          expect(from).toBeGreaterThan(seen.get(key) ?? -1)
          seen.set(key, from)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps everything in place when nothing changed', () => {
    fc.assert(
      fc.property(fc.array(PASSAGE), document => {
        const result = reconcile(storedAs(document), document)
        expect(result.kept).toEqual(
          document.map((_, position) => ({ id: `id${position}`, position, moved: false, restored: false })),
        )
        expect([result.revised, result.added, result.vanished]).toEqual([[], [], []])
      }),
    )
  })

  it('changes one id only for one edit in a document without repetitions', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), PLACE, (texts, place) => {
        const before = texts.map(text => fresh(text))
        const at = place % texts.length
        const changed = before.with(at, fresh('changed '.repeat(20)))
        expect(reconcile(storedAs(before), changed).revised).toEqual([{ id: `id${at}`, position: at }])
        const cut = before.toSpliced(at, 1)
        expect(reconcile(storedAs(before), cut).vanished).toEqual([{ id: `id${at}` }])
        const grown = before.toSpliced(at, 0, fresh('grown '.repeat(20)))
        expect(reconcile(storedAs(before), grown).added).toEqual([{ position: at }])
      }),
    )
  })

  it('supersedes the repeated passage that was deleted, not its twin', () => {
    const before = ['a', 'x', 'b', 'x', 'c'].map(text => fresh(text))
    const { kept, vanished } = reconcile(storedAs(before), before.toSpliced(1, 1))
    expect(vanished).toEqual([{ id: 'id1' }])
    expect(kept.map(({ id }) => id)).toEqual(['id0', 'id2', 'id3', 'id4'])
  })

  it('takes another author for another passage, which the label still recognises', () => {
    const before = [fresh('yes', 'D1:1', 'ann'), fresh('yes', 'D1:2', 'bob')]
    const after = [fresh('yes', 'D1:1', 'bob'), fresh('yes', 'D1:2', 'ann')]
    expect(reconcile(storedAs(before), after).kept).toEqual([
      { id: 'id1', position: 0, moved: true, restored: false },
      { id: 'id0', position: 1, moved: true, restored: false },
    ])
    const onlyAnn = reconcile(storedAs([fresh('yes', 'D1:1', 'ann')]), [fresh('yes', 'D1:1', 'bob')])
    expect(onlyAnn.revised).toEqual([{ id: 'id0', position: 0 }])
  })

  it('revises by label across the document, and by the gap where labels fail', () => {
    const before = [fresh('a', 'A'), fresh('b', 'B'), fresh('c', 'C')]
    const moved = [fresh('c', 'C'), fresh('b2', 'B'), fresh('a', 'A')]
    expect(reconcile(storedAs(before), moved).revised).toEqual([{ id: 'id1', position: 1 }])
    const renamed = [fresh('a', 'A'), fresh('b2', 'Bee'), fresh('c', 'C')]
    expect(reconcile(storedAs(before), renamed).revised).toEqual([{ id: 'id1', position: 1 }])
    const elsewhere = [fresh('a', 'A'), fresh('c', 'C'), fresh('b2', 'Bee')]
    expect(reconcile(storedAs(before), elsewhere)).toMatchObject({ revised: [], added: [{ position: 2 }] })
  })

  it('prefers the same gap among several passages of one section', () => {
    const before = ['a', 'b', 'c', 'd'].map(text => fresh(text, 'S'))
    const after = ['a', 'new', 'b', 'c', 'd2'].map(text => fresh(text, 'S'))
    expect(reconcile(storedAs(before), after)).toMatchObject({
      revised: [{ id: 'id3', position: 4 }],
      added: [{ position: 1 }],
      vanished: [],
    })
  })

  it('restores what had vanished instead of adding it anew', () => {
    const document = [fresh('a'), fresh('b')]
    const gone = storedAs(document).map(passage => ({ ...passage, live: passage.id !== 'id1' }))
    expect(reconcile(gone, [fresh('b'), fresh('a')])).toEqual({
      kept: [
        { id: 'id1', position: 0, moved: true, restored: true },
        { id: 'id0', position: 1, moved: true, restored: false },
      ],
      revised: [],
      added: [],
      vanished: [],
    })
    expect(reconcile(gone, [fresh('a')])).toMatchObject({ kept: [{ id: 'id0' }], vanished: [] })
    const changed = storedAs([fresh('a'), fresh('c'), fresh('b')]).map(p => ({ ...p, live: p.id !== 'id2' }))
    expect(reconcile(changed, [fresh('a'), fresh('b'), fresh('c2')])).toMatchObject({
      kept: [{ id: 'id0' }, { id: 'id2', restored: true }],
      revised: [{ id: 'id1', position: 2 }],
    })
  })

  it.each([
    ['all different', (i: number) => `${i}`],
    ['all equal', () => 'x'],
    ['few kinds', (i: number) => `${(i * 7) % 10}`],
  ])('reconciles 100,000 passages, %s, in time linear in them', (_, text) => {
    const before = Array.from({ length: 100_000 }, (_, i) => fresh(text(i)))
    const after = [fresh('first'), ...before.slice(0, 50_000), fresh('middle'), ...before.slice(50_001)]
    const stored = storedAs(before)
    const started = performance.now()
    expectSoundQuickly(reconcile(stored, after), before.length)
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})

function expectSoundQuickly(result: Reconciliation, before: number) {
  expect(result.kept.length + result.revised.length + result.added.length).toBe(before + 1)
  expect(result.kept.length).toBeGreaterThanOrEqual(before - 1)
}
