/** Model2Vec folders as tests want them: sound ones of every kind, and damaged ones. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TensorOf {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** The bytes of a safetensors file; `header` replaces what it would say of its tensors. */
export function toSafetensors(tensors: Readonly<Record<string, TensorOf>>, header?: unknown): Buffer {
  let end = 0
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const start = end
    end += bytes.length
    return [name, { dtype, shape, data_offsets: [start, end] }]
  })
  const text = Buffer.from(JSON.stringify(header === undefined ? Object.fromEntries(entries) : header))
  return Buffer.concat([lengthOf(text.length), text, ...Object.values(tensors).map(({ bytes }) => bytes)])
}

export function lengthOf(length: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(length))
  return bytes
}

const WRITERS = {
  I8: (values: readonly number[]) => Int8Array.from(values),
  F16: (values: readonly number[]) => Uint16Array.from(values, toHalf),
  F32: (values: readonly number[]) => Float32Array.from(values),
  F64: (values: readonly number[]) => Float64Array.from(values),
  I32: (values: readonly number[]) => Int32Array.from(values),
  I64: (values: readonly number[]) => BigInt64Array.from(values, BigInt),
}

export function tensor(
  dtype: keyof typeof WRITERS,
  shape: readonly number[],
  values: readonly number[],
): TensorOf {
  const { buffer } = WRITERS[dtype](values)
  return { dtype, shape, bytes: new Uint8Array(buffer) }
}

/** The bits of a half-precision number; the value must be one. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0x7e00
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00
  if (size < 2 ** -14) return sign | (size * 2 ** 24)
  const exponent = Math.floor(Math.log2(size))
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024)
}

/** Ids 0 to 5. */
export const WORDS = ['[UNK]', 'red', 'green', 'blue', '##ish', 'cut']

/** A WordPiece tokenizer of few words. */
export function wordPiece(words: readonly string[] = WORDS): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  }
}

export interface ModelParts {
  readonly safetensors?: Uint8Array
  readonly tokenizer?: unknown
  readonly config?: unknown
}

/** A row of two numbers for each of the words. */
export const ROWS = [9, 9, 3, 4, -4, 3, 0, 1, 5, 2, 0, 2]

/** Writes a folder that is sound where nothing else is said; text is written as it is, other things as JSON. */
export function writeModel(folder: string, parts: ModelParts = {}): string {
  mkdirSync(folder, { recursive: true })
  const {
    safetensors = toSafetensors({ embeddings: tensor('I8', [6, 2], ROWS) }),
    tokenizer = wordPiece(),
    config = { max_length: 4, normalize: true },
  } = parts
  writeFileSync(join(folder, 'model.safetensors'), safetensors)
  writeFileSync(join(folder, 'tokenizer.json'), textOf(tokenizer))
  writeFileSync(join(folder, 'config.json'), textOf(config))
  return folder
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
