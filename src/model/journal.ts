/**
 * The chain of the journal: what an entry's hash covers and how a chain is checked. Payloads are covered through a
 * salted digest only, so that their text can be erased later while the chain still verifies.
 */
import { sha256 } from './digest.ts'

export type ActorKind = 'person' | 'agent' | 'key' | 'system'

/** The kinds of records whose changes are told. `share` is that a memory was copied into another store. */
export const SUBJECT_KINDS = [
  'memory',
  'document',
  'project',
  'link',
  'share',
  'entity',
  'relationship',
  'graduation',
  'conflict',
  'pin',
  'setting',
  'interaction',
  'strength',
  'space',
] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** Who changes something, by what operation and when. Every write carries one. */
export interface Stamp {
  readonly operation: string
  readonly at: string
  readonly actor_kind: ActorKind
  readonly client: string | null
  readonly session: string | null
  readonly note: string | null
}

export interface JournalEntry extends Stamp {
  readonly sequence: number
  readonly actor_user_id: string
  readonly subject_kind: string
  readonly subject_id: string
  readonly payload_digest: string
  readonly previous_hash: string
  readonly hash: string
}

/** What the first entry of a chain names as its predecessor. */
export const CHAIN_START = '0'.repeat(64)

/** SHA-256 of the salt followed by the payload's text. The salt keeps erased short texts from being guessed. */
export function payloadDigest(salt: string, payload: string): string {
  return sha256(salt + payload)
}

/** SHA-256 of the entry's canonical JSON (RFC 8785) without its own hash. */
export function entryHash(entry: Omit<JournalEntry, 'hash'>): string {
  // In the order of their names: then JSON.stringify gives the canonical form of strings and whole numbers.
  return sha256(
    JSON.stringify({
      actor_kind: entry.actor_kind,
      actor_user_id: entry.actor_user_id,
      at: entry.at,
      client: entry.client,
      note: entry.note,
      operation: entry.operation,
      payload_digest: entry.payload_digest,
      previous_hash: entry.previous_hash,
      sequence: entry.sequence,
      session: entry.session,
      subject_id: entry.subject_id,
      subject_kind: entry.subject_kind,
    }),
  )
}

export interface BrokenLink {
  readonly sequence: number
  readonly reason: string
}

/** Where the chain stood after the last entry that was checked. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: string
}

/**
 * The first entry of a run of entries that does not follow from the one before it, or null.
 * `payload` is null where it was erased; its digest then stands unproved.
 */
export function firstBrokenLink(
  head: ChainHead,
  entries: readonly { entry: JournalEntry; payload: { salt: string; text: string } | null }[],
): BrokenLink | null {
  let { sequence, hash } = head
  for (const { entry, payload } of entries) {
    if (entry.sequence !== sequence + 1) {
      return { sequence: entry.sequence, reason: `entry ${sequence + 1} is missing` }
    }
    if (entry.previous_hash !== hash) {
      return { sequence: entry.sequence, reason: 'its previous hash is not the hash of the entry before it' }
    }
    if (entryHash(entry) !== entry.hash) {
      return { sequence: entry.sequence, reason: 'its fields do not give its hash' }
    }
    if (payload !== null && payloadDigest(payload.salt, payload.text) !== entry.payload_digest) {
      return { sequence: entry.sequence, reason: 'its payload does not give its digest' }
    }
    sequence = entry.sequence
    hash = entry.hash
  }
  return null
}
