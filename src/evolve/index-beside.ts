/** Takes new vectors into the index of their space beside the work that makes them: it takes as long, elsewhere. */
import { HeirloomError } from '../model/errors.ts'
import type { Space } from '../model/space.ts'
import type { Engine } from '../store/engine.ts'
import type { FoldOptions } from '../store/vector-engine.ts'

export interface IndexBesideOptions {
  readonly engine: Engine
  readonly space: Space
  readonly signal: AbortSignal | undefined
}

export class IndexBeside {
  readonly #options: IndexBesideOptions
  #running: Promise<void> | null = null
  #failure: { readonly error: unknown } | null = null

  constructor(options: IndexBesideOptions) {
    this.#options = options
  }

  /** Begins to fold where that pays and is not under way; one that is takes in what comes meanwhile. */
  fold({ isBusy }: Pick<FoldOptions, 'isBusy'>): void {
    if (this.#failure !== null) return
    this.#running ??= this.#fold({ isBusy, signal: this.#options.signal })
      .catch((error: unknown) => {
        this.#failure = { error }
      })
      .finally(() => {
        this.#running = null
      })
  }

  /** When nothing is under way. @throws what a fold failed with, unless it only was not its turn. */
  async settle(): Promise<void> {
    await this.#running
    if (this.#failure !== null) throw this.#failure.error
  }

  async #fold(options: FoldOptions): Promise<void> {
    const { engine, space } = this.#options
    try {
      if (!(await engine.read(db => engine.vectors.needsFold(db, space, options)))) return
      await engine.exclusively('index vectors', held => engine.vectors.fold(held, space, options))
    } catch (error) {
      // The index only saves time: what is not in it is compared one by one, and `status` says why. Where another process
      // folds, or changes the store as a whole, the next one folds then.
      if (!(error instanceof HeirloomError) || error.code === 'ABORTED') throw error
    }
  }
}
