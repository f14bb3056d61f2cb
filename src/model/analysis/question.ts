import { TRAITS } from './traits.ts'

/** In characters: a greeting, a thank-you. */
const SHORT_PREFACE = 30

/** TRAITS that punctuation tells: whether a text ends in a question, and is nothing else but a short preface. */
export function questionTraits(text: string): number {
  let end = text.length - 1
  while (end >= 0 && isSpace(text.charCodeAt(end))) end--
  if (end < 0 || !isQuestionMark(text.charCodeAt(end))) return 0
  return isStatedBefore(text, end) ? TRAITS.endsAsking : TRAITS.endsAsking | TRAITS.onlyQuestion
}

function isStatedBefore(text: string, end: number): boolean {
  let stated = 0
  let start = 0
  for (let at = 0; at <= end && stated <= SHORT_PREFACE; at++) {
    const code = text.charCodeAt(at)
    if (isStop(code)) stated += at - start
    if (isStop(code) || isQuestionMark(code)) start = at + 1
  }
  return stated > SHORT_PREFACE
}

function isSpace(code: number): boolean {
  return code <= 32 || code === 0xa0
}

function isQuestionMark(code: number): boolean {
  return code === 63 || code === 0xff1f
}

function isStop(code: number): boolean {
  return code === 46 || code === 33 || code === 10 || code === 0x3002
}
