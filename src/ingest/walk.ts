/**
 * Finding and reading files. What cannot be read is told and never mistaken for what is not there.
 */
import type { Dirent, Stats } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { HeirloomError } from '../model/errors.ts'
import { mustFit } from './decode.ts'
import type { Source } from './document.ts'
import { extensionOf, FORMATS } from './parse.ts'

/**
 * A file to read, a file or folder that could not be looked at, or one that is left out on purpose.
 * `name` is relative to the root, with `/` on every system; for a single file its own name.
 */
export interface FoundSource {
  readonly path: string
  readonly name: string
  readonly error?: HeirloomError
  readonly skipped?: string
}

interface Walk {
  readonly root: string
  readonly signal: AbortSignal | undefined
}

/**
 * The files under a path, each folder's in the order of their names. A file named itself is always found; in a folder
 * those with an extension of FORMATS. Left out, each with its reason in `skipped`: hidden files and folders,
 * node_modules, other extensions, links to folders, and links to files outside the root.
 * @throws SOURCE_UNREADABLE at the first step when the path does not exist.
 * @throws ABORTED
 */
export async function* findSources(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<FoundSource> {
  mustGoOn(signal)
  const stats = await mustStat(path)
  if (!stats.isDirectory()) yield { path, name: basename(path) }
  else yield* walkFolder(path, '', { root: await realpath(path), signal })
}

async function mustStat(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function* walkFolder(path: string, name: string, walk: Walk): AsyncGenerator<FoundSource> {
  mustGoOn(walk.signal)
  let entries: Dirent[]
  try {
    entries = await readdir(path, { withFileTypes: true })
  } catch (cause) {
    yield { path, name: name || '.', error: unreadable(path, cause) }
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    mustGoOn(walk.signal)
    const found = { path: join(path, entry.name), name: name === '' ? entry.name : `${name}/${entry.name}` }
    const skipped = reasonToSkip(entry)
    if (skipped !== null) yield { ...found, skipped }
    else if (entry.isDirectory()) yield* walkFolder(found.path, found.name, walk)
    else yield entry.isSymbolicLink() ? await followLink(found, walk.root) : found
  }
}

function reasonToSkip(entry: Dirent): string | null {
  if (entry.name.startsWith('.')) return 'hidden'
  if (entry.isDirectory()) return entry.name === 'node_modules' ? 'installed packages' : null
  if (!entry.isFile() && !entry.isSymbolicLink()) return 'not a regular file'
  const extension = extensionOf(entry.name)
  if (FORMATS.has(extension)) return null
  return extension === '' ? 'no extension' : `extension .${extension}`
}

async function followLink(found: FoundSource, root: string): Promise<FoundSource> {
  try {
    const target = await realpath(found.path)
    if (!(await stat(target)).isFile()) return { ...found, skipped: 'link to a folder' }
    const inside = target.startsWith(root.endsWith(sep) ? root : root + sep)
    return inside ? found : { ...found, skipped: 'link to a file outside' }
  } catch (cause) {
    return { ...found, error: unreadable(found.path, cause) }
  }
}

/**
 * A file's bytes. `name` is what errors and the choice of the format go by, the file's own name unless given.
 * @throws SOURCE_UNREADABLE when it is missing, not a regular file, not permitted, or over 64 MiB.
 * @throws ABORTED
 */
export async function readSource(
  path: string,
  { name = basename(path), signal }: { name?: string; signal?: AbortSignal } = {},
): Promise<Source> {
  mustGoOn(signal)
  try {
    // Asked before it is opened: opening a pipe would wait for a writer.
    const stats = await stat(path)
    if (!stats.isFile())
      throw new HeirloomError('SOURCE_UNREADABLE', `${path} is not a regular file. Pipe it in.`)
    mustFit(path, stats.size)
    return { name, bytes: await readFile(path, { signal }) }
  } catch (cause) {
    mustGoOn(signal)
    throw cause instanceof HeirloomError ? cause : unreadable(path, cause)
  }
}

/** Only what is certainly not there: a disk that cannot be asked tells nothing. */
export async function isGone(file: string): Promise<boolean> {
  try {
    await stat(file)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}

/** A source that is no file, such as standard input. The name's extension decides how it is read. */
export function sourceFromText(name: string, text: string): Source {
  return { name, bytes: Buffer.from(text) }
}

function mustGoOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new HeirloomError('ABORTED', 'The ingest was cancelled.', { cause: signal.reason })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user. Check its permissions.',
  EPERM: 'may not be read by this user. Check its permissions.',
  ELOOP: 'is a link that leads back to itself',
  EISDIR: 'is a folder',
  EMFILE: 'cannot be opened: too many files are open. Try again.',
}

function unreadable(path: string, cause: unknown): HeirloomError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  const reason = REASONS[code] ?? `cannot be read (${code})`
  return new HeirloomError('SOURCE_UNREADABLE', `${path} ${reason}`, { cause })
}
