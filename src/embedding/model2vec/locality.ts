/**
 * Whether the tokens before a space between two letters are the same whatever follows it. That holds where the
 * tokenizer splits at white space before it looks words up, and nothing before that looks across such a space:
 * changing case, composing and decomposing never do, and words are looked up one by one.
 */
import { isRecord } from './safetensors.ts'

/** Normalisers that change a character by itself or with the marks that belong to it, or only a text's two ends. */
const LOCAL_NORMALIZERS = new Set([
  'BertNormalizer',
  'Lowercase',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Precompiled',
  'Prepend',
  'Strip',
  'StripAccents',
])

/** Those that end a piece before a space that follows a letter. */
const SPLITTING = new Set(['BertPreTokenizer', 'ByteLevel', 'Whitespace', 'WhitespaceSplit'])
/** Those that do not, and do no harm after one that does. */
const HARMLESS = new Set(['ByteLevel', 'Digits', 'Metaspace', 'Punctuation'])

/** @param json of a `tokenizer.json`; what it holds that is not known here counts as looking further. */
export function isLocalAtSpaces(json: Readonly<Record<string, unknown>>): boolean {
  const added = Array.isArray(json.added_tokens) ? json.added_tokens : []
  return (
    stepsOf(json.normalizer, 'normalizers').every(isLocalNormalizer) &&
    splitsAtSpaces(stepsOf(json.pre_tokenizer, 'pretokenizers')) &&
    added.every(token => isRecord(token) && hasNoSpace(token.content))
  )
}

type Step = Readonly<Record<string, unknown>>

/** One step after the other, a sequence of steps as its steps. */
function stepsOf(value: unknown, children: string): readonly Step[] {
  if (value === null || value === undefined) return []
  if (!isRecord(value)) return [{}]
  const inner = value[children]
  if (value.type !== 'Sequence') return [value]
  return Array.isArray(inner) ? inner.flatMap(step => stepsOf(step, children)) : [{}]
}

function isLocalNormalizer(step: Step): boolean {
  if (typeof step.type !== 'string') return false
  if (LOCAL_NORMALIZERS.has(step.type)) return true
  return step.type === 'Replace' && isRecord(step.pattern) && hasNoSpace(step.pattern.String)
}

function splitsAtSpaces([first, ...others]: readonly Step[]): boolean {
  if (first === undefined || !SPLITTING.has(String(first.type)) || first.use_regex === false) return false
  return others.every(({ type }) => SPLITTING.has(String(type)) || HARMLESS.has(String(type)))
}

function hasNoSpace(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && !/\s/.test(text)
}
