/** The store's digest: what it sees, what it leaves out, and that it is what its definition says. */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { type CompiledQuery, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeKnowledge } from '../../scripts/fixture/knowledge.ts'
import { databaseOver } from '../../src/store/connection.ts'
import { canonicalRow, canonicalRows, parseCanonicalRow } from '../../src/store/digest/canonical-row.ts'
import { DigestSum, type StoreDigest, storeDigest } from '../../src/store/digest/digest.ts'
import { type Row, rowsOf } from '../../src/store/digest/rows.ts'
import { CLASSES, type ColumnKind, DIGESTED, type TableSpec } from '../../src/store/digest/tables.ts'
import { SqliteConnection } from '../../src/store/sqlite/connection.ts'
import {
  IS_THOROUGH,
  pglite,
  sqliteFile,
  sqliteMemory,
  type TestEngine,
  type TestStore,
} from '../kit/engines.ts'
import { full, MARKDOWN } from '../kit/samples.ts'

const file = sqliteFile()

const engines = [sqliteMemory, ...(IS_THOROUGH ? [pglite()] : [])]

const PRESENT: ReadonlySet<string> = new Set(DIGESTED.map(({ name }) => name))

const HERE = '01900000-0000-7000-8000-00000000'

/** A store with rows in every table that is digested. */
async function withEverything(engine: TestEngine): Promise<TestStore> {
  const store = await engine.open({ actor: 'person', embedder: 'static' })
  const { memory, clock, raw } = store
  const { id } = await memory.remember(full())
  clock.advance(1000)
  await memory.revise({ id, title: 'Ports', metadata: { b: 1, aa: [1.5, 1e21, 'é'] } })
  const { id: target } = await memory.remember({ content: 'Grace prefers tabs' })
  await memory.link({ target, type: 'derived_from', source: id })
  await memory.ingest({ text: MARKDOWN, name: 'guide.md', project: 'apollo', tags: ['guide'] })
  await memory.project({ action: 'alias', name: 'apollo', alias: 'moon' })
  const [user] = await raw('select * from users')
  await raw(`insert into "groups" (tenant_id, id, handle, created_at)
    values ('${user?.tenant_id}', '${HERE}0001', 'team', '2026-01-01T00:00:00.000Z')`)
  await raw(`insert into group_memberships (tenant_id, group_id, user_id, role, created_at)
    values ('${user?.tenant_id}', '${HERE}0001', '${user?.id}', 'admin', '2026-01-01T00:00:00.000Z')`)
  await writeKnowledge(memory, clock)
  for (const statement of usesOf(id)) await raw(statement)
  await memory.embed({ drain: true })
  return store
}

/** What is written while memories are used, of one of them. */
function usesOf(id: string): string[] {
  const at = `'2026-01-01T00:00:00.000Z'`
  const row = (table: string, values: Readonly<Record<string, string>>) =>
    `insert into ${table} (tenant_id, ${Object.keys(values).join(', ')})
      select tenant_id, ${Object.values(values).join(', ')} from memories where id = '${id}'`
  const own = { owner_user_id: 'owner_user_id', project: 'project', session_id: `'s'`, client_id: `'c'` }
  const strength = { due: at, stability: '1.5', difficulty: '5', state: '1', reps: '1', lapses: '0' }
  return [
    row('preferences', { name: `'budget'`, value: `'{"tokens": 100}'`, updated_at: at }),
    row('pins', { memory_id: 'id', pinned_at: at, tokens: '12' }),
    row('packs', {
      id: `'${HERE}0002'`,
      ...own,
      prompt: `'what?'`,
      budget: '100',
      tokens: '40',
      items: `'[{"id": "x"}]'`,
      left_out: '2',
      created_at: at,
    }),
    row('interactions', {
      id: `'${HERE}0003'`,
      ...own,
      pack_id: `'${HERE}0002'`,
      prompt: `'what?'`,
      response: `'that'`,
      summary: `'that'`,
      used: `'["x"]'`,
      recorded_at: at,
    }),
    row('strengths', {
      memory_id: 'id',
      ...strength,
      learning_steps: '0',
      scheduled_days: '2',
      last_review: at,
    }),
    row('strength_reviews', { id: `'${HERE}0004'`, memory_id: 'id', at, grade: `'good'`, source: `'use'` }),
  ]
}

async function allRows({ raw }: TestStore): Promise<Map<TableSpec, Row[]>> {
  const rows = new Map<TableSpec, Row[]>()
  for (const spec of DIGESTED) rows.set(spec, await raw(`select * from "${spec.name}"`))
  return rows
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function plain(kind: ColumnKind | undefined, value: unknown): unknown {
  if (kind === 'bytes') return Buffer.from(value as Uint8Array).toString('base64')
  return kind === 'json' ? JSON.parse(String(value)) : value
}

/** The definition once more, in the plainest way. */
function byDefinition(rows: ReadonlyMap<TableSpec, readonly Row[]>, cover: 'state' | 'full'): string {
  const digests: Record<string, string> = {}
  for (const [{ name, columns, inState, notInState }, found] of rows) {
    if (found.length === 0 || (cover === 'state' && !inState)) continue
    let sum = 0n
    for (const row of found) {
      const members = Object.entries(row).flatMap(([column, value]) => {
        const isCovered = column in columns && (cover === 'full' || !notInState.includes(column))
        if (!isCovered || value === null || (column === 'reference_count' && value === 0)) return []
        return [[column, plain(columns[column], value)] as const]
      })
      const text = canonicalize(Object.fromEntries(members)) ?? ''
      sum = (sum + BigInt(`0x${sha256(text)}`)) % 2n ** 256n
    }
    digests[name] = sha256(`${name}:${found.length}:${sum.toString(16).padStart(64, '0')}`)
  }
  return sha256(canonicalize(digests) ?? '')
}

describe.each(engines)('on $name', engine => {
  it('is what its definition says, in whatever order rows come', async () => {
    await using store = await withEverything(engine)
    const { digest, full, tables } = await store.memory.digest({})
    const rows = await allRows(store)
    expect([...rows].filter(([, found]) => found.length === 0)).toEqual([])
    expect(digest).toBe(byDefinition(rows, 'state'))
    expect(full).toBe(byDefinition(rows, 'full'))

    const sum = new DigestSum()
    for (const [spec, found] of [...rows].reverse()) for (const row of found.reverse()) sum.add(spec, row)
    expect(sum.end()).toEqual({ state: digest, full, tables })
  })

  it('reads each row once, wherever pages end', async () => {
    await using store = await engine.open()
    const { tables } = await store.memory.digest({})
    const spec = DIGESTED.find(({ name }) => name === 'projects')!
    let known = 0
    for (const count of [1, 499, 500, 501, 1000, 1001]) {
      await store.raw(`insert into projects (tenant_id, name, status, settings, created_at)
        with recursive numbers(n) as (select ${known + 1} union all select n + 1 from numbers where n < ${count})
        select tenant_id, 'Project ' || n, 'active', '{}', created_at from numbers, tenants`)
      known = count
      const now = await store.memory.digest({})
      expect(now.tables.projects?.rows).toBe(count)
      const sum = new DigestSum()
      for (const row of await store.raw('select * from projects')) sum.add(spec, row)
      expect(now.tables).toEqual({ ...tables, projects: sum.end().tables.projects })
    }
  })

  it('names the table that it is asked about, and those it could be asked about', async () => {
    await using store = await withEverything(engine)
    const all = await store.memory.digest({})
    const one = await store.memory.digest({ table: 'journal' })
    expect(one.tables).toEqual({ journal: all.tables.journal })
    expect(one.tables.journal).toMatchObject({ state: null })
    expect(one.full).toBe(sha256(`{"journal":"${all.tables.journal?.full}"}`))
    expect(one.digest).toBe(sha256('{}'))
    await expect(store.memory.digest({ table: 'settings' as 'journal' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `digest: table: must be one of ${DIGESTED.map(({ name }) => name).join(', ')}`,
    })
  })
})

describe('a changed value', () => {
  let store: TestStore
  let connection: SqliteConnection
  let before: StoreDigest

  beforeAll(async () => {
    store = await withEverything(file)
    connection = new SqliteConnection((await store.memory.status({})).store, { readonly: false })
    connection.raw.pragma('foreign_keys = off')
    connection.raw.pragma('ignore_check_constraints = on')
    before = await storeDigest(connection.database, PRESENT)
  })

  afterAll(async () => {
    connection.close()
    await store[Symbol.asyncDispose]()
  })

  /** The digest as it would be after these statements, which are taken back. */
  async function digestAfter(...statements: readonly string[]): Promise<StoreDigest> {
    connection.raw.exec('begin')
    try {
      for (const statement of statements) connection.raw.exec(statement)
      return await storeDigest(connection.database, PRESENT)
    } finally {
      connection.raw.exec('rollback')
    }
  }

  const OTHER: Record<ColumnKind, (column: string) => string> = {
    text: column => `coalesce(${column}, '') || '.'`,
    json: () => `'["another"]'`,
    number: column => `coalesce(${column}, 0) + 0.5`,
    count: column => `${column} + 1`,
    bytes: () => `x'0102'`,
  }

  const CASES = DIGESTED.flatMap(spec =>
    Object.entries(spec.columns).map(([column, kind]) => ({ spec, table: spec.name, column, kind })),
  )

  it.each(CASES)('of $table, in its column $column, shows', async ({ spec, table, column, kind }) => {
    const key = spec.key.map(part => `"${part}"`).join()
    const now = await digestAfter(
      `update "${table}" set "${column}" = ${OTHER[kind](`"${column}"`)}
       where (${key}) = (select ${key} from "${table}" order by ${key} limit 1)`,
    )
    const isState = spec.inState && !spec.notInState.includes(column)
    expect(now.full).not.toBe(before.full)
    expect(now.state !== before.state).toBe(isState)
    const { [table]: changed, ...others } = now.tables
    const { [table]: unchanged, ...expected } = before.tables
    expect(others).toEqual(expected)
    expect(changed?.rows).toBe(unchanged?.rows)
    expect(changed?.full).not.toBe(unchanged?.full)
    expect(changed?.state !== unchanged?.state).toBe(isState)
  })

  it('leaves the state alone where it is use, or when something was last changed', () => {
    expect(DIGESTED.flatMap(({ name, notInState }) => notInState.map(column => `${name}.${column}`))).toEqual(
      [
        'documents.updated_at',
        'memories.updated_at',
        'memories.reference_count',
        'memories.last_referenced_at',
        'memory_revisions.updated_at',
        'entities.updated_at',
        'relationships.updated_at',
        'preferences.updated_at',
        'pins.pinned_at',
      ],
    )
    expect(DIGESTED.filter(({ inState }) => !inState).map(({ name }) => name)).toEqual([
      'packs',
      'interactions',
      'strengths',
      'strength_reviews',
      'spaces',
      'vectors',
      'journal',
      'journal_payloads',
    ])
  })

  it('shows also where a row went, came or stands twice', async () => {
    const digests = [
      before,
      await digestAfter('delete from group_memberships'),
      await digestAfter(
        `insert into projects select tenant_id, 'x', null, status, '{}', created_at from projects limit 1`,
      ),
    ]
    expect(new Set(digests.map(({ state }) => state)).size).toBe(3)
    const spec = DIGESTED[0]!
    const row = { tenant_id: 'a', name: 'b', created_at: 'c' }
    const sums = [0, 1, 2, 3].map(times => {
      const sum = new DigestSum()
      for (let time = 0; time < times; time++) sum.add(spec, row)
      return sum.end().full
    })
    expect(new Set(sums).size).toBe(4)
  })

  it('is not seen in what is derived or local', async () => {
    const statements = ['delete from memory_tags', 'delete from keyword_totals', 'delete from settings']
    expect(await digestAfter(...statements, 'delete from idempotency', 'delete from artefacts')).toEqual(
      before,
    )
  })

  it('is not what a column that nobody filled makes, nor one that is not there', async () => {
    const all = 'update memories set label = null'
    const empty = await digestAfter(all)
    expect(empty.state).not.toBe(before.state)
    expect(await digestAfter(all, 'alter table memories drop column label')).toEqual(empty)
    expect(await digestAfter('alter table memories add column nickname text')).toEqual(before)
    expect(await digestAfter(`alter table memories add column nickname text not null default 'x'`)).toEqual(
      before,
    )
  })

  it('is not what a table without rows makes, nor one that is not there', async () => {
    connection.raw.exec('begin; delete from group_memberships')
    const without = new Set([...PRESENT].filter(name => name !== 'group_memberships'))
    const there = await storeDigest(connection.database, new Set([...PRESENT, 'a table of tomorrow']))
    expect(await storeDigest(connection.database, without)).toEqual(there)
    connection.raw.exec('rollback')
    expect(there.tables.group_memberships?.rows).toBe(0)
    expect(there.full).not.toBe(before.full)
  })

  it('that cannot be read is named', async () => {
    const broken = digestAfter(`update documents set options = 'no JSON'`)
    await expect(broken).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/^documents \S+ \S+: options does not hold JSON/),
    })
  })

  it('can be waited for, or given up on', async () => {
    const seen: number[] = []
    await storeDigest(connection.database, PRESENT, { progress: rows => seen.push(rows) })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen.at(-1)).toBe(Object.values(before.tables).reduce((sum, { rows }) => sum + rows, 0))

    const controller = new AbortController()
    const { signal } = controller
    setImmediate(() => controller.abort())
    await expect(storeDigest(connection.database, PRESENT, { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('is read in the order of the primary key, by its index', async () => {
    const plans: string[] = []
    const database = databaseOver(
      {
        execute: <R>(query: CompiledQuery) => {
          const explained = { ...query, sql: `explain query plan ${query.sql}` }
          const { rows } = connection.execute<{ detail: string }>(explained)
          plans.push(rows.map(({ detail }) => detail).join('; '))
          // A full page, so that there is a next one.
          const key = {
            space: 1,
            subject_id: 'a',
            tenant_id: 'a',
            id: 'a',
            group_id: 'a',
            user_id: 'a',
            name: 'a',
            alias: 'a',
          }
          const page = plans.length % 2 === 0 ? [] : Array.from({ length: 500 }, () => key)
          return { rows: page as R[] }
        },
      },
      { adapter: () => new SqliteAdapter(), compiler: () => new SqliteQueryCompiler() },
    )
    for (const spec of DIGESTED) {
      plans.length = 0
      for await (const _ of rowsOf(database, spec));
      const [first, second] = plans
      expect(plans, spec.name).toHaveLength(2)
      expect(first).toMatch(/^SCAN \w+( USING INDEX sqlite_autoindex_\w+_1)?$/)
      expect(second).toMatch(/^SEARCH \w+ USING (PRIMARY KEY|INDEX sqlite_autoindex_\w+_1) \(/)
    }
  })
})

it('use is seen by the full digest alone, of memories alone', async () => {
  await using store = await withEverything(file)
  const before = await store.memory.digest({})
  const other = await store.another()
  const { results } = await other.list({})
  await other.get({ id: results[0]!.id })
  await other.close()
  const { full, tables, ...state } = await store.memory.digest({})
  expect(state.digest).toBe(before.digest)
  expect(full).not.toBe(before.full)
  const { memories } = before.tables
  expect(tables).toEqual({ ...before.tables, memories: { ...memories, full: tables.memories?.full } })
  expect(tables.memories?.full).not.toBe(memories?.full)
})

const VALUES: Record<ColumnKind, fc.Arbitrary<unknown>> = {
  text: fc.option(fc.string({ unit: 'binary' })),
  json: fc.jsonValue().map(value => JSON.stringify(value)),
  number: fc.option(fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))),
  count: fc.nat(),
  bytes: fc.option(fc.uint8Array().map(bytes => Buffer.from(bytes))),
}

const ROW = fc
  .constantFrom(...DIGESTED)
  .chain(spec =>
    fc.tuple(
      fc.constant(spec),
      fc.record(Object.fromEntries(Object.entries(spec.columns).map(([name, kind]) => [name, VALUES[kind]]))),
    ),
  )

/** As a database might write it that keeps JSON in a form of its own. */
function otherwise(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner: unknown) => {
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
      return Object.fromEntries(Object.entries(inner).reverse())
    },
    2,
  )
}

it('a canonical row is RFC 8785 JSON of what is not empty, and can be read back', () => {
  fc.assert(
    fc.property(ROW, ([spec, row]) => {
      const text = canonicalRow(spec, row, 'full')
      const value = JSON.parse(text) as Row
      expect(canonicalize(value)).toBe(text)
      const read = parseCanonicalRow(spec, text)
      expect(Object.keys(read)).toEqual(Object.keys(spec.columns))
      expect(canonicalRow(spec, read, 'full')).toBe(text)
      for (const [column, kind] of Object.entries(spec.columns)) {
        if (kind === 'bytes') expect(read[column]).toEqual(row[column])
        else if (kind !== 'json') expect(read[column] === row[column], column).toBe(true)
        else expect(read[column]).toBe(canonicalize(JSON.parse(String(row[column]))))
      }
      const state = Object.fromEntries(
        Object.entries(value).filter(([name]) => !spec.notInState.includes(name)),
      )
      expect(canonicalRow(spec, row, 'state')).toBe(canonicalize(state))
      expect(canonicalRows(spec, row)).toEqual({ full: text, state: canonicalize(state) })
      const rewritten = Object.entries(row).map(([column, old]) => [
        column,
        spec.columns[column] === 'json' ? otherwise(JSON.parse(String(old))) : old,
      ])
      expect(canonicalRow(spec, Object.fromEntries(rewritten), 'full')).toBe(text)
    }),
    { numRuns: 300 },
  )
})

it('every table of the store is of one class, and the authoritative ones are digested', async () => {
  await using store = await sqliteMemory.open()
  const tables = await store.raw(`select name from sqlite_schema where type = 'table'`)
  const ours = tables
    .map(({ name }) => String(name))
    .filter(name => !/^(sqlite_|keyword_(live|past))/.test(name))
  expect(ours.sort()).toEqual(Object.keys(CLASSES).sort())
  const authoritative = Object.entries(CLASSES).filter(([, kind]) => kind === 'authoritative')
  expect(DIGESTED.map(({ name }) => name).sort()).toEqual(authoritative.map(([name]) => name).sort())
})

it('digested tables come after those that their rows name, and their keys are the primary keys', async () => {
  await using store = await sqliteMemory.open()
  const before = new Set<string>()
  for (const { name, key, columns, local } of DIGESTED) {
    const found = await store.raw(`select name, pk from pragma_table_info('${name}')`)
    expect([...Object.keys(columns), ...local].sort(), name).toEqual(found.map(column => column.name).sort())
    const primary = found.filter(({ pk }) => pk !== 0).sort((a, b) => Number(a.pk) - Number(b.pk))
    // What is numbered here alone has another key that holds everywhere.
    const unique = await store.raw(`select name from pragma_index_info('sqlite_autoindex_${name}_1')`)
    const keys = local.length === 0 ? primary : unique
    expect(key, name).toEqual(keys.map(column => column.name))
    const named = await store.raw(`select distinct "table" as name from pragma_foreign_key_list('${name}')`)
    for (const { name: other } of named) expect(before, name).toContain(other)
    before.add(name)
  }
})
