/** What is told of a snapshot. */
import * as z from 'zod'
import { notInitialised } from '../evolve/opening.ts'
import type { Manifest } from '../evolve/snapshot/manifest.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Engine } from '../store/engine.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import { planMigrations } from '../store/schema/registry.ts'

export const snapshotFields = {
  id: z.string(),
  kind: z.enum(['rows', 'file']),
  created_at: z.string(),
  tag: z.string().nullable(),
  reason: z.string().nullable(),
  digest: z.string().nullable().describe('Of what is known; null for tables without a version.'),
  full: z.string().nullable().describe('Of that, of use and of the journal.'),
  schema_version: z.int(),
  memories: z.int().nullable(),
  parts: z.int(),
  bytes: z.int(),
  stored_bytes: z.int().describe('Bytes on the disk; snapshots share parts.'),
}

const view = z.object(snapshotFields)

export function toSnapshotView(manifest: Manifest): z.output<typeof view> {
  const { id, kind, created_at, tag, reason, digest, schema_version, tables, parts } = manifest
  return {
    id,
    kind,
    created_at,
    tag,
    reason,
    digest: digest?.state ?? null,
    full: digest?.full ?? null,
    schema_version,
    memories: tables.memories?.rows ?? null,
    parts: parts.length,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    stored_bytes: parts.reduce((sum, part) => sum + part.stored_bytes, 0),
  }
}

/**
 * Only a store is copied or compared; for its rows they must be of a known schema.
 * @throws NOT_INITIALISED, NOT_A_STORE, SCHEMA_TOO_NEW, STORE_CORRUPT, or SCHEMA_OUTDATED for tables without a version.
 */
export async function mustBeReadable(engine: Engine, kind: Manifest['kind']): Promise<void> {
  const { location } = engine
  const { action } = planMigrations(MIGRATIONS, await engine.survey(), { location })
  if (action === 'create') throw notInitialised(location)
  if (action !== 'reconcile' || kind === 'file') return
  const copy =
    engine.copyFile === null ? '' : ', or copy the file as it is: heirloom snapshot create --kind file'
  throw new HeirloomError(
    'SCHEMA_OUTDATED',
    `${location} has tables of memories without a schema version. Run: heirloom migrate${copy}`,
  )
}
