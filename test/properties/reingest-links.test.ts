/** A document that is edited and read again, twenty times over: what its passages are linked to stays. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Row, sqliteMemory, type TestEngine, type TestStore } from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'

const ROUNDS = 20

interface Section {
  readonly heading: string
  readonly words: string
}

interface Edit {
  readonly what: 'insert' | 'insert' | 'delete' | 'change' | 'move' | 'rename' | 'return'
  readonly at: number
  readonly to: number
}

const EDIT: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom('insert', 'insert', 'delete', 'change', 'move', 'rename', 'return'),
  at: fc.nat(20),
  to: fc.nat(20),
})

/** The edits of each round. */
const EDITS = fc.array(fc.array(EDIT, { minLength: 1, maxLength: 4 }), {
  minLength: ROUNDS,
  maxLength: ROUNDS,
})

/** A document in which no two sections ever say the same. */
class Draft {
  sections: readonly Section[]
  readonly #gone: Section[] = []
  #count = 0

  constructor(length: number) {
    this.sections = Array.from({ length }, () => this.#next())
  }

  edit({ what, at, to }: Edit): void {
    const place = at % Math.max(1, this.sections.length)
    const old = this.sections[place]
    const target = to % (this.sections.length + 1)
    if (what === 'insert') this.#insert(target, this.#next())
    else if (what === 'return') this.#insert(target, this.#gone.shift() ?? this.#next())
    else if (old !== undefined) {
      this.sections = this.sections.filter(section => section !== old)
      if (what === 'move') this.#insert(target, old)
      else if (what === 'rename') this.#insert(place, { ...old, heading: this.#next().heading })
      else {
        this.#gone.push(old)
        if (what === 'change') this.#insert(place, { ...old, words: this.#next().words })
      }
    }
  }

  get text(): string {
    return this.sections.map(({ heading, words }) => `# ${heading}\n\n${words}\n`).join('\n')
  }

  #insert(at: number, section: Section): void {
    this.sections = this.sections.toSpliced(at, 0, section)
  }

  #next(): Section {
    const number = ++this.#count
    return { heading: `Part ${number}`, words: `What was written as number ${number}.` }
  }
}

interface Passage {
  readonly id: string
  readonly label: string | null
}

/** The live ones, by what they say. */
async function passagesOf({ raw }: TestStore): Promise<Map<unknown, Passage>> {
  const rows = await raw(`select * from memories where document_id is not null and status = 'active'`)
  return new Map(rows.map(row => [row.content, row as unknown as Passage]))
}

/**
 * A copy, something worked out from the passage, and something that it was itself worked out from. The copy has a
 * project of its own: words that come back as another passage are shared, too, and no place has the same twice.
 */
async function linkUp({ memory }: TestStore, { id }: Passage): Promise<void> {
  await memory.share({ id, to: `project:of ${id}` })
  const after = await memory.remember({ content: `worked out from ${id}` })
  const before = await memory.remember({ content: `that from which came ${id}` })
  await memory.link({ target: after.id, type: 'derived_from', source: id })
  await memory.link({ target: id, type: 'derived_from', source: before.id })
}

const keyOf = (row: Row) => `${row.target_id} ${row.type} ${row.source_ref}`

/** Each link that was there is there, and those of what is as it was are as they were. */
function expectKept(
  before: readonly Row[],
  after: readonly Row[],
  isChanged: (id: unknown) => boolean,
): void {
  const found = new Map(after.map(row => [keyOf(row), row]))
  for (const row of before) {
    expect(found.has(keyOf(row)), keyOf(row)).toBe(true)
    if (!isChanged(row.source_ref)) expect(found.get(keyOf(row))).toEqual(row)
  }
}

async function readAgain(store: TestStore, draft: Draft): Promise<number> {
  const [passages, links] = [await passagesOf(store), await linkRows(store)]
  store.clock.advance(1000)
  expect((await store.memory.ingest({ text: draft.text, name: 'guide.md' })).errors).toEqual([])
  const [now, kept] = [await passagesOf(store), await linkRows(store)]
  expect([...now.keys()].sort()).toEqual(draft.sections.map(({ words }) => words).sort())
  const unchanged = new Set<unknown>()
  let count = 0
  for (const [words, { id, label }] of passages) {
    const same = now.get(words)
    if (same === undefined) continue
    count++
    expect(same.id, String(words)).toBe(id)
    if (same.label === label) unchanged.add(id)
  }
  const ofPassages = new Set<unknown>([...passages.values(), ...now.values()].map(({ id }) => id))
  expectKept(links, kept, id => ofPassages.has(id) && !unchanged.has(id))
  expect(kept).toHaveLength(links.length)
  return count
}

/** Reading the document after each round of edits, with new passages linked up too. @returns passages that were kept. */
async function live(engine: TestEngine, rounds: readonly (readonly Edit[])[]): Promise<number> {
  await using store = await engine.open()
  const draft = new Draft(6)
  const linked = new Set<string>()
  let kept = 0
  await store.memory.ingest({ text: draft.text, name: 'guide.md' })
  for (const edits of rounds) {
    for (const passage of (await passagesOf(store)).values()) {
      if (!linked.has(passage.id)) await linkUp(store, passage)
      linked.add(passage.id)
    }
    for (const edit of edits) draft.edit(edit)
    kept += await readAgain(store, draft)
  }
  await expectFound(store, linked)
  await expectSound(store)
  return kept
}

/** From each passage that ever was lineage leads to its copy and to both notes, and from what it came from to it. */
async function expectFound({ memory, raw }: TestStore, linked: ReadonlySet<string>): Promise<void> {
  const rows = await raw('select id, status from memories')
  const states = new Map<unknown, unknown>(rows.map(row => [row.id, row.status]))
  for (const id of linked) {
    const { nodes, sources, fan_out } = await memory.lineage({ id })
    expect([sources.length, fan_out.length, nodes.length]).toEqual([1, 2, 4])
    const stored = nodes.map(node => states.get(node.id))
    expect(nodes.map(node => (node.state === 'live' ? 'active' : node.state))).toEqual(stored)
    for (const other of sources)
      expect((await memory.lineage({ id: other })).nodes.map(node => node.id)).toContain(id)
  }
}

const RUNS = 10

it(`${ROUNDS} edits of a document leave every link of its passages`, async () => {
  let kept = 0
  const property = fc.asyncProperty(EDITS, async rounds => {
    kept += await live(sqliteMemory, rounds)
  })
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  expect(kept, 'passages that were there before and after a reading').toBeGreaterThan(ROUNDS * RUNS)
})

it('a link that a reading took away, or changed, would be found out', () => {
  const [one, two] = ['one', 'two'].map(id => ({ target_id: id, type: 'derived_from', source_ref: 'a' }))
  const rows = [one!, two!]
  const unchanged = () => false
  expectKept(rows, rows, unchanged)
  expect(() => expectKept(rows, [one!], unchanged)).toThrow()
  expect(() => expectKept(rows, [one!, { ...two, source_id: null }], unchanged)).toThrow()
})
