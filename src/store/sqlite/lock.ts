/**
 * The lock of a SQLite store: a side database under BEGIN EXCLUSIVE. The operating system holds it and lets go of it
 * when the process ends. A store in memory has one connection, which is its lock.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import BetterSqlite3 from 'better-sqlite3'
import type { LockOptions } from '../engine.ts'
import { Exclusive, type Holder, lockedBy, type Transact } from '../exclusive.ts'
import { type Pause, retry, type Turns } from '../waiting.ts'
import { isBusy, toSqliteError } from './errors.ts'

export interface LockRequest extends LockOptions {
  /** Null for a store in memory. */
  readonly file: string | null
  readonly location: string
  readonly purpose: string
  /** Callers in this process, one after the other: two connections of one process exclude each other, too. */
  readonly turns: Turns
  readonly transact: Transact
  readonly now: () => string
  readonly random: () => number
  readonly pause: Pause
}

/** Ten minutes, at a quarter of a second. */
const PATIENCE = { attempts: 2400, first: 5, longest: 250 }

export function underLock<T>(request: LockRequest, work: (held: Exclusive) => Promise<T>): Promise<T> {
  return request.turns.take(async () => {
    const release = request.file === null ? () => undefined : await take(request.file, request)
    const held = new Exclusive(request.transact)
    try {
      return await work(held)
    } finally {
      held.end()
      release()
    }
  })
}

/** @returns what gives the lock back. */
async function take(file: string, request: LockRequest): Promise<() => void> {
  const side = openSide(`${file}.lock`)
  try {
    const { random, pause, signal, wait = false } = request
    await retry(async () => void side.exec('begin exclusive'), {
      again: isBusy,
      ...PATIENCE,
      ...(wait ? {} : { attempts: 1 }),
      random,
      pause,
      signal,
    })
  } catch (error) {
    side.close()
    if (isBusy(error)) throw lockedBy(holderOf(file), request.location)
    throw toSqliteError(error, `${file}.lock`)
  }
  tellHolder(file, request)
  return () => {
    forgetHolder(file)
    side.close()
  }
}

function openSide(path: string): BetterSqlite3.Database {
  try {
    return new BetterSqlite3(path, { timeout: 0 })
  } catch (error) {
    throw toSqliteError(error, path)
  }
}

/**
 * Who holds the lock stands beside it, only for whoever is refused: nobody can read the side database then. What a
 * killed holder left is never read, since its lock is free.
 */
function holderFile(file: string): string {
  return `${file}.lock.json`
}

function tellHolder(file: string, { purpose, now }: LockRequest): void {
  const holder: Holder = { pid: process.pid, host: hostname(), purpose, since: now() }
  // One name for all: only who has the lock writes it, and so what a killed holder left is written over.
  const part = `${holderFile(file)}.part`
  try {
    writeFileSync(part, JSON.stringify(holder))
    renameSync(part, holderFile(file))
  } catch {
    // A full disk keeps nobody from the lock. Better no name then than that of an earlier holder.
    forgetHolder(file)
  }
}

/** Where the file is another user's it stays; its lock is what counts. */
function forgetHolder(file: string): void {
  for (const path of [holderFile(file), `${holderFile(file)}.part`]) {
    try {
      rmSync(path, { force: true })
    } catch {}
  }
}

function holderOf(file: string): Holder | null {
  try {
    const { pid, host, purpose, since } = JSON.parse(readFileSync(holderFile(file), 'utf8')) as Holder
    return { pid: Number(pid), host: String(host), purpose: String(purpose), since: String(since) }
  } catch {
    // It may be the moment between taking the lock and saying so.
    return null
  }
}
