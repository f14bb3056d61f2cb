/** From the name of an embedder to one that embeds. A provider's code is loaded when it is named, and no other's. */
import type { Embedder } from './embedder.ts'
import { invalid } from './failures.ts'
import { type EmbedderSpec, nameOfProvider, parseProvider } from './spec.ts'
import type { DownloadProgress } from './transformers-worker.ts'

export { type EmbedderSpec, parseEmbedder } from './spec.ts'

export interface EmbeddingSurroundings {
  /** Where a server's key comes from: HEIRLOOM_EMBEDDING_KEY, or one variable a server. */
  readonly environment: NodeJS.ProcessEnv
  /** From 0 to 1. */
  readonly random: () => number
  readonly pause: (milliseconds: number) => Promise<void>
  /** The folder of shipped models; the package's own by default. */
  readonly models?: string
  /** Whether `transformers:<id>` may fetch a model that is not there yet; no by default. */
  readonly allowDownload?: boolean
  /** The folder for fetched models; the one of @huggingface/transformers by default. */
  readonly downloads?: string
  readonly onDownload?: (progress: DownloadProgress) => void
  /** Ends waiting for a server. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens an embedder; it must be disposed of. `static` is read only when the first text comes, a server is asked only
 * when its dimensions are not given; the others are read at once.
 * @throws INVALID_INPUT where the spec is malformed or may not be used so.
 * @throws EMBEDDER_UNAVAILABLE where the provider, its files or its server are missing, damaged or failing.
 * @throws SPACE_MISMATCH where its dimensions are not those of the spec.
 */
export async function openEmbedder(
  spec: EmbedderSpec,
  surroundings: EmbeddingSurroundings,
): Promise<Embedder> {
  const { query_prefix = '', document_prefix = '', dimensions } = spec
  const provider = parseProvider(spec.provider)
  const given = { provider: nameOfProvider(provider), query_prefix, document_prefix, dimensions }
  switch (provider.kind) {
    case 'static': {
      const { openStatic } = await import('./static.ts')
      return openStatic({ ...given, models: surroundings.models })
    }
    case 'model2vec': {
      const { openModel2Vec } = await import('./model2vec.ts')
      return openModel2Vec({ ...given, folder: provider.folder })
    }
    case 'transformers': {
      const { TransformersEmbedder } = await import('./transformers.ts')
      return TransformersEmbedder.open({ ...given, source: provider.source }, surroundings)
    }
    case 'http': {
      const { HttpEmbedder } = await import('./http.ts')
      return HttpEmbedder.open({ ...given, url: provider.url, model: mustNameModel(spec) }, surroundings)
    }
  }
}

function mustNameModel({ model = '' }: EmbedderSpec): string {
  if (model.trim() === '') throw invalid('An embedder on a server needs the name of its model.')
  return model
}
