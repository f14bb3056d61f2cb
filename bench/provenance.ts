/**
 * What a store answers about where its memories came from and went, as its links grow, beside what one would write by
 * hand in the same run: the scan of tags that links replace, and the same rows by one bare statement.
 *
 *   npm run bench:provenance -- --links 10000,1000000 --memories 10000,200000 [--backfill 200000] [--json <file>]
 *
 * Ratios are the result; the milliseconds are those of one machine at one time.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Heirloom, openHeirloom } from '../src/index.ts'
import { type Backfill, measureBackfill, measureOpening, type Opening } from './provenance-backfill.ts'
import { CHAIN, fillLinked, type LinkedStore, openBare, SOURCES } from './provenance-fill.ts'
import { table } from './table.ts'
import { quantile, round, timed } from './times.ts'

const PAGE = 20
const WARMING = 20
/** A chain and the scans come in every so many rounds. */
const SELDOM = 20

/** What is asked, each right after the other in every round, so that all meet the same noise. */
const QUESTIONS = [
  'fan-out, first page',
  'fan-out, further pages',
  'fan-out of a source at random',
  'the same, of one type',
  'direct sources',
  'full chain',
  'bare fan-out, first page',
  'bare direct sources',
  'bare full chain',
  'scan for all copies of the hub',
  'scan for one page of copies of a source at random',
] as const
type Question = (typeof QUESTIONS)[number]

/** How often one takes the time of the other. */
const RATIOS = [
  ['scan for all copies of the hub', 'fan-out, first page'],
  ['scan for one page of copies of a source at random', 'fan-out of a source at random'],
  ['fan-out, first page', 'bare fan-out, first page'],
  ['direct sources', 'bare direct sources'],
  ['full chain', 'bare full chain'],
] as const satisfies readonly (readonly [Question, Question])[]

interface Time {
  readonly p50_ms: number
  readonly p95_ms: number
}

interface Size extends Opening {
  readonly links: number
  readonly memories: number
  readonly copies_of_hub: number
  readonly store_mb: number
  readonly questions: Readonly<Record<Question, Time>>
  readonly ratios: Readonly<Record<string, number>>
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      links: { type: 'string', default: '10000,1000000' },
      memories: { type: 'string', default: '10000,200000' },
      backfill: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '400' },
      json: { type: 'string' },
    },
  })
  const [links, memories] = [counts('links', values.links), counts('memories', values.memories)]
  if (links.length !== memories.length) throw new Error('--memories takes as many numbers as --links')
  const [rounds] = counts('rounds', values.rounds) as [number]
  const [tagged] = counts('backfill', values.backfill) as [number]
  const sizes: Size[] = []
  for (const [at, count] of links.entries()) {
    sizes.push(await inFolder(folder => measure(folder, { links: count, memories: memories[at]! }, rounds)))
    console.error(`${count} links: fan-out ${sizes[at]?.questions['fan-out, first page'].p50_ms} ms`)
  }
  const backfill = await inFolder(folder => measureBackfill(folder, tagged))
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ sizes, backfill }, null, 2)}\n`)
  console.log([questionTable(sizes), ratioTable(sizes), backfillTable(backfill)].join('\n\n'))
}

function counts(name: string, list: string): number[] {
  const found = list.split(',').map(Number)
  if (found.some(count => !Number.isInteger(count) || count < 1))
    throw new Error(`--${name} takes whole numbers: 10000,1000000`)
  return found
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-provenance-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(
  folder: string,
  size: { readonly links: number; readonly memories: number },
  rounds: number,
): Promise<Size> {
  const store = join(folder, 'store.db')
  const filled = await fillLinked(store, size)
  const times = await askAll(store, filled, rounds)
  const timeOf = (question: Question, share: number) => quantile(times[question], share)
  const toTime = (question: Question): [Question, Time] => [
    question,
    { p50_ms: round(timeOf(question, 0.5)), p95_ms: round(timeOf(question, 0.95)) },
  ]
  return {
    links: filled.links,
    memories: size.memories,
    copies_of_hub: filled.copies,
    store_mb: Math.round(statSync(store).size / 1e6),
    questions: Object.fromEntries(QUESTIONS.map(toTime)) as Record<Question, Time>,
    ratios: Object.fromEntries(
      RATIOS.map(([one, other]) => [`${one} / ${other}`, round(timeOf(one, 0.5) / timeOf(other, 0.5))]),
    ),
    ...(await measureOpening(store)),
  }
}

async function askAll(
  store: string,
  filled: LinkedStore,
  rounds: number,
): Promise<Record<Question, number[]>> {
  await using memory = await openHeirloom({ store, mode: 'existing' })
  using bare = bareQuestions(store)
  const further = furtherPages(memory, filled)
  const times = Object.fromEntries(QUESTIONS.map(question => [question, [] as number[]])) as unknown
  const kept = times as Record<Question, number[]>
  for (let at = 0; at < rounds + WARMING; at++) {
    const [source, target] = [pick(filled.sources, at), pick(filled.targets, at)]
    const chain = pick(filled.chains, at / SELDOM)
    const ask = async (question: Question, expected: number, work: () => number | Promise<number>) => {
      const [ms, found] = await timed(work)
      if (found < expected) throw new Error(`${question}: ${found} found, ${expected} are there`)
      if (at >= WARMING) kept[question].push(ms)
    }
    const fanOut = async (id: string) => (await memory.links({ id, limit: PAGE })).fan_out.length
    await ask('fan-out, first page', PAGE, () => fanOut(filled.hub))
    await ask('bare fan-out, first page', PAGE, () => bare.fanOut(filled.hub))
    await ask('fan-out, further pages', PAGE, further)
    await ask('fan-out of a source at random', PAGE, () => fanOut(source))
    const ofType = async () =>
      (await memory.links({ id: source, limit: PAGE, type: 'summarizes' })).fan_out.length
    await ask('the same, of one type', 1, ofType)
    const sources = async () => (await memory.links({ id: target, limit: PAGE })).sources.length
    await ask('direct sources', SOURCES, sources)
    await ask('bare direct sources', SOURCES, () => bare.sources(target))
    if (at % SELDOM !== 0) continue
    const whole = async () =>
      (await memory.lineage({ id: chain, depth: CHAIN, nodes: 2 * CHAIN })).edges.length
    await ask('full chain', CHAIN, whole)
    await ask('bare full chain', CHAIN, () => bare.chain(chain))
    await ask('scan for all copies of the hub', filled.copies, () => bare.scan(filled.hub))
    await ask('scan for one page of copies of a source at random', 1, () => bare.scan(source, PAGE))
  }
  return kept
}

/** One page after the other of what came of the hub, and from the first one again. */
function furtherPages(memory: Heirloom, { hub, copies }: LinkedStore): () => Promise<number> {
  let cursor: string | null = null
  let left = 0
  return async () => {
    const page = await memory.links({ id: hub, limit: PAGE, ...(cursor === null ? {} : { cursor }) })
    left = (cursor === null ? copies : left) - page.fan_out.length
    cursor = left < PAGE ? null : page.cursor
    return page.fan_out.length
  }
}

interface BareQuestions extends Disposable {
  fanOut(id: string): number
  sources(id: string): number
  chain(id: string): number
  /** Without a limit, all of them. */
  scan(id: string, limit?: number): number
}

/** Each gives rows with the text of what is linked, as the operations do. */
function bareQuestions(store: string): BareQuestions {
  const db = openBare(store)
  const tenant = db.prepare('select tenant_id from memories limit 1').pluck().get()
  const joined = (end: string) =>
    `left join memories as m on m.tenant_id = l.tenant_id and m.id = l.${end} where l.tenant_id = ?`
  const page = db.prepare(
    `select l.*, m.status, m.label, m.content from links as l ${joined('target_id')} and l.source_ref = ?
      order by l.type, l.target_id limit ${PAGE}`,
  )
  const sources = db.prepare(
    `select l.*, m.status, m.label, m.content from links as l ${joined('source_ref')} and l.target_id = ?
      order by l.type, l.source_ref`,
  )
  const chain = db.prepare(
    `with recursive chain (id) as (
      select @id union select l.source_ref from chain as c cross join links as l on l.tenant_id = @tenant and l.target_id = c.id
    ) select l.*, m.status, m.label, m.content from chain as c
      cross join links as l on l.tenant_id = @tenant and l.target_id = c.id
      left join memories as m on m.tenant_id = @tenant and m.id = l.source_ref`,
  )
  const scan = db.prepare(`select id from memories where tags like ? limit ?`).pluck()
  return {
    fanOut: id => page.all(tenant, id).length,
    sources: id => sources.all(tenant, id).length,
    chain: id => chain.all({ tenant, id }).length,
    scan: (id, limit = -1) => scan.all(`%shared-from=${id}%`, limit).length,
    [Symbol.dispose]: () => void db.close(),
  }
}

function pick(list: readonly string[], at: number): string {
  return list[(Math.floor(at) * 7919) % list.length]!
}

const number = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 })

function growth(values: readonly number[]): string {
  return number((values.at(-1) ?? 0) / (values[0] ?? 1))
}

function heading(sizes: readonly Size[], ...more: string[]): string[] {
  return [
    ...sizes.map(({ links, memories }) => `${count(links)} links, ${count(memories)} memories`),
    ...more,
  ]
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function questionTable(sizes: readonly Size[]): string {
  const rows = QUESTIONS.map(question => {
    const found = sizes.map(({ questions }) => questions[question])
    const cells = found.map(({ p50_ms, p95_ms }) => `${number(p50_ms)} / ${number(p95_ms)}`)
    return [question, ...cells, growth(found.map(({ p50_ms }) => p50_ms))]
  })
  const openings = (
    ['check_at_open_p50_ms', 'check_at_open_p95_ms', 'first_check_at_open_p50_ms', 'open_p50_ms'] as const
  ).map(name => {
    const found = sizes.map(size => size[name])
    return [name.replaceAll('_', ' '), ...found.map(number), growth(found)]
  })
  return table([
    ['p50 / p95 in ms', ...heading(sizes, 'growth')],
    ...rows,
    ...openings,
    ['copies of the hub', ...sizes.map(size => count(size.copies_of_hub)), ''],
    ['store: MB', ...sizes.map(size => count(size.store_mb)), ''],
  ])
}

function ratioTable(sizes: readonly Size[]): string {
  const names = Object.keys(sizes[0]?.ratios ?? {})
  return table([
    ['ratio of p50', ...heading(sizes)],
    ...names.map(name => [name, ...sizes.map(({ ratios }) => number(ratios[name] ?? 0))]),
  ])
}

function backfillTable(backfill: Backfill): string {
  const rows = Object.entries(backfill).map(([name, value]) => [
    name.replaceAll('_', ' '),
    Number.isInteger(value) ? count(value) : number(value),
  ])
  return table([['back-fill', ''], ...rows])
}

await main()
