import { readFileSync } from 'node:fs'
import { HeirloomError } from '../../model/errors.ts'
import { isJson, type Json, parseJson } from '../json-safe.ts'
import { toTime } from '../time.ts'
import {
  type ForeignLink,
  type ForeignMemory,
  type ForeignStore,
  kindOf,
  malformed,
  reasonToSkip,
  Tally,
  unreadable,
} from './foreign-store.ts'
import { KEPT, toForeign } from './memtomem-row.ts'

/** The largest bundle, in bytes: the longest text that JavaScript can hold. memtomem itself takes 100 MB. */
const LARGEST = 512_000_000

/** Before 2 a chunk had no id; 3 adds `relations`. No version has the links of shares: only the tags tell. */
const VERSIONS: readonly unknown[] = ['2', '3']

interface Chunk extends Json {
  readonly chunk_id: string
  readonly content: string
  readonly namespace: string
}

/** A bundle, wholly read and checked before the first memory is handed out. */
export class MemtomemBundle implements ForeignStore {
  readonly format: string
  readonly memories: number
  readonly #namespaces = new Tally()
  #skipped = new Tally()
  readonly #chunks: readonly Chunk[]
  readonly #relations: readonly ForeignLink[]

  static open(file: string, size: number): MemtomemBundle {
    if (size > LARGEST) {
      throw unreadable(
        file,
        `is too large: ${size} bytes, and at most ${LARGEST} (512 MB) are read of a bundle. Import memtomem’s database itself.`,
      )
    }
    return new MemtomemBundle(file, mustBeBundle(file, mustParse(file)))
  }

  private constructor(file: string, bundle: Json) {
    this.format = `memtomem bundle v${bundle.version}`
    this.#chunks = mustBeList(file, 'chunks', bundle.chunks).map((chunk, index) =>
      mustBeChunk(`${file}: chunk ${index + 1}`, chunk),
    )
    this.memories = mustBeComplete(file, bundle.total_chunks, this.#chunks.length)
    for (const { namespace } of this.#chunks) this.#namespaces.add(namespace)
    this.#relations = mustBeList(file, 'relations', bundle.relations ?? []).map((relation, index) =>
      toRelation(`${file}: relation ${index + 1}`, relation),
    )
  }

  get namespaces(): ReadonlyMap<string, number> {
    return this.#namespaces.counts
  }

  get skipped(): ReadonlyMap<string, number> {
    return this.#skipped.counts
  }

  *batches(size: number): Generator<readonly ForeignMemory[]> {
    this.#skipped = new Tally()
    const seen = new Set<string>()
    for (const part of inParts(this.#chunks, size)) {
      const memories = part.filter(chunk => this.#isMemory(chunk, seen)).map(toMemory)
      if (memories.length > 0) yield memories
    }
  }

  #isMemory(chunk: Chunk, seen: Set<string>): boolean {
    const id = chunk.chunk_id.toLowerCase()
    const reason = seen.has(id) ? 'the id of another' : reasonToSkip(id, chunk.content)
    seen.add(id)
    if (reason !== null) this.#skipped.add(reason)
    return reason === null
  }

  /** None: a bundle has only the tags. */
  *links(_size: number): Generator<readonly ForeignLink[]> {}

  *relations(size: number): Generator<readonly ForeignLink[]> {
    yield* inParts(this.#relations, size)
  }

  [Symbol.dispose](): void {}
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    if (cause instanceof TypeError) throw malformed(file, 'is not UTF-8. Export it again.', cause)
    throw unreadable(file, 'cannot be read. Check its permissions and the disk.', cause)
  }
}

function mustParse(file: string): unknown {
  const text = readText(file)
  try {
    return parseJson(text, file)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    throw new HeirloomError('SOURCE_MALFORMED', `${told}. If it was cut short, export the bundle again.`)
  }
}

function mustBeBundle(file: string, value: unknown): Json {
  if (!isJson(value) || !('version' in value) || !('chunks' in value)) {
    throw malformed(
      file,
      'is JSON, but no memtomem bundle: it has no version and chunks. Export one with memtomem’s mem_export.',
    )
  }
  if (VERSIONS.includes(value.version)) return value
  if (value.version === '1') {
    throw malformed(
      file,
      'is a memtomem bundle v1, whose chunks have no ids. Import memtomem’s database itself, or export again with memtomem 0.1.28 or later.',
    )
  }
  const version = typeof value.version === 'string' ? `version "${value.version.slice(0, 20)}"` : 'a version'
  throw malformed(
    file,
    `is a memtomem bundle of ${version} that this build does not know; known are "2" and "3". Update Heirloom, or import memtomem’s database itself.`,
  )
}

function mustBeList(file: string, name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw malformed(file, `is no memtomem bundle: "${name}" is ${kindOf(value)}, not a list. Export it again.`)
}

/** memtomem writes how many there are; a bundle that was cut by hand or by a tool gives itself away. */
function mustBeComplete(file: string, told: unknown, found: number): number {
  if (told === undefined || told === found) return found
  const said = typeof told === 'number' ? `${told} chunks` : `"total_chunks" as ${kindOf(told)}`
  throw malformed(file, `says ${said}, and has ${found}. Export it again.`)
}

const TEXTS = ['chunk_id', 'content', 'namespace'] as const

function mustBeChunk(place: string, value: unknown): Chunk {
  if (!isJson(value)) throw malformed(place, `is ${kindOf(value)}, not an object. Export the bundle again.`)
  const chunk: Json = { namespace: 'default', ...value }
  for (const name of TEXTS) mustBeText(place, name, chunk[name])
  if (chunk.chunk_id === '') throw malformed(place, 'has a blank "chunk_id". Export the bundle again.')
  return chunk as Chunk
}

function mustBeText(place: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw malformed(
    place,
    `is not as memtomem writes it: "${name}" is ${kindOf(value)}. Export the bundle again.`,
  )
}

function toRelation(place: string, value: unknown): ForeignLink {
  if (!isJson(value)) throw malformed(place, `is ${kindOf(value)}, not an object. Export the bundle again.`)
  return {
    target: mustBeText(place, 'target_id', value.target_id).toLowerCase(),
    source: mustBeText(place, 'source_id', value.source_id).toLowerCase(),
    type: mustBeText(place, 'relation_type', value.relation_type),
    created_at: toTime(value.created_at),
  }
}

function toMemory(chunk: Chunk): ForeignMemory {
  return toForeign({
    id: chunk.chunk_id,
    content: chunk.content,
    namespace: chunk.namespace,
    tags: JSON.stringify(chunk.tags ?? []),
    headings: chunk.heading_hierarchy,
    source_file: chunk.source_file,
    created_at: chunk.created_at,
    updated_at: null,
    rest: Object.fromEntries(KEPT.map(name => [name, chunk[name]])),
  })
}

function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
