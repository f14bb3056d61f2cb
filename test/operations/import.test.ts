/** Stores of the real memtomem, taken over. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixedClock } from '../../src/testing.ts'
import { sentences } from '../kit/backfills.ts'
import { pglite, sqliteMemory, type TestEngine, type TestStore } from '../kit/engines.ts'
import { linkRows } from '../kit/graphs.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS } from '../kit/samples.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/memtomem')
const fixture = (name: string) => join(FIXTURES, name)
const { damaged, ...named } = JSON.parse(readFileSync(fixture('named.json'), 'utf8')) as Record<
  string,
  string
> & {
  damaged: Record<string, string>
}

/** Later than anything in a fixture, so that times there are times of the past. */
const NOW = '2027-01-01T00:00:00.000Z'

const NAMESPACES = [
  { namespace: 'agent-runtime:planner', project: 'agent-runtime:planner', memories: 3 },
  { namespace: 'default', project: 'default', memories: 7 },
  { namespace: 'shared', project: 'shared', memories: 13 },
]

const STORE = {
  read: 23,
  kept: 22,
  already_known: 0,
  skipped: { 'no text': 1 },
  projects: NAMESPACES,
  notices: [],
}
const TOLD = { empty_id: 1, bad_uuid: 1, not_a_string: 2 }
/** A bundle gives what is no list of tags as none. */
const DAMAGED = { ...TOLD, malformed_json: 2, not_a_list: 2 }
const OLD = NAMESPACES.slice(1).map((row, index) => ({ ...row, memories: [4, 1][index] }))
const DATABASE = 'memtomem database (schema 3)'

const REPORTS: Readonly<Record<string, object>> = {
  'store.db': { ...STORE, from: DATABASE, links: { linked: 6, source_missing: 1, skipped: DAMAGED } },
  'store-without-links.db': {
    ...STORE,
    from: DATABASE,
    links: { linked: 5, source_missing: 1, skipped: DAMAGED },
  },
  'bundle.json': {
    ...STORE,
    from: 'memtomem bundle v2',
    links: { linked: 5, source_missing: 1, skipped: TOLD },
  },
  'bundle-v3.json': {
    ...STORE,
    from: 'memtomem bundle v3',
    links: { linked: 5, source_missing: 1, skipped: TOLD },
  },
  'store-0.1.27.db': {
    ...STORE,
    ...{ from: 'memtomem database (schema not told)', read: 5, kept: 5, skipped: {}, projects: OLD },
    links: { linked: 0, source_missing: 0, skipped: {} },
  },
}

type Report = Awaited<ReturnType<TestStore['memory']['import_memtomem']>>

/** Of namespaces the order is that of the file. */
function inOrder(report: Report): Report {
  return { ...report, projects: report.projects.toSorted((a, b) => a.namespace.localeCompare(b.namespace)) }
}

function open(engine: TestEngine): Promise<TestStore> {
  return engine.open({ now: fixedClock(NOW).now })
}

/** Ids here by those there. */
async function ids({ raw }: TestStore): Promise<(name: string) => string> {
  const rows = await raw('select id, origin_id from memories where origin_id is not null')
  const known = new Map(rows.map(row => [String(row.origin_id), String(row.id)]))
  return name => known.get(named[name] ?? damaged[name] ?? name) ?? `no ${name}`
}

function imports(engine: TestEngine): void {
  describe(`import memtomem on ${engine.name}`, () => {
    keeping(engine)
    proposing(engine)
    linking(engine)
    mapping(engine)
    again(engine)
  })
}

function keeping(engine: TestEngine): void {
  it.each(Object.keys(REPORTS))('of %s keeps all there is, as planned, and once', async name => {
    await using store = await open(engine)
    const path = fixture(name)
    const before = await store.memory.digest({})
    const plan = await store.memory.import_memtomem({ path, plan: true })
    expect(await store.memory.digest({})).toEqual(before)
    expect((await store.memory.status({})).projects).toBe(0)

    const report = await store.memory.import_memtomem({ path })
    expect(inOrder(report)).toEqual({ plan: false, ...REPORTS[name] })
    expect(plan).toEqual({ ...report, plan: true, links: { ...report.links, source_missing: null } })
    expect((await store.memory.list({})).total).toBe(report.kept)
    expect(await linkRows(store)).toHaveLength(report.links.linked)
    await expectSound(store)

    const after = await store.memory.digest({})
    const links = { linked: 0, source_missing: 0, skipped: expect.any(Object) }
    const nothing = { ...report, kept: 0, already_known: report.kept, links }
    expect(await store.memory.import_memtomem({ path })).toEqual(nothing)
    expect(await store.memory.import_memtomem({ path, plan: true })).toMatchObject({
      kept: 0,
      links: { linked: 0 },
    })
    expect(await store.memory.digest({})).toEqual(after)
  })

  it('keeps ids, raw tags, times and what else was said there', async () => {
    await using store = await open(engine)
    await store.memory.import_memtomem({ path: fixture('store.db') })
    const { results } = await store.memory.list({ origin_id: named.chain_1! })
    expect(results).toMatchObject([
      {
        kind: 'note',
        title: 'Cache policy',
        tags: ['cache', 'decision'],
        project: 'agent-runtime:planner',
        file: '/tmp/memtomem-fixture/new/notes/cache.md',
        trust: 'observed',
        recorded_at: '2026-11-21T15:36:54.338Z',
        metadata: { memtomem: { chunk_type: 'markdown_section', start_line: 2, end_line: 7 } },
      },
    ])
    const rows = await store.raw('select origin_id, origin_tags, recorded_at from memories')
    const row = (id: string | undefined) => rows.find(found => found.origin_id === id)
    expect(row(named.upper_copy)?.origin_tags).toBe(
      `["flags", "shared-from=${named.upper_source!.toUpperCase()}"]`,
    )
    expect(row(damaged['odd-malformed'])?.origin_tags).toBe('["odd", "broken')
    expect(row(damaged['odd-blank-tags'])?.origin_tags).toBe('')
    expect(row(damaged['odd-time'])?.recorded_at).toBe(NOW)
    const { entries } = await store.memory.journal({ limit: 1 })
    expect(entries).toMatchObject([{ operation: 'import', note: `from ${DATABASE}` }])

    const id = (await ids(store))('chain_2')
    await store.memory.revise({ id, content: 'said otherwise', tags: ['mine'] })
    const [kept] = await store.raw(`select origin_id, origin_tags, tags from memories where id = '${id}'`)
    expect(kept).toMatchObject({ origin_id: named.chain_2, tags: '["mine"]' })
    expect(kept?.origin_tags).toBe(`["cache", "decision", "shared-from=${named.chain_1}"]`)
  })

  it('keeps somebody else’s texts in quarantine', async () => {
    await using store = await open(engine)
    await store.memory.import_memtomem({ path: fixture('bundle.json'), third_party: true })
    expect(await store.raw('select distinct trust from memories')).toEqual([{ trust: 'untrusted' }])
    const query = 'catalogue cached for ninety seconds'
    expect((await store.memory.recall({ query })).results).toEqual([])
    expect((await store.memory.recall({ query, trust: 'untrusted' })).results).not.toEqual([])
    await expectSound(store)
  })
}

function proposing(engine: TestEngine): void {
  it('only proposes them on request, grouped by where they came from', async () => {
    await using store = await open(engine)
    await store.memory.import_memtomem({ path: fixture('bundle.json'), candidates: true })
    expect(await store.raw('select distinct status, trust from memories')).toEqual([
      { status: 'candidate', trust: 'observed' },
    ])
    const { groups } = await store.memory.review({ limit: 100 })
    expect(new Set(groups.map(({ source }) => source.kind))).toEqual(new Set(['import']))
    expect(groups[0]?.source.name).toMatch(/^from /)
    const again = await store.memory.import_memtomem({ path: fixture('bundle.json') })
    expect(again.kept).toBe(0)
    await expectSound(store)
  })
}

function linking(engine: TestEngine): void {
  it.each(['store.db', 'store-without-links.db', 'bundle-v3.json'])('links what %s says', async name => {
    await using store = await open(engine)
    await store.memory.import_memtomem({ path: fixture(name) })
    const of = await ids(store)
    // Only the database tells of summaries. What a summary sums up went into it.
    const summary = name === 'store.db' ? [`${of('summary')} summarizes ${of('summarized')}`] : []
    const expected = [
      `${of('chain_2')} shared_from ${of('chain_1')}`,
      `${of('chain_3')} shared_from ${of('chain_2')}`,
      `${of('upper_copy')} shared_from ${of('upper_source')}`,
      `${of('gone_copy')} shared_from (${named.gone_source})`,
      `${of('odd-two-shares')} shared_from ${of('chain_1')}`,
      ...summary,
    ]
    expect(await sentences(store)).toEqual(expected.sort())

    const { nodes, cut } = await store.memory.lineage({ id: of('chain_3') })
    expect(cut).toBeNull()
    expect(
      nodes.filter(node => node.distance <= 0).map(node => [node.id, node.distance, node.project]),
    ).toEqual([
      [of('chain_3'), 0, 'default'],
      [of('chain_2'), -1, 'shared'],
      [of('chain_1'), -2, 'agent-runtime:planner'],
    ])
    const gone = await store.memory.lineage({ id: of('gone_copy') })
    expect(gone.nodes[1]).toMatchObject({ id: named.gone_source, state: 'erased', distance: -1 })
  })
}

function mapping(engine: TestEngine): void {
  it('maps namespaces to projects, or to none', async () => {
    await using store = await open(engine)
    const map = ['agent-runtime:planner=plans', 'shared=']
    const call = { path: fixture('store.db'), map }
    const plan = await store.memory.import_memtomem({ ...call, plan: true })
    const report = await store.memory.import_memtomem(call)
    expect(plan.projects).toEqual(report.projects)
    expect(inOrder(report).projects.map(({ project }) => project)).toEqual(['plans', 'default', null])
    const rows = await store.raw(
      `select coalesce(project, 'none') as project, count(*) as count from memories group by 1 order by 1`,
    )
    expect(rows.map(row => [row.project, Number(row.count)])).toEqual([
      ['default', 7],
      ['none', 12],
      ['plans', 3],
    ])
    await expectSound(store)
  })

  it('keeps what two namespaces of one project say once, and links to that', async () => {
    await using store = await open(engine)
    const call = {
      path: fixture('store.db'),
      map: ['agent-runtime:planner=one', 'default=one', 'shared=one'],
    }
    const plan = await store.memory.import_memtomem({ ...call, plan: true })
    const report = await store.memory.import_memtomem(call)
    // The twins, and the copies of which the source is here.
    expect(report).toMatchObject({ kept: 18, already_known: 4, links: { linked: 3, source_missing: 1 } })
    expect(plan).toMatchObject({ kept: 18, already_known: 4, links: { linked: 3 } })
    expect((await store.memory.import_memtomem(call)).kept).toBe(0)
    await expectSound(store)
  })

  it('refuses a mapping of a namespace that is not there', async () => {
    await using store = await open(engine)
    const before = await store.memory.digest({})
    const call = store.memory.import_memtomem({
      path: fixture('store.db'),
      map: ['planner=plans', 'shared='],
    })
    const error = await call.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('planner') })
    for (const { namespace } of NAMESPACES) expect(String(error)).toContain(namespace)
    expect(await store.memory.digest({})).toEqual(before)
  })
}

function again(engine: TestEngine): void {
  it('adds nothing from a bundle of a database that was imported', async () => {
    await using store = await open(engine)
    await store.memory.import_memtomem({ path: fixture('store.db') })
    const before = await store.memory.digest({})
    for (const name of ['bundle.json', 'bundle-v3.json', 'store-without-links.db'])
      expect(await store.memory.import_memtomem({ path: fixture(name) })).toMatchObject({
        kept: 0,
        already_known: 22,
        links: { linked: 0, source_missing: 0 },
      })
    expect(await store.memory.digest({})).toEqual(before)
  })

  it('leaves what was revised or forgotten here as it is, and says so', async () => {
    await using store = await open(engine)
    const path = fixture('store.db')
    await store.memory.import_memtomem({ path })
    const of = await ids(store)
    await store.memory.revise({ id: of('chain_1'), content: 'said otherwise' })
    await store.memory.forget({ id: of('chain_2') })
    const before = await store.memory.digest({})
    const report = await store.memory.import_memtomem({ path })
    expect(report).toMatchObject({ kept: 0, already_known: 22 })
    expect(report.notices).toEqual([expect.stringMatching(/^1 known memor/)])
    expect(await store.memory.digest({})).toEqual(before)
    expect((await store.memory.list({ ...ANY_STATUS, limit: 100 })).total).toBe(22)
  })
}

imports(sqliteMemory)
imports(pglite())
