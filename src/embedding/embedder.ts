/**
 * How text becomes vectors. An embedder hands out vectors of length 1 that belong to a space, or says why it cannot:
 * it never invents one.
 */
import type { SpaceDescription } from '../model/space.ts'

export type { SpaceDescription } from '../model/space.ts'

export type Purpose = 'query' | 'document'

export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined
}

export interface Embedder extends AsyncDisposable {
  readonly space: SpaceDescription
  /** Whether embedding a text takes microseconds in this process, so that a reader may do it on the way. */
  readonly isInstant: boolean
  /** Texts that one call takes at best; more are split, and a cancelled call stops between the parts. */
  readonly batch: number
  /**
   * One vector of length 1 a text, in their order. Null where a text has none: it is blank, or no token of it is known.
   * @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH or ABORTED; then there is no vector for any of the texts.
   */
  embed(texts: readonly string[], purpose: Purpose, options?: EmbedOptions): Promise<(Float32Array | null)[]>
}

/** The prefixes of a space, each empty where it is not given. */
export interface Prefixes {
  readonly query_prefix: string
  readonly document_prefix: string
}

export function prefixFor(purpose: Purpose, { query_prefix, document_prefix }: Prefixes): string {
  return purpose === 'query' ? query_prefix : document_prefix
}
