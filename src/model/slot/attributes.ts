/** The attributes that are read from statements, and what may stand as their value. */
import { nameIn, properNameIn, withoutArticle } from './phrase.ts'
import { valueKey } from './value.ts'
import { wordSet } from './words.ts'

/** The value as it is to be kept, or null where the text is no value of that kind. */
export type ValueReader = (text: string) => string | null

const LANGUAGES = wordSet(
  `ada assembly assembler awk bash c c# c++ clojure cobol crystal cuda css dart elixir elm erlang f# fortran gleam go golang
  graphql groovy haskell hcl html java javascript json julia kotlin lean lisp lua markdown matlab nim nix objective-c ocaml
  odin pascal perl php powershell prolog purescript python r racket ruby rust scala scheme solidity sql swift
  systemverilog tcl toml typescript verilog vhdl xml yaml zig`,
)

const STATUSES = wordSet(
  `active inactive archived approved blocked broken cancelled canceled closed complete completed deprecated done draft
  experimental failed failing final frozen ga beta alpha green red yellow amber live offline online open passed passing
  paused pending ready rejected released retired stable unstable stalled started shipped maintained unmaintained up down
  delayed obsolete on-hold on-track at-risk in-progress in-review`,
)

const LICENSES = wordSet('proprietary mit gpl lgpl agpl apache bsd isc mpl unlicense')
const BRANCHES = new Set(
  'main master develop development dev trunk next stable staging production default'.split(' '),
)

// A platform is said "on", and so are days, events and what one reacts to.
const OCCASION =
  /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|september|october|november|december|weekends?|demand|request|merges?|commits?|push|pushes|tags?|release|schedule|time|purpose|top|holidays?|call|behalf|main|master|green)\b/i

export const port: ValueReader = text => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= 65_535 ? text : null
}

/** A time with its unit: "30" alone is seconds to one reader and milliseconds to the next. */
export const duration: ValueReader = text =>
  /^n:\S+ (?:s|month)$/.test(valueKey(text, 'timeout')) ? text : null

export const version: ValueReader = text => (valueKey(text, 'version').startsWith('v:') ? text : null)

export const url: ValueReader = text => (valueKey(text, 'url').startsWith('u:') ? text : null)

export const language: ValueReader = text => (LANGUAGES.has(text.toLowerCase()) ? text : null)

export const platform: ValueReader = text => (OCCASION.test(text) || /^\d/.test(text) ? null : nameIn(text))

/** One word that cannot be an adjective: it has a capital, a digit, or punctuation inside. */
const identifier: ValueReader = text =>
  /^(?=.*[\p{Lu}\d._-])[\p{L}\d][\p{L}\d._:-]*$/u.test(text) ? text : null

const branch: ValueReader = text =>
  BRANCHES.has(text.toLowerCase()) || /^(?=.*[/\d-])[\w./-]+$/.test(text) ? text : null

const license: ValueReader = text => {
  const name = withoutArticle(text)
  return LICENSES.has(name.toLowerCase()) || /\p{Lu}/u.test(name) ? nameIn(name) : null
}

const date: ValueReader = text => (valueKey(text, 'deadline').startsWith('d:') ? text : null)

const email: ValueReader = text => (/^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(text) ? text : null)

const status: ValueReader = text => (STATUSES.has(text.toLowerCase().replaceAll(' ', '-')) ? text : null)

const database: ValueReader = text => (text === 'sqlite' ? text : properNameIn(text))

/** The closed list behind "X's … is …" and "the … of X is …". */
export const ATTRIBUTES: Readonly<Record<string, ValueReader>> = {
  database,
  deadline: date,
  'default branch': branch,
  email,
  host: identifier,
  language,
  license,
  owner: properNameIn,
  port,
  region: identifier,
  retention: duration,
  status,
  timeout: duration,
  url,
  version,
}
