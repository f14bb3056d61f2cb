import type { Opened } from '../../open.ts'

/**
 * A store that is opened once. An opening that failed is tried again at the next call: a server that gave up at its
 * start would show as "failed" in its host, with the reason in a log that nobody reads; this one tells the agent what
 * is wrong, the agent tells its user, and when they have put it right the next call works without a restart.
 */
export class StoreKeeper {
  readonly #open: () => Promise<Opened>
  #opening: Promise<Opened> | null = null
  #failure: unknown = null

  constructor(open: () => Promise<Opened>) {
    this.#open = open
  }

  /** @throws what opening throws. */
  opened(): Promise<Opened> {
    this.#opening ??= this.#open().then(
      opened => {
        this.#failure = null
        return opened
      },
      error => {
        this.#failure = error
        this.#opening = null
        throw error
      },
    )
    return this.#opening
  }

  /** Why the store is not open; null when it is. */
  get failure(): unknown {
    return this.#failure
  }

  /** Writes what was noted of use and lets go of the store, where it was opened. */
  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => null)
    this.#opening = null
    await opened?.store.close()
  }
}
