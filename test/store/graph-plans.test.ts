/** How both databases run what is asked of entities and relationships: by an index, at any size. */
import { afterAll, describe, expect, it } from 'vitest'
import { type Heirloom, toHeirloom } from '../../src/heirloom.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { Engine } from '../../src/store/engine.ts'
import { Store } from '../../src/store/store.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import { pglite, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { fillGraph, idOf } from '../kit/graph-rows.ts'
import { noting, notingEngine, type Plans, scansOf } from '../kit/plans.ts'

/** On SQLite plans are the same at any size; PostgreSQL must be given what is large. */
const LARGE: Readonly<Record<Engine['name'], ReadonlySet<string>>> = {
  sqlite: new Set([
    'entities',
    'entity_names',
    'relationships',
    'graduations',
    'edges',
    'memories',
    'conflicts',
    'conflict_members',
  ]),
  postgres: new Set(['entities', 'entity_names', 'relationships']),
}

function opened(store: StoreBeneath, plans: Plans): Heirloom {
  let count = 0
  const newId = () => idOf('f', ++count)
  const { now } = store.clock
  const noted = new Store(notingEngine(store.store.engine, plans), { now, newId, salt: () => 'salt' })
  const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'person' }
  const context = {
    store: noted,
    principal,
    client: null,
    session: null,
    now,
    newId,
    created: false,
    upkeep: {},
  }
  return toHeirloom({
    store: noted,
    upgrade: null,
    context: (call = {}) => ({ ...context, ...call }) as never,
  })
}

/** Every operation that asks something of entities or relationships. */
async function live(store: StoreBeneath, plans: Plans): Promise<void> {
  await fillGraph(store)
  const memory = opened(store, plans)
  await reading(memory)
  await asking(memory)
  const { id } = await memory.entity_create({
    type: 'component',
    name: 'New thing',
    aliases: ['novelty'],
    project: 'apollo',
  })
  await memory.entity_update({ id, set: ['ports=24'], name: 'Newer thing' })
  const related = await memory.relate({ source: id, type: 'part_of', target: 'Thing 7' })
  await memory.relate({ source: id, type: 'depends_on', target: idOf('a', 9) })
  await memory.unrelate({ source: related.id })
  await memory.restore({ id: related.id })
  await memory.entity_merge({ id, into: idOf('a', 57), plan: true })
  const { receipt } = await memory.entity_merge({ id, into: idOf('a', 57) })
  await memory.undo({ receipt: receipt! })
  const note = (await memory.remember({ content: 'Thing 12 hums', project: 'apollo' })).id
  await memory.graduate({ id: note, type: 'claim', name: 'It hums' })
  await memory.entity_get({ id: 'it hums' })
  await memory.entity_get({ id: 'thing 12' })
  await memory.get({ id: note })
}

async function reading(memory: Heirloom): Promise<void> {
  for (const filter of [
    {},
    { type: ['claim'] },
    { type: ['claim', 'decision'] },
    { project: 'hermes' },
    { type: ['claim'], project: 'hermes' },
    { status: ['retired' as const] },
    { status: ['retired' as const, 'invalid' as const], project: 'hermes' },
    { status: ['active' as const, 'retired' as const] },
  ]) {
    const { cursor } = await memory.entity_list({ ...filter, limit: 2 })
    if (cursor !== null) await memory.entity_list({ ...filter, limit: 2, cursor })
  }
  await memory.entity_list({ query: 'thing 5', limit: 3 })
  await memory.entity_list({ prefix: 'thing 12', type: ['component'], project: 'apollo', limit: 3 })
  await memory.entity_get({ id: idOf('a', 5) })
  await memory.entity_get({ id: 'thing 5', project: 'apollo' })
  await memory.entity_get({ id: idOf('a', 5), as_of: '2027-01-01' })
}

async function asking(memory: Heirloom): Promise<void> {
  const id = 'thing 5'
  await memory.graph_show({ id, depth: 2 })
  await memory.graph_show({ id, types: ['contains', 'depends_on'], all: true, depth: 2 })
  await memory.graph_contents({ id })
  await memory.graph_usage({ id })
  await memory.graph_interfaces({ id })
  await memory.graph_decisions({ id })
  await memory.graph_assumptions({ id })
  await memory.graph_orphans({ limit: 2 })
  await memory.graph_unsupported({ project: 'hermes' })
  await memory.graph_shaky({ limit: 2 })
  await memory.graph_path({ from: id, to: 'thing 2999' })
  await memory.graph_changes({ id, since: '2025-01-01' })
}

/** Statements about entities and relationships, and the index that answers each. */
const INDEXES: readonly [what: string, sql: readonly string[], index: Record<Engine['name'], RegExp>][] = [
  [
    'a level from its sources',
    ['from "relationships"', '"r"."source_id" in', 'order by'],
    {
      sqlite: /relationships_by_source \(tenant_id=\? AND source_id=\?/,
      postgres: /relationships_(by_source|without_twins)/,
    },
  ],
  [
    'a level from its targets',
    ['from "relationships"', '"r"."target_id" in', 'order by'],
    {
      sqlite: /relationships_by_target \(tenant_id=\? AND target_id=\?/,
      postgres: /relationships_by_target/,
    },
  ],
  [
    'a twin',
    ['from "relationships"', `r.status in ('active', 'candidate')`],
    {
      sqlite:
        /relationships_(without_twins|by_source) \(tenant_id=\? AND source_id=\? AND type=\? AND target_id=\?/,
      postgres: /relationships_(without_twins|by_source|by_target)/,
    },
  ],
  [
    'everything that names an id',
    ['from "relationships"', '"r"."source_id" = ', 'limit'],
    {
      sqlite: /relationships_by_source \(tenant_id=\? AND source_id=\?/,
      postgres: /relationships_(by_source|without_twins)/,
    },
  ],
  [
    'what a memory is evidence of',
    ['from "relationships"', '"r"."evidence_id" = '],
    { sqlite: /relationships_by_evidence/, postgres: /relationships_by_evidence/ },
  ],
  [
    'the ends of a level',
    ['from "entities" as "e"', '"e"."id" in'],
    { sqlite: /\(tenant_id=\? (AND owner_user_id=\? )?AND id=\?\)/, postgres: /entities_(pkey|by_owner)/ },
  ],
  [
    'entities of a type',
    ['from "entities" as "e"', '"e"."type" = ', 'order by "e"."id" desc'],
    {
      sqlite: /entities_by_(type \(tenant_id=\? AND type=\?|project \(tenant_id=\? AND project=\?)/,
      postgres: /entities_by_(type|project)/,
    },
  ],
  [
    'entities of a project',
    ['from "entities" as "e"', '"e"."project" = ', 'order by "e"."id" desc'],
    {
      sqlite: /entities_by_(type|project) \(tenant_id=\? AND (type|project)=\?|entities_not_active/,
      postgres: /entities_(by_type|by_project|not_active)/,
    },
  ],
  [
    'entities that are over',
    ['from "entities" as "e"', `e.status <> 'active'`, 'order by "e"."id" desc'],
    {
      sqlite: /entities_(not_active|by_project) \(tenant_id=\? AND (status|project)=\?/,
      postgres: /entities_(not_active|by_project)/,
    },
  ],
  [
    'names that begin so',
    ['"entity_names" as "n"', 'n.name_key >='],
    {
      sqlite: /SEARCH n USING .*\(tenant_id=\? AND name_key>\? AND name_key<\?\)/,
      postgres: /entity_names_pkey/,
    },
  ],
  [
    'the one of a name',
    ['"entity_names" as "n"', 'n.name_key ='],
    {
      sqlite: /SEARCH n USING .*\(tenant_id=\? AND name_key=\?\)[\s\S]*SEARCH e USING .*id=\?\)/,
      postgres: /entity_names_pkey/,
    },
  ],
  [
    'the twin of an entity',
    ['from "entities" as "e"', '"e"."name_key" = '],
    {
      sqlite: /entities_without_twins \(tenant_id=\? AND owner_user_id=\? AND type=\? AND name_key=\?/,
      postgres: /entities_without_twins/,
    },
  ],
  [
    'who mentions an entity',
    ['from "edges"', '"target_id" = ', 'order by "source_id" desc'],
    { sqlite: /edges_by_target \(tenant_id=\? AND target_id=\? AND type=\?\)/, postgres: /edges_by_target/ },
  ],
  [
    'what was told of many records',
    ['from "journal"', '"s"."subject_id" in'],
    { sqlite: /journal_by_subject \(tenant_id=\? AND subject_id=\?/, postgres: /journal_by_subject/ },
  ],
  [
    'the memories that became an entity',
    ['from "graduations"', '"entity_id" in'],
    {
      sqlite: /COVERING INDEX graduations_by_entity \(tenant_id=\? AND entity_id=\?\)/,
      postgres: /graduations/,
    },
  ],
]

function readInOrder(plans: Plans): void {
  const pages = [...plans].filter(
    ([sql]) => sql.includes('from "entities" as "e"') && sql.includes('order by "e"."id" desc'),
  )
  expect(pages.length).toBeGreaterThan(5)
  for (const [sql, plan] of pages.filter(
    ([sql]) => !sql.includes('"status" in (?, ?)') || !sql.includes('<>'),
  ))
    expect(plan, sql).not.toMatch(/TEMP B-TREE/)
}

function planning(engine: TestEngine, name: Engine['name']): void {
  describe(`plans of entities and graphs on ${engine.name}`, () => {
    const plans: Plans = new Map()
    let store: StoreBeneath | undefined
    afterAll(() => store?.[Symbol.asyncDispose]())

    it('no operation looks at every entity, name, relationship, memory or entry', async () => {
      store = await openBeneath(engine)
      await live(store, plans)
      expect(plans.size).toBeGreaterThan(60)
      expect(scansOf(plans, name, LARGE[name])).toEqual([])
    })

    it.each(INDEXES)('%s: found by an index', (_what, parts, index) => {
      const found = [...plans].filter(([sql]) => parts.every(part => sql.includes(part)))
      expect(found.length).toBeGreaterThan(0)
      for (const [sql, plan] of found) expect(plan, sql).toMatch(index[name])
    })

    // PostgreSQL may find it cheaper to sort a few.
    if (name === 'sqlite')
      it('pages of entities are read in the order of their index', () => readInOrder(plans))

    it('a look at every row would be noticed', async () => {
      const seen: Plans = new Map()
      await store!.store.engine.read(db =>
        noting(db, name, seen).selectFrom('relationships').select('id').where('trust', '=', 'x').execute(),
      )
      expect(scansOf(seen, name, LARGE[name])).toHaveLength(1)
    })
  })
}

planning(sqliteMemory, 'sqlite')
planning(pglite(), 'postgres')
