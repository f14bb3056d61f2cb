/**
 * The store's exclusive lock, as a value. Whoever may drop what can be derived holds one, and only an engine's
 * `lock.ts` can give it: the permission and the lock that makes it safe are one fact.
 */
import { assertBug, HeirloomError } from '../model/errors.ts'
import type { Database } from './engine.ts'

/** A transaction that may also change the schema. */
export interface Change {
  readonly db: Database
  /** Runs several statements without parameters. */
  script(sql: string): Promise<void>
}

/** Who holds the lock, for whoever is refused. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** What is being done under it, in words for people. */
  readonly purpose: string
  /** ISO 8601, UTC; null where it is not known. */
  readonly since: string | null
}

export type Transact = <T>(work: (change: Change) => Promise<T>, signal?: AbortSignal) => Promise<T>

export class Exclusive {
  readonly #transact: Transact
  #held = true

  /** For an engine's `lock.ts` alone. `transact` runs on the session that holds the lock, so that both end together. */
  constructor(transact: Transact) {
    this.#transact = transact
  }

  /** Runs the work in one transaction. The lock is held at its begin and, if it commits, was held until then. */
  write<T>(work: (change: Change) => Promise<T>, signal?: AbortSignal): Promise<T> {
    assertBug(this.#held, 'a change of the whole store after its lock was given back')
    return this.#transact(work, signal)
  }

  /** For an engine's `lock.ts` alone: from now on the value permits nothing. */
  end(): void {
    this.#held = false
  }
}

/** The refusal for everybody else. */
export function lockedBy(holder: Holder | null, location: string): HeirloomError {
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} (${holder.purpose}${holder.since === null ? '' : `, since ${holder.since}`})`
  return new HeirloomError(
    'LOCKED',
    `${location} is locked by ${who}. Wait until it has finished, or end that process: the lock ends with it.`,
  )
}
