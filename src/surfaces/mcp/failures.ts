/** Failures as tool errors: code, what is wrong, and what to do next. Stacks and stored text stay here. */
import { type ErrorCode, HeirloomError } from '../../model/errors.ts'
import { toLine } from '../../operations/envelope.ts'

/** What an agent does next. The message names the thing; a new code does not compile until it is here. */
const NEXT: Record<ErrorCode, string> = {
  INVALID_INPUT: 'Correct the named arguments and call again; nothing was done.',
  NOT_FOUND: 'Find the id with recall, or with admin and operation "list".',
  ILLEGAL_TRANSITION:
    'Look at its state with get; admin with operation "restore" brings back what was retired.',
  DUPLICATE: 'Use the memory that is named; nothing was changed.',
  IDEMPOTENCY_MISMATCH: 'Call again with another idempotency_key, or without one.',
  STORE_UNAVAILABLE: 'Tell the user; each call tries to open the store again.',
  STORE_BUSY: 'Call again in a moment; nothing was changed.',
  STORE_READ_ONLY: 'Tell the user; reading still works, nothing can be kept until it is writable.',
  STORE_FULL: 'Tell the user; nothing can be kept until there is space.',
  STORE_CORRUPT: 'Tell the user at once, and keep nothing more until it is repaired.',
  NOT_A_STORE: 'Tell the user to name another store with --store or HEIRLOOM_STORE.',
  NOT_INITIALISED: 'Tell the user to run: heirloom init --store <url>. Each call tries again.',
  SCHEMA_OUTDATED: 'Tell the user to run: heirloom migrate. Each call tries again.',
  SCHEMA_TOO_NEW: 'Tell the user to update Heirloom, or to name another store.',
  MIGRATION_FAILED: 'Tell the user; the store is as it was. Each call tries again.',
  REBUILD_REQUIRED: 'Tell the user to run: heirloom migrate. Each call tries again.',
  LOCKED: 'Call again in a moment: somebody is changing the store as a whole.',
  SNAPSHOT_DAMAGED: 'Tell the user; another snapshot must be used.',
  SOURCE_UNREADABLE: 'Check the path with the user: it must be absolute, and nothing was read.',
  SOURCE_MALFORMED: 'Correct the file, or ingest it as plain text.',
  EMBEDDER_UNAVAILABLE: 'Tell the user; recall goes on by keywords until it is mended.',
  SPACE_MISMATCH: 'Tell the user to run: heirloom space check. Recall goes on by keywords.',
  CONFLICT: 'Read it again with get, then revise on top of what it says now.',
  ACCESS_DENIED: 'Tell the user; this server may not do that.',
  UNSUPPORTED: 'Do it another way; status tells what is open.',
  ABORTED: 'Call again if it is still wanted.',
  INTERNAL: 'Tell the user; the server’s log has more.',
}

export interface Failure {
  readonly code: ErrorCode
  /** What is wrong, with its remedy. */
  readonly message: string
  readonly next: string
}

export function toFailure(error: unknown): Failure {
  const code = error instanceof HeirloomError ? error.code : codeOf(error)
  const message = error instanceof HeirloomError ? error.message : UNEXPECTED[code]
  return { code, message: toLine(message ?? '', 2_000), next: NEXT[code] }
}

const UNEXPECTED: Partial<Record<ErrorCode, string>> = {
  ABORTED: 'The call was cancelled.',
  INTERNAL: 'Heirloom failed in a way it should not.',
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof Error && error.name === 'AbortError' ? 'ABORTED' : 'INTERNAL'
}
