/** Static models in use: no network runs, a text takes some tens of microseconds. */
import { setImmediate } from 'node:timers/promises'
import { mustNotBeAborted } from './abort.ts'
import type { Embedder, EmbedOptions, Purpose, SpaceDescription } from './embedder.ts'
import { prefixFor } from './embedder.ts'
import type { Model } from './model2vec/model.ts'

/** Some ten milliseconds of work, after which others get their turn. */
const BATCH = 256

export class TokenEmbedder implements Embedder {
  readonly space: SpaceDescription
  readonly isInstant = true
  readonly batch = BATCH
  readonly #load: () => Promise<Model>
  #model: Promise<Model> | null = null

  /** @param load reads the model when the first text comes; again at the next one, if it fails. */
  constructor(space: SpaceDescription, load: () => Promise<Model>) {
    this.space = space
    this.#load = load
  }

  async embed(
    texts: readonly string[],
    purpose: Purpose,
    { signal }: EmbedOptions = {},
  ): Promise<(Float32Array | null)[]> {
    mustNotBeAborted(signal)
    if (texts.every(isBlank)) return texts.map(() => null)
    const model = await this.#loaded()
    const prefix = prefixFor(purpose, this.space)
    const vectors: (Float32Array | null)[] = []
    for (const text of texts) {
      if (vectors.length > 0 && vectors.length % BATCH === 0) await setImmediate()
      mustNotBeAborted(signal)
      vectors.push(vectorOf(model, prefix, text))
    }
    return vectors
  }

  async #loaded(): Promise<Model> {
    this.#model ??= this.#load()
    try {
      return await this.#model
    } catch (error) {
      this.#model = null
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#model = null
  }
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** A prefix alone makes no vector: what has no known token without it has none with it. */
function vectorOf(model: Model, prefix: string, text: string): Float32Array | null {
  if (prefix !== '' && model.idsOf(text).length === 0) return null
  return model.vectorOf(prefix + text)
}
