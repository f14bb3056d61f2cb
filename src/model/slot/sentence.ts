/**
 * Which texts may be read at all: one plain statement in the present. Whatever negates, doubts, limits, compares,
 * quotes or lists is refused as a whole, since a claim that was read wrongly is worse than one that was not read.
 */
import { wordSet } from './words.ts'

const LONGEST = 200

/** A sentence that holds one of these makes no plain statement, wherever they stand. */
const REFUSED = wordSet(`
  not never no none nobody nothing neither nor without cannot hardly rarely seldom barely nowhere
  if when whenever unless whether once while until till provided assuming suppose supposing otherwise depending
  should might could would can must shall ought needs need want wants wanted
  was were had did been being used formerly previously originally ago yesterday earlier last tomorrow soon
  planned plan plans going eventually
  than least most about approximately roughly around between nearly almost circa ca fewer less more twice half
  think thinks thought believe believes maybe perhaps probably apparently possibly presumably likely unlikely seems
  seem guess supposedly allegedly reportedly says said say claims claimed told tells heard according afaik iirc imo
  imho assume assumes assumed hope hopes suggests rumour rumor pretend imagine doubt wonder
  temporarily sometimes usually often normally typically occasionally mostly generally partly partially jointly
  and or either both plus also too respectively versus vs but except only instead rather etc e.g i.e
  same different tbd tba because although though however example instance
`)

/** These are names and months too, so their case decides: Will, May. */
const REFUSED_AS_WRITTEN = new Set(['will', 'WILL', 'may', 'MAY'])

// Quotations, code, markup, lists, brackets, a colon, semicolon or dash that joins two statements, a second sentence.
const MARKUP = /["“”„«»`*[\](){}<>|;…?=~^\n\r\t]|^[-+•#]|: |[–—]| - |(?:^|\s)['‘]|'(?=\s\S+')|__|[.!]\s|#\w/

/** The statement without its full stop, in single spaces, with plain apostrophes and without "now"; or null. */
export function readSentence(content: string): string | null {
  if (content.length > 2 * LONGEST) return null
  const text = content.trim()
  if (text === '' || text.length > LONGEST || MARKUP.test(text)) return null
  const plain = text.replace(/[.!]$/, '').replaceAll('’', "'").replace(/ {2,}/g, ' ')
  const said = plain.split(' ').map(word => word.replace(/[,.!:]+$/, ''))
  if (said.some(isRefused)) return null
  return plain.replace(/\b(?:now|currently) /gi, '')
}

function isRefused(word: string): boolean {
  const lower = word.toLowerCase()
  return REFUSED.has(lower) || REFUSED_AS_WRITTEN.has(word) || lower.endsWith("n't")
}
