/** The dense leg's part of a request: what the query means, as a vector of the default space. */
import { toEmbeddedQuery } from '../model/embedded-text.ts'
import { HeirloomError } from '../model/errors.ts'
import { isInstant, type Space } from '../model/space.ts'
import { cosine } from '../model/vector.ts'
import { beginPhase } from '../store/phases.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Context } from './operation.ts'

/** What a query means, and for which space. */
export interface Meaning {
  readonly space: Space
  /** Of length 1. */
  readonly vector: Float32Array
  /** Cosines of texts that wait to be embedded, by id, where these are few enough to embed them on the way. */
  readonly waiting: ReadonlyMap<string, number>
}

/** What became of asking for it. */
export interface AskedMeaning {
  /** The space and the query's vector; null where recall goes by words alone. */
  readonly found: Pick<Meaning, 'space' | 'vector'> | null
  readonly notices: readonly string[]
}

export const NO_MEANING: AskedMeaning = { found: null, notices: [] }

/** Texts that a reader embeds on its way; the rest are found by their words until their turn has come. */
export const ON_THE_WAY = 64

/**
 * Embeds a query before the transaction that looks it up. Where the provider fails, says so and goes without: keywords
 * are there.
 */
export async function askMeaning(
  { store, principal, embedders, drainer, signal }: Context,
  text: string,
): Promise<AskedMeaning> {
  const { space, obstacle } = await store.read(
    principal,
    async tx => {
      const space = await tx.spaces.default()
      return { space, obstacle: space === null ? null : await tx.vectors.obstacle() }
    },
    signal,
  )
  // Nobody chose words alone where the first space could not be made.
  if (space === null && drainer?.problem)
    return { found: null, notices: [`Recall goes by words alone: ${drainer.problem}`] }
  if (space === null) return NO_MEANING
  if (obstacle !== null) return { found: null, notices: [`Recall goes by words alone: ${obstacle}`] }
  beginPhase('embedding')
  try {
    const vector = await embedders.embedQuery(space, toEmbeddedQuery(text), signal)
    // A query without a known word has no direction.
    return { found: vector === null ? null : { space, vector }, notices: [] }
  } catch (error) {
    if (!(error instanceof HeirloomError) || error.code === 'ABORTED') throw error
    return { found: null, notices: [wordsAlone(space, error)] }
  }
}

export function wordsAlone({ name }: Pick<Space, 'name'>, { message }: Error): string {
  return `Recall goes by words alone: ${message.replace(/\.$/, '')}. See what is wrong: heirloom space check ${name}`
}

/** The meaning with what waits, as the transaction sees it. */
export async function meaningIn(
  tx: ReadHandle,
  { found, notices }: AskedMeaning,
  { embedders, signal }: Context,
): Promise<{ readonly meaning: Meaning | null; readonly notices: readonly string[] }> {
  if (found === null) return { meaning: null, notices }
  const { space, vector } = found
  const texts = await tx.vectors.waiting(space, isInstant(space.provider) ? ON_THE_WAY : 0)
  if (texts === null)
    return {
      meaning: { space, vector, waiting: new Map() },
      notices: [...notices, await lateNotice(tx, space)],
    }
  if (texts.length === 0) return { meaning: { space, vector, waiting: new Map() }, notices }
  return {
    meaning: { space, vector, waiting: await waitingIn(texts, found, { embedders, signal }) },
    notices,
  }
}

/** Cosines of texts that wait; none where they cannot be embedded: they are found by their words. */
async function waitingIn(
  texts: readonly { readonly subject_id: string; readonly text: string }[],
  { space, vector }: Pick<Meaning, 'space' | 'vector'>,
  { embedders, signal }: Pick<Context, 'embedders' | 'signal'>,
): Promise<Map<string, number>> {
  const waiting = new Map<string, number>()
  const all = texts.map(({ text }) => text)
  const vectors = await embedders
    .embed(space, all, { purpose: 'document', signal })
    .catch((error: unknown) => {
      if (error instanceof HeirloomError && error.code !== 'ABORTED') return []
      throw error
    })
  for (const [at, { subject_id }] of texts.entries()) {
    const own = vectors[at]
    if (own) waiting.set(subject_id, cosine(vector, own))
  }
  return waiting
}

/** Beyond this many it is not worth counting. */
const COUNTED = 10_000

async function lateNotice(tx: ReadHandle, space: Space): Promise<string> {
  const count = await tx.vectors.countWaiting(space, COUNTED)
  const number = count > COUNTED ? `More than ${COUNTED.toLocaleString('en')}` : count.toLocaleString('en')
  const are = count === 1 ? 'memory is' : 'memories are'
  return `${number} ${are} not embedded yet, and found by words alone. To embed them now: heirloom embed --drain`
}
