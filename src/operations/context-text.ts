/**
 * What of memory stands in a prompt, as text: each item whole between marks, with what it is, where it comes from and
 * why it was chosen. A pack that is shown again is written by the same lines.
 */
import { excerptOf } from '../model/excerpt.ts'
import type { PackedItem } from '../store/packs.ts'
import type { Envelope } from './envelope.ts'

/** An item with its text, as it was when it was chosen. Null is what is not known of it, or does not apply. */
export interface ShownItem extends Omit<PackedItem, 'tokens'> {
  /** The kind of a memory, the type of an entity; `conflict`. */
  readonly kind: string
  /** The name of an entity, the slot of a conflict. */
  readonly title: string | null
  readonly content: string
  readonly trust: string | null
  readonly project: string | null
  readonly author: string | null
  readonly recorded_at: string | null
  readonly valid_from: string | null
  readonly origin: string | null
}

const NOTHING = 'Nothing is remembered about this.'
const NOTHING_FITS = 'What is remembered about this does not fit. Ask with a larger budget.'

const HEAD = 'From memory, what matters for this prompt:'

/** The text of a pack; `leftOut` counts what matched and is not in it. */
export function packText(envelope: Envelope, items: readonly ShownItem[], leftOut: number): string {
  if (items.length === 0) return leftOut === 0 ? NOTHING : NOTHING_FITS
  return [beginning(envelope), ...items.map(item => itemText(envelope, item)), leftOutLine(leftOut)].join('')
}

/** What a pack takes besides its items, which stand between the two parts. */
export function frameOf(envelope: Envelope, leftOut: number): readonly [string, string] {
  return [beginning(envelope), leftOutLine(leftOut)]
}

function beginning({ rule }: Envelope): string {
  return `${HEAD}\n${rule}\n`
}

function leftOutLine(count: number): string {
  return count === 0 ? '' : `Left out: ${count} more; recall finds them.\n`
}

/**
 * A whole line or several. The end of a line is never one token with what follows it, if that is no white space: the
 * tokens of a pack are those of its parts.
 */
export function itemText(envelope: Envelope, item: ShownItem): string {
  return `${envelope.wrap(headOf(item), item.content)}\n`
}

/** Of an item what stands in its mark. */
export function headOf(item: Headed): Readonly<Record<string, unknown>> {
  const { record, id, kind, title, trust, project, author, origin, contested, why } = item
  // Why it is there stands in its lines.
  if (record === 'conflict') return { conflict: id, slot: title, project }
  // What holds since a day that is named is of that day, whenever it was written down.
  const date = (item.valid_from ?? item.recorded_at)?.slice(0, 10)
  const about = { trust, project, author, date, origin, contested, why }
  return record === 'entity'
    ? { entity: id, type: kind, name: title, ...about }
    : { id, kind, title, ...about }
}

type Headed = Pick<
  ShownItem,
  | 'record'
  | 'id'
  | 'kind'
  | 'title'
  | 'trust'
  | 'project'
  | 'author'
  | 'recorded_at'
  | 'valid_from'
  | 'origin'
  | 'contested'
  | 'why'
>

/** What a member of a conflict claims, in one line. */
export interface MemberLine {
  readonly kind: string
  readonly id: string
  readonly value: string
  readonly trust: string
  readonly said_at: string
}

/** Of a value so much stands in its line, in UTF-16 units: a line of its own would pass for one of ours. */
const VALUE = 200

/** Members that a prompt is told of. */
const MEMBERS = 6

/** The values side by side, and which is suggested. */
export function conflictText(
  members: readonly MemberLine[],
  { suggested, others }: { suggested: string | null; others: number },
): string {
  const lines = members
    .slice(0, MEMBERS)
    .map(
      ({ kind, id, value, trust, said_at }) =>
        `${excerptOf(value, VALUE)} (${kind} ${id}, ${trust}, since ${said_at.slice(0, 10)})`,
    )
  const left = Math.max(0, members.length - MEMBERS) + others
  const more = left > 0 ? [`and ${left} more`] : []
  const winner = members.find(({ id }) => id === suggested)
  const advice =
    winner === undefined ? [] : [`Not settled; suggested: ${excerptOf(winner.value, VALUE)} (${winner.id})`]
  return [...lines, ...more, ...advice].join('\n')
}

/** What an entity is, and a line of what it has to do with others. */
export function entityText(description: string, relations: readonly string[]): string {
  return [description, relations.join('; ')].filter(line => line !== '').join('\n')
}
