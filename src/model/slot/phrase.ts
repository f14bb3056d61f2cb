/** Which words may name a subject or be a value that is a name. */
import { wordSet } from './words.ts'

const PREPOSITIONS = wordSet(`
  in on at for from since as by with during under over after before within inside outside per via to of across into
  against behind through like near beyond along
`)

/** Pronouns, quantities and pointing words: who reads them later cannot know what they stood for. */
const POINTING = wordSet(`
  it its it's this that these those they their theirs them he his him she her hers we us i me my mine you your yours
  ours there here what which who whom whose where why how whoever whatever whichever everyone everybody everything
  someone somebody something anyone anybody anything each every all any some several many few various such another
  other others one ones two three four five six seven eight nine ten dozens latter former
  thing things today yesterday tonight then so therefore now again just still already really even once neither
`)

/** Words that make a clause of what should be a name. Nouns of the same form, such as "runs", are given up. */
const VERBS = wordSet(`
  is are am be isn't aren't has have having do does done doing runs running uses using owns own writes write wrote
  depends listens listen sits lives makes gets get got goes keeps means mean works starts stops sends reads
  calls requires contains provides wants prefers gives took takes becomes became remains stays ensures knows know found
  finds forgot forget shows states
`)

/** These are verbs as the first word, and nouns after it: "health check". */
const IMPERATIVES = wordSet(`
  check ensure verify confirm remember note notice set see try consider change let lets keep make take show find use
  start stop please recall mind hey hi todo fixme fyi btw nb ps
`)

/** Inside a name they say for how long or in which way, so that the claim holds only there. */
const SCOPES = wordSet('since during after before until by per via')

/** After a name these say how, not what: "staging first". */
const TRAILING = wordSet('first last alone together ahead')

const ARTICLES = wordSet('the our a an')
const ADVERB_NOUNS = wordSet('assembly supply reply family fly anomaly rally ally poly')
const VAGUE_PURPOSES =
  /\b(?:reasons?|now|years?|months?|weeks?|days?|ages|free|good|ever|long|while|time being|moment|purposes?)$/i

const NAME = /^[\p{L}\p{N}@][\p{L}\p{M}\p{N}._/+#&'@:-]*$/u

/** A subject without its article, or null where the words do not name one thing. */
export function subjectIn(text: string, most = 6): string | null {
  const bare = withoutArticle(text)
  const parts = bare.split(' ')
  if (parts.length > most || !parts.every(part => NAME.test(part))) return null
  const lower = parts.map(part => part.toLowerCase())
  if (
    PREPOSITIONS.has(lower[0]!) ||
    PREPOSITIONS.has(lower.at(-1)!) ||
    TRAILING.has(lower.at(-1)!) ||
    ARTICLES.has(lower[0]!)
  )
    return null
  if (IMPERATIVES.has(lower[0]!) && lower.length > 1) return null
  return lower.every((word, place) => mayName(word, lower[place - 1])) ? bare : null
}

/** What something is used for; "for now" and "for historical reasons" say no such thing. */
export function purposeIn(text: string): string | null {
  return VAGUE_PURPOSES.test(text) || text.includes('/') ? null : subjectIn(text)
}

/** A name of at most four words: a person, a team, a tool. Whoever is in two names at once is not one. */
export function nameIn(text: string): string | null {
  const name = subjectIn(text, 4)
  if (name === null || name.includes('/')) return null
  return name.split(' ').some(word => word !== 'of' && PREPOSITIONS.has(word.toLowerCase())) ? null : name
}

/** A name that looks like one, where a word such as "busy" could stand in its place. */
export function properNameIn(text: string): string | null {
  const name = nameIn(text)
  return name !== null && /[\p{Lu}\d@_-]|\b(?:team|squad|group|guild)$/u.test(name) ? name : null
}

export function withoutArticle(text: string): string {
  return text.replace(/^(?:the|our) /i, '')
}

function mayName(word: string, before: string | undefined): boolean {
  if (POINTING.has(word.replace(/'s$/, '')) || VERBS.has(word) || SCOPES.has(word)) return false
  if (word.endsWith('ly') && !ADVERB_NOUNS.has(word)) return false
  // An article in the middle begins another noun: "ensure the gateway", but not "gateway of the ship".
  return !ARTICLES.has(word) || (before !== undefined && PREPOSITIONS.has(before))
}
