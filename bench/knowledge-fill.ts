/** A large store of things that relate, filled past the operations: their rows alone are what is asked about. */
import { BOOTSTRAP_ID } from '../src/model/memory.ts'
import { nameKey, wordsKey } from '../src/model/mention.ts'
import { openStore } from '../src/open.ts'
import type { Database, Engine } from '../src/store/engine.ts'

const BATCH = 4096
const AT = '2026-01-01T00:00:00.000Z'

/** Each part is in a whole of this many parts, so that 100,000 things stand at most six deep. */
const PARTS = 8

/** What a thing is, by its number: a few of each kind that the questions are about. */
const TYPES = [
  'component',
  'service',
  'interface',
  'requirement',
  'decision',
  'assumption',
  'claim',
  'evidence',
]

const OTHERS = [
  'interfaces_with',
  'depends_on',
  'affected_by_decision',
  'based_on_assumption',
  'satisfies',
  'evidenced_by',
]

export function entityId(index: number): string {
  return `e0000000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`
}

/** Two words that no other name begins with. */
export function nameOf(index: number): string {
  return `Q${index.toString(36)} unit`
}

/** Things and relationships between them: a tree of parts, and the rest between any two. */
export async function fillKnowledge(
  address: string,
  { entities, relationships }: { readonly entities: number; readonly relationships: number },
): Promise<void> {
  const { store } = await openStore({ store: address })
  const { engine } = store
  for (let start = 0; start < entities; start += BATCH) {
    const batch = numbers(start, Math.min(entities, start + BATCH))
    await engine.write(db => addEntities(db, engine, batch))
  }
  for (let start = 0; start < relationships; start += BATCH) {
    const batch = numbers(start, Math.min(relationships, start + BATCH))
    await engine.write(db =>
      engine.statements.insert(
        db,
        'relationships',
        batch.map(index => relationship(index, entities)),
      ),
    )
  }
  await store.close()
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

async function addEntities(db: Database, engine: Engine, indexes: readonly number[]): Promise<void> {
  const rows = indexes.map(index => ({
    ...COMMON,
    id: entityId(index),
    type: TYPES[index % TYPES.length],
    name: nameOf(index),
    name_key: nameKey(nameOf(index)),
    revision: 1,
    aliases: '[]',
    properties: '{}',
  }))
  await engine.statements.insert(db, 'entities', rows)
  const names = indexes.map(index => ({
    tenant_id: BOOTSTRAP_ID,
    name_key: nameKey(nameOf(index)),
    entity_id: entityId(index),
    name: nameOf(index),
    words_key: wordsKey(nameOf(index)),
    is_alias: 0,
  }))
  await engine.statements.insert(db, 'entity_names', names)
  const heads = names.map(({ words_key }) => ({
    tenant_id: BOOTSTRAP_ID,
    head: words_key.split(' ')[0],
    words: 2,
  }))
  await engine.statements.insert(db, 'entity_heads', heads)
}

function relationship(index: number, entities: number) {
  // The first ones are the tree.
  const isPart = index + 1 < entities
  const turn = Math.floor(index / entities)
  const source = isPart ? Math.floor(index / PARTS) : index % entities
  // In each turn every thing has one more, to another one far away.
  const target = isPart ? index + 1 : (source + 1 + turn * 9973) % entities
  return {
    ...COMMON,
    id: `f0000000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    type: isPart ? 'contains' : OTHERS[turn % OTHERS.length],
    source_kind: 'entity',
    source_id: entityId(source),
    target_kind: 'entity',
    target_id: entityId(target),
  }
}

const COMMON = {
  tenant_id: BOOTSTRAP_ID,
  version: 1,
  status: 'active',
  earlier_statuses: '[]',
  trust: 'stated',
  recorded_at: AT,
  updated_at: AT,
  owner_user_id: BOOTSTRAP_ID,
  visibility: 'private',
  shared_with_groups: '[]',
}
