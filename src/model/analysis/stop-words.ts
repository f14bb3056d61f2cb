import { stemmer } from 'stemmer'

// Function words of English, and the contractions as the scanner joins them ("don't" is dont). "may" is a month as
// well and stays a word. Longer lists gave nothing (recall.md).
const ENGLISH = `
a an and are as at be been being but by can could did do does doing done for from had has have having he her hers
him his how i if in into is it its just me my mine of on or our ours out over she should so some such than that the
their theirs them then there these they this those to too up us very was we were what when where which while who
whom whose why will with would you your yours about after before also any both each more most no nor not only own
same am because
aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shouldnt wasnt werent wont
wouldnt lets
`

let known: ReadonlySet<string> | undefined

// Made when first needed: a start that analyses nothing need not stem them.
function stopTerms(): ReadonlySet<string> {
  known ??= new Set(
    ENGLISH.trim()
      .split(/\s+/)
      .map(word => stemmer(word)),
  )
  return known
}

/** Whether an analysed term carries no meaning of its own. Documents keep such terms; queries drop them. */
export function isStopTerm(term: string): boolean {
  return stopTerms().has(term)
}
