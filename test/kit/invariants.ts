/**
 * What must hold of every store at every moment, whatever happened to it. Looks at the tables itself, so that it
 * does not believe `doctor`, and then asks `doctor` too.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { expect } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import type { Row, TestStore } from './engines.ts'

/** What was acknowledged: content by id. */
export type Acknowledged = ReadonlyMap<string, string>

export async function expectSound(
  { memory, raw }: Pick<TestStore, 'memory' | 'raw'>,
  acknowledged: Acknowledged = new Map(),
): Promise<void> {
  const memories = await raw('select * from memories order by id')
  const revisions = await raw('select * from memory_revisions order by id, version')
  expectAcknowledged(memories, acknowledged)
  expectHashes([...memories, ...revisions])
  expectVersions(memories, revisions)
  await expectTags(raw, memories)
  await expectLinks(raw, memories)
  await expectIndex(raw, memories, revisions)
  await expectJournal(raw)
  await expectDoctorPleased(memory)
}

export async function expectDoctorPleased(memory: Heirloom): Promise<void> {
  const report = await memory.doctor({})
  expect(report.checks.filter(check => !check.ok && check.name !== 'disk space')).toEqual([])
}

function expectAcknowledged(memories: readonly Row[], acknowledged: Acknowledged): void {
  const stored = new Map(memories.map(row => [row.id, row.content]))
  const lost = [...acknowledged].filter(([id, content]) => stored.get(id) !== content).map(([id]) => id)
  expect(lost, 'acknowledged and lost').toEqual([])
}

function expectHashes(rows: readonly Row[]): void {
  const wrong = rows.filter(row => sha256(String(row.content).normalize('NFC')) !== row.content_hash)
  expect(
    wrong.map(row => row.id),
    'content hashes',
  ).toEqual([])
}

/** Versions count from 1 without a gap, and each ends when the next begins. */
function expectVersions(memories: readonly Row[], revisions: readonly Row[]): void {
  const past = Map.groupBy(revisions, row => row.id)
  for (const memory of memories) {
    const line = [...(past.get(memory.id) ?? []), memory]
    expect(
      line.map(row => row.version),
      `versions of ${memory.id}`,
    ).toEqual(line.map((_, index) => index + 1))
    for (const [index, row] of line.slice(0, -1).entries()) {
      expect(row.ended_at, `end of version ${index + 1} of ${memory.id}`).toBe(line[index + 1]?.updated_at)
      expect(String(row.updated_at) < String(row.ended_at)).toBe(true)
    }
  }
}

async function expectTags(raw: TestStore['raw'], memories: readonly Row[]): Promise<void> {
  const expected = memories.flatMap(row => {
    return (JSON.parse(String(row.tags)) as string[]).map(tag => `${row.id} ${tag}`)
  })
  const found = (await raw('select * from memory_tags')).map(row => `${row.memory_id} ${row.tag}`)
  expect(found.sort(), 'tags').toEqual(expected.sort())
}

/** Types of which a target has one source at the most. */
const ONE_SOURCE: ReadonlySet<unknown> = new Set(['shared_from', 'superseded_by'])

/** Links lead to what is there, say what their source is while it is there, and tell of every successor. */
async function expectLinks(raw: TestStore['raw'], memories: readonly Row[]): Promise<void> {
  const links = await raw('select * from links order by target_id, type, source_ref')
  const known = new Map(memories.map(row => [`${row.tenant_id} ${row.id}`, row]))
  for (const link of links) {
    const named = `link ${link.target_id} ${link.type} ${link.source_ref}`
    const target = known.get(`${link.tenant_id} ${link.target_id}`)
    expect(target, `target of ${named}`).toBeDefined()
    expect(link.target_partition, `partition of ${named}`).toBe(target?.partition)
    expect(link.only_source, `only_source of ${named}`).toBe(ONE_SOURCE.has(link.type) ? 1 : 0)
    expect(link.source_tenant_id === null, `tenant of the source of ${named}`).toBe(link.source_id === null)
    if (link.source_id === null) continue
    const source = known.get(`${link.source_tenant_id} ${link.source_id}`)
    expect(link.source_id, `source of ${named}`).toBe(link.source_ref)
    expect(source, `source of ${named}`).toBeDefined()
    expect(link.source_hash, `hash of the source of ${named}`).toBe(source?.content_hash)
    expect(link.source_deleted_at, `end of the source of ${named}`).toBeNull()
  }
  const successors = new Set(
    links.flatMap(({ tenant_id, target_id, type, source_ref }) =>
      type === 'superseded_by' ? [`${tenant_id} ${target_id} ${source_ref}`] : [],
    ),
  )
  const unlinked = memories.filter(
    ({ tenant_id, id, superseded_by }) =>
      superseded_by !== null && !successors.has(`${tenant_id} ${id} ${superseded_by}`),
  )
  expect(
    unlinked.map(row => row.id),
    'superseded, without a link to the successor',
  ).toEqual([])
}

async function expectIndex(
  raw: TestStore['raw'],
  memories: readonly Row[],
  revisions: readonly Row[],
): Promise<void> {
  const live = (row: Row) => (row.status === 'active' && row.trust !== 'untrusted' ? 1 : 0)
  const expected = [
    ...memories.map(row => `${row.id} ${row.version} ${live(row)}`),
    ...revisions.map(row => `${row.id} ${row.version} 0`),
    // Of an entity only the present version is ever in the index.
    ...(await raw('select * from entities')).map(row => `${row.id} ${row.version} ${live(row)}`),
  ]
  const rows = await raw('select * from keyword_documents')
  const found = rows.map(row => `${row.memory_id} ${row.version} ${row.live}`)
  expect(found.sort(), 'keyword rows').toEqual(expected.sort())
  for (const total of await raw('select * from keyword_totals')) {
    const part = rows.filter(row => row.live === total.live)
    const terms = part.reduce((sum, row) => sum + Number(row.length), 0)
    expect({ documents: total.documents, terms: total.terms }).toEqual({ documents: part.length, terms })
  }
}

/** Chained without a gap, payloads give their digests, and each change of a record has exactly one entry. */
async function expectJournal(raw: TestStore['raw']): Promise<void> {
  const entries = await raw('select * from journal order by sequence')
  const payloads = new Map(
    (await raw('select * from journal_payloads')).map(row => [row.sequence, row] as const),
  )
  let previous = '0'.repeat(64)
  for (const [index, { tenant_id: _tenant, hash, ...entry }] of entries.entries()) {
    expect(entry.sequence).toBe(index + 1)
    expect(entry.previous_hash, `entry ${index + 1}`).toBe(previous)
    expect(sha256(canonicalize(entry) ?? ''), `entry ${index + 1}`).toBe(hash)
    const payload = payloads.get(entry.sequence)
    expect(sha256(`${payload?.salt}${payload?.payload}`)).toBe(entry.payload_digest)
    previous = String(hash)
  }
  await expectAccounts(raw, entries, payloads)
}

/** Kinds of records that count their versions, with where they are kept. */
const COUNTED = {
  memory: 'memories',
  entity: 'entities',
  relationship: 'relationships',
  conflict: 'conflicts',
} as const

/**
 * Each change of a record has exactly one entry: each takes it to its next version, or by an undo to the one before,
 * and the last one to where it is. What is gone is told to be gone by its last entry.
 */
async function expectAccounts(
  raw: TestStore['raw'],
  entries: readonly Row[],
  payloads: ReadonlyMap<unknown, Row>,
): Promise<void> {
  for (const [kind, table] of Object.entries(COUNTED)) {
    const rows = await raw(`select id, version from ${table}`)
    const there = new Map(rows.map(({ id, version }) => [id, version]))
    const own = entries.filter(entry => entry.subject_kind === kind)
    for (const [id, told] of Map.groupBy(own, entry => entry.subject_id)) {
      let version = 0
      for (const { sequence, operation } of told) {
        const { after } = JSON.parse(String(payloads.get(sequence)?.payload)) as { after: Row | null }
        const next = after === null ? 0 : Number(after.version)
        const back = operation === 'undo' ? [version - 1] : operation === 'erase' && after === null ? [0] : []
        // A conflict that time has closed goes and comes back as it is.
        const isWhole = kind === 'conflict' && operation === 'undo' && (next === 0 || version === 0)
        const steps = [version + 1, ...back, ...(isWhole ? [next] : [])]
        expect(steps, `entry ${sequence}, of a change of ${kind} ${id}`).toContain(next)
        version = next
      }
      expect(version, `what the journal tells of ${kind} ${id}`).toBe(there.get(id) ?? 0)
      there.delete(id)
    }
    expect([...there.keys()], `of the kind ${kind}, not told of`).toEqual([])
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
