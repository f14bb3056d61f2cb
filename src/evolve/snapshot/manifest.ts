/** What a snapshot says of itself, and whether that can be believed. */
import { promises } from 'node:fs'
import { canonicalJson, sha256 } from '../../model/digest.ts'
import { HeirloomError } from '../../model/errors.ts'
import type { TableDigest } from '../../store/digest/digest.ts'
import { codeOf, onDisk, syncFolder, writeWhole } from './disk.ts'
import { isSnapshotId, manifestPath, type SnapshotKind, snapshotIds } from './folder.ts'

const { readFile } = promises

export const MANIFEST_FORMAT = 1

export interface Part {
  /** null in a snapshot of the kind `file`, whose one part is the whole database. */
  readonly table: string | null
  readonly rows: number | null
  readonly bytes: number
  /** Bytes on the disk when the part was written or found. */
  readonly stored_bytes: number
  /** SHA-256 of the bytes before they were compressed. */
  readonly hash: string
}

export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT
  readonly id: string
  readonly kind: SnapshotKind
  readonly created_at: string
  readonly tag: string | null
  readonly reason: string | null
  readonly store: { readonly engine: 'sqlite' | 'postgres'; readonly location: string }
  readonly schema_version: number
  /** Which build made it. */
  readonly made_by: string
  /** Written last, after every part was read back and the digest was made from them again. */
  readonly status: 'ok'
  /** Null for a copied file whose tables have no schema version. */
  readonly digest: { readonly state: string; readonly full: string } | null
  readonly tables: Readonly<Record<string, TableDigest>>
  readonly parts: readonly Part[]
}

/** Canonical JSON with a hash of itself, so that a changed manifest is found as a changed part is. */
function toText(manifest: Manifest): string {
  const manifest_hash = sha256(canonicalJson(manifest))
  return `${canonicalJson({ ...manifest, manifest_hash })}\n`
}

/** @returns the manifest, or what is wrong with it. */
function parseManifest(text: string, id: string): Manifest | { readonly problem: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { problem: text === '' ? 'the manifest is empty' : 'the manifest is torn or altered: not JSON' }
  }
  if (!isRecord(parsed)) return { problem: 'the manifest is altered: not an object' }
  const { manifest_hash: _hash, ...fields } = parsed
  if (fields.format !== undefined && fields.format !== MANIFEST_FORMAT && isWhole(fields.format))
    return { problem: `the manifest has the format ${fields.format}; this build knows ${MANIFEST_FORMAT}` }
  const wrong = FIELDS.filter(([name, accepts]) => !accepts(fields[name])).map(([name]) => name)
  if (wrong.length > 0)
    return { problem: `the manifest is altered: ${wrong.join(', ')} missing or malformed` }
  const manifest = fields as unknown as Manifest
  if (toText(manifest) !== text) return { problem: 'the manifest is altered: it does not give its own hash' }
  if (manifest.id !== id) return { problem: `the manifest is that of ${manifest.id} under another name` }
  return manifest
}

type Accepts = (value: unknown) => boolean

const isText: Accepts = value => typeof value === 'string' && value !== ''
const isTextOrNull: Accepts = value => value === null || typeof value === 'string'
const isWhole: Accepts = value => Number.isSafeInteger(value) && Number(value) >= 0
const isHash: Accepts = value => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isDigest: Accepts = value => isRecord(value) && isHash(value.state) && isHash(value.full)

const isTable: Accepts = value =>
  isRecord(value) &&
  isWhole(value.rows) &&
  isHash(value.full) &&
  (value.state === null || isHash(value.state))

const isPart: Accepts = value =>
  isRecord(value) &&
  (value.table === null ? value.rows === null : isText(value.table) && isWhole(value.rows)) &&
  isWhole(value.bytes) &&
  isWhole(value.stored_bytes) &&
  isHash(value.hash)

const FIELDS: readonly (readonly [keyof Manifest, Accepts])[] = [
  ['format', value => value === MANIFEST_FORMAT],
  ['id', value => typeof value === 'string' && isSnapshotId(value)],
  ['kind', value => value === 'rows' || value === 'file'],
  ['created_at', value => typeof value === 'string' && !Number.isNaN(Date.parse(value))],
  ['tag', isTextOrNull],
  ['reason', isTextOrNull],
  ['store', value => isRecord(value) && isText(value.engine) && isText(value.location)],
  ['schema_version', isWhole],
  ['made_by', isText],
  ['status', value => value === 'ok'],
  ['digest', value => value === null || isDigest(value)],
  ['tables', value => isRecord(value) && Object.values(value).every(isTable)],
  ['parts', value => Array.isArray(value) && value.every(isPart)],
]

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeWhole(manifestPath(folder, manifest.id), Buffer.from(toText(manifest)), manifest.id)
  await syncFolder(folder)
}

/**
 * The manifest of an id, or what is wrong with it.
 * @throws NOT_FOUND naming ids that are there.
 */
export async function readManifest(
  folder: string,
  id: string,
): Promise<Manifest | { readonly problem: string }> {
  // An id is also a file's name: nothing else may reach the disk.
  if (!isSnapshotId(id)) throw await unknown(folder, id)
  let text: string
  try {
    text = await onDisk(folder, () => readFile(manifestPath(folder, id), 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw await unknown(folder, id)
    return { problem: `the manifest cannot be read (${(error as Error).message})` }
  }
  return parseManifest(text, id)
}

/** @throws NOT_FOUND, or SNAPSHOT_DAMAGED saying how. */
export async function mustReadManifest(folder: string, id: string): Promise<Manifest> {
  const found = await readManifest(folder, id)
  if ('problem' in found) throw damaged(id, [found.problem])
  return found
}

export function damaged(id: string, problems: readonly string[]): HeirloomError {
  const shown = problems.slice(0, 5).join('; ')
  const more = problems.length > 5 ? `; and ${problems.length - 5} more (heirloom snapshot verify ${id})` : ''
  return new HeirloomError('SNAPSHOT_DAMAGED', `Snapshot ${id} is damaged: ${shown}${more}. Use another one.`)
}

async function unknown(folder: string, id: string): Promise<HeirloomError> {
  const ids = await snapshotIds(folder)
  const near = ids
    .map(known => ({ known, shared: sharedLength(known, id) }))
    .sort((a, b) => b.shared - a.shared || (a.known < b.known ? 1 : -1))
    .slice(0, 3)
  const hint =
    ids.length === 0
      ? 'There are none there. Make one: heirloom snapshot create'
      : `Near: ${near.map(({ known }) => known).join(', ')}. All of them: heirloom snapshot list`
  return new HeirloomError('NOT_FOUND', `No snapshot "${id}" in ${folder}. ${hint}`)
}

function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}
