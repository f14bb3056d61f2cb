/** Runs the steps of a plan. Each is one transaction with its stamp: it happens whole or not at all. */
import { HeirloomError } from '../../model/errors.ts'
import { ARTEFACTS } from '../artefacts/artefact.ts'
import { type MadeBy, stampArtefact } from '../artefacts/stamps.ts'
import type { Engine } from '../engine.ts'
import type { Change } from '../exclusive.ts'
import type { Migration } from './migration.ts'
import { checksumOf } from './registry.ts'

export interface Stamping extends MadeBy {
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string
}

/**
 * A step with its stamp, in the caller's transaction.
 * @throws MIGRATION_FAILED naming step, cause and remedy.
 */
export async function applyStep(
  { engine, change }: { engine: Engine; change: Change },
  step: Migration,
  { at, build }: Stamping,
): Promise<void> {
  try {
    await change.script(step[engine.name])
    await change.db
      .insertInto('schema_history')
      .values({
        version: step.version,
        name: step.name,
        checksum: checksumOf(step),
        floor: step.floor,
        applied_at: at,
        applied_by: build,
      })
      .execute()
    if (step.strategy === 'rebuild') {
      for (const artefact of ARTEFACTS.filter(({ name }) => step.rebuilds.includes(name))) {
        await stampArtefact(change, artefact, { build, needs_rebuild: 1 })
      }
    }
    await engine.stamp(change, step.version)
  } catch (error) {
    throw failure(error, step, engine.location)
  }
}

function failure(cause: unknown, { version, name }: Migration, location: string): unknown {
  // What has a code of its own already says what to do: a full disk, a lost server.
  if (cause instanceof HeirloomError || isOfTheDatabase(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new HeirloomError(
    'MIGRATION_FAILED',
    `${location}: step ${version} (${name}) of the schema failed: ${reason}. The store is as it was before that step. Try it on a copy: heirloom migrate --on-copy; what it says there is what must be put right.`,
    { cause },
  )
}

/** Disk, locks and connections: the engine tells them in words of their own, and may try again. */
function isOfTheDatabase(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '')
  return (
    /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CORRUPT|CANTOPEN)/.test(code) ||
    /^(40001|40P01|53\d{3}|57\w{3}|08\w{3}|25006|42501|E[A-Z]+)$/.test(code)
  )
}
