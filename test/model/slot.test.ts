import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSlot, slotKey, valueKey } from '../../src/model/slot.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...'019.,-+ eEvVzZ:/=_%°µmskKB"\'’TtheA\n\u0301\ud800'), maxLength: 60 }),
)

describe('slotKey', () => {
  test.each([
    ['Default  Branch', 'default branch'],
    ['default-branch', 'default branch'],
    ['default_branch', 'default branch'],
    [' the Gateway ', 'gateway'],
    ['"The gateway"', 'gateway'],
    ['the “gateway”', 'gateway'],
    ['ＡＰＩ', 'api'],
    ['Node.js', 'node.js'],
    ["gateway's admin port", "gateway's admin port"],
    ['the', 'the'],
    ['theory', 'theory'],
    [' - ', ''],
  ])('%j is %j', (text, key) => expect(slotKey(text)).toBe(key))

  test('is its own normal form', () => {
    fc.assert(fc.property(anyText, text => slotKey(slotKey(text)) === slotKey(text)))
  })
})

/** Each row: the attribute, the key, and spellings of the same value. */
const EQUAL: readonly (readonly [attribute: string, key: string, ...spellings: string[]])[] = [
  ['x', 'b:true', 'true', 'YES', 'on', 'Enabled.', '"true"'],
  ['x', 'b:false', 'false', 'No', 'off', 'disabled'],
  ['x', 'n:1000', '1,000', '1000', '1e3', '1000.0', '+1000', '1_000', '1 000', '１０００', '1000.'],
  ['x', 'n:0.1', '0.1', '.1', '0.10', '1e-1', '10e-2'],
  ['x', 'n:-5', '-5', '−5', '-5.0'],
  ['x', 'n:0', '0', '-0', '0.000', '0e9'],
  ['x', `n:${'123456789'.repeat(9)}`, '123456789'.repeat(9), `${'123456789'.repeat(9)}.00`],
  ['x', 'n:1e90000', '1e90000', '10e89999'],
  ['x', 'n:99.9 %', '99.9%', '99.90 %', '99.9 percent', '99.9 per cent'],
  [
    'x',
    'n:30 s',
    '30 s',
    '30s',
    '30 sec',
    '30 secs',
    '30 Seconds',
    '30000 ms',
    '0.5 min',
    '30e6 µs',
    '30000000 us',
  ],
  ['x', 'n:86400 s', '1 d', '1 day', '24 h', '24 hours', '1440 minutes'],
  ['x', 'n:24 month', '2 years', '24 months'],
  ['timeout', 'n:300 s', '5m', '5 min', '300 s'],
  ['read timeout', 'n:300 s', '5m'],
  ['height', 'n:5 m', '5m', '5 metres', '500 cm', '0.005 km'],
  ['x', 'n:0.3048 m', '12 in', '12 inches', '1 ft'],
  ['x', 'n:8000000 B', '8 MB', '8MB', '8000 kB', '8 mb', '8 megabytes', '64 Mb', '64 Mbit'],
  ['x', 'n:1048576 B', '1 MiB', '1024 KiB', '1 mib'],
  ['x', 'n:12500000 B/s', '100 Mbps', '100 Mbit/s', '12.5 MB/s'],
  ['x', 'n:2400000000 Hz', '2.4 GHz', '2400 MHz', '2.4 ghz'],
  ['x', 'n:0.001 W', '1 mW', '1 milliwatt'],
  ['x', 'n:1000000 W', '1 MW', '1 megawatt'],
  ['x', 'n:250 g', '0.25 kg', '250 g', '250 grams'],
  ['x', 'n:3.3 V', '3.3 V', '3.3V', '3300 mV', '3.3v'],
  ['x', 'n:4700 Ω', '4.7 kΩ', '4.7 kohm', '4700 ohms'],
  ['x', 'n:21 °C', '21 °C', '21 C', '21℃', '21 celsius'],
  ['x', 'n:70 °F', '70 °F', '70 F', '70 Fahrenheit'],
  ['x', 'n:0.0000001 farad', '100 nF', '0.1 µF'],
  ['x', 'n:8 replicas', '8 replicas', '8  Replicas', '8.0 replicas'],
  ['x', 'v:2.4', 'v2.4.0', '2.4.0', 'v2.4', 'V2.4.0'],
  ['version', 'v:2.4', '2.4', 'v2.4', '2.4.0', 'version 2.4'],
  ['x', 'v:2.4-rc.1', '2.4.0-rc.1', 'v2.4.0-RC.1'],
  ['x', 'v:2.4.1+build.5', '2.4.1+build.5', 'v2.4.1+build.5'],
  ['libpq version', 'v:2.10', '2.10', 'v2.10'],
  ['Release', 'v:24.04', '24.04'],
  ['x', 'd:2026-03-31', '2026-03-31', '2026/03/31', '31 March 2026', '31st of March, 2026', 'March 31, 2026'],
  ['x', 'd:2026-03-31', 'Mar 31 2026', '31.03.2026', '31.3.2026', 'Tuesday, 31 March 2026', '31-Mar-2026'],
  [
    'x',
    'd:2026-03-31T08:00:00Z',
    '2026-03-31T10:00+02:00',
    '2026-03-31 08:00:00.000Z',
    '2026-03-31T03:00-05',
  ],
  ['x', 'd:2026-03-31T10:00:00', '2026-03-31T10:00', '2026-03-31 10:00:00'],
  [
    'x',
    'u:https://acme.dev',
    'https://acme.dev',
    'HTTPS://Acme.dev/',
    'https://acme.dev:443',
    'https://acme.dev.',
  ],
  ['x', 'u:https://acme.dev/Docs?q=A', 'https://acme.dev/Docs?q=A', 'https://ACME.dev/Docs/?q=A'],
  ['x', 't:ana lima', 'Ana Lima', ' ana   lima.', '"Ana Lima"', '‘ana lima’'],
]

/** Pairs that a careless comparison takes for the same. */
const DIFFERENT: readonly (readonly [attribute: string, one: string, other: string])[] = [
  ['version', '2.1', '2.10'],
  ['version', '2.4.0-rc.1', '2.4.0'],
  ['x', '0.1', '0.10000000000000001'],
  ['x', '9007199254740993', '9007199254740992'],
  ['x', '1 mW', '1 MW'],
  ['x', '1 Mb', '1 MB'],
  ['x', '1 MB', '1 MiB'],
  ['x', '20 °C', '20 °F'],
  ['x', '8 replicas', '8 shards'],
  ['x', '5 m', '5 M'],
  ['x', '8', '8 %'],
  ['x', '1,00', '100'],
  ['x', '007', '7'],
  ['x', '03/04/2026', '04/03/2026'],
  ['x', '03/04/2026', '2026-04-03'],
  ['x', '2026-02-30', '2026-03-02'],
  ['x', '2026-03-31T10:00', '2026-03-31T10:00Z'],
  ['x', 'https://a.dev/Docs', 'https://a.dev/docs'],
  ['x', 'http://a.dev', 'https://a.dev'],
  ['x', 'http://a.dev:443', 'http://a.dev'],
  ['x', '1password', '1 password'],
  ['x', 'true', 'true north'],
]

describe('valueKey', () => {
  test.each(EQUAL)('under %s: %s', (attribute, key, ...spellings) => {
    for (const spelling of spellings)
      expect([spelling, valueKey(spelling, attribute)]).toEqual([spelling, key])
  })

  test.each(DIFFERENT)('under %s: %j is not %j', (attribute, one, other) => {
    expect(valueKey(one, attribute)).not.toBe(valueKey(other, attribute))
  })

  test.each(['10.0.0.1', '10.0.0.1:80', 'db-1:5432', '1e9999999', 'TypeScript', '1.0rc1'])(
    '%j is text',
    value => {
      expect(valueKey(value, 'x')).toBe(`t:${value.toLowerCase()}`)
    },
  )

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(anyText, anyText, (value, attribute) => /^[bnvdut]:/.test(valueKey(value, attribute))),
    )
  })

  test('white space and case make no difference to text', () => {
    const word = fc.stringMatching(/^[a-z]{3,9}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 6 }), parts => {
        const text = parts.join(' ')
        expect(valueKey(`  ${parts.join(' \t\n')} `, 'x')).toBe(valueKey(text, 'x'))
        expect(valueKey(text.toUpperCase(), 'x')).toBe(valueKey(text, 'x'))
      }),
    )
  })

  // Each takes minutes where a step is quadratic.
  test.each([
    ['zeros', `${'0'.repeat(300_000)}1`],
    ['a long number', `1${'0'.repeat(300_000)} kib`],
    ['groups', '1,000'.repeat(100_000)],
    ['quotes', `${'"\''.repeat(200_000)}x`],
    ['articles', 'the '.repeat(100_000)],
    ['points', `v${'1.'.repeat(200_000)}!`],
    ['hyphens', `1-${'-'.repeat(300_000)}!`],
    ['slashes', `http://${'/'.repeat(300_000)} `],
    ['rates', `1 ${'s/'.repeat(200_000)}`],
    ['marks on one letter', `a${'\u0301\u0316'.repeat(100_000)}`],
    ['spaces', `a${' '.repeat(300_000)}b`],
  ])('takes linear time on %s', (_, text) => {
    const start = performance.now()
    valueKey(text, text)
    parseSlot(`${text}.x=${text}`)
    expect(performance.now() - start).toBeLessThan(3000)
  })
})

describe('parseSlot', () => {
  test('names what it refuses without cutting a character', () => {
    for (const before of ['', 'a']) {
      const { problem = '' } = parseSlot(`${before}${'🛰'.repeat(60)}`) as { problem?: string }
      expect(problem).toContain('…')
      expect(problem.isWellFormed(), problem).toBe(true)
    }
  })

  test.each([
    ['gateway.port=8080', 'gateway', 'port', '8080'],
    [' api gateway . default branch = main ', 'api gateway', 'default branch', 'main'],
    ['api.acme.dev.port=443', 'api.acme.dev', 'port', '443'],
    ['wiki.url=https://wiki.acme.dev/?a=b', 'wiki', 'url', 'https://wiki.acme.dev/?a=b'],
    ['gateway / port = 8080', 'gateway', 'port', '8080'],
    ['node.js / version = 22.4.0', 'node.js', 'version', '22.4.0'],
    ['api/v2.port=80', 'api/v2', 'port', '80'],
    ['gateway.paths=a / b', 'gateway', 'paths', 'a / b'],
  ])('%j', (text, subject, attribute, value) => {
    expect(parseSlot(text)).toEqual({ subject, attribute, value })
  })

  test.each([
    ['gateway port 8080', /"gateway port 8080" has no "="/],
    ['gateway.port= ', /nothing after its "="/],
    ['gateway=8080', /no dot/],
    ['gateway/port=8080', /no dot/],
    ['.port=8080', /no subject before its dot/],
    ['"".port=8080', /no subject/],
    ['gateway.=8080', /no attribute before its "="/],
    [' / port = 8080', /no subject before its slash/],
    ['', /has no "="/],
  ])('%j has a problem', (text, problem) => {
    expect(parseSlot(text)).toEqual({ problem: expect.stringMatching(problem) })
  })

  test('shows no more of a long text than helps', () => {
    expect(JSON.stringify(parseSlot('x'.repeat(5000))).length).toBeLessThan(250)
  })

  test('never throws, and its parts are never empty', () => {
    fc.assert(
      fc.property(anyText, text => {
        const slot = parseSlot(text)
        return 'problem' in slot || [slot.subject, slot.attribute, slot.value].every(part => part !== '')
      }),
    )
  })
})
