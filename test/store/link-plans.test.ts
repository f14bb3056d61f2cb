/** How both databases run what is asked of links: by an index, at any size; never by looking at every row. */
import {
  type CompiledQuery,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely'
import { afterAll, describe, expect, it } from 'vitest'
import { toHeirloom } from '../../src/heirloom.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import { shareInto } from '../../src/operations/sharing.ts'
import { connectionOf, databaseOver } from '../../src/store/connection.ts'
import type { Database, Engine } from '../../src/store/engine.ts'
import { JournalWriter } from '../../src/store/journal.ts'
import { type LinksFilled, linkSharedCopies, linkSuccessors } from '../../src/store/link-filler.ts'
import { Statements } from '../../src/store/statements.ts'
import { Store } from '../../src/store/store.ts'
import { openBeneath, type StoreBeneath, write } from '../kit/beneath.ts'
import { pglite, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { insertLinks, insertMemories } from '../kit/graphs.ts'

/** Each statement with its plan. */
type Plans = Map<string, string>

const COMPILERS = {
  sqlite: {
    explain: 'explain query plan',
    parts: { adapter: () => new SqliteAdapter(), compiler: () => new SqliteQueryCompiler() },
  },
  postgres: {
    explain: 'explain (costs off)',
    parts: { adapter: () => new PostgresAdapter(), compiler: () => new PostgresQueryCompiler() },
  },
}

/** A look at every row, or at every one of a tenant by the primary key, in the words of each database. */
const SCANS = {
  sqlite:
    /^(?:SCAN (\w+)(?! VIRTUAL)|SEARCH (\w+) USING (?:PRIMARY KEY|(?:COVERING )?INDEX sqlite_autoindex_\w+) \(tenant_id=\?\))/gm,
  postgres:
    /Seq Scan on (\w+)|Scan using \w+_pkey on (\w+).*\n\s*Index Cond: \(tenant_id = '[^']*'::uuid\)$/gm,
}

const LARGE = new Set(['memories', 'links', 'memory_tags'])

function tableOf(name: string, sql: string): string {
  return new RegExp(`"(\\w+)" as "${name}"`).exec(sql)?.[1] ?? name
}

function noting(db: Database, name: Engine['name'], plans: Plans): Database {
  const connection = connectionOf(db)
  const { explain, parts } = COMPILERS[name]
  const execute = async <R>(query: CompiledQuery) => {
    if (!plans.has(query.sql) && /^\s*(select|update|delete|with)/i.test(query.sql)) {
      const { rows } = await connection.execute<Record<string, unknown>>({
        ...query,
        sql: `${explain} ${query.sql}`,
      })
      plans.set(query.sql, rows.map(row => row.detail ?? row['QUERY PLAN']).join('\n'))
    }
    return connection.execute<R>(query)
  }
  return databaseOver({ execute }, parts)
}

/** The same engine, with every statement's plan noted. */
function notingEngine(engine: Engine, plans: Plans): Engine {
  const statements = new Statements()
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'statements') return statements
      if (name === 'read' || name === 'write') {
        return (work: (db: Database) => Promise<unknown>, signal?: AbortSignal) =>
          target[name](db => work(noting(db, target.name, plans)), signal)
      }
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

const MEMORIES = 5000

/** A store in which a look at every row would cost something. */
async function filled(store: StoreBeneath): Promise<string[]> {
  const { id } = await store.memory.remember({ content: 'like all the others', project: 'many' })
  const ids = await insertMemories(store, id, MEMORIES)
  const type = 'derived_from'
  await insertLinks(
    store,
    ids.slice(1).map((target, index) => ({ target, type, source: ids[index]! })),
  )
  await insertLinks(
    store,
    ids.slice(2).map(target => ({ target, type: 'summarizes', source: ids[target.charCodeAt(35) % 16]! })),
  )
  await store.raw(
    `insert into memory_tags (tenant_id, memory_id, tag) select tenant_id, id, 'common' from memories`,
  )
  // A server does so by itself; SQLite must do without, as in any store.
  if (store.store.engine.name === 'postgres') await store.raw('analyze')
  return ids
}

/** Every operation that asks something of links. */
async function live(store: StoreBeneath, plans: Plans): Promise<void> {
  const [first = '', second = '', third = ''] = await filled(store)
  const engine = notingEngine(store.store.engine, plans)
  const opened = new Store(engine, {
    now: () => '2026-01-01T00:00:00.000Z',
    newId: () => '',
    salt: () => 'salt',
  })
  const context = contextOver(store, opened)
  const memory = toHeirloom({ store: opened, upgrade: null, context })
  const to = 'project:new'
  const made = (
    await memory.remember({ content: 'a herd of herons', tags: ['common', `shared-from=${first}`] })
  ).id
  for (const type of ['derived_from', 'shared_from'])
    await memory.link({ target: made, type, source: second })
  await memory.link({ target: made, type: 'shared_from', source: third }).catch(() => undefined)
  await memory.unlink({ target: made, type: 'shared_from', source: second })
  const { cursor } = await memory.links({ id: first, limit: 2 })
  await memory.links({ id: first, limit: 2, cursor: cursor! })
  await memory.links({ id: first, type: 'summarizes', limit: 2 })
  await memory.lineage({ id: second, depth: 3, nodes: 20 })
  await memory.get({ id: made })
  await memory.recall({ query: 'herons' })
  const shared = await memory.share({ id: made, to })
  await memory.share({ id: made, to })
  await memory.revise({ id: made, content: 'a herd of many herons', project: 'other' })
  await memory.share({ id: made, to, again: true })
  await memory.share({ id: shared.id, to: 'project:newer' })
  await memory.consolidate({ from: [shared.id, made], content: 'herons, all told', supersede: true })
  await memory.restore({ id: made })
  await memory.supersede({ id: made, content: 'no herons' })
  await write({ ...store, store: opened }, async tx => {
    const source = { ...(await tx.memories.mustGet(second)), id: ELSEWHERE as never, content: 'a far heron' }
    await shareInto(tx, source, { project: 'far', isFar: true, again: false, context: context(), at: NOW })
    await tx.links.arrive({ ...source, origin_id: 'there-1' })
    await tx.memories.remove(await tx.memories.mustGet(shared.id))
  })
  await memory.lineage({ id: shared.id })
  await backFill(engine)
}

const NOW = '2026-01-01T00:00:00.000Z'
const ELSEWHERE = '01900000-0000-7000-b000-000000000001'

function contextOver({ clock }: StoreBeneath, store: Store) {
  let count = 0
  const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'agent' } as never
  const newId = () => `01900000-0000-7000-a000-${String(++count).padStart(12, '0')}`
  const [upkeep, embedders] = [{} as never, {} as never]
  const base = {
    store,
    principal,
    client: null,
    session: null,
    now: clock.now,
    newId,
    created: false,
    upkeep,
    embedders,
    drainer: null,
  }
  return (call = {}) => ({ ...base, ...call })
}

/** From the start and from a place in the middle, as a plan and in earnest. */
async function backFill(engine: Engine): Promise<void> {
  const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'system' } as never
  const stamp = {
    operation: 'backfill',
    at: NOW,
    actor_kind: 'system',
    client: null,
    session: null,
    note: null,
  }
  const middle = '01900000-0000-7000-8000-000000000001'
  await engine.write(async db => {
    const journal = new JournalWriter(db, engine, { principal, stamp: stamp as never, salt: () => 'salt' })
    for (const kept of [null, journal]) {
      const filling = { db, engine, tenant_id: BOOTSTRAP_ID, journal: kept, at: NOW }
      const done: LinksFilled[] = []
      for (const cursor of ['', `tagged ${middle}`, 'imported ', `imported ${middle}`])
        done.push(await linkSharedCopies(filling, cursor))
      for (const cursor of ['', `superseded ${middle}`]) done.push(await linkSuccessors(filling, cursor))
      expect(done.some(({ scanned }) => scanned > 0)).toBe(true)
    }
    await journal.flush()
  })
}

function scansOf(plans: Plans, name: Engine['name']): string[] {
  return [...plans].flatMap(([sql, plan]) => {
    const found = [...plan.matchAll(SCANS[name])].map(([, scanned, searched]) => scanned ?? searched ?? '')
    const large = found.map(table => tableOf(table, sql)).filter(table => LARGE.has(table))
    return large.length === 0 ? [] : [`${large.join()}: ${sql}\n${plan}`]
  })
}

/** Statements about links and the index that answers each. */
const INDEXES: readonly [what: string, sql: readonly string[], index: Record<Engine['name'], RegExp>][] = [
  [
    'sources',
    ['from "links"', '"target_id" in', 'order by "target_id"'],
    {
      sqlite: /(PRIMARY KEY|sqlite_autoindex_links_1) \(tenant_id=\? AND target_id=\?/,
      postgres: /links_pkey/,
    },
  ],
  [
    'a page of what came of one',
    ['from "links"', '"source_ref" = ', 'order by "type", "target_id"'],
    { sqlite: /links_by_source \(/, postgres: /links_by_source\b/ },
  ],
  [
    'a level of lineage',
    ['from "links"', '"source_ref" in'],
    { sqlite: /links_by_source \(/, postgres: /links_by_source\b/ },
  ],
  [
    'the one source',
    ['from "links"', '"only_source"'],
    {
      sqlite:
        /(links_only_source|PRIMARY KEY|sqlite_autoindex_links_1) \(tenant_id=\? AND target_id=\? AND type=\?/,
      postgres: /links_(only_source|pkey)/,
    },
  ],
  [
    'what follows a source',
    ['update "links"', '"source_hash"', '"source_tenant_id" = '],
    { sqlite: /links_by_source_row/, postgres: /links_by_source_row/ },
  ],
  [
    'what a deleted source leaves',
    ['update "links"', '"source_deleted_at" =', '"source_tenant_id" = '],
    { sqlite: /links_by_source_row/, postgres: /links_by_source_row/ },
  ],
  [
    'the living copy',
    ['"links" as "l"', '"source_ref" = '],
    { sqlite: /links_by_source \(/, postgres: /links_by_source\b/ },
  ],
  [
    'tags that name a source',
    ['"memory_tags"', "'shared-from='"],
    { sqlite: /memory_tags_shared/, postgres: /memory_tags_shared/ },
  ],
]

function planning(engine: TestEngine, name: Engine['name']): void {
  describe(`plans of links on ${engine.name}`, () => {
    const plans: Plans = new Map()
    let store: StoreBeneath | undefined
    afterAll(() => store?.[Symbol.asyncDispose]())

    it('no operation looks at every memory, link or tag', async () => {
      store = await openBeneath(engine)
      await live(store, plans)
      expect(plans.size).toBeGreaterThan(40)
      expect(scansOf(plans, name)).toEqual([])
    })

    it.each(INDEXES)('%s is found by its index', (_what, parts, index) => {
      const found = [...plans].filter(([sql]) => parts.every(part => sql.includes(part)))
      expect(found.length).toBeGreaterThan(0)
      for (const [sql, plan] of found) expect(plan, sql).toMatch(index[name])
    })

    it('pages of what came of one are read in the order of their index', () => {
      const [page = ''] = [...plans].flatMap(([sql, plan]) =>
        sql.includes('order by "type", "target_id"') && sql.includes('> (') ? [plan] : [],
      )
      expect(page).toMatch(/links_by_source/)
      expect(page).not.toMatch(/TEMP B-TREE|Sort/)
    })

    it('a look at every row would be noticed', async () => {
      const seen: Plans = new Map()
      await store!.store.engine.read(db =>
        noting(db, name, seen).selectFrom('memories').select('id').where('content', '=', 'x').execute(),
      )
      expect(scansOf(seen, name)).toHaveLength(1)
    })
  })
}

planning(sqliteMemory, 'sqlite')
planning(pglite(), 'postgres')
