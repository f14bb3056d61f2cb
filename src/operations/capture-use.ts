/** Which memories an answer was made with: those that are named, and those of the pack that it quotes. */
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import { Quoting } from '../model/quote.ts'
import type { Pack } from '../store/packs.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'

/** A memory that was used, and how that is known. */
export interface FoundUse {
  readonly id: string
  readonly how: 'given' | 'id' | 'quote'
  readonly quote: string | null
}

/** Ids of a response that are looked up. */
const IDS = 200

const UUID = /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi

/**
 * What the caller gave; or, where it gave nothing, what its response shows.
 * @throws NOT_FOUND naming the given ids that are no memories.
 */
export async function useOf(
  tx: WriteHandle,
  { used, response, pack }: { used: readonly string[] | undefined; response: string; pack: Pack | null },
): Promise<FoundUse[]> {
  if (used !== undefined) return given(tx, [...new Set(used)])
  const named = [...new Set((response.match(UUID) ?? []).map(id => id.toLowerCase()))].slice(0, IDS)
  const byId = (await known(tx, named)).map(id => ({ id, how: 'id' as const, quote: null }))
  const isNamed = new Set(byId.map(({ id }) => id))
  const quoting = new Quoting(response)
  const byQuote = (await memoriesOf(tx, pack)).flatMap(({ id, content }): FoundUse[] => {
    const quote = isNamed.has(id) ? null : quoting.quoteOf(content)
    return quote === null ? [] : [{ id, how: 'quote', quote: quote.slice(0, 200).toWellFormed() }]
  })
  return [...byId, ...byQuote.filter(({ quote }) => !byQuote.some(other => holdsMore(other.quote, quote)))]
}

/** Of memories that begin alike the one that is quoted furthest is the one that was meant. */
function holdsMore(other: string | null, quote: string | null): boolean {
  return other !== null && quote !== null && other !== quote && other.includes(quote)
}

async function given(tx: WriteHandle, ids: readonly string[]): Promise<FoundUse[]> {
  const here = new Set(await known(tx, ids))
  const missing = ids.filter(id => !here.has(id))
  if (missing.length === 0) return ids.map(id => ({ id, how: 'given', quote: null }))
  throw new HeirloomError(
    'NOT_FOUND',
    `capture: there is no memory ${missing.join(', ')} that you may see. Give the ids of memories of the pack, or leave used away: what the response names or quotes is found by itself.`,
  )
}

/** Those of the ids that are memories which the caller may see, in their order. */
async function known(tx: WriteHandle, ids: readonly string[]): Promise<string[]> {
  const linked = await tx.links.linked(ids)
  return ids.filter(id => (linked.get(id)?.memory ?? null) !== null)
}

/** The memories of a pack in the versions that it gave. */
export async function memoriesOf(tx: Pick<ReadHandle, 'memories'>, pack: Pack | null): Promise<Memory[]> {
  const versions = (pack?.items ?? []).flatMap(({ record, id, version }) =>
    record === 'memory' && version !== null ? [{ id, version }] : [],
  )
  return [
    ...(await tx.memories.versions(versions, 'memories', {})),
    ...(await tx.memories.versions(versions, 'memory_revisions', {})),
  ]
}
