/** Overlaps what the disk and the compressor do with what is done here, within bounds. */

/** What is read before it is asked for, at the most. Bounds memory: each may be a part of several megabytes. */
const AHEAD = 4

/** The answers in the order of the items, a few of them under way before they are asked for. */
export async function* ahead<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const waiting: Promise<R>[] = []
  for (const item of items) {
    waiting.push(begun(work(item)))
    if (waiting.length >= AHEAD) yield await waiting.shift()!
  }
  for (const answer of waiting) yield await answer
}

/** Its failure is told when the answer is asked for; until then it is nobody's. */
function begun<R>(answer: Promise<R>): Promise<R> {
  answer.catch(() => undefined)
  return answer
}

/** Runs a few tasks at once; more wait until one has ended. */
export class Lanes {
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | null = null

  /** Begins a task as soon as there is room for it. Throws what an earlier one has thrown. */
  async begin(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= AHEAD) await Promise.race(this.#running)
    this.#mustBeWell()
    const running = task()
      .catch(error => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Waits for all of them. Throws what one has thrown. */
  async end(): Promise<void> {
    await this.settle()
    this.#mustBeWell()
  }

  /** Waits for all of them, however they end. */
  async settle(): Promise<void> {
    await Promise.all(this.#running)
  }

  #mustBeWell(): void {
    if (this.#failure !== null) throw this.#failure.error
  }
}
