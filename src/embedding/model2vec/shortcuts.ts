/** What a tokenizer need not do anew for each text. The tokens are the same. */
import { isRecord } from './safetensors.ts'

/** Words whose tokens are kept, some 200 bytes each; longer ones hardly come twice. */
const REMEMBERED = 20_000
const LONGEST_REMEMBERED = 40

/** The parts of a tokenizer that are looked past. */
interface Parts {
  readonly model: { encode: (words: string[]) => string[] }
  readonly normalizer: { normalize: (text: string) => string } | null
}

/** @param json the `tokenizer.json` that the tokenizer is of. */
export function takeShortcuts({ model, normalizer }: Parts, json: Readonly<Record<string, unknown>>): void {
  if (isRecord(json.model) && json.model.type === 'WordPiece') rememberWords(model)
  const told = json.normalizer
  if (normalizer !== null && isRecord(told) && told.type === 'BertNormalizer')
    leavePlain(normalizer, { isLowered: Boolean(told.lowercase) })
}

/**
 * WordPiece splits each word by itself, whatever stands beside it, by trying ever shorter beginnings of it: more than half
 * of all the work on a text. A few words make up most of what people write, so they are split once.
 */
function rememberWords(model: Parts['model']): void {
  const split = model.encode.bind(model)
  const known = new Map<string, string[]>()
  model.encode = words => {
    const tokens: string[] = []
    for (const word of words) {
      let own = known.get(word)
      if (own === undefined) {
        own = split([word])
        if (known.size >= REMEMBERED) known.clear()
        if (word.length <= LONGEST_REMEMBERED) known.set(word, own)
      }
      for (const token of own) tokens.push(token)
    }
    return tokens
  }
}

/** BERT's normaliser asks of every character whether it is a control, a space, Chinese or a mark: printable ASCII is none. */
function leavePlain(
  normalizer: NonNullable<Parts['normalizer']>,
  { isLowered }: { readonly isLowered: boolean },
): void {
  const normalize = normalizer.normalize.bind(normalizer)
  normalizer.normalize = text => {
    if (!/^[ -~]*$/.test(text)) return normalize(text)
    return isLowered ? text.toLowerCase() : text
  }
}
