/** A provider that does as a test has it: it answers, waits, or fails. */
import type { Embedder, EmbedOptions, Purpose } from '../../src/embedding/embedder.ts'
import { Embedders } from '../../src/embedding/embedders.ts'
import { HeirloomError } from '../../src/model/errors.ts'
import type { SpaceDescription } from '../../src/model/space.ts'
import { DIMENSIONS, rowOf, vectorsOf } from './vectors.ts'

export type Answer = (
  texts: readonly string[],
  options: EmbedOptions,
) => readonly (Float32Array | null)[] | Promise<readonly (Float32Array | null)[]>

/** One vector for each text, the same for the same text. */
export const answering: Answer = texts =>
  texts.map(text =>
    rowOf(
      vectorsOf(
        1,
        [...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7),
      ),
      0,
    ),
  )

export const failing: Answer = () => {
  throw new HeirloomError('EMBEDDER_UNAVAILABLE', 'the provider is down')
}

/** Answers never; ends when it is cancelled. */
export const hanging: Answer = (_texts, { signal }) =>
  new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(new HeirloomError('ABORTED', 'Cancelled.'))),
  )

/** Answers never, and does not hear that it is cancelled. */
export const deaf: Answer = () => new Promise(() => undefined)

export class TestEmbedder implements Embedder {
  readonly space: SpaceDescription
  readonly isInstant = false
  readonly batch: number
  /** What it was asked, call by call. */
  readonly calls: (readonly string[])[] = []
  /** How many calls were under way at a time, at the most. */
  most = 0
  answer: Answer
  #under = 0
  #called = Promise.withResolvers<void>()

  constructor({
    provider = 'http:http://127.0.0.1:1/v1/embeddings',
    batch = 1000,
    answer = answering,
  }: {
    provider?: string
    batch?: number
    answer?: Answer
  } = {}) {
    this.space = {
      provider,
      model: 'test',
      dimensions: DIMENSIONS,
      pooling: 'mean',
      normalised: true,
      query_prefix: '',
      document_prefix: '',
      digest: '',
    }
    this.batch = batch
    this.answer = answer
  }

  /** When it is asked the next time. */
  get called(): Promise<void> {
    return this.#called.promise
  }

  async embed(
    texts: readonly string[],
    _purpose: Purpose,
    options: EmbedOptions = {},
  ): Promise<(Float32Array | null)[]> {
    this.calls.push(texts)
    this.most = Math.max(this.most, ++this.#under)
    this.#called.resolve()
    this.#called = Promise.withResolvers()
    try {
      return [...(await this.answer(texts, options))]
    } finally {
      this.#under--
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Those of a process in which spaces are embedded by these, by the names of their providers; by the first where none fits. */
export function embeddersWith(first: Embedder, ...others: readonly Embedder[]): Embedders {
  const open = async ({ provider }: { readonly provider: string }) =>
    others.find(({ space }) => space.provider === provider) ?? first
  return new Embedders({ open, elapsed: () => 0 })
}
