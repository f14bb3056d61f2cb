/**
 * Embedding spaces: what vectors can be compared with each other. Two providers give vectors of one space only where all
 * that makes them is the same.
 */
export type SpaceId = string & { readonly brand: 'space' }

/** What makes a space. */
export interface SpaceDescription {
  /** `static`, `model2vec:<folder>`, `transformers:<model or folder>` or `http:<url>`. */
  readonly provider: string
  readonly model: string
  readonly dimensions: number
  /** How the vectors of a text's tokens become one: `weighted mean`, `mean`, or `server` where nobody tells. */
  readonly pooling: string
  /** Whether vectors have length 1. */
  readonly normalised: boolean
  /** What stands before a query, and before what is remembered, when it is embedded. */
  readonly query_prefix: string
  readonly document_prefix: string
  /** SHA-256 of the weights and the tokeniser; empty where the provider does not tell. */
  readonly digest: string
}

export interface Space extends SpaceDescription {
  readonly id: SpaceId
  readonly name: string
  /** By which rows name it; one in the whole store. */
  readonly number: number
  readonly is_default: boolean
  /** Cosine up to which a query and a text may have nothing in common. */
  readonly noise: number
  readonly created_at: string
}

/** The only words that a space's name may have. */
export const SPACE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Said where no space is meant, so that none can be called so. */
export const NO_SPACE = 'none'

/** Name of a space that nobody named: its model's, as far as a name may have it. */
export function spaceName({ model }: Pick<SpaceDescription, 'model'>): string {
  const last = model.split('/').at(-1) ?? model
  const name = last.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-')
  const allowed = name.replace(/^[^a-z0-9]+/, '').slice(0, 64)
  return allowed === '' || allowed === NO_SPACE ? 'space' : allowed
}

/** How what a provider delivers differs from the space that its vectors are for; null where it does not. */
export function differenceFrom(space: SpaceDescription, delivered: SpaceDescription): string | null {
  const { dimensions, digest, pooling } = delivered
  if (dimensions !== space.dimensions)
    return `it gives ${dimensions} dimensions, and the space has ${space.dimensions}`
  if (digest !== space.digest)
    return `its weights are others (${shortly(digest)}) than those of the space (${shortly(space.digest)})`
  if (pooling !== space.pooling) return `it pools by ${pooling}, and the space by ${space.pooling}`
  if (delivered.normalised !== space.normalised) return 'it normalises in another way'
  return null
}

function shortly(digest: string): string {
  return digest === '' ? 'unknown' : digest.slice(0, 12)
}

/** Whether a provider embeds in this process, in microseconds a text. */
export function isInstant(provider: string): boolean {
  return provider === 'static' || provider.startsWith('model2vec:')
}
