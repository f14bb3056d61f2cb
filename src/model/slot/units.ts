/**
 * Units of measure and their spellings. Symbols count with their case, since mW is not MW and Mb not MB; words do not.
 * Units of one dimension that convert exactly share a base. Temperatures are not converted: their zeros differ.
 */

/** What one of the unit is worth: `factor` times ten to the `exponent`, in the base. */
export interface Unit {
  readonly base: string
  readonly factor: number
  readonly exponent: number
}

const PREFIXES = { p: -12, n: -9, μ: -6, u: -6, m: -3, c: -2, h: 2, k: 3, M: 6, G: 9, T: 12 } as const
const BINARY = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const
const LONG_PREFIXES = {
  nano: -9,
  micro: -6,
  milli: -3,
  centi: -2,
  kilo: 3,
  mega: 6,
  giga: 9,
  tera: 12,
} as const

/** Symbol, base, and the prefixes that engineers put before it. */
const PREFIXED: readonly (readonly [
  symbol: string,
  base: string,
  prefixes: string,
  factor?: number,
  exponent?: number,
])[] = [
  ['s', 's', 'nμum'],
  ['B', 'B', 'kMGT'],
  // Eight bits are a byte exactly, so that 8 Mbit and 1 MB are the same.
  ['bit', 'B', 'kMGT', 125, -3],
  ['b', 'B', 'kMGT', 125, -3],
  ['bps', 'B/s', 'kMGT', 125, -3],
  ['Hz', 'Hz', 'mkMGT'],
  ['m', 'm', 'nμumck'],
  ['g', 'g', 'μumk'],
  ['W', 'W', 'nμumkMG'],
  ['Wh', 'Wh', 'mkMG'],
  ['V', 'V', 'nμumkM'],
  ['A', 'A', 'pnμumk'],
  ['Ah', 'Ah', 'm'],
  ['Ω', 'Ω', 'mkM'],
  ['ohm', 'Ω', 'mkM'],
  ['H', 'H', 'nμum'],
  ['N', 'N', 'mk'],
  ['Pa', 'Pa', 'hkMG'],
  ['bar', 'Pa', 'm', 1, 5],
  ['J', 'J', 'mkMG'],
]

/** Lower-case words: what they are a spelling of, and whether long prefixes go with them. */
const WORDS: readonly (readonly [words: string, symbol: string, prefixed?: true])[] = [
  ['second seconds', 's', true],
  ['sec secs', 's'],
  ['minute minutes min mins', 'min'],
  ['hour hours hr hrs', 'h'],
  ['day days', 'd'],
  ['week weeks wk wks', 'wk'],
  ['month months mo mos', 'month'],
  ['year years yr yrs', 'year'],
  ['msec msecs', 'ms'],
  ['usec usecs', 'us'],
  ['byte bytes', 'B', true],
  ['bit bits', 'bit', true],
  ['mb', 'MB'],
  ['gb', 'GB'],
  ['tb', 'TB'],
  ['kib', 'KiB'],
  ['mib', 'MiB'],
  ['gib', 'GiB'],
  ['tib', 'TiB'],
  ['kbps', 'kbps'],
  ['mbps', 'Mbps'],
  ['gbps', 'Gbps'],
  ['hertz hz', 'Hz', true],
  ['khz', 'kHz'],
  ['mhz', 'MHz'],
  ['ghz', 'GHz'],
  ['meter meters metre metres', 'm', true],
  ['inch inches', 'in'],
  ['foot feet', 'ft'],
  ['mil mils thou', 'mil'],
  ['gram grams gramme grammes', 'g', true],
  ['kilo kilos kgs', 'kg'],
  ['tonne tonnes', 't'],
  ['pound pounds lbs', 'lb'],
  ['ounce ounces', 'oz'],
  ['watt watts', 'W', true],
  ['volt volts', 'V', true],
  ['v', 'V'],
  ['kw', 'kW'],
  ['kwh', 'kWh'],
  ['mah', 'mAh'],
  ['db', 'dB'],
  ['amp amps ampere amperes', 'A', true],
  ['ohm ohms', 'Ω', true],
  ['newton newtons', 'N', true],
  ['pascal pascals', 'Pa', true],
  ['joule joules', 'J', true],
  ['degree degrees deg', '°'],
  ['celsius', '°C'],
  ['fahrenheit', '°F'],
  ['percent pct', '%'],
  ['kelvin', 'k'],
]

const SYMBOLS = new Map<string, Unit>([
  ...single('min', 's', 60),
  ...single('h', 's', 3600),
  ...single('d', 's', 86_400),
  ...single('wk', 's', 604_800),
  // A month has no fixed number of days; twelve of them are a year.
  ...single('month', 'month', 1),
  ...single('year', 'month', 12),
  ...single('in', 'm', 254, -4),
  ...single('ft', 'm', 3048, -4),
  ...single('mil', 'm', 254, -7),
  ...single('t', 'g', 1, 6),
  ...single('lb', 'g', 45_359_237, -5),
  ...single('oz', 'g', 28_349_523_125, -9),
  ...single('°', '°', 1),
  ...single('°C', '°C', 1),
  ...single('C', '°C', 1),
  ...single('°F', '°F', 1),
  ...single('F', '°F', 1),
  // F alone is a temperature, but nobody puts a prefix before one.
  ...(['p', 'n', 'μ', 'u', 'm'] as const).flatMap(prefix =>
    single(`${prefix}F`, 'farad', 1, PREFIXES[prefix]),
  ),
  ...single('farad', 'farad', 1),
  ...single('%', '%', 1),
  // People write 10k and 10K for the same; which of thousands, kilohms or kelvins is meant stays open.
  ...single('k', 'k', 1),
  ...single('K', 'k', 1),
  ...PREFIXED.flatMap(([symbol, base, prefixes, factor = 1, exponent = 0]) => [
    ...single(symbol, base, factor, exponent),
    ...[...prefixes].flatMap(prefix =>
      single(prefix + symbol, base, factor, exponent + PREFIXES[prefix as keyof typeof PREFIXES]),
    ),
  ]),
  ...Object.entries(BINARY).flatMap(([prefix, factor]) => [
    ...single(`${prefix}B`, 'B', factor),
    ...single(`${prefix}bit`, 'B', factor * 125, -3),
  ]),
  ...single('KB', 'B', 1, 3),
  // All in lower case is a careless writer's byte; one capital before a small b is meant as bits.
  ...single('kb', 'B', 1, 3),
  ...single('Kb', 'B', 125, 0),
  ...['rpm', 'dB', 'dBm', 'psi', 'px', 'fps'].flatMap(symbol => single(symbol, symbol, 1)),
])

const SPELLINGS = new Map<string, Unit>(
  WORDS.flatMap(([words, symbol, prefixed]) => {
    const unit = SYMBOLS.get(symbol)!
    const longer = prefixed === undefined ? [] : Object.entries(LONG_PREFIXES)
    return words
      .split(' ')
      .flatMap((word): [string, Unit][] => [
        [word, unit],
        ...longer.map(([prefix, ten]): [string, Unit] => [
          prefix + word,
          { ...unit, exponent: unit.exponent + ten },
        ]),
      ])
  }),
)

/** Attributes that are times: `5m` says minutes there, and metres elsewhere. */
const TIMES = /(?:^| )(?:timeout|retention|interval|duration|ttl|period|delay|age|expiry|lifetime|uptime)$/
const SHORT_TIMES = new Map([
  ['m', 'min'],
  ['w', 'wk'],
  ['y', 'year'],
])

/**
 * The unit that is written so, or null where no table knows it. A rate such as MB/s is what stands before the slash
 * in each of what stands behind it. `attribute` is a slot's, normalised.
 */
export function findUnit(written: string, attribute: string): Unit | null {
  const short = TIMES.test(attribute) ? SHORT_TIMES.get(written) : undefined
  const found = SYMBOLS.get(short ?? written) ?? SPELLINGS.get(written.toLowerCase())
  if (found !== undefined) return found
  const slash = written.indexOf('/')
  if (slash < 1) return null
  const upper = findUnit(written.slice(0, slash), '')
  const lower = written.indexOf('/', slash + 1) < 0 ? findUnit(written.slice(slash + 1), '') : null
  if (upper === null || lower === null || upper.base.includes('/')) return null
  // A sixtieth has no exact decimal, so that what divides stays in the name: km/h is so many m/3600s.
  const divisor = (lower.factor === 1 ? '' : lower.factor) + lower.base
  return { ...upper, base: `${upper.base}/${divisor}`, exponent: upper.exponent - lower.exponent }
}

function single(symbol: string, base: string, factor: number, exponent = 0): [string, Unit][] {
  return [[symbol, { base, factor, exponent }]]
}
