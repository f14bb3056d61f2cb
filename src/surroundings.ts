/** The real clock, real ids and real randomness: what everything else is given. Replaced in tests, never in use. */
import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Pause } from './store/waiting.ts'

/** How the surroundings enter: replaced in tests, never in use. */
export interface Surroundings {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  /** A new UUIDv7. */
  readonly newId: () => string
  /** From 0 to 1. */
  readonly random: () => number
  /** A new random text of 32 characters: it keeps an erased payload from being guessed by its digest. */
  readonly salt: () => string
  readonly pause: Pause
  /** Has work done after a while, in ms, and gives what keeps it from being done. */
  readonly after: (milliseconds: number, work: () => void) => () => void
}

/**
 * New UUIDv7s, ascending also within a millisecond. One call to the system's generator serves many of them: by itself
 * the library asks it for each, which takes longer than all the rest of an id.
 */
function ids(): () => string {
  let pool = randomBytes(0)
  let last = 0
  let sequence = 0
  return () => {
    if (pool.length === 0) pool = randomBytes(16 * 256)
    const random = pool.subarray(0, 16)
    pool = pool.subarray(16)
    const msecs = Math.max(last, Date.now())
    // The counter has 32 bits; each millisecond begins it low enough never to run over.
    sequence = msecs === last ? sequence + 1 : random.readUInt32BE(12) >>> 2
    last = msecs
    return uuidv7({ msecs, seq: sequence, random })
  }
}

export const real: Surroundings = {
  now: () => new Date().toISOString(),
  newId: ids(),
  random: Math.random,
  salt: salts(),
  pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
  after: later,
}

/** Keeps no process alive. */
function later(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds).unref()
  return () => clearTimeout(timer)
}

/** New random texts of 32 characters. One call to the system's generator serves many of them. */
function salts(): () => string {
  let pool = ''
  return () => {
    if (pool === '') pool = randomBytes(16 * 256).toString('hex')
    const salt = pool.slice(0, 32)
    pool = pool.slice(32)
    return salt
  }
}
