/**
 * The embedders of a process: each opened when it is first needed, held against the space that its vectors are for, and
 * left alone for a while after it failed, so that nobody waits for a provider that is down at every call.
 */
import { HeirloomError } from '../model/errors.ts'
import { differenceFrom, type SpaceDescription } from '../model/space.ts'
import { untilAborted } from './abort.ts'
import type { Embedder, Purpose } from './embedder.ts'
import type { EmbedderSpec } from './open.ts'

/** How long a provider that failed is left alone, in ms: twice as long after each further failure. */
const LEFT_ALONE = 5_000
const LONGEST_ALONE = 300_000

/** How long a query waits for its vector, in ms: recall by words is there at once. */
const QUERY_PATIENCE = 4_000

/** What a caller allows who asks for a new embedder. */
export interface OpenOptions {
  /** Whether a model that is not here may be fetched. */
  readonly allowDownload?: boolean | undefined
  readonly progress?: ((progress: { item: string; done: number; total: number }) => void) | undefined
  /** Ends waiting for a server. */
  readonly signal?: AbortSignal | undefined
}

export interface EmbeddersOptions {
  readonly open: (spec: EmbedderSpec, options?: OpenOptions) => Promise<Embedder>
  /** Milliseconds that only differences are taken of. */
  readonly elapsed: () => number
}

interface Failure {
  readonly until: number
  /** How often it failed in a row. */
  readonly count: number
  readonly error: unknown
}

export class Embedders implements AsyncDisposable {
  readonly #options: EmbeddersOptions
  readonly #opening = new Map<string, Promise<Embedder>>()
  readonly #failures = new Map<string, Failure>()

  constructor(options: EmbeddersOptions) {
    this.#options = options
  }

  /** One that belongs to no space yet. The caller closes it. */
  open(spec: EmbedderSpec, options: OpenOptions = {}): Promise<Embedder> {
    return this.#options.open(spec, options)
  }

  /**
   * The embedder of a space.
   * @throws EMBEDDER_UNAVAILABLE or SPACE_MISMATCH; for some seconds after a failure the same again, at once.
   */
  async of(space: SpaceDescription): Promise<Embedder> {
    const key = keyOf(space)
    const failure = this.#failures.get(key)
    if (failure !== undefined && this.#options.elapsed() < failure.until) throw failure.error
    const opening = this.#opening.get(key) ?? this.#open(space)
    this.#opening.set(key, opening)
    try {
      return await opening
    } catch (error) {
      // Whoever else waited for it has told already.
      if (!this.#opening.delete(key)) throw error
      throw this.#failed(key, error)
    }
  }

  /**
   * Vectors of texts, in their order; null where one has none.
   * @throws what `of` throws, and ABORTED.
   */
  async embed(
    space: SpaceDescription,
    texts: readonly string[],
    { purpose, signal }: { readonly purpose: Purpose; readonly signal?: AbortSignal | undefined },
  ): Promise<(Float32Array | null)[]> {
    // Nor for one that is read from a disk or a pipe that does not answer.
    const embedder = await untilAborted(this.of(space), signal)
    const given = signal === undefined ? {} : { signal }
    // Nobody waits for a model that does not hear that it is cancelled.
    const vectors = await untilAborted(embedder.embed(texts, purpose, given), signal)
    this.#failures.delete(keyOf(space))
    return vectors
  }

  /** The vector of a query, or an error within seconds. */
  async embedQuery(
    space: SpaceDescription,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array | null> {
    const patience = AbortSignal.timeout(QUERY_PATIENCE)
    const both = signal === undefined ? patience : AbortSignal.any([signal, patience])
    try {
      const [vector = null] = await this.embed(space, [text], { purpose: 'query', signal: both })
      return vector
    } catch (error) {
      if (signal?.aborted) throw error
      if (!patience.aborted) throw this.#failed(keyOf(space), error)
      throw this.#failed(
        keyOf(space),
        new HeirloomError(
          'EMBEDDER_UNAVAILABLE',
          `${space.provider} did not answer within ${QUERY_PATIENCE / 1000} s`,
          { cause: error },
        ),
      )
    }
  }

  /** Forgets that providers failed, so that they are tried again at once. */
  retry(): void {
    this.#failures.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = [...this.#opening.values()]
    this.#opening.clear()
    for (const one of opening) {
      const embedder = await one.catch(() => null)
      await embedder?.[Symbol.asyncDispose]()
    }
  }

  async #open(space: SpaceDescription): Promise<Embedder> {
    const embedder = await this.#options.open(space)
    const difference = differenceFrom(space, embedder.space)
    if (difference === null) return embedder
    await embedder[Symbol.asyncDispose]()
    throw new HeirloomError(
      'SPACE_MISMATCH',
      `${space.provider} is not the model that the space was made with: ${difference}. Bring that model back, or make a space for this one: heirloom space add ${space.provider}`,
    )
  }

  #failed(key: string, error: unknown): unknown {
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    const wait = Math.min(LONGEST_ALONE, LEFT_ALONE * 2 ** (count - 1))
    this.#failures.set(key, { until: this.#options.elapsed() + wait, count, error })
    return error
  }
}

function keyOf({
  provider,
  model,
  query_prefix,
  document_prefix,
  digest,
  dimensions,
}: SpaceDescription): string {
  return JSON.stringify([provider, model, query_prefix, document_prefix, digest, dimensions])
}
