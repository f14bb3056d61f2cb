/** The names and aliases of entities, by which they are found and by which texts mention them. */
import type { Entity } from '../model/entity.ts'
import { nameKey, wordsKey } from '../model/mention.ts'
import type { Database, Engine } from './engine.ts'
import type { EntityNameTable } from './knowledge-tables.ts'

/** A name in the forms by which it is looked up. */
export type EntityName = Omit<EntityNameTable, 'tenant_id' | 'entity_id'>

/** An entity's name and aliases, each form once; nothing for what is neither active nor a candidate. */
export function namesOf(entity: Entity | null): EntityName[] {
  if (entity === null || (entity.status !== 'active' && entity.status !== 'candidate')) return []
  const names = new Map<string, EntityName>()
  for (const [index, name] of [entity.name, ...entity.aliases].entries()) {
    const name_key = nameKey(name)
    if (names.has(name_key)) continue
    names.set(name_key, { name_key, name, words_key: wordsKey(name), is_alias: index === 0 ? 0 : 1 })
  }
  return [...names.values()]
}

interface Writing {
  readonly db: Database
  readonly engine: Engine
  readonly tenant_id: string
}

/** Puts an entity's names in the place of those that it had. */
export async function putNames(
  { db, engine, tenant_id }: Writing,
  entity_id: string,
  { old, now }: { readonly old: readonly EntityName[]; readonly now: readonly EntityName[] },
): Promise<void> {
  if (old.length > 0) {
    await db
      .deleteFrom('entity_names')
      .where('tenant_id', '=', tenant_id)
      .where('entity_id', '=', entity_id)
      .execute()
  }
  await engine.statements.insert(
    db,
    'entity_names',
    now.map(name => ({ tenant_id, entity_id, ...name })),
  )
  await putHeads({ db, tenant_id }, now)
}

/**
 * What a name begins with, and how many words it has. These rows stay when names go: one too many only costs a
 * look-up.
 */
async function putHeads(
  { db, tenant_id }: Pick<Writing, 'db' | 'tenant_id'>,
  names: readonly Pick<EntityName, 'words_key'>[],
): Promise<void> {
  const heads = names
    .filter(({ words_key }) => words_key !== '')
    .map(({ words_key }) => words_key.split(' '))
    .map(words => ({ tenant_id, head: words[0]!, words: words.length }))
  if (heads.length === 0) return
  await db
    .insertInto('entity_heads')
    .values(heads)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}
