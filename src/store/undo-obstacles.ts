/** What has happened since a change that keeps it from being taken back. Each obstacle is an error that names it. */
import type { Conflict } from '../model/conflict.ts'
import type { Entity } from '../model/entity.ts'
import { HeirloomError } from '../model/errors.ts'
import type { SubjectKind } from '../model/journal.ts'
import type { Memory } from '../model/memory.ts'
import type { Relationship } from '../model/relationship.ts'
import type { JournalPayload, JournalRecord } from './journal-reader.ts'
import type { UndoWriters } from './undoing.ts'

/** An entry whose payload is there. */
export type Told = JournalRecord & { readonly payload: JournalPayload }

/** The entries of the change that is to be taken back, by their sequences. */
interface Range {
  readonly first: number
  readonly last: number
}

type Reading = Pick<
  UndoWriters,
  | 'memories'
  | 'links'
  | 'entities'
  | 'relationships'
  | 'graduations'
  | 'conflicts'
  | 'projects'
  | 'pins'
  | 'journal'
>

export class Obstacles {
  readonly #tx: Reading

  constructor(tx: Reading) {
    this.#tx = tx
  }

  /**
   * What was changed and taken back again since is as if it had not been.
   * @throws CONFLICT where the entry was taken back already, or its record was changed since.
   */
  async mustBeLatest(entry: Told, { first, last }: Range): Promise<void> {
    const part = partOf(entry)
    if (part === null) return
    const { journal } = this.#tx
    const later = await journal.since(entry.subject_kind, entry.subject_id, last)
    const takenBack = new Set<number>()
    let inTheWay: JournalRecord | null = null
    for (const other of later.filter(other => partOf(other) === part)) {
      if (takenBack.has(other.sequence)) continue
      const undoes = other.payload?.undoes
      if (undoes !== undefined) takenBack.add(undoes)
      // What came before it can be taken back all the same.
      else if (isExpiry(other)) continue
      if (undoes !== undefined && undoes >= first && undoes <= last) throw already(other)
      if (undoes === undefined || undoes < first) inTheWay ??= other
    }
    if (inTheWay !== null) throw changedSince(inTheWay, await this.#remedy(inTheWay))
  }

  async #remedy(other: JournalRecord): Promise<string> {
    const { journal } = this.#tx
    const [index, of] = other.payload?.of ?? [0, 1]
    const together = await journal.range(other.sequence - index, of)
    // What followed from somebody's change is taken back with that; what the system did by itself is not.
    const isOwn = together.every(({ actor_kind }) => actor_kind === 'system')
    const receipt = isOwn ? null : await journal.receiptOf(other)
    return receipt === null ? '' : ` Take that back first: heirloom undo ${receipt}`
  }

  /** @throws CONFLICT naming what refers to a record that is to be withdrawn. */
  async mustBeUnused(kind: 'memory' | 'entity', id: string): Promise<void> {
    const { links, entities, relationships, graduations, conflicts, pins } = this.#tx
    const [link] =
      kind === 'entity' ? [] : [...(await links.toTargets([id], 1)), ...(await links.fromSources([id], 1))]
    if (link !== undefined) throw await this.inTheWay(`the link ${nameOf(link)} names it`, linkAbout(link))
    const [relationship] = await relationships.touching(id, 1)
    if (relationship !== undefined)
      throw await this.inTheWay(`relationship ${relationship.id} names it`, ['relationship', relationship.id])
    const [graduation] = kind === 'entity' ? await graduations.into(id, 1) : []
    if (graduation !== undefined)
      throw await this.inTheWay(`memory ${graduation.memory_id} graduated to it`, [
        'graduation',
        graduation.memory_id,
      ])
    const replaced = kind === 'entity' ? await entities.replacedBy(id) : null
    if (replaced !== null)
      throw await this.inTheWay(`entity ${replaced} was superseded by it`, ['entity', replaced])
    if (kind === 'memory' && (await pins.find(id)) !== null)
      throw await this.inTheWay(`memory ${id} was pinned`, ['pin', id])
    const conflict = await conflicts.everHad(id)
    if (conflict !== null)
      throw await this.inTheWay(`conflict ${conflict} has ${id} for a member`, ['conflict', conflict])
  }

  /** @throws CONFLICT where there is no place any more for a memory as it was. */
  async mustFitMemory(memory: Memory): Promise<void> {
    await this.#mustHaveProject(memory)
    if (memory.document_id !== null || !isStanding(memory)) return
    const twin = await this.#tx.memories.twin(memory)
    if (twin !== null && twin.id !== memory.id)
      throw await this.inTheWay(`memory ${twin.id} says exactly the same`, ['memory', twin.id])
  }

  async mustFitEntity(entity: Entity): Promise<void> {
    await this.#mustHaveProject(entity)
    const { superseded_by } = entity
    if (superseded_by !== null && (await this.#tx.entities.find(superseded_by)) === null)
      throw await this.gone('entity', superseded_by)
    if (!isStanding(entity)) return
    const twin = await this.#tx.entities.twin(entity)
    if (twin !== null && twin.id !== entity.id)
      throw await this.inTheWay(`entity ${twin.id} has the same name and type`, ['entity', twin.id])
  }

  async mustFitRelationship(relationship: Relationship): Promise<void> {
    const { source_kind, source_id, target_kind, target_id, evidence_id } = relationship
    await this.#mustHaveProject(relationship)
    await this.#mustBeThere(source_kind, source_id)
    await this.#mustBeThere(target_kind, target_id)
    if (evidence_id !== null) await this.#mustBeThere('memory', evidence_id)
    if (!isStanding(relationship)) return
    const twin = await this.#tx.relationships.twin(relationship)
    if (twin !== null && twin.id !== relationship.id)
      throw await this.inTheWay(`relationship ${twin.id} says the same`, ['relationship', twin.id])
  }

  async mustFitConflict(conflict: Conflict): Promise<void> {
    await this.#mustHaveProject(conflict)
    if (conflict.status !== 'open') return
    const open = await this.#tx.conflicts.openIn(conflict)
    if (open !== null && open.id !== conflict.id)
      throw await this.inTheWay(`conflict ${open.id} was opened about the same`, ['conflict', open.id])
  }

  /** What happened to a record stands in the way; with the receipt of the last that was not taken back itself. */
  async inTheWay(what: string, [kind, id, part]: About): Promise<HeirloomError> {
    const told = await this.#tx.journal.since(kind, id, 0)
    const takenBack = new Set<number>()
    const last = told.find(entry => {
      const undoes = entry.payload?.undoes
      if (takenBack.has(entry.sequence)) return false
      if (undoes !== undefined) takenBack.add(undoes)
      return undoes === undefined && !isExpiry(entry) && (part === undefined || partOf(entry) === part)
    })
    return standing(what, last === undefined ? null : await this.#tx.journal.receiptOf(last))
  }

  /** A record is not there any more; with the receipt of what took it away. */
  async gone(kind: SubjectKind, id: string, name = id): Promise<HeirloomError> {
    const [last] = await this.#tx.journal.since(kind, id, 0)
    return standing(
      `${kind} ${name} is gone`,
      last === undefined ? null : await this.#tx.journal.receiptOf(last),
    )
  }

  async #mustBeThere(kind: string, id: string): Promise<void> {
    const { memories, entities } = this.#tx
    if (kind === 'entity' && (await entities.find(id)) === null) throw await this.gone('entity', id)
    if (kind === 'memory' && (await memories.find(id)) === null) throw await this.gone('memory', id)
  }

  async #mustHaveProject({ project }: { readonly project: string | null }): Promise<void> {
    if (project === null || (await this.#tx.projects.resolve(project)) === project) return
    throw await this.gone('project', project, `"${project}"`)
  }
}

/** A record by its kind and id; of a link what tells it from the others of its target. */
type About = readonly [kind: SubjectKind, id: string, part?: string]

interface LinkKey {
  readonly target_id: string
  readonly type: string
  readonly source_ref: string
}

export function nameOf({ target_id, type, source_ref }: LinkKey): string {
  return `${target_id} ${type} ${source_ref}`
}

export function linkAbout({ target_id, type, source_ref }: LinkKey): About {
  return ['link', target_id, `${type} ${source_ref}`]
}

/** What an entry is about, within its record. Null for what is looked at itself when it is taken back. */
function partOf({ subject_kind, payload }: JournalRecord): string | null {
  const told = (payload?.after ?? payload?.before ?? {}) as Record<string, unknown>
  switch (subject_kind as SubjectKind) {
    case 'link':
      return `${told.type} ${told.source_ref}`
    case 'project':
      if (typeof told.alias === 'string') return `alias ${told.alias}`
      return told.settings === undefined ? null : 'settings'
    case 'document':
    case 'share':
      return null
    default:
      return ''
  }
}

/** That a conflict closed because members expired: nobody's doing, told of by the write that came next. */
export function isExpiry({ subject_kind, operation, payload }: JournalRecord): boolean {
  const after = payload?.after as Partial<Conflict> | null | undefined
  return subject_kind === 'conflict' && operation === 'close_conflict' && after?.resolution === 'expired'
}

function isStanding({ status }: { readonly status: string }): boolean {
  return status === 'active' || status === 'candidate'
}

function already({ at, sequence, subject_kind, subject_id }: JournalRecord): HeirloomError {
  return new HeirloomError(
    'CONFLICT',
    `This was taken back already, at ${at} (entry ${sequence} of the journal): ${subject_kind} ${subject_id} is as it was before.`,
  )
}

function changedSince(
  { subject_kind, subject_id, operation, at, actor_kind, sequence }: JournalRecord,
  remedy: string,
): HeirloomError {
  return new HeirloomError(
    'CONFLICT',
    `${subject_kind} ${subject_id} was changed since by ${operation}, at ${at}, by ${actor_kind} (entry ${sequence} of the journal).${remedy}`,
  )
}

function standing(what: string, receipt: string | null): HeirloomError {
  const remedy =
    receipt === null
      ? 'Take that back first; the journal tells of it: heirloom journal'
      : `Take that back first: heirloom undo ${receipt}`
  return new HeirloomError(
    'CONFLICT',
    `Something has happened since that stands in the way: ${what}. ${remedy}`,
  )
}
