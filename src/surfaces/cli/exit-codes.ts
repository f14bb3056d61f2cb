/** How a process ends: 0 ok, 1 failure, 2 usage, 3 refused, 4 found problems, 130 interrupted. */
import type * as z from 'zod'
import type { ErrorCode } from '../../model/errors.ts'
import type { OperationName, Operations } from '../../operations/index.ts'

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130

export const EXIT: Readonly<Record<ErrorCode, ExitCode>> = {
  INVALID_INPUT: 2,
  NOT_FOUND: 1,
  ILLEGAL_TRANSITION: 1,
  DUPLICATE: 1,
  IDEMPOTENCY_MISMATCH: 1,
  STORE_UNAVAILABLE: 1,
  STORE_BUSY: 3,
  STORE_READ_ONLY: 3,
  STORE_FULL: 1,
  STORE_CORRUPT: 1,
  NOT_A_STORE: 3,
  NOT_INITIALISED: 3,
  SCHEMA_OUTDATED: 3,
  SCHEMA_TOO_NEW: 3,
  MIGRATION_FAILED: 1,
  REBUILD_REQUIRED: 3,
  LOCKED: 3,
  SNAPSHOT_DAMAGED: 4,
  SOURCE_UNREADABLE: 1,
  SOURCE_MALFORMED: 1,
  EMBEDDER_UNAVAILABLE: 1,
  SPACE_MISMATCH: 3,
  CONFLICT: 1,
  ACCESS_DENIED: 3,
  UNSUPPORTED: 1,
  ABORTED: 130,
  INTERNAL: 1,
}

type Verdicts = {
  readonly [Name in OperationName]?: (output: z.output<Operations[Name]['output']>) => ExitCode
}

const VERDICTS: Verdicts = {
  doctor: ({ ok }) => (ok ? 0 : 4),
  space_check: ({ ok }) => (ok ? 0 : 4),
  embed: ({ failed }) => (failed === 0 ? 0 : 4),
  journal: ({ verification }) => (verification?.ok === false ? 4 : 0),
  snapshot_verify: ({ ok }) => (ok ? 0 : 4),
  ingest: ({ errors, documents }) => (errors.length === 0 ? 0 : documents > 0 ? 4 : 1),
}

/** How a call ends that gave an answer: an answer may tell of problems. */
export function verdictOn(name: string, output: unknown): ExitCode {
  const verdict = VERDICTS[name as OperationName] as ((output: unknown) => ExitCode) | undefined
  return verdict?.(output) ?? 0
}
