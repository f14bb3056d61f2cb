import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Embedder, Prefixes } from './embedder.ts'
import { mustHaveDimensions, unavailable } from './failures.ts'
import { type Model, readModel } from './model2vec/model.ts'
import { SHIPPED_MODEL, shippedModels, shippedSpace } from './shipped.ts'
import { TokenEmbedder } from './token-embedder.ts'

export interface StaticSpec extends Prefixes {
  readonly dimensions: number | undefined
  /** The folder of shipped models, where it is not the package's own. */
  readonly models: string | undefined
}

const FILES = ['model.safetensors', 'tokenizer.json', 'config.json']

/**
 * The model that ships with Heirloom. Opening only looks whether it is there; it is read when the first text comes.
 * @throws EMBEDDER_UNAVAILABLE, SPACE_MISMATCH
 */
export async function openStatic(spec: StaticSpec): Promise<Embedder> {
  const space = shippedSpace(spec)
  mustHaveDimensions(space.dimensions, spec.dimensions, 'The model that ships with Heirloom')
  const folder = join(spec.models ?? shippedModels(), SHIPPED_MODEL)
  for (const file of FILES) {
    const found = await stat(join(folder, file)).catch(() => null)
    if (!found?.isFile()) throw reinstall(`${join(folder, file)} is missing`)
  }
  return new TokenEmbedder(space, () => readShipped(folder, space.digest))
}

/** A model that was altered would put vectors among others that they cannot be compared with. */
async function readShipped(folder: string, digest: string): Promise<Model> {
  const model = await readModel(folder).catch(cause => {
    throw reinstall(`${folder} is damaged`, cause)
  })
  if (model.digest !== digest) throw reinstall(`${folder} is not the model of this version of Heirloom`)
  return model
}

function reinstall(what: string, cause?: unknown): Error {
  return unavailable(
    `The embedding model that ships with Heirloom cannot be used: ${what}. Install it again: npm install heirloom`,
    cause,
  )
}
