import { describe, expect, it } from 'vitest'
import { readStatement } from '../../src/model/statement.ts'
import { compareStatements } from '../../src/model/suggestion.ts'

function compared(a: string, b: string, sameSubject = false) {
  const [one, other] = [readStatement(a), readStatement(b)]
  const found = compareStatements(one, other, { sameSubject })
  // Whoever is named first does not matter.
  expect(compareStatements(other, one, { sameSubject })?.score).toBe(found?.score)
  return found
}

/** What looks like a contradiction, with the beginning of the reason that is given. */
const ALIKE: readonly (readonly [string, string, string])[] = [
  ['The gateway listens on port 8080', 'The gateway listens on port 9090', '8080 against 9090'],
  [
    'The timeout of the gateway is 30 s',
    'The timeout of the gateway is 45 seconds',
    '30 s against 45 seconds',
  ],
  [
    'Requests to the gateway time out after 2 min',
    'Requests to the gateway time out after 30 s',
    '2 min against 30 s',
  ],
  ['The build runs on Node v20.1.0', 'The build runs on Node v22.4.1', 'v20.1.0 against v22.4.1'],
  ['The parser library is at version 2.4.1', 'The parser library is at version 3.0.0', '2.4.1 against 3.0.0'],
  [
    'The cache holds two thousand entries in five shards',
    'The cache holds two thousand entries in six shards',
    '5 against 6',
  ],
  ['The worker retries failed jobs three times', 'The worker retries failed jobs 5 times', '3 against 5'],
  [
    'The cache of the gateway is 512 MiB',
    'The cache of the gateway is 1 GiB in size',
    '512 MiB against 1 GiB',
  ],
  [
    'Ada approves releases of the gateway',
    'Ada no longer approves releases of the gateway',
    'only one of them says “no longer”',
  ],
  [
    'The exporter writes UTF-8 files',
    'The exporter does not write UTF-8 files',
    'only one of them says “not”',
  ],
  ['The nightly backup is encrypted', "The nightly backup isn't encrypted", "only one of them says “isn't”"],
  [
    'The gateway may be restarted without approval',
    'The gateway may be restarted with approval',
    'only one of them says “without”',
  ],
  [
    'The beta of the new parser ships on 3 March 2026',
    'The beta of the new parser ships on 10 March 2026',
    '3 March 2026 against 10 March 2026',
  ],
  [
    'Deploys of the gateway to customers happen on Tuesday',
    'Deploys of the gateway to customers happen on Thursday',
    'Tuesday against Thursday',
  ],
  [
    'The standup of the parser team begins at 9:30',
    'The standup of the parser team begins at 10:00',
    '9:30 against 10:00',
  ],
  [
    'Probes use ports 8080 and 9090 of the gateway',
    'Probes use ports 8080 and 7070 of the gateway',
    '9090 against 7070',
  ],
  ['The upload limit is 10 % of the quota', 'The upload limit is 20 % of the quota', '10 % against 20 %'],
]

/** What looks alike and is no contradiction, with why not. */
const APART: readonly (readonly [string, string, string])[] = [
  [
    'The design review with Ada took place on 3 March 2026',
    'The design review with Grace took place on 10 March 2026',
    'two reviews',
  ],
  ['We met on 3 March 2026', 'We met on 5 March 2026', 'two meetings'],
  ['The meeting about budgets is on 2026-03-01', 'The meeting about hiring is on 2026-04-01', 'two meetings'],
  ['Revenue of the shop was 5 million in 2024', 'Revenue of the shop was 6 million in 2025', 'two years'],
  [
    'On 2026-03-01 the gateway served 120 requests',
    'On 2026-03-02 the gateway served 140 requests',
    'two days',
  ],
  ['The timeout of the gateway is 60 s', 'The timeout of the gateway is 1 minute', 'the same in other units'],
  ['The cache holds 1,000 entries per shard', 'The cache holds 1000 entries per shard', 'the same number'],
  ['The parser library is at version 2.4.0', 'The parser library is at version 2.4.0', 'the same version'],
  ['The gateway waits for 30 s', 'The gateway waits for 30 requests', 'seconds and requests'],
  ['The staging gateway listens on port 8080', 'The production gateway listens on port 9090', 'two gateways'],
  ['Berlin has 3 replicas of the cache', 'The cache has replicas in Madrid: 4', 'two places'],
  ['ADR-12 settles the format of dates', 'ADR-13 settles the format of dates', 'names with numbers'],
  [
    'Tests run on Node 18 and 20 and the browser',
    'Tests run on Node 18, 20 and 22 and the browser',
    'a longer list',
  ],
  ['The gateway listens on port 8080', 'The parser was written in 1999 by 3 people', 'nothing in common'],
  ['The gateway listens on port 8080', 'The gateway is owned by the platform team', 'no value on one side'],
  ['The exporter does not write files', 'The exporter never writes files', 'both deny it'],
  ['Port 8080', 'Port 9090', 'too few words'],
]

describe('what looks like a contradiction', () => {
  it.each(ALIKE)('%s — %s', (a, b, why) => {
    const found = compared(a, b)
    expect(found).not.toBeNull()
    expect(found?.why[0]).toContain(why)
    expect(found?.score).toBeGreaterThan(0.4)
    expect(found?.score).toBeLessThanOrEqual(1)
  })

  it.each(APART)('not: %s — %s (%s)', (a, b) => {
    expect(compared(a, b)).toBeNull()
  })

  it('a subject in common lets more words differ, and counts', () => {
    const [a, b] = [
      'The gateway listens on port 8080 for probes',
      'The gateway takes early probes on port 9090',
    ]
    expect(compared(a, b)).toBeNull()
    expect(compared(a, b, true)).not.toBeNull()
    const [c, d] = ['The gateway listens on port 8080', 'The gateway listens on port 9090']
    expect(compared(c, d, true)!.score).toBeGreaterThan(compared(c, d)!.score)
  })

  it('a subject in common and one word before both values are enough, unless they are two of a kind', () => {
    const first =
      'Good. The staging machine is up: the Tidepool API answers on port 8080 there, plain HTTP for now.'
    const then = 'Done: the staging API of Tidepool is now on port 9443 with TLS. Port 9090 is closed.'
    expect(compared(first, then)).toBeNull()
    expect(compared(first, then, true)?.why[0]).toBe('8080 against 9443, 9090')
    expect(compared(first.replace('staging', 'production'), then, true)).toBeNull()
    expect(compared(first, then.replaceAll('ort', 'ower'), true)).toBeNull()
  })

  it('one sentence against one of another text, where much else stands around them', () => {
    const first =
      'The metrics sidecar takes port 8080 on staging, so I moved the API: staging now listens on port 9090. Please change your scripts.'
    const then =
      'Done: the staging API of Tidepool is now on port 9443 with TLS. Port 9090 is closed. Production will be 443 behind the load balancer.'
    expect(compared(first, then)).toBeNull()
    expect(compared(first, then, true)?.why[0]).toBe('9090 against 9443')
    expect(compared(first, then.replace('port 9443', 'rack 9443'), true)).toBeNull()
    expect(compared(first, then.replace('the staging API of Tidepool', 'the bakery'), true)).toBeNull()
  })

  it('nothing denies what stands under another heading, though values may differ', () => {
    const [a, b] = [
      'Recall finds the memory from now on',
      'Recall no longer finds the memory from now on',
    ].map(readStatement)
    expect(compareStatements(a!, b!, { sameSubject: true })).not.toBeNull()
    expect(compareStatements(a!, b!, { sameSubject: true, twoHeadings: true })).toBeNull()
    const [c, d] = ['The gateway listens on port 8080', 'The gateway listens on port 9090'].map(readStatement)
    expect(compareStatements(c!, d!, { sameSubject: true, twoHeadings: true })).not.toBeNull()
  })

  it('the more words are the same, the higher it scores', () => {
    const close = compared(
      'The gateway of apollo listens on port 8080',
      'The gateway of apollo listens on port 9090',
    )
    const loose = compared(
      'The gateway of apollo listens on port 8080',
      'The gateway of apollo now uses port 9090',
    )
    expect(close!.score).toBeGreaterThan(loose!.score)
  })

  it('reads a text of any length and script in no time', () => {
    const long = `${'7 '.repeat(20_000)}not ${'a1-'.repeat(20_000)} ${'東京 '.repeat(5000)}`
    expect(readStatement(long).denial).toBe('not')
  })
})
