import { isUuid } from '../model/id.ts'
import type { Engine } from './engine.ts'

/** Those of the ids that memories can have: PostgreSQL takes no other text than a UUID for one. */
export function storableIds({ name }: Pick<Engine, 'name'>, ids: readonly string[]): readonly string[] {
  return name === 'postgres' ? ids.filter(isUuid) : ids
}
