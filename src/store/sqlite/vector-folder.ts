/**
 * The folder of a store's vector indexes, `<store>.vectors`: for each space a manifest, `<space>.json`, and the
 * generation that it names, `<space>-<generation>.usearch`. All of it is derived and may be deleted at any time.
 * A file is written under a name of its own and renamed once it is on the disk, and no file is ever changed: what a
 * process has mapped stays as it is.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assertBug } from '../../model/errors.ts'

/** What an index is of. */
export interface IndexIdentity {
  /**
   * Each stands for the row ids at a time: an index says which it was made at, and is believed where that is one of these.
   * The last one is that of the next index.
   */
  readonly stores: readonly string[]
  /** A name that a file can have; a space whose vectors are made anew has a new one. */
  readonly space: string
  readonly dimensions: number
}

const TEMPORARY = '.tmp'

export function manifestPath(folder: string, space: string): string {
  assertBug(/^[0-9a-z][0-9a-z_-]{0,99}$/.test(space), `${space} is no name for a file`)
  return join(folder, `${space}.json`)
}

export function generationName(space: string, generation: number): string {
  return `${space}-${generation}.usearch`
}

/** The name that a file has while it is written. */
export function temporaryFor(path: string): string {
  return `${path}${TEMPORARY}`
}

/** For this user alone: what memories say can be guessed from their vectors. */
export const PRIVATE = { file: 0o600, folder: 0o700 } as const

export function makeFolder(folder: string): void {
  mkdirSync(folder, { mode: PRIVATE.folder, recursive: true })
}

/** The generations of a space that are on the disk, whole or not. */
export function generationsIn(folder: string, space: string): number[] {
  return readdirSync(folder).flatMap(name => generationOf(name, space) ?? [])
}

function generationOf(name: string, space: string): number | null {
  const [, digits] = name.startsWith(`${space}-`)
    ? (/^(\d{1,15})\.usearch$/.exec(name.slice(space.length + 1)) ?? [])
    : []
  return digits === undefined ? null : Number(digits)
}

/** Removes what somebody left behind who was killed while writing. */
export function removeTemporaries(folder: string, space: string): void {
  for (const name of readdirSync(folder)) {
    const whole = name.slice(0, -TEMPORARY.length)
    const isOurs = whole === `${space}.json` || generationOf(whole, space) !== null
    if (isOurs && name.endsWith(TEMPORARY)) rmSync(join(folder, name), { force: true })
  }
}

/** Removes every generation but one; null for all. A system that keeps a file that is mapped leaves it to a later time. */
export function removeGenerations(folder: string, space: string, kept: number | null): void {
  for (const generation of generationsIn(folder, space)) {
    if (generation === kept) continue
    try {
      rmSync(join(folder, generationName(space, generation)), { force: true })
    } catch {}
  }
}

export function syncFile(path: string): void {
  synced(openSync(path, 'r+'))
}

export function syncFolder(folder: string): void {
  // Windows opens no folders, and writes their entries by itself.
  if (process.platform !== 'win32') synced(openSync(folder, 'r'))
}

function synced(file: number): void {
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
