/** What the model that ships with Heirloom is, told without reading it. A test holds this against its files. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Prefixes, SpaceDescription } from './embedder.ts'

export const SHIPPED_MODEL = 'heirloom-static-en'

const DIMENSIONS = 256

/** Cosine up to which a query and a text may have nothing in common, as `noise.ts` measures it. */
export const SHIPPED_NOISE = 0.2226
const DIGEST = 'a5c4eca58cddda1e7eefc9b53fc3976e4d601a1a3ee996b4fb29c95c2896f8f0'

export function shippedSpace({ query_prefix, document_prefix }: Prefixes): SpaceDescription {
  return {
    provider: 'static',
    model: SHIPPED_MODEL,
    dimensions: DIMENSIONS,
    pooling: 'weighted mean',
    normalised: true,
    query_prefix,
    document_prefix,
    digest: DIGEST,
  }
}

/** The package's folder of models, found from the sources and from the bundle alike. */
export function shippedModels(): string {
  const manifest = createRequire(import.meta.url).resolve('heirloom/package.json')
  return join(dirname(manifest), 'models')
}
