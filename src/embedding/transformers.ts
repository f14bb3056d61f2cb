/** ONNX models by the optional peer @huggingface/transformers, in a thread of their own. */
import { basename } from 'node:path'
import { HeirloomError } from '../model/errors.ts'
import { mustNotBeAborted, untilAborted } from './abort.ts'
import {
  type Embedder,
  type EmbedOptions,
  type Prefixes,
  type Purpose,
  prefixFor,
  type SpaceDescription,
} from './embedder.ts'
import { mustHaveDimensions, unavailable } from './failures.ts'
import type { EmbeddingSurroundings } from './open.ts'
import type { TransformersSource } from './spec.ts'
import { ModelThread } from './transformers-thread.ts'
import { toUnit } from './unit.ts'

export interface TransformersSpec extends Prefixes {
  readonly provider: string
  readonly source: TransformersSource
  readonly dimensions: number | undefined
}

/** A tenth of a second of work with a small model: as long as a cancelled call is not heard. */
const BATCH = 32

export class TransformersEmbedder implements Embedder {
  readonly space: SpaceDescription
  readonly isInstant = false
  readonly batch = BATCH
  readonly #start: () => Promise<ModelThread>
  #thread: Promise<ModelThread> | null = null
  #isClosed = false

  /** @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH */
  static async open(
    spec: TransformersSpec,
    surroundings: EmbeddingSurroundings,
  ): Promise<TransformersEmbedder> {
    const start = () => startThread(spec, surroundings)
    const thread = await start()
    try {
      mustHaveDimensions(thread.dimensions, spec.dimensions, whoIs(spec))
    } catch (error) {
      await thread.end()
      throw error
    }
    return new TransformersEmbedder(toSpace(spec, thread), start, thread)
  }

  private constructor(space: SpaceDescription, start: () => Promise<ModelThread>, thread: ModelThread) {
    this.space = space
    this.#start = start
    this.#keep(Promise.resolve(thread))
  }

  async embed(
    texts: readonly string[],
    purpose: Purpose,
    { signal }: EmbedOptions = {},
  ): Promise<(Float32Array | null)[]> {
    mustNotBeAborted(signal)
    const prefix = prefixFor(purpose, this.space)
    const asked = texts.flatMap((text, index) => (text.trim() === '' ? [] : [index]))
    const vectors = new Array<Float32Array | null>(texts.length).fill(null)
    for (let done = 0; done < asked.length; done += BATCH) {
      mustNotBeAborted(signal)
      const part = asked.slice(done, done + BATCH)
      const thread = await untilAborted(this.#running(), signal)
      const answer = thread.ask(
        prefix,
        part.map(index => texts[index]!),
      )
      for (const [i, vector] of (await untilAborted(answer, signal)).entries())
        vectors[part[i]!] = vector === null ? null : this.#checked(vector)
    }
    return vectors
  }

  #checked(vector: Float32Array): Float32Array | null {
    mustHaveDimensions(vector.length, this.space.dimensions, `The model ${this.space.model}`)
    if (!vector.every(Number.isFinite))
      throw unavailable(
        `The model ${this.space.model} gave something else than finite numbers. Fetch it again.`,
      )
    return toUnit(vector)
  }

  /** The thread, begun again where it ended. */
  #running(): Promise<ModelThread> {
    if (this.#isClosed) throw unavailable(`The embedder ${this.space.provider} was closed. Open it again.`)
    return this.#thread ?? this.#keep(this.#restart())
  }

  /** For all who ask, until it ends or turns out not to begin. */
  #keep(thread: Promise<ModelThread>): Promise<ModelThread> {
    this.#thread = thread
    const forget = () => {
      if (this.#thread === thread) this.#thread = null
    }
    thread.then(({ ended }) => ended.then(forget), forget)
    return thread
  }

  /** What begins again must be the same model. */
  async #restart(): Promise<ModelThread> {
    const thread = await this.#start()
    if (thread.digest === this.space.digest && thread.dimensions === this.space.dimensions) return thread
    await thread.end()
    throw new HeirloomError(
      'SPACE_MISMATCH',
      `The model ${this.space.model} is another one than when it was opened. Bring it back, or make a space for this one.`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const thread = await this.#thread?.catch(() => null)
    await thread?.end()
  }
}

function whoIs({ source }: TransformersSpec): string {
  return `The model ${'id' in source ? source.id : `in ${source.folder}`}`
}

function startThread(spec: TransformersSpec, surroundings: EmbeddingSurroundings): Promise<ModelThread> {
  const { environment, allowDownload = false, downloads = null, onDownload } = surroundings
  const { HEIRLOOM_TEST_TRANSFORMERS: peerFrom = null, HF_ENDPOINT: host = null } = environment
  const task = { source: spec.source, allowDownload, downloads, peerFrom, host }
  return ModelThread.start(task, { who: whoIs(spec), environment, onDownload })
}

function toSpace(spec: TransformersSpec, { dimensions, digest }: ModelThread): SpaceDescription {
  const { provider, source, query_prefix, document_prefix } = spec
  const model = 'id' in source ? source.id : basename(source.folder)
  return {
    provider,
    model,
    dimensions,
    pooling: 'mean',
    normalised: true,
    query_prefix,
    document_prefix,
    digest,
  }
}
