/** What embeds for the benches: the store is opened with it, and the hybrid baseline has its vectors from it. */
import { openEmbedder, parseEmbedder } from '../src/embedding/open.ts'
import { real } from '../src/surroundings.ts'
import { generator } from './text.ts'

export interface BenchEmbedder extends AsyncDisposable {
  /** As `--embedder` and openHeirloom take it. */
  readonly name: string
  readonly dimensions: number
  /** One vector of length 1 a text, in their order; null where a text has none. */
  embed(texts: readonly string[], purpose: 'query' | 'document'): Promise<readonly (Float32Array | null)[]>
}

const DIMENSIONS = 256

/** With `none` the baseline scans random vectors: a hybrid search that has no vectors is none. */
export async function benchEmbedder(name: string): Promise<BenchEmbedder> {
  const spec = parseEmbedder(name)
  if (spec === null) {
    const embed: BenchEmbedder['embed'] = async texts => texts.map(randomUnit)
    return { name: 'none', dimensions: DIMENSIONS, embed, [Symbol.asyncDispose]: async () => {} }
  }
  const { random, pause } = real
  const embedder = await openEmbedder(spec, { environment: process.env, random, pause })
  return {
    name,
    dimensions: embedder.space.dimensions,
    embed: (texts, purpose) => embedder.embed(texts, purpose),
    [Symbol.asyncDispose]: () => embedder[Symbol.asyncDispose](),
  }
}

/** The same vector for the same text: enough for how long a search takes, not for what it finds. */
function randomUnit(text: string): Float32Array {
  let seed = 0
  for (let at = 0; at < text.length; at++) seed = (Math.imul(seed, 31) + text.charCodeAt(at)) | 0
  const random = generator(seed)
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() * 2 - 1)
  const length = Math.hypot(...vector)
  return vector.map(value => value / length)
}
