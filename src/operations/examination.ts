/** All that `doctor` looks at, as checks for people and as damage that can be repaired. */
import type { Damage } from '../evolve/repair.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Agreement } from '../store/agreement/agreement.ts'
import { AREAS, type Area } from '../store/agreement/findings.ts'
import type { ArtefactName } from '../store/artefacts/artefact.ts'
import { planArtefacts } from '../store/artefacts/plan.ts'
import type { Engine, EngineReport } from '../store/engine.ts'
import type { Verification } from '../store/journal-reader.ts'
import { historyProblems } from '../store/schema/history.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import type { StoredSchema } from '../store/schema/stored.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Context } from './operation.ts'
import { toProgress } from './unfinished.ts'

/** Less free than this and the next large ingest may fail. */
const LITTLE_SPACE = 256 * 1024 * 1024

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it; null where nothing is wrong. */
  readonly remedy: string | null
}

export interface Examination {
  readonly checks: readonly Check[]
  readonly damage: Damage
}

type Rows = Awaited<ReturnType<typeof examineRows>>

export async function examine({ store, principal, now, signal }: Context): Promise<Examination> {
  const { engine } = store
  const report = await engine.inspect({ deep: true })
  const schema = await examineSchema(engine, report)
  const rows = await whereReadable(() =>
    store.read(principal, tx => examineRows(tx, { now: now(), keyword: report.keyword }), signal),
  )
  const checks = [databaseCheck(engine, report), schema.check, ...rowChecks(rows)]
  if (report.free_bytes !== null) checks.push(spaceCheck(report.free_bytes))
  return { checks, damage: damageOf({ report, faults: schema.faults, rows }) }
}

const REPAIR = 'Make it again from what is there: heirloom doctor --repair'
const RESTORE = 'It cannot be made again. Restore a snapshot: heirloom snapshot list'

const DATABASE_REMEDIES = {
  sqlite:
    'Make the indexes again: heirloom doctor --repair. If that does not help, restore a snapshot: heirloom snapshot list',
  postgres: 'Put the settings right on the server, and start it again',
} as const

function databaseCheck({ name }: Engine, { problems, version, settings, unchecked }: EngineReport): Check {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  const sound = [version, ...pairs, ...unchecked].join(', ')
  return toCheck('database', problems, { sound, remedy: DATABASE_REMEDIES[name] })
}

/** What a newer build has made is not held against this one's steps. */
async function examineSchema(
  engine: Engine,
  { schema }: EngineReport,
): Promise<{ check: Check; faults: EngineReport['schema'] }> {
  const stored = await whereReadable(() => engine.survey())
  if (typeof stored === 'string') {
    return { check: toCheck('schema', [stored], { sound: '', remedy: RESTORE }), faults: schema }
  }
  const faults = isNewer(stored) ? [] : schema
  const history = historyProblems(MIGRATIONS, stored)
  const canBeMade = history.length === 0 && faults.every(({ ddl, isDerived }) => ddl !== null || isDerived)
  const found = stored.kind === 'versioned' ? stored.version : 0
  const sound = isNewer(stored)
    ? `schema ${found} of a newer build, which admits this one`
    : `schema ${found}: its steps, tables, columns and indexes are those of this build`
  const problems = [...history, ...faults.map(({ problem }) => problem)]
  return { check: toCheck('schema', problems, { sound, remedy: canBeMade ? REPAIR : RESTORE }), faults }
}

function isNewer(stored: StoredSchema): boolean {
  return stored.kind === 'versioned' && stored.version > MIGRATIONS.length
}

/** What the work gives, or why it cannot be done where the schema itself is broken. */
async function whereReadable<T extends object>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HeirloomError && error.code === 'STORE_CORRUPT') return error.message
    throw error
  }
}

async function examineRows(
  tx: ReadHandle,
  { now, keyword }: { now: string; keyword: readonly string[] },
): Promise<{
  readonly stamps: readonly string[]
  readonly agreement: Agreement
  readonly chain: Verification
}> {
  const { problems: stamps, passedOver } = await examineStamps(tx)
  const agreement = await tx.checkAgreement({ now, passedOver })
  const own = passedOver.has('keyword index') ? [] : keyword
  const problems = {
    ...agreement.problems,
    'keyword index': [...own, ...agreement.problems['keyword index']],
  }
  return { stamps, agreement: { ...agreement, problems }, chain: await tx.journal.verify() }
}

/** What is made of an artefact's rows is not whole either. */
const MADE_OF: Readonly<Record<ArtefactName, readonly Area[]>> = {
  keyword: ['keyword index', 'near-duplicates', 'mentions'],
  near_duplicates: ['near-duplicates'],
  names: ['names', 'claims', 'mentions', 'conflicts'],
  claims: ['claims', 'conflicts'],
  mentions: ['mentions'],
}

async function examineStamps({
  settings,
}: ReadHandle): Promise<{ problems: string[]; passedOver: Set<Area> }> {
  const stamps = await settings.artefacts()
  const unfinished = await settings.allUnfinished()
  const problems: string[] = []
  const passedOver = new Set<Area>()
  for (const { artefact, plan } of planArtefacts(stamps)) {
    const pending = unfinished.find(({ name }) => name === artefact.name)
    if (plan.action === 'nothing' && pending === undefined) continue
    for (const area of MADE_OF[artefact.name]) passedOver.add(area)
    const why = plan.action === 'rebuild' ? `: ${plan.why}` : ''
    problems.push(
      pending === undefined
        ? `the ${artefact.title} is not of this build${why}`
        : `${toProgress(pending)}, and is not compared`,
    )
  }
  for (const { name, title } of await settings.pendingBackfills()) {
    passedOver.add(name === 'conflicts' ? 'conflicts' : 'links')
    problems.push(`the ${title} were not added to older memories yet`)
  }
  return { problems, passedOver }
}

const SOUND: Readonly<Record<Area, string>> = {
  'content hashes': 'each text gives its hash',
  versions: 'the past of each memory is whole, and each record can be read',
  tags: 'the tags of each memory are those that it is found by',
  'keyword index': 'each row agrees with its memory, and is found by its words',
  'near-duplicates': 'each signature is one of its text, and none is missing',
  links: 'each tells of its ends as they are, none is missing, and what graduated says to what',
  relationships: 'nothing contains itself',
  names: 'each name and alias leads to its entity',
  claims: 'each active slot and property is a claim, and no other is',
  mentions: 'each memory is joined to the entities that its text names',
  vectors: 'each vector is of its text, and what has none waits for one',
  conflicts: 'whatever contradicts is in a conflict, and at most one a slot is open',
  journal: 'each entry is chained to the one before it, and records are as it tells',
  orphans: 'whatever a row names is there',
  clock: 'nothing was written later than now',
}

const REMEDIES: Readonly<Record<Area, string>> = {
  'content hashes': RESTORE,
  versions: RESTORE,
  tags: REPAIR,
  'keyword index': REPAIR,
  'near-duplicates': REPAIR,
  links: RESTORE,
  relationships: 'Take one of them away: heirloom unrelate <whole> contains <part>',
  names: REPAIR,
  claims: REPAIR,
  mentions: REPAIR,
  vectors: REPAIR,
  conflicts:
    'Look at every slot anew: heirloom doctor --repair. What stays cannot be mended: restore a snapshot',
  journal: RESTORE,
  orphans: RESTORE,
  clock: 'Set the clock of this machine right; what was written by a clock that was ahead stays as it is',
}

function rowChecks(rows: Rows | string): Check[] {
  if (typeof rows === 'string') {
    return ['stamps', ...AREAS].map(name =>
      toCheck(name, [`not checked: ${rows}`], { sound: '', remedy: 'Put the schema right first' }),
    )
  }
  const { stamps, agreement, chain } = rows
  const { memories, versions, links, entities, problems } = agreement
  const broken =
    chain.broken === null ? [] : [`broken at entry ${chain.broken.sequence}: ${chain.broken.reason}`]
  const counts: Partial<Record<Area, number>> = {
    'content hashes': versions,
    versions,
    tags: memories,
    'keyword index': versions,
    'near-duplicates': memories,
    links,
    names: entities,
    journal: chain.entries,
  }
  const areas = AREAS.map(area => {
    const told = area === 'journal' ? [...broken, ...problems.journal] : problems[area]
    const number = counts[area]
    const sound = number === undefined ? SOUND[area] : `checked: ${number}; ${SOUND[area]}`
    return toCheck(area, told, { sound, remedy: REMEDIES[area] })
  })
  const sound = 'each derived part is of this build, and whole'
  return [toCheck('stamps', stamps, { sound, remedy: REPAIR }), ...areas]
}

export function spaceCheck(free: number): Check {
  const room = `${Math.floor(free / 1024 / 1024)} MB free`
  const remedy = 'Free some space, or move the store to a larger disk'
  return toCheck('disk space', free < LITTLE_SPACE ? [room] : [], { sound: room, remedy })
}

function toCheck(
  name: string,
  problems: readonly string[],
  { sound, remedy }: { sound: string; remedy: string },
): Check {
  if (problems.length === 0) return { name, ok: true, detail: sound, remedy: null }
  return { name, ok: false, detail: problems.join('; '), remedy }
}

/** Where the rows cannot be compared, only what the schema lacks is damage: it is looked at again afterwards. */
function damageOf({
  report,
  faults,
  rows,
}: {
  report: EngineReport
  faults: EngineReport['schema']
  rows: Rows | string
}): Damage {
  const artefacts = new Set<ArtefactName>()
  const empty = faults.filter(({ kind }) => kind !== 'index' && kind !== 'trigger').map(({ table }) => table)
  const problems = typeof rows === 'string' ? null : rows.agreement.problems
  const has = (area: Area) => (problems?.[area].length ?? 0) > 0
  if (has('keyword index') || empty.some(table => /^keyword_(documents|totals|live|past)/.test(table))) {
    artefacts.add('keyword')
  }
  if (has('near-duplicates') || empty.includes('keyword_signatures')) artefacts.add('near_duplicates')
  if (has('names') || empty.some(table => /^entity_(names|heads)$/.test(table))) artefacts.add('names')
  if (has('claims') || empty.includes('claims')) artefacts.add('claims')
  if (has('mentions') || empty.includes('edges')) artefacts.add('mentions')
  return {
    schema: faults,
    indexes: report.problems.some(problem => /\bindex\b/.test(problem)),
    tags: has('tags') || empty.includes('memory_tags'),
    conflicts: has('conflicts'),
    vectors: has('vectors'),
    artefacts,
    stamps: typeof rows !== 'string' && rows.stamps.length > 0,
  }
}
