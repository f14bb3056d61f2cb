/**
 * A static model in Model2Vec's format: a folder with `model.safetensors`, `tokenizer.json` and `config.json`. The
 * vector of a text is the mean of its tokens' rows, each times its token's weight, scaled to length 1.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256OfBytes } from '../../model/digest.ts'
import { spaceDigest } from '../digest.ts'
import { toUnit } from '../unit.ts'
import { isRecord, mustBeFile, onDisk, readTensors, unsound } from './safetensors.ts'
import { toTable } from './table.ts'
import { toTokens } from './tokens.ts'

export interface Model {
  readonly dimensions: number
  readonly digest: string
  idsOf(text: string): number[]
  /** The direction of the weighted mean; null where no token of the text is known. */
  vectorOf(text: string): Float32Array | null
}

/** Tokens of a text that are read where `config.json` does not say; Model2Vec's own default. */
const MAX_LENGTH = 512

/** Bytes of a file of JSON; a tokenizer of 250,000 words has 20 million. */
const LARGEST_TEXT = 256 * 1024 * 1024

/** @throws EMBEDDER_UNAVAILABLE naming the file that is missing or not sound. */
export async function readModel(folder: string): Promise<Model> {
  const path = join(folder, 'model.safetensors')
  const most = await maxLengthOf(join(folder, 'config.json'))
  const tokenizerPath = join(folder, 'tokenizer.json')
  await mustBeFile(tokenizerPath, LARGEST_TEXT)
  const tokenizer = await onDisk(tokenizerPath, () => readFile(tokenizerPath))
  const file = await readTensors(path)
  const tokens = toTokens(tokenizer.toString('utf8'), tokenizerPath, most)
  const table = toTable(file, path, tokens.vocabulary)
  const sum = new Float64Array(table.dimensions)
  return {
    dimensions: table.dimensions,
    digest: spaceDigest({
      'model.safetensors': file.hash,
      'tokenizer.json': sha256OfBytes(tokenizer),
      max_length: String(most),
    }),
    idsOf: tokens.idsOf,
    vectorOf: text => {
      // The mean has the direction of the sum.
      sum.fill(0)
      table.addTo(sum, tokens.idsOf(text))
      return toUnit(sum)
    },
  }
}

/** Infinity where the file says that texts are read whole. */
async function maxLengthOf(path: string): Promise<number> {
  await mustBeFile(path, LARGEST_TEXT)
  const text = await onDisk(path, () => readFile(path, 'utf8'))
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    throw unsound(path, 'is damaged: it is not JSON')
  }
  if (!isRecord(config)) throw unsound(path, 'is damaged: it is not a JSON object')
  const { max_length: most = MAX_LENGTH } = config
  if (most === null) return Number.POSITIVE_INFINITY
  if (Number.isSafeInteger(most) && Number(most) > 0) return Number(most)
  throw unsound(path, 'has a max_length that is not a number of tokens')
}
