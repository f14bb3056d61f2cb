/**
 * Takes changes back, entry by entry in reverse, each as a change of its own: what was made is withdrawn, what was
 * changed is again what it was, what was withdrawn is there again. What happened since stands in the way, and is named.
 */
import type { Conflict } from '../model/conflict.ts'
import type { Entity } from '../model/entity.ts'
import { assertBug, HeirloomError } from '../model/errors.ts'
import type { SubjectKind } from '../model/journal.ts'
import { type Link, takesOneSource } from '../model/link.ts'
import type { Memory } from '../model/memory.ts'
import type { Relationship } from '../model/relationship.ts'
import { type ConflictSide, withoutChange } from './conflict-entries.ts'
import type { ConflictWriter } from './conflict-writer.ts'
import type { Database, Engine } from './engine.ts'
import type { EntityWriter } from './entity-writer.ts'
import type { Graduation, GraduationWriter } from './graduations.ts'
import type { JournalWriter } from './journal.ts'
import type { JournalReader, JournalRecord } from './journal-reader.ts'
import { copyOf } from './link-rows.ts'
import type { LinkWriter } from './link-writer.ts'
import type { MemoryWriter } from './memory-writer.ts'
import type { Pin, PinWriter } from './pins.ts'
import type { PreferenceWriter } from './preferences.ts'
import type { ProjectWriter } from './projects.ts'
import type { RelationshipWriter } from './relationship-writer.ts'
import { lockName, lockRows } from './row-locks.ts'
import type { SpaceSides, SpaceWriter } from './spaces.ts'
import { isExpiry, linkAbout, nameOf, Obstacles, type Told } from './undo-obstacles.ts'
import { cannotBeTakenBack } from './undo-refused.ts'

export interface UndoWriters {
  readonly memories: MemoryWriter
  readonly links: LinkWriter
  readonly entities: EntityWriter
  readonly relationships: RelationshipWriter
  readonly graduations: GraduationWriter
  readonly conflicts: ConflictWriter
  readonly projects: ProjectWriter
  readonly pins: PinWriter
  readonly preferences: PreferenceWriter
  readonly spaces: SpaceWriter
  readonly journal: JournalReader
}

interface Place {
  readonly db: Database
  readonly engine: Engine
  readonly tenant_id: string
  /** ISO 8601, UTC, milliseconds. */
  readonly now: string
  /** Where the changes that take others back are noted. */
  readonly noting: JournalWriter
}

interface Sides<T> {
  readonly before: T | null
  readonly after: T | null
}

export interface TakenBack {
  readonly taken: readonly JournalRecord[]
  readonly notices: readonly string[]
}

const LOCKED = {
  memory: 'memories',
  entity: 'entities',
  relationship: 'relationships',
  conflict: 'conflicts',
} as const

export class Undoer {
  readonly #writers: UndoWriters
  readonly #place: Place
  readonly #obstacles: Obstacles
  readonly #notices: string[] = []

  constructor(writers: UndoWriters, place: Place) {
    this.#writers = writers
    this.#place = place
    this.#obstacles = new Obstacles(writers)
  }

  /**
   * Takes back the entries of one transaction, but for what time alone had brought about.
   * @returns those that were taken back, and notices about what was left as it is.
   * @throws CONFLICT naming what has happened since that stands in the way, UNSUPPORTED for what cannot be taken back.
   */
  async takeBack(entries: readonly JournalRecord[]): Promise<TakenBack> {
    const told = entries.map(mustBeTold).filter(entry => !isExpiry(entry))
    for (const entry of told) mustBeSupported(entry)
    const range = { first: entries[0]?.sequence ?? 0, last: entries.at(-1)?.sequence ?? 0 }
    await this.#lock(told)
    for (const entry of told) await this.#obstacles.mustBeLatest(entry, range)
    for (const entry of told.toReversed()) {
      await this.#place.noting.during({ undoes: entry.sequence }, () => this.#one(entry))
    }
    return { taken: told, notices: this.#notices }
  }

  /** Nobody changes the records from here on, so that what is found to be the latest stays so. */
  async #lock(entries: readonly Told[]): Promise<void> {
    await lockName(this.#place, `undo ${entries[0]?.sequence}`)
    const wanted = new Map(
      entries.flatMap(({ subject_kind, subject_id: id }) => {
        const table = LOCKED[subject_kind as keyof typeof LOCKED]
        return table === undefined ? [] : [[`${table} ${id}`, { table, column: 'id', id } as const]]
      }),
    )
    // In one order for all writers, so that two of them never wait for each other.
    for (const key of [...wanted.keys()].sort()) await lockRows(this.#place, wanted.get(key)!)
  }

  #one(entry: Told): Promise<void> {
    switch (entry.subject_kind as SubjectKind) {
      case 'memory':
        return this.#memory(entry)
      case 'entity':
        return this.#entity(entry)
      case 'relationship':
        return this.#relationship(entry)
      case 'conflict':
        return this.#conflict(entry)
      case 'graduation':
        return this.#graduation(entry)
      case 'link':
        return this.#link(entry)
      case 'project':
        return this.#project(entry)
      case 'pin':
        return this.#pin(entry)
      case 'setting':
        return this.#setting(entry)
      case 'space':
        return this.#writers.spaces.takeBack(entry.subject_id, entry.payload as unknown as SpaceSides)
      case 'document':
      case 'share':
      case 'interaction':
      case 'strength':
        throw cannotBeTakenBack(entry)
    }
  }

  async #memory({ subject_id: id, payload }: Told): Promise<void> {
    const { memories } = this.#writers
    const { before, after } = payload as Sides<{ readonly version: number }>
    const kept = payload.kept as Memory | undefined
    if (after === null) {
      if (kept === undefined) throw gone(`memory ${id}`)
      await this.#obstacles.mustFitMemory(kept)
      return memories.putBack(kept)
    }
    const present = await memories.mustGetForChange(id)
    if (before === null) {
      await this.#obstacles.mustBeUnused('memory', id)
      return memories.withdraw(present)
    }
    const isForward = before.version > after.version
    const to = isForward ? kept : await memories.pastVersion(id, present.version - 1)
    if (to === undefined || to === null) throw gone(`version ${before.version} of memory ${id}`)
    await this.#obstacles.mustFitMemory(to)
    return isForward ? memories.goForward(present, to) : memories.goBack(present, to)
  }

  async #entity({ subject_id: id, payload }: Told): Promise<void> {
    const { entities } = this.#writers
    const { before, after } = payload as unknown as Sides<Partial<Entity>>
    const present = after === null ? null : await entities.mustGetForChange(id)
    if (before === null) {
      await this.#obstacles.mustBeUnused('entity', id)
      return entities.takeBack(present, null)
    }
    const next = { ...present, ...before } as Entity
    await this.#obstacles.mustFitEntity(next)
    return entities.takeBack(present, next)
  }

  async #relationship({ subject_id: id, payload }: Told): Promise<void> {
    const { relationships } = this.#writers
    const { before, after } = payload as unknown as Sides<Partial<Relationship>>
    const present = after === null ? null : await relationships.mustGetForChange(id)
    if (before === null) return relationships.takeBack(present, null)
    const next = { ...present, ...before } as Relationship
    await this.#obstacles.mustFitRelationship(next)
    return relationships.takeBack(present, next)
  }

  async #conflict({ subject_id: id, payload }: Told): Promise<void> {
    const { conflicts } = this.#writers
    const { before, after } = payload as unknown as Sides<ConflictSide>
    const present = after === null ? null : await conflicts.mustGet(id)
    // It may have closed since, when members expired.
    if (before === null) return conflicts.put(present, null)
    const isChange = present !== null && after !== null
    const next = isChange ? withoutChange(present, { before, after }, this.#place.now) : (before as Conflict)
    await this.#obstacles.mustFitConflict(next)
    return conflicts.put(present, next)
  }

  async #graduation({ payload }: Told): Promise<void> {
    const { before, after } = payload as unknown as Sides<Graduation>
    const { graduations, entities } = this.#writers
    if (after !== null) return graduations.withdraw(after)
    assertBug(before !== null, 'an entry about nothing')
    if ((await entities.find(before.entity_id)) === null)
      throw await this.#obstacles.gone('entity', before.entity_id)
    return graduations.add(before)
  }

  /** A link is told of by its target; the rest of its key stands in the entry. */
  async #link({ subject_id, payload }: Told): Promise<void> {
    const { links, memories } = this.#writers
    const { before, after } = payload as unknown as Sides<Omit<Link, 'target_id' | 'target_partition'>>
    const { type, source_ref } = (after ?? before)!
    const present = await links.find(subject_id, type, source_ref)
    const key = { target_id: subject_id, type, source_ref }
    if (before === null) {
      if (present === null)
        throw await this.#obstacles.inTheWay(`the link ${nameOf(key)} is gone`, linkAbout(key))
      return links.remove(present)
    }
    if (present !== null)
      throw await this.#obstacles.inTheWay(`the link ${nameOf(key)} was made again`, linkAbout(key))
    const only = takesOneSource(type) ? await links.only(subject_id, type) : null
    if (only !== null)
      throw await this.#obstacles.inTheWay(`${subject_id} is ${type} ${only.source_ref}`, linkAbout(only))
    const target = await memories.mustGet(subject_id)
    const place = { target_id: target.id, target_partition: target.partition }
    return links.putBack({ ...before, ...(await this.#copied(before)), ...place })
  }

  /** What the link says of its source, as that is by now. */
  async #copied({ source_id }: Pick<Link, 'source_id'>): Promise<Partial<Link>> {
    if (source_id === null) return {}
    const source = await this.#writers.links.source(source_id)
    if (source === null) throw await this.#obstacles.gone('memory', source_id)
    return copyOf(source)
  }

  async #pin({ subject_id: id, payload }: Told): Promise<void> {
    const { pins, memories } = this.#writers
    const { before, after } = payload as unknown as Sides<Pin>
    if (after !== null) return pins.remove(id, after)
    if ((await memories.find(id)) === null) throw await this.#obstacles.gone('memory', id)
    return pins.add(id, before!)
  }

  async #setting({ subject_id: name, payload }: Told): Promise<void> {
    const { before } = payload as unknown as Sides<{ readonly value: unknown }>
    await this.#writers.preferences.set(name, before?.value ?? null)
  }

  async #project({ subject_id, payload }: Told): Promise<void> {
    this.#notices.push(...(await this.#writers.projects.takeBack(subject_id, payload)))
  }
}

function mustBeTold(entry: JournalRecord): Told {
  if (entry.payload === null) throw gone(`what entry ${entry.sequence} of the journal kept`)
  return entry as Told
}

/** Before anything is done: links that found the source they had waited for were changed by its arrival alone. */
function mustBeSupported(entry: Told): void {
  const { subject_kind, payload } = entry
  const isArrival = subject_kind === 'link' && payload.before !== null && payload.after !== null
  if (NOT_TAKEN_BACK.has(subject_kind) || isArrival) throw cannotBeTakenBack(entry)
}

const NOT_TAKEN_BACK: ReadonlySet<string> = new Set(['document', 'share', 'interaction', 'strength'])

function gone(what: string): HeirloomError {
  return new HeirloomError('CONFLICT', `Cannot take it back: ${what} is not there any more.`)
}
