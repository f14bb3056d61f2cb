/**
 * What a stored schema version means for this build. Forward only: going back means restoring a snapshot.
 */
import { sha256 } from '../../model/digest.ts'
import { HeirloomError } from '../../model/errors.ts'
import { SCHEMA_VERSION } from './index.ts'
import type { Migration } from './migration.ts'

/** Pins a shipped step: it covers both engines' DDL. */
export function checksumOf(migration: Migration): string {
  return sha256(`${migration.sqlite}\n--\n${migration.postgres}`)
}

/** Which build wrote a stamp. */
export function stampOf(): string {
  return `heirloom schema ${SCHEMA_VERSION}`
}

/**
 * Passes a stored version that this build can open.
 * @throws SCHEMA_TOO_NEW naming both versions and the remedy.
 */
export function mustKnow(stored: number, store: string): number {
  if (stored <= SCHEMA_VERSION) return stored
  throw new HeirloomError(
    'SCHEMA_TOO_NEW',
    `${store} has schema ${stored}; this build knows ${SCHEMA_VERSION}. Install a newer heirloom; nothing was changed.`,
  )
}
