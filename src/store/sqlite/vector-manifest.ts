/** What the index of a space says of itself, and whether that can be believed. */
import { promises, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { canonicalJson, sha256 } from '../../model/digest.ts'
import { type IndexIdentity, manifestPath, PRIVATE, syncFile, temporaryFor } from './vector-folder.ts'
import { GRAPH } from './vector-graph.ts'

const FORMAT = 1

/** Bytes; one of ours has some 500. */
const LARGEST = 65_536n

export interface VectorManifest extends Omit<IndexIdentity, 'stores'> {
  /** One of those of the identity that it was made for. */
  readonly store: string
  readonly format: typeof FORMAT
  readonly metric: string
  readonly quantisation: string
  readonly connectivity: number
  readonly generation: number
  /** Vectors in the file. */
  readonly count: number
  /** The last row id that was looked at for it. */
  readonly covered: number
  readonly bytes: number
  /** CRC-32 of the file's bytes, eight hexadecimal digits. */
  readonly crc32: string
}

export type FoundManifest =
  | {
      readonly kind: 'found'
      readonly manifest: VectorManifest
      /** Another as soon as there is another manifest. */
      readonly identity: string
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly why: string }

type Accepts = (value: unknown) => boolean

const isText: Accepts = value => typeof value === 'string' && value !== ''
const isCounted: Accepts = value => Number.isSafeInteger(value) && Number(value) >= 1

const FIELDS: readonly (readonly [keyof VectorManifest, Accepts])[] = [
  ['store', isText],
  ['space', isText],
  ['dimensions', isCounted],
  ['metric', isText],
  ['quantisation', isText],
  ['connectivity', isCounted],
  ['generation', isCounted],
  ['count', isCounted],
  ['covered', isCounted],
  ['bytes', isCounted],
  ['crc32', value => typeof value === 'string' && /^[0-9a-f]{8}$/.test(value)],
]

/** The manifest of a space, where it is whole, of this build's form, and of what is wanted. */
export async function readManifest(folder: string, wanted: IndexIdentity): Promise<FoundManifest> {
  const path = manifestPath(folder, wanted.space)
  try {
    const file = await promises.open(path, 'r')
    try {
      const { ino, mtimeNs, size } = await file.stat({ bigint: true })
      if (size > LARGEST) return { kind: 'unusable', why: `${path}: it is altered: ${size} bytes` }
      const manifest = parse(await file.readFile('utf8'), wanted)
      if ('why' in manifest) return { kind: 'unusable', why: `${path}: ${manifest.why}` }
      return { kind: 'found', manifest, identity: `${ino} ${mtimeNs} ${size}` }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { kind: 'none' }
    if (code === 'ENOTDIR')
      return { kind: 'unusable', why: `${folder} is no folder, and in the way of the index: move it away` }
    return { kind: 'unusable', why: `${path} cannot be read: ${message}` }
  }
}

/** Which manifest is there now, without reading it; null where there is none. */
export function manifestIdentity(folder: string, space: string): string | null {
  try {
    const { ino, mtimeNs, size } = statSync(manifestPath(folder, space), { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch {
    return null
  }
}

/** @returns the manifest, or why it is of no use. */
function parse(text: string, wanted: IndexIdentity): VectorManifest | { readonly why: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { why: 'it is torn or altered: not JSON' }
  }
  if (typeof parsed !== 'object' || parsed === null) return { why: 'it is altered: not an object' }
  const { manifest_hash: _hash, ...fields } = parsed as Record<string, unknown>
  if (Number.isSafeInteger(fields.format) && fields.format !== FORMAT)
    return { why: `it has the format ${fields.format}, and this build reads ${FORMAT}` }
  const wrong = FIELDS.filter(([name, accepts]) => !accepts(fields[name])).map(([name]) => name)
  if (wrong.length > 0) return { why: `it is altered: ${wrong.join(', ')} missing or malformed` }
  const manifest = fields as unknown as VectorManifest
  if (toText(manifest) !== text) return { why: 'it is torn or altered: it does not give its own hash' }
  const other = mismatch(manifest, wanted)
  return other === null ? manifest : { why: other }
}

function mismatch(manifest: VectorManifest, wanted: IndexIdentity): string | null {
  if (manifest.space !== wanted.space) return `it belongs to the space ${manifest.space}`
  if (!wanted.stores.includes(manifest.store))
    return 'it belongs to another store, or to another time of it: an older copy was put back, or it was restored'
  if (manifest.dimensions !== wanted.dimensions)
    return `its vectors have ${manifest.dimensions} dimensions, not ${wanted.dimensions}`
  const settings = Object.keys(GRAPH) as (keyof typeof GRAPH)[]
  if (settings.some(name => manifest[name] !== GRAPH[name]))
    return 'it was made with settings of another build'
  return null
}

/** Canonical JSON with a hash of itself, so that any change is found. */
function toText(manifest: VectorManifest): string {
  const manifest_hash = sha256(canonicalJson(manifest))
  return `${canonicalJson({ ...manifest, manifest_hash })}\n`
}

/** Puts it in the place of the one before it: from then on its generation counts, and durably after `syncFolder`. */
export function writeManifest(
  folder: string,
  fields: Omit<VectorManifest, 'format' | keyof typeof GRAPH>,
): void {
  const path = manifestPath(folder, fields.space)
  const temporary = temporaryFor(path)
  try {
    writeFileSync(temporary, toText({ format: FORMAT, ...GRAPH, ...fields }), { mode: PRIVATE.file })
    syncFile(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

export function removeManifest(folder: string, space: string): void {
  rmSync(manifestPath(folder, space), { force: true })
}
