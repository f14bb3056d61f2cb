/**
 * Has the first space made where its provider may not be there yet. Opening a store waits for a server a moment only, and
 * a process that stays open tries again.
 */
import { untilAborted } from '../embedding/abort.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Engine } from '../store/engine.ts'
import { ensureFirstSpace, type FirstSpace } from './first-space.ts'

/** How long opening waits for a server, in ms; a model on this machine takes what it takes. */
const PATIENCE = 3_000

/** Until it is tried again, in ms. */
const FIRST_WAIT = 30_000
const LONGEST_WAIT = 300_000

export interface FirstSpaceTriesOptions extends Omit<FirstSpace, 'signal'> {
  /** Has the work done after a while, in ms, and gives what keeps it from being done. */
  readonly after: (milliseconds: number, work: () => void) => () => void
  /** Told why there is none yet; null once there is. */
  readonly note: (problem: string | null) => void
  /** Called when it was made after all. */
  readonly made: () => void
}

/** What keeps it from being made now and says nothing against using the store. */
const WAITS: ReadonlySet<string> = new Set([
  'EMBEDDER_UNAVAILABLE',
  'STORE_READ_ONLY',
  'STORE_FULL',
  'STORE_BUSY',
])

export class FirstSpaceTries implements AsyncDisposable {
  readonly #engine: Engine
  readonly #options: FirstSpaceTriesOptions
  readonly #stop = new AbortController()
  #wait = FIRST_WAIT
  #cancel: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(engine: Engine, options: FirstSpaceTriesOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** @throws what trying again does not help against. */
  async begin(): Promise<void> {
    const { embedder, after } = this.#options
    const patience = new AbortController()
    const isServer = /^(http:)?https?:/i.test(embedder.trim())
    const enough = isServer ? after(PATIENCE, () => patience.abort()) : () => undefined
    try {
      await this.#make(patience.signal)
    } catch (error) {
      if (!patience.signal.aborted && !isPassing(error)) throw error
      this.#tryLater(patience.signal.aborted ? unanswered(embedder) : messageOf(error))
    } finally {
      enough()
    }
  }

  #make(signal: AbortSignal): Promise<boolean> {
    return ensureFirstSpace(this.#engine, { ...this.#options, signal })
  }

  #tryLater(problem: string): void {
    this.#options.note(problem)
    this.#cancel = this.#options.after(this.#wait, () => {
      this.#running = this.#tryAgain()
    })
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2)
  }

  async #tryAgain(): Promise<void> {
    const { signal } = this.#stop
    try {
      await untilAborted(this.#make(signal), signal)
      this.#options.note(null)
      this.#options.made()
    } catch (error) {
      if (signal.aborted) return
      if (isPassing(error)) this.#tryLater(messageOf(error))
      else this.#options.note(messageOf(error))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel?.()
    this.#stop.abort()
    await this.#running
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof HeirloomError && WAITS.has(error.code)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unanswered(embedder: string): string {
  const remedy = `Check its URL, and that it runs. To wait longer for it: heirloom space add ${embedder}`
  return `${embedder} did not answer within ${PATIENCE / 1000} s. ${remedy}`
}
