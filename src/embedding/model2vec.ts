import { basename } from 'node:path'
import type { Embedder, Prefixes, SpaceDescription } from './embedder.ts'
import { mustHaveDimensions } from './failures.ts'
import { type Model, readModel } from './model2vec/model.ts'
import { TokenEmbedder } from './token-embedder.ts'

export interface FolderSpec extends Prefixes {
  readonly provider: string
  /** Absolute. */
  readonly folder: string
  readonly dimensions: number | undefined
}

/**
 * A Model2Vec folder. It is read at once, since only its files tell its dimensions and its digest.
 * @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH
 */
export async function openModel2Vec(spec: FolderSpec): Promise<Embedder> {
  const model = await readModel(spec.folder)
  mustHaveDimensions(model.dimensions, spec.dimensions, `The model in ${spec.folder}`)
  return new TokenEmbedder(toSpace(spec, model), async () => model)
}

function toSpace(
  { provider, folder, query_prefix, document_prefix }: FolderSpec,
  model: Model,
): SpaceDescription {
  return {
    provider,
    model: basename(folder),
    dimensions: model.dimensions,
    pooling: 'weighted mean',
    normalised: true,
    query_prefix,
    document_prefix,
    digest: model.digest,
  }
}
