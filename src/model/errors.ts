/**
 * The closed table of what can go wrong. A surface maps every code, so a new code does not compile until all do.
 */
export const ERROR_CODES = {
  INVALID_INPUT: 'An argument is missing, malformed or over its limit.',
  NOT_FOUND: 'No record with that id or name is visible to the caller.',
  ILLEGAL_TRANSITION: 'The memory is not in a state from which this operation may take it.',
  DUPLICATE: 'The change would make a twin of a memory that is already there.',
  IDEMPOTENCY_MISMATCH: 'The idempotency key was used before with other arguments.',
  STORE_UNAVAILABLE: 'The store cannot be opened or reached.',
  STORE_BUSY: 'Another process held the write lock for too long.',
  STORE_READ_ONLY: 'The store cannot be written to: the disk or the account is read-only.',
  STORE_FULL: 'The disk that holds the store is full.',
  STORE_CORRUPT: 'The database reports that its file is damaged.',
  NOT_A_STORE: 'The path or database holds something that is not a Heirloom store.',
  NOT_INITIALISED: 'The database has no Heirloom schema yet.',
  SCHEMA_OUTDATED: 'The store was written by an older build and must be migrated first.',
  SCHEMA_TOO_NEW: 'The store was written by a newer build than this one.',
  MIGRATION_FAILED: 'A step of the schema failed; the store is as it was before that step.',
  REBUILD_REQUIRED: 'A derived index does not fit this build and may be rebuilt only under the store’s lock.',
  LOCKED: 'Another process holds the store’s exclusive lock.',
  SNAPSHOT_DAMAGED: 'A snapshot is torn, altered or incomplete.',
  SOURCE_UNREADABLE: 'A file to ingest cannot be read, is binary, or is too large.',
  SOURCE_MALFORMED: 'A file to ingest does not have the form that its name or content promises.',
  EMBEDDER_UNAVAILABLE: 'The embedder, its model or its server is missing, failing or answering wrongly.',
  SPACE_MISMATCH: 'What the embedder gives does not belong to the space that its vectors are for.',
  CONFLICT: 'Somebody else changed the record since it was read.',
  ACCESS_DENIED: 'The caller may not do this.',
  UNSUPPORTED: 'This build or this engine cannot do what was asked.',
  ABORTED: 'The caller cancelled the operation.',
  INTERNAL: 'A mistake of Heirloom itself.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/**
 * What every refusal is. The message names the thing and the remedy, in words for the person who reads it.
 */
export class HeirloomError extends Error {
  override readonly name = 'HeirloomError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** Refuses a state that only a mistake of our own can bring about. */
export function assertBug(condition: unknown, what: string): asserts condition {
  if (!condition) throw new HeirloomError('INTERNAL', `Bug: ${what}`)
}
