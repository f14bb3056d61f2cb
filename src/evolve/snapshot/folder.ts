/**
 * Where snapshots are kept: a folder of manifests, `<id>.json`, over parts that they share, `parts/<hash>`. A million
 * memories make some 3,000 parts, so one folder holds them all.
 */
import { promises } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { HeirloomError } from '../../model/errors.ts'
import { codeOf, onDisk, syncFolder } from './disk.ts'

const { mkdir, readdir, realpath, rm, stat, utimes, writeFile } = promises

export type SnapshotKind = 'rows' | 'file'

const ID = /^\d{8}-\d{6}-[0-9a-f]{8}$/
const MANIFEST = /^(\d{8}-\d{6}-[0-9a-f]{8})\.json$/
const MARKER = /^\d{8}-\d{6}-[0-9a-f]{8}\.making$/

export function isSnapshotId(text: string): boolean {
  return ID.test(text)
}

/** Sorts by time and reads as one: `20260131-120000-0badcafe`. `newId` ends in at least eight hexadecimal digits. */
export function toSnapshotId(now: string, newId: string): string {
  const digits = now.replace(/\D/g, '')
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${newId.slice(-8)}`
}

export function manifestPath(folder: string, id: string): string {
  return join(folder, `${id}.json`)
}

/** The part's file, relative to the folder. */
export function partName(hash: string, kind: SnapshotKind): string {
  return join('parts', `${hash}.${kind === 'rows' ? 'gz' : 'db'}`)
}

/**
 * Where the snapshots of a store are kept unless a folder is named.
 * @throws INVALID_INPUT where the store is not a file or folder, so that nothing is beside it.
 */
export function folderBeside(location: string): string {
  const path = pathOf(location)
  if (path !== null) return `${path}.snapshots`
  throw new HeirloomError(
    'INVALID_INPUT',
    `${location.replace(/:$/, '')} is no file to keep snapshots beside. Name a folder for them: --dir, in a program snapshots.`,
  )
}

/** The file, or the folder of PGlite; null for a server and for memory. */
function pathOf(location: string): string | null {
  const path = location.replace(/^pglite:/, '')
  if (path === '' || path === 'memory:' || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return null
  return resolve(path)
}

/** What SQLite and the lock keep beside a store's file. */
const COMPANIONS = [
  '',
  '-wal',
  '-shm',
  '-journal',
  '.lock',
  '.lock-journal',
  '.lock.json',
  '.lock.json.part',
  '.vectors',
]

/**
 * The folder as an absolute path, once it is sure that it is none of the store's own files.
 * @throws INVALID_INPUT when it is one of them, below one, or a file.
 */
export async function mustBeApart(folder: string, location: string): Promise<string> {
  if (folder.trim() === '') throw new HeirloomError('INVALID_INPUT', 'dir: name a folder for snapshots.')
  const wanted = resolve(folder)
  const store = pathOf(location)
  if (store !== null) {
    const [real, own] = await Promise.all([settled(wanted), settled(store)])
    const taken = COMPANIONS.find(end => real === `${own}${end}` || real.startsWith(`${own}${end}${sep}`))
    if (taken !== undefined) {
      throw new HeirloomError(
        'INVALID_INPUT',
        `dir: ${wanted} belongs to the store's own file ${store}${taken}. Name a folder beside it, such as ${store}.snapshots`,
      )
    }
  }
  await mustBeFolder(wanted)
  return wanted
}

async function mustBeFolder(path: string): Promise<void> {
  const found = await onDisk(path, () =>
    stat(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }),
  )
  if (found === null || found.isDirectory()) return
  throw new HeirloomError('INVALID_INPUT', `dir: ${path} is a file. Name a folder for snapshots.`)
}

/** The path with links followed as far as it exists. */
async function settled(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(await settled(above), basename(path))
  }
}

export async function makeFolder(folder: string): Promise<void> {
  await makeFolders(join(folder, 'parts'))
  await syncFolder(dirname(folder))
  await syncFolder(folder)
}

/**
 * One by one from the top: asked to make them all, Node tries for ever where a folder that exists takes no others (as
 * in /proc). For this user alone, since all that is known goes there; others may be making them at this moment.
 */
async function makeFolders(path: string): Promise<void> {
  const above = dirname(path)
  if (above === path || (await isThere(path))) return
  await makeFolders(above)
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT') throw error
    const message = `${path} cannot be made. Name another folder with --dir.`
    throw new HeirloomError('STORE_UNAVAILABLE', message, { cause: error })
  })
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Ids of all snapshots whose manifest is there, damaged ones too, oldest first. */
export async function snapshotIds(folder: string): Promise<string[]> {
  const names = await namesIn(folder)
  return names.flatMap(name => MANIFEST.exec(name)?.[1] ?? []).sort()
}

/** Names in a folder; none where it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    return onDisk(folder, () => Promise.reject(error))
  }
}

/**
 * Says that a snapshot is being made, so that prune leaves its parts alone. One that was interrupted stays behind and
 * counts for nothing once it is old.
 */
export class Marker {
  readonly #path: string
  readonly #now: () => string

  constructor(folder: string, id: string, now: () => string) {
    this.#path = join(folder, `${id}.making`)
    this.#now = now
  }

  async begin(): Promise<void> {
    await writeFile(this.#path, '')
    await this.renew()
  }

  async renew(): Promise<void> {
    await touch(this.#path, this.#now())
  }

  async end(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

export function isMarker(name: string): boolean {
  return MARKER.test(name)
}

/** @returns whether there was such a file. */
export async function touch(path: string, now: string): Promise<boolean> {
  try {
    const time = new Date(now)
    await utimes(path, time, time)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
