/** For users' own tests: a store in memory whose clock stands still and whose ids are the same at every run. */
import { type Heirloom, openHeirloom } from './heirloom.ts'
import type { OpenOptions } from './open.ts'
import type { Surroundings } from './surroundings.ts'

/** A clock that shows the same time until it is moved. */
export interface FixedClock {
  readonly now: () => string
  /** Moves it on. */
  advance(milliseconds: number): void
}

export function fixedClock(start = '2026-01-01T00:00:00.000Z'): FixedClock {
  let time = Date.parse(start)
  return {
    now: () => new Date(time).toISOString(),
    advance: milliseconds => {
      time += milliseconds
    },
  }
}

/** Ids that count from 1 and have the form of a UUIDv7. */
export function fixedIds(): () => string {
  let count = 0
  return () => {
    count++
    return `01900000-0000-7000-8000-${count.toString(16).padStart(12, '0')}`
  }
}

/** Salts that count from 1: two stores with one history then have one journal. */
function fixedSalts(): () => string {
  let count = 0
  return () => (++count).toString(16).padStart(32, '0')
}

// Lets others have their turn: a pause that does not would starve the holder of the lock that is waited for.
const letOthersRun = () => new Promise<void>(resolve => setImmediate(resolve))

/**
 * Surroundings without time, chance or waiting: nothing happens by itself after a while, and nothing is embedded unless
 * a test says by what.
 */
export function fixedSurroundings(
  clock: FixedClock = fixedClock(),
): Surroundings & { readonly embedder: string } {
  return {
    embedder: 'none',
    now: clock.now,
    newId: fixedIds(),
    random: () => 0.5,
    salt: fixedSalts(),
    pause: letOthersRun,
    after: () => () => undefined,
  }
}

/** An empty store in memory for one test. Close it, or take it with `await using`. */
export function openTestStore(options: Partial<OpenOptions> = {}): Promise<Heirloom> {
  return openHeirloom({ store: 'memory:', ...fixedSurroundings(), ...options })
}
