/** How both databases run what is asked of claims and conflicts: by an index, at any size. */
import { afterAll, describe, expect, it } from 'vitest'
import { toHeirloom } from '../../src/heirloom.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { Engine } from '../../src/store/engine.ts'
import { Store } from '../../src/store/store.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import { pglite, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { noting, notingEngine, type Plans, scansOf } from '../kit/plans.ts'
import { claiming } from '../kit/slots.ts'

const ROWS = 3000
const LARGE = new Set(['claims', 'conflicts', 'conflict_members', 'entities', 'entity_names', 'edges'])

function idOf(kind: string, number: number): string {
  return `01900000-0000-7000-${kind}000-${number.toString(16).padStart(12, '0')}`
}

type Cell = string | number | null

async function insert(store: StoreBeneath, table: string, rows: readonly Readonly<Record<string, Cell>>[]) {
  const literal = (cell: Cell) => (typeof cell === 'string' ? `'${cell}'` : String(cell))
  for (let start = 0; start < rows.length; start += 500) {
    const values = rows.slice(start, start + 500).map(row => `(${Object.values(row).map(literal).join()})`)
    await store.raw(`insert into ${table} (${Object.keys(rows[0]!).join()}) values ${values.join()}`)
  }
}

const AT = '2026-01-01T00:00:00.000Z'
const tenant_id = BOOTSTRAP_ID
const owned = { tenant_id, owner_user_id: BOOTSTRAP_ID }

/** A store in which a look at every row would cost something. */
async function filled(store: StoreBeneath): Promise<void> {
  const numbers = Array.from({ length: ROWS }, (_, number) => number)
  const statuses = ['resolved', 'closed', 'dismissed', 'open']
  await store.memory.remember({ content: 'makes the project', project: 'apollo' })
  await insert(
    store,
    'claims',
    numbers.map(number => ({
      ...owned,
      subject_kind: 'memory',
      subject_id: idOf('c', number),
      attribute_key: 'port',
      project: 'apollo',
      said_key: `thing ${number}`,
      slot_subject: `thing ${number}`,
      said_subject: `thing ${number}`,
      attribute: 'port',
      value: '1',
      value_key: 'n:1',
      trust: 'stated',
      recorded_at: AT,
    })),
  )
  await insert(
    store,
    'conflicts',
    numbers.map(number => ({
      ...owned,
      id: idOf('d', number),
      version: 1,
      project: 'apollo',
      subject: `thing ${number}`,
      attribute: 'port',
      slot_subject: `thing ${number}`,
      attribute_key: 'port',
      status: statuses[number % 4]!,
      resolution: number % 4 === 3 ? null : ['winner', 'expired', 'dismissed'][number % 4]!,
      detected_at: AT,
      closes_at: number % 4 === 3 && number % 8 === 3 ? '2027-01-01T00:00:00.000Z' : null,
    })),
  )
  await insert(
    store,
    'conflict_members',
    numbers.flatMap(number =>
      [number, (number + 1) % ROWS].map(member => ({
        tenant_id,
        conflict_id: idOf('d', number),
        member_kind: 'memory',
        member_id: idOf('c', member),
        trust: 'stated',
        value: '1',
        value_key: 'n:1',
        joined_at: AT,
      })),
    ),
  )
  await withEntities(store, numbers)
  // A server does so by itself; SQLite must do without, as in any store.
  if (store.store.engine.name === 'postgres') await store.raw('analyze')
}

async function withEntities(store: StoreBeneath, numbers: readonly number[]): Promise<void> {
  const named = (number: number) => ({ name: `Service ${number}`, name_key: `service ${number}` })
  await insert(
    store,
    'entities',
    numbers.map(number => ({
      ...owned,
      ...named(number),
      id: idOf('e', number),
      version: 1,
      revision: 1,
      type: 'service',
      aliases: '[]',
      properties: '{}',
      project: 'apollo',
      status: 'active',
      earlier_statuses: '[]',
      trust: 'stated',
      recorded_at: AT,
      updated_at: AT,
      visibility: 'private',
      shared_with_groups: '[]',
    })),
  )
  await insert(
    store,
    'entity_names',
    numbers.map(number => ({
      tenant_id,
      ...named(number),
      entity_id: idOf('e', number),
      words_key: `service ${number}`,
      is_alias: 0,
    })),
  )
}

/** Every operation that asks something of claims or conflicts. */
async function live(store: StoreBeneath, plans: Plans): Promise<void> {
  await filled(store)
  let count = 0
  const newId = () => idOf('f', ++count)
  const opened = new Store(notingEngine(store.store.engine, plans), {
    now: store.clock.now,
    newId,
    salt: () => 'salt',
  })
  const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'person' }
  const context = {
    store: opened,
    principal,
    client: null,
    session: null,
    now: store.clock.now,
    newId,
    created: false,
    upkeep: {},
  }
  const memory = toHeirloom({
    store: opened,
    upgrade: null,
    context: (call = {}) => ({ ...context, ...call }) as never,
  })
  const until = { valid_until: '2026-01-02' }
  const a = await memory.remember(claiming('8080', { subject: 'Service 7' }))
  const b = await memory.remember(claiming('9090', { subject: 'service-7', ...until }))
  const id = b.conflict?.id ?? ''
  await memory.recall({ query: 'service' })
  await memory.get({ id: a.id })
  await memory.conflict({ id })
  for (const status of ['open', 'resolved', 'closed', 'dismissed'] as const) {
    const { cursor } = await memory.conflicts({ status, limit: 2 })
    if (cursor !== null) await memory.conflicts({ status, limit: 2, cursor })
    await memory.conflicts({ status, project: 'apollo', limit: 2 })
  }
  await memory.resolve({ id, keep_both: true, because: 'both hold' })
  const c = await memory.remember(claiming('7070', { subject: 'service 7', ...until }))
  await memory.resolve({ id: c.conflict?.id ?? '', winner: a.id })
  await memory.remember(claiming('1', until))
  await memory.remember(claiming('2', until))
  store.clock.advance(48 * 60 * 60 * 1000)
  await memory.remember({ content: 'sweeps what expired' })
  await memory.suggestions({ project: 'apollo' })
}

/** Statements about claims and conflicts, and the index that answers each. */
const INDEXES: readonly [what: string, sql: readonly string[], index: Record<Engine['name'], RegExp>][] = [
  [
    'claims in a slot',
    ['from "claims"', '"slot_subject" =', '"attribute_key" ='],
    {
      sqlite:
        /claims_by_slot \(tenant_id=\? AND slot_subject=\? AND attribute_key=\? AND project=\? AND owner_user_id=\?\)/,
      postgres: /claims_by_slot/,
    },
  ],
  [
    'the entities with a name',
    ['"entity_names" as "n"', 'cross join "entities"'],
    {
      sqlite: /SEARCH n USING .* \(tenant_id=\? AND name_key=\?\)[\s\S]*SEARCH e USING .* AND id=\?\)/,
      postgres: /entity_names_pkey/,
    },
  ],
  [
    'the open conflict of a slot',
    ['from "conflicts"', "status = 'open'", '"slot_subject" ='],
    {
      sqlite: /conflicts_(one_open|by_slot) \(tenant_id=\? AND slot_subject=\? AND attribute_key=\?/,
      postgres: /conflicts_(one_open|by_slot)/,
    },
  ],
  [
    'what is contested of many records',
    ['"conflict_members" as "m"', '"claims" as "k"'],
    {
      sqlite:
        /SEARCH m USING .*conflict_members_by_member \(tenant_id=\? AND member_id=\?[\s\S]*SEARCH c USING .*id=\?[\s\S]*SEARCH k USING .*subject_id=\?/,
      postgres: /conflict_members_by_member/,
    },
  ],
  [
    'what people have settled among records',
    ['"conflict_members" as "m"', '"c"."resolution" in'],
    {
      sqlite:
        /SEARCH m USING .*conflict_members_by_member \(tenant_id=\? AND member_id=\?[\s\S]*SEARCH c USING .*id=\?/,
      postgres: /conflict_members_by_member/,
    },
  ],
  [
    'conflicts that expired',
    ['from "conflicts"', 'closes_at is not null', 'select "id"'],
    { sqlite: /conflicts_closing \(tenant_id=\? AND closes_at[<>]/, postgres: /conflicts_closing/ },
  ],
  [
    'members of a page of conflicts',
    ['from "conflict_members"', '"conflict_id" in'],
    { sqlite: /\(tenant_id=\? AND conflict_id=\?/, postgres: /conflict_members_pkey/ },
  ],
  [
    'conflicts in a state',
    ['"conflicts" as "c"', '"c"."status" =', 'order by "c"."id" desc'],
    {
      sqlite: /conflicts_by_(status|project) \(tenant_id=\?/,
      postgres: /conflicts_(by_status|by_project|pkey)/,
    },
  ],
]

function planning(engine: TestEngine, name: Engine['name']): void {
  describe(`plans of conflicts on ${engine.name}`, () => {
    const plans: Plans = new Map()
    let store: StoreBeneath | undefined
    afterAll(() => store?.[Symbol.asyncDispose]())

    it('no operation looks at every claim, conflict, member, entity or name', async () => {
      store = await openBeneath(engine)
      await live(store, plans)
      expect(plans.size).toBeGreaterThan(40)
      expect(scansOf(plans, name, LARGE)).toEqual([])
    })

    it.each(INDEXES)('%s: found by an index', (_what, parts, index) => {
      const found = [...plans].filter(([sql]) => parts.every(part => sql.includes(part)))
      expect(found.length).toBeGreaterThan(0)
      for (const [sql, plan] of found) expect(plan, sql).toMatch(index[name])
    })

    it('pages by state alone are read in the order of their index', () => {
      const pages = [...plans].filter(
        ([sql]) =>
          sql.includes('"c"."status" =') &&
          sql.includes('order by "c"."id" desc') &&
          !sql.includes('"c"."project" ='),
      )
      expect(pages.length).toBeGreaterThan(0)
      for (const [sql, plan] of pages) expect(plan, sql).not.toMatch(/TEMP B-TREE|Sort/)
    })

    it('a look at every row would be noticed', async () => {
      const seen: Plans = new Map()
      await store!.store.engine.read(db =>
        noting(db, name, seen).selectFrom('claims').select('subject_id').where('value', '=', 'x').execute(),
      )
      expect(scansOf(seen, name, LARGE)).toHaveLength(1)
    })
  })
}

planning(sqliteMemory, 'sqlite')
planning(pglite(), 'postgres')
