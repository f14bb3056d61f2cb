/**
 * How near texts stand that have nothing to do with each other. Each model has a level of its own, so that no fixed
 * cosine could tell for all of them from where on two texts are about the same.
 */
import { dot } from '../model/vector.ts'
import type { Embedder, EmbedOptions } from './embedder.ts'
import { SHIPPED_NOISE } from './shipped.ts'

/** Each about something else than all the others. */
const QUESTIONS = [
  'how do bees find their way home',
  'which port does the database listen on',
  'who painted the ceiling of the chapel',
  'what should I cook with leftover rice',
  'when does the train to the coast leave',
  'why is my back sore after running',
  'how is a pull request merged',
  'what did the treaty say about fishing',
]
const STATEMENTS = [
  'The violin was tuned a quarter tone too high.',
  'Invoices are sent on the last working day of the month.',
  'Her grandmother kept sheep in the mountains.',
  'A flat tyre made us miss the ferry.',
  'The parser rejects files with mixed line endings.',
  'Snow fell on the desert for the first time in years.',
  'He is allergic to penicillin.',
  'The committee elected a new treasurer.',
]

/** How many standard deviations above the mean of unrelated pairs is still taken for chance. */
const DEVIATIONS = 2

/**
 * The cosine up to which a query and a text may have nothing in common: mean and two standard deviations over 64 pairs
 * of unrelated ones. 0 where the model has no vectors for them.
 * @throws what the embedder throws.
 */
export async function noiseOf(embedder: Embedder, options: EmbedOptions = {}): Promise<number> {
  return embedder.space.provider === 'static' ? SHIPPED_NOISE : measureNoise(embedder, options)
}

/** As `noiseOf`, from the vectors themselves. */
export async function measureNoise(embedder: Embedder, options: EmbedOptions = {}): Promise<number> {
  const asked = await embedder.embed(QUESTIONS, 'query', options)
  const told = await embedder.embed(STATEMENTS, 'document', options)
  const cosines = asked.flatMap(query => told.flatMap(text => (query && text ? [dot(query, text)] : [])))
  if (cosines.length === 0) return 0
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length
  const variance = cosines.reduce((sum, cosine) => sum + (cosine - mean) ** 2, 0) / cosines.length
  return Math.max(0, mean + DEVIATIONS * Math.sqrt(variance))
}
