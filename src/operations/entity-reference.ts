/** From what a caller names to the entity that is meant. */
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import { isUuid } from '../model/id.ts'
import { nameKey } from '../model/mention.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'

/** So many of those that share a name are told of. */
const TOLD = 5

type Reading = Pick<ReadHandle, 'entities'>

interface Among {
  /** Canonical; only entities of this project. */
  readonly project?: string | undefined
}

/**
 * The entity with that id, or the only active one, else the only candidate, with that name or alias.
 * @throws NOT_FOUND, or INVALID_INPUT naming the entities that share the name.
 */
export async function mustFindEntity(tx: Reading, reference: string, among: Among = {}): Promise<Entity> {
  const id = reference.toLowerCase()
  if (isUuid(id)) return tx.entities.mustGet(id)
  const found = await namedEntity(tx, reference, among)
  if (found !== null) return found
  const near = await tx.entities.prefixed(reference.slice(0, 4), among, TOLD)
  const meant = near.length === 0 ? '' : ` Did you mean ${near.map(({ name }) => quoted(name)).join(' or ')}?`
  throw new HeirloomError(
    'NOT_FOUND',
    `There is no entity named "${reference}".${meant} See which there are: heirloom entity list`,
  )
}

/** As `mustFindEntity`, and keeps other writers from changing it until this transaction ends. */
export async function mustFindEntityForChange(tx: WriteHandle, reference: string): Promise<Entity> {
  const { id } = await mustFindEntity(tx, reference)
  return tx.entities.mustGetForChange(id)
}

/** The one entity that a name leads to; null where none has it. */
export async function namedEntity(tx: Reading, name: string, among: Among = {}): Promise<Entity | null> {
  const found = await tx.entities.named(name, among)
  const active = found.filter(({ status }) => status === 'active')
  const standing = active.length > 0 ? active : found
  const called = standing.filter(entity => nameKey(entity.name) === nameKey(name))
  const meant = called.length > 0 ? called : standing
  if (meant.length <= 1) return meant[0] ?? null
  const told = meant.slice(0, TOLD).map(({ id, type, project }) => {
    return `${id} (${type}${project === null ? '' : ` of ${project}`})`
  })
  throw new HeirloomError(
    'INVALID_INPUT',
    `${meant.length} entities are named "${name}": ${told.join(', ')}${meant.length > TOLD ? ', …' : ''}. Say which one by its id.`,
  )
}
