/** What a call of ingest is to read: every file once, whatever its names. */
import { realpath } from 'node:fs/promises'
import type { HeirloomError } from '../model/errors.ts'
import { type FoundSource, findSources } from './walk.ts'

export interface ToRead {
  /** As it was found, for reading and for messages. */
  readonly path: string
  readonly name: string
  /** With links followed: what its document is known by. */
  readonly key: string
  /** Whether the caller named this very file rather than a folder that holds it. */
  readonly isNamed: boolean
  readonly error?: HeirloomError
}

export interface Gathered {
  readonly sources: readonly ToRead[]
  /** How many were left out, by reason. */
  readonly skipped: Map<string, number>
  /** The folders that were walked, with links followed. */
  readonly folders: readonly string[]
}

/** @throws SOURCE_UNREADABLE when a path does not exist, before any work; ABORTED */
export async function gather(paths: readonly string[], options: { signal?: AbortSignal }): Promise<Gathered> {
  const sources = new Map<string, ToRead>()
  const skipped = new Map<string, number>()
  const folders: string[] = []
  for (const path of paths) {
    let isFolder = true
    for await (const source of findSources(path, options)) {
      if (source.path === path) isFolder = false
      if (source.skipped !== undefined) skipped.set(source.skipped, (skipped.get(source.skipped) ?? 0) + 1)
      else add(sources, await toRead(source, path))
    }
    if (isFolder) folders.push(await realpath(path))
  }
  return { sources: [...sources.values()], skipped, folders }
}

async function toRead({ path, name, error }: FoundSource, asked: string): Promise<ToRead> {
  const isNamed = path === asked
  if (error !== undefined) return { path, name, key: path, isNamed, error }
  // A file that went away since will be told when it is read.
  return { path, name, key: await realpath(path).catch(() => path), isNamed }
}

/** Of a file and the links to it, the file itself is read: its own name tells its form. */
function add(sources: Map<string, ToRead>, source: ToRead): void {
  const known = sources.get(source.key)
  const better = known === undefined || source.path === source.key ? source : known
  sources.set(source.key, { ...better, isNamed: source.isNamed || known?.isNamed === true })
}
