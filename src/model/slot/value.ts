/**
 * When two values are the same. Each kind of value has one normal form, and nothing is compared by likeness: values
 * are equal because a rule below says so, or they are different.
 */
import { readDate } from './dates.ts'
import { readDecimal, scale, writeDecimal } from './decimal.ts'
import { findUnit } from './units.ts'
import { compose, slotKey, tidy } from './words.ts'

const TRUE = new Set(['true', 'yes', 'on', 'enabled'])
const FALSE = new Set(['false', 'no', 'off', 'disabled'])

const VERSION = /^(?:version |release )?(v?)(\d+(?:\.\d+)*)(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?$/
const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\s]*)([^?#\s]*)([?#]\S*)?$/i
const DEFAULT_PORTS = new Map(
  Object.entries({ http: '80', ws: '80', https: '443', wss: '443', ftp: '21', ssh: '22' }),
)

/**
 * The normal form of a value, with the letter of its kind before it: `b:true`, `n:30 s`, `v:2.4`, `d:2026-03-31`,
 * `u:https://acme.dev`, and `t:` for any other text. Equal keys mean the same value. The attribute decides where a
 * spelling alone does not: 2.10 is a version under "version" and a number elsewhere. Never throws; linear time.
 */
export function valueKey(value: string, attribute: string): string {
  const plain = withoutStop(tidy(value))
  const lower = plain.toLowerCase()
  const name = slotKey(attribute)
  if (TRUE.has(lower)) return 'b:true'
  if (FALSE.has(lower)) return 'b:false'
  const kinds = [
    ['v', () => readVersion(lower, /(?:^| )(?:version|release)$/.test(name))],
    ['d', () => readDate(plain)],
    ['n', () => readNumber(plain, name)],
    ['u', () => readUrl(plain)],
  ] as const
  for (const [kind, read] of kinds) {
    const found = read()
    if (found !== null) return `${kind}:${found}`
  }
  return `t:${compose(lower)}`
}

/**
 * A version without its leading v and without `.0` at the end of its numbers. Where the attribute does not say that it
 * is one, only three numbers do, or a v before two: 2.4 may be a length, and 10.0.0.1 is an address.
 */
function readVersion(lower: string, expected: boolean): string | null {
  const match = VERSION.exec(lower)
  if (match === null) return null
  const [, v, core = '', label = '', build = ''] = match
  const numbers = core.split('.')
  const given = v === 'v' ? numbers.length >= 2 : numbers.length === 3
  if (!expected && (!given || readDate(lower) !== null)) return null
  while (numbers.length > 1 && numbers.at(-1) === '0') numbers.pop()
  return numbers.join('.') + label + build
}

/** A number, alone or with its unit. Units that no table knows stay words: 8 replicas are not 8 shards. */
function readNumber(plain: string, attribute: string): string | null {
  const found = readDecimal(plain)
  if (found === null) return null
  const rest = plain.slice(found.end)
  const written = rest.trim()
  if (written === '') return writeDecimal(found.number)
  const unit = findUnit(written.replace(/^per cent$/i, '%'), attribute)
  if (unit !== null) return `${writeDecimal(scale(found.number, unit.factor, unit.exponent))} ${unit.base}`
  // Without a space it is a name that begins with a digit, such as 1password or 4xx.
  if (!rest.startsWith(' ') || written.length > 40 || !/^\p{L}[\p{L} /.-]*$/u.test(written)) return null
  // Of one or two letters the case may matter: 5 M is no 5 m.
  return `${writeDecimal(found.number)} ${written.length > 2 ? written.toLowerCase() : written}`
}

/** Scheme and host in lower case, without the scheme's own port and without a slash that ends the path. */
function readUrl(plain: string): string | null {
  const match = URL_FORM.exec(plain)
  if (match === null) return null
  const [, scheme = '', authority = '', path = '', rest = ''] = match
  const at = authority.lastIndexOf('@') + 1
  const host = authority.slice(at).toLowerCase()
  const port = `:${DEFAULT_PORTS.get(scheme.toLowerCase())}`
  const place = authority.slice(0, at) + (host.endsWith(port) ? host.slice(0, -port.length) : host)
  return `${scheme.toLowerCase()}://${place}${path.endsWith('/') ? path.slice(0, -1) : path}${rest}`
}

/** Three dots are not the end of a sentence. */
function withoutStop(text: string): string {
  return text.endsWith('.') && !text.endsWith('..') ? tidy(text.slice(0, -1)) : text
}
