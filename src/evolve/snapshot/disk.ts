/** Files that are whole or not there, and what the disk says as our own errors. */
import { closeSync, fsync, open, openSync, promises, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ErrorCode, HeirloomError } from '../../model/errors.ts'
import { Lanes } from './ahead.ts'

const { stat } = promises

export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

const SAID: Readonly<Record<string, readonly [ErrorCode, (path: string) => string]>> = {
  ENOSPC: ['STORE_FULL', path => `The disk of ${path} is full. Free some space, or name another with --dir.`],
  EDQUOT: ['STORE_FULL', path => `The disk quota of ${path} is used up. Name another place with --dir.`],
  EROFS: ['STORE_READ_ONLY', path => `${path} is on a read-only disk. Name another place with --dir.`],
  EACCES: ['ACCESS_DENIED', path => `${path}: this user may not use it. Name another place with --dir.`],
  EPERM: ['ACCESS_DENIED', path => `${path}: this user may not use it. Name another place with --dir.`],
  ENOTDIR: ['INVALID_INPUT', path => `${path}: a part of that path is a file. Name a folder with --dir.`],
  ENAMETOOLONG: ['INVALID_INPUT', path => `${path.slice(0, 80)}…: the path is too long.`],
}

/** Runs work on a folder's files. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const said = SAID[codeOf(cause)]
    if (cause instanceof HeirloomError || said === undefined) throw cause
    throw new HeirloomError(said[0], said[1](path), { cause })
  }
}

/** A snapshot holds all that is known: for this user alone, whatever the store's own rights are. */
const PRIVATE = 0o600

/**
 * Writes a file that appears whole or not at all, and is on the disk afterwards; the entry in its folder is only after
 * `syncFolder`.
 */
export async function writeWhole(path: string, bytes: Uint8Array, owner: string): Promise<void> {
  const temporary = temporaryFor(path, owner)
  try {
    writeFileSync(temporary, bytes, { mode: PRIVATE })
    await syncFile(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/**
 * Writes a file that appears whole to whoever reads it now; a power cut may still tear it until `syncFile`. Making a
 * file waits for the disk's journal and is left to another thread; handing over the small rest as well would take
 * longer than the rest.
 */
export async function writeForNow(path: string, bytes: Uint8Array, owner: string): Promise<void> {
  const temporary = temporaryFor(path, owner)
  try {
    const file = await made(temporary)
    try {
      writeFileSync(file, bytes)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function made(path: string): Promise<number> {
  return new Promise((resolve, reject) =>
    open(path, 'w', PRIVATE, (error, file) => (error === null ? resolve(file) : reject(error))),
  )
}

/** The name that a file has while it is written; whoever is interrupted leaves it, and prune collects it. */
export function temporaryFor(path: string, owner: string): string {
  return `${path}.${owner}.tmp`
}

async function syncFile(path: string): Promise<void> {
  await synced(openSync(path, 'r+'))
}

function synced(file: number): Promise<void> {
  return new Promise<void>((resolve, reject) =>
    fsync(file, error => (error === null ? resolve() : reject(error))),
  ).finally(() => closeSync(file))
}

export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and writes their entries by itself.
  if (process.platform !== 'win32') await synced(openSync(path, 'r'))
}

/** Has files on the disk, then their entries in their folders. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const lanes = new Lanes()
  for (const path of paths) await lanes.begin(() => syncFile(path))
  await lanes.end()
  for (const folder of new Set(paths.map(path => dirname(path)))) await syncFolder(folder)
}

/** null where there is nothing of that name. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
