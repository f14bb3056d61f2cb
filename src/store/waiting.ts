/**
 * Waiting: turns for what only one caller may hold, and pauses between attempts. The pause is injected, so that a
 * test decides when time passes.
 */
import { HeirloomError } from '../model/errors.ts'

/** Hands a thing to one caller after the other, in the order in which they asked. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

export type Pause = (milliseconds: number) => Promise<void>

export function mustNotBeAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HeirloomError('ABORTED', 'Cancelled.', { cause: signal.reason })
}

export interface RetryOptions {
  /** Whether the whole attempt can be made again. */
  readonly again: (error: unknown) => boolean
  readonly attempts: number
  /** Milliseconds after the first failure; doubled each time up to `longest`, then spread by `random`. */
  readonly first: number
  readonly longest: number
  /** From 0 to 1; keeps competing processes from trying in step. */
  readonly random: () => number
  readonly pause: Pause
  readonly signal?: AbortSignal | undefined
}

export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    mustNotBeAborted(options.signal)
    try {
      return await work()
    } catch (error) {
      if (attempt >= options.attempts || !options.again(error)) throw error
      const ceiling = Math.min(options.longest, options.first * 2 ** (attempt - 1))
      await options.pause(ceiling * (0.5 + options.random() / 2))
    }
  }
}
