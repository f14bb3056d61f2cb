import { fold } from '../analysis/fold.ts'
import { KINDS, kindAt, widthAt } from './letters.ts'

/**
 * A text made comparable as search makes it, in lower case, with the way back: what stands at a place comes from
 * `starts[place]` up to `ends[place]` of the source. Both are null where no place has moved.
 */
export interface Levelled {
  readonly text: string
  readonly starts: readonly number[] | null
  readonly ends: readonly number[] | null
}

const BEYOND_ASCII = /[^\x00-\x7f]/
// How an emoji or an ideograph is to be drawn, and frames around a character.
const DRAWING = /\p{Me}|\p{Variation_Selector}/gu
// Unicode's stream-safe format allows as many. Sorting tens of thousands of marks would take quadratic time.
const MAX_MARKS = 30

const MAX_KNOWN = 20_000
// Short enough that V8 copies a slice instead of keeping the whole text alive for it.
const MAX_KNOWN_LENGTH = 12
const known = new Map<string, string>()

/** In time linear in the text. Letters, digits and marks stay; of the rest beyond ASCII only spaces. */
export function level(text: string): Levelled {
  if (!BEYOND_ASCII.test(text)) return { text: text.toLowerCase(), starts: null, ends: null }
  const starts: number[] = []
  const ends: number[] = []
  let levelled = ''
  for (let at = 0; at < text.length; ) {
    const plain = endOfPlain(text, at)
    if (plain > at) levelled += text.slice(at, plain).toLowerCase()
    for (; at < plain; at++) {
      starts.push(at)
      ends.push(at + 1)
    }
    if (at === text.length) break
    const end = endOfCluster(text, at)
    const piece = levelledCluster(text.slice(at, end))
    for (let unit = 0; unit < piece.length; unit++) {
      starts.push(at)
      ends.push(end)
    }
    levelled += piece
    at = end
  }
  return { text: levelled, starts, ends }
}

/** Past the ASCII characters that no mark follows: they stay as they are. */
function endOfPlain(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) < 128) at++
  return at > start && composes(text, at) ? at - 1 : at
}

/** Past a character and what composes with it, so that levelling it alone gives what levelling the text gives. */
function endOfCluster(text: string, start: number): number {
  let at = start + widthAt(text, start)
  for (let marks = 0; marks < MAX_MARKS && composes(text, at); marks++) at += widthAt(text, at)
  return at
}

function composes(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  // Not a number past the end.
  if (!(code >= 0x300)) return false
  if (kindAt(text, at) === KINDS.mark) return true
  const isInnerJamo = (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7fb)
  const isNarrowVoicing = code === 0xff9e || code === 0xff9f
  return isInnerJamo || isNarrowVoicing
}

function levelledCluster(cluster: string): string {
  const before = known.get(cluster)
  if (before !== undefined) return before
  const levelled = levelCluster(cluster)
  if (cluster.length > MAX_KNOWN_LENGTH) return levelled
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(cluster, levelled)
  return levelled
}

/** Folding sets scripts without spaces apart; here their runs must stay runs. A symbol stays a space. */
function levelCluster(cluster: string): string {
  const folded = fold(cluster.replace(DRAWING, '')).toLowerCase()
  const bare = folded.trim()
  return bare === '' ? folded : bare
}
