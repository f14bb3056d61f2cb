/** Claims about one gateway, and what came of them. */
import type { Heirloom } from '../../src/heirloom.ts'
import type { Entity } from '../../src/model/entity.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import { type StoreBeneath, write } from './beneath.ts'

type Said = Parameters<Heirloom['remember']>[0]
type Conflict = Awaited<ReturnType<Heirloom['conflicts']>>['conflicts'][number]

interface Also extends Omit<Partial<Said>, 'slot' | 'project'> {
  readonly subject?: string
  readonly attribute?: string
  readonly project?: string | undefined
}

/** Something to remember that claims `gateway.port`, or another slot, in the project apollo, or another one. */
export function claiming(
  value: string,
  { subject = 'gateway', attribute = 'port', ...also }: Also = {},
): Said & { readonly content: string; readonly slot: { subject: string; attribute: string; value: string } } {
  const { project, ...rest } = 'project' in also ? also : { ...also, project: 'apollo' }
  const content = `The ${subject} has the ${attribute} of ${value}`
  return {
    content,
    slot: { subject, attribute, value },
    ...(project === undefined ? {} : { project }),
    ...rest,
  } as never
}

export async function openConflicts(memory: Heirloom): Promise<Conflict[]> {
  return (await memory.conflicts({ limit: 100 })).conflicts
}

/** Entries of the journal about a conflict, oldest first. */
export async function told(memory: Heirloom, id: string) {
  const { entries } = await memory.journal({ subject_id: id, limit: 100 })
  return entries.reverse().map(({ operation, actor_kind }) => [operation, actor_kind])
}

/** In their order. */
export function valuesOf(conflict: Pick<Conflict, 'members'> | null): string[] {
  return (conflict?.members ?? []).map(({ value }) => value).sort()
}

type Described = Partial<Pick<Entity, 'name' | 'aliases' | 'properties' | 'project' | 'trust'>>

/** An entity of apollo, made beneath every operation. */
export function entityWith(store: StoreBeneath, also: Described): Promise<string> {
  return write(store, async tx => {
    const { name: project } = await tx.projects.ensure('apollo')
    const at = store.clock.now()
    const entity = { ...ENTITY, id: nextId(), project, recorded_at: at, updated_at: at, ...also }
    await tx.entities.create(entity as unknown as Entity)
    return entity.id
  })
}

export function updated(store: StoreBeneath, id: string, change: Described): Promise<void> {
  store.clock.advance(1)
  return write(store, async tx => {
    const before = await tx.entities.mustGetForChange(id)
    const counted = {
      revision: before.revision + 1,
      version: before.version + 1,
      updated_at: store.clock.now(),
    }
    await tx.entities.change(before, { ...before, ...change, ...counted })
  })
}

const ENTITY = {
  type: 'service',
  name: 'gateway',
  aliases: [],
  description: null,
  properties: {},
  status: 'active',
  earlier_statuses: [],
  trust: 'stated',
  confidence: null,
  valid_from: null,
  valid_until: null,
  revision: 1,
  version: 1,
  owner_user_id: BOOTSTRAP_ID,
  visibility: 'private',
  shared_with_groups: [],
  superseded_by: null,
}

let entities = 0

function nextId(): string {
  entities++
  return `01900000-0000-7000-b000-${entities.toString(16).padStart(12, '0')}`
}
