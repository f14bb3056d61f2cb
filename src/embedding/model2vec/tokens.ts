/** From a text to the ids of its tokens, as `tokenizer.json` says. */
import { Tokenizer } from '@huggingface/tokenizers'
import { isLocalAtSpaces } from './locality.ts'
import { isRecord, unsound } from './safetensors.ts'
import { takeShortcuts } from './shortcuts.ts'

export interface Tokens {
  /** Every id is below it. */
  readonly vocabulary: number
  /** The ids of the first tokens of a text, at most as many as the model reads, without those of unknown tokens. */
  idsOf(text: string): number[]
}

const KINDS = ['WordPiece', 'BPE', 'Unigram']

/**
 * How many characters are tried first for each token that is read. English has four or five.
 */
const CHARACTERS_A_TOKEN = 8
const WIDER = 4

/**
 * @param most tokens that the model reads of a text.
 * @throws EMBEDDER_UNAVAILABLE where the file is not of a kind that is known.
 */
export function toTokens(text: string, path: string, most: number): Tokens {
  const json = parse(text, path)
  const tokenizer = build(json, path)
  const { model } = tokenizer
  if (model === null) throw unsound(path, 'is no tokenizer: it has no model')
  const vocabulary = model.vocab.length
  for (const id of model.tokens_to_ids.values())
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary)
      throw unsound(path, `gives a token the id ${String(id).slice(0, 40)}`)
  takeShortcuts({ model, normalizer: tokenizer.normalizer }, json)
  const { unk_token_id: unknown } = model
  const encode = (part: string): number[] => {
    try {
      return tokenizer.encode(part, { add_special_tokens: false }).ids
    } catch (cause) {
      throw unsound(path, 'fails to split a text into tokens', cause)
    }
  }
  const isLocal = isLocalAtSpaces(json)
  return {
    vocabulary,
    idsOf: whole => {
      const ids = isLocal ? firstIds(whole, most, encode) : encode(whole)
      // What is not in the vocabulary has no id at all where a tokenizer has no token for it.
      return ids.slice(0, most).filter(id => id != null && id !== unknown)
    },
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw unsound(path, 'is damaged: it is not JSON')
  }
  if (!isRecord(json) || !isRecord(json.model)) throw unsound(path, 'is no tokenizer: it has no model')
  if (KINDS.includes(String(json.model.type))) return json
  throw unsound(path, `is a tokenizer of another kind than ${KINDS.join(', ')}`)
}

function build(json: Record<string, unknown>, path: string): Tokenizer {
  try {
    return new Tokenizer(json, {})
  } catch (cause) {
    throw unsound(path, 'is no tokenizer that is known here', cause)
  }
}

/**
 * Ids of at least the first tokens. Of a long text only a beginning is tokenised: up to a border where what follows
 * cannot change the tokens before it (see `isLocalAtSpaces`), and a longer one when that has too few. So the first
 * `most` ids are those of the whole text.
 */
function firstIds(text: string, most: number, encode: (part: string) => number[]): number[] {
  for (let size = most * CHARACTERS_A_TOKEN; size < text.length; size *= WIDER) {
    const end = lastBorder(text, size)
    if (end === 0) continue
    const ids = encode(text.slice(0, end))
    if (ids.length >= most) return ids
  }
  return encode(text)
}

/** The last place up to `end` where one space stands between two letters or digits of ASCII; 0 where there is none. */
function lastBorder(text: string, end: number): number {
  for (let i = end; i > 0; i--) {
    if (text.charCodeAt(i) === SPACE && isPlain(text.charCodeAt(i - 1)) && isPlain(text.charCodeAt(i + 1)))
      return i
  }
  return 0
}

const SPACE = 0x20

function isPlain(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39)
}
