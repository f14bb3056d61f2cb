import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Slot } from '../../src/model/memory.ts'
import { parseSlot, slotKey, valueKey } from '../../src/model/slot.ts'
import { readSlot } from '../../src/model/slot-patterns.ts'

const FIXTURE = join(import.meta.dirname, '../fixtures/slot-sentences.tsv')

const NOTHING = '-'

function keyOf(slot: Slot | null | undefined): string {
  if (!slot) return NOTHING
  return `${slotKey(slot.subject)}.${slotKey(slot.attribute)}=${valueKey(slot.value, slot.attribute)}`
}

function expectedKey(label: string): string {
  if (label === NOTHING) return NOTHING
  const slot = parseSlot(label)
  if ('problem' in slot) throw new Error(slot.problem)
  return keyOf(slot)
}

const sentences = readFileSync(FIXTURE, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map(line => {
    const [label = '', sentence = ''] = line.split('\t')
    return { sentence, expected: expectedKey(label), found: keyOf(readSlot(sentence)?.slot) }
  })

describe('the labelled sentences', () => {
  test('are 300, at least 100 of them traps', () => {
    expect(sentences).toHaveLength(300)
    expect(new Set(sentences.map(({ sentence }) => sentence)).size).toBe(300)
    expect(sentences.filter(({ expected }) => expected === NOTHING).length).toBeGreaterThanOrEqual(100)
  })

  test('are read precisely, and most of those that claim something are read', () => {
    const read = sentences.filter(({ found }) => found !== NOTHING)
    const claims = sentences.filter(({ expected }) => expected !== NOTHING)
    const right = read.filter(({ expected, found }) => found === expected)
    const [precision, recall] = [right.length / read.length, right.length / claims.length]
    console.info(
      `slots: precision ${precision.toFixed(3)} (${right.length} of ${read.length} read), ` +
        `recall ${recall.toFixed(3)} (of ${claims.length} claims)`,
    )
    expect(precision).toBeGreaterThanOrEqual(0.95)
    expect(recall).toBeGreaterThanOrEqual(0.8)
  })
})

describe('readSlot', () => {
  test.each([
    ['Kestrel listens on port 4000.', 'listens on port', 'Kestrel', 'port', '4000'],
    ['Kestrel listens on :80', 'listens on port', 'Kestrel', 'port', '80'],
    ['Kestrel listens on port 9.', 'listens on port', 'Kestrel', 'port', '9'],
    ['Kestrel runs on port 4000', 'runs on port', 'Kestrel', 'port', '4000'],
    ['The timeout of the proxy is 30 s.', 'attribute of', 'proxy', 'timeout', '30 s'],
    ['Kestrel’s licence is MIT.', 'possessive', 'Kestrel', 'license', 'MIT'],
    ['We use Redis for caching.', 'we use for', 'caching', 'uses', 'Redis'],
    ['For caching we use Redis.', 'for we use', 'caching', 'uses', 'Redis'],
    ['The gateway uses Redis for caching.', 'uses for', 'gateway', 'uses for caching', 'Redis'],
    ['Kestrel is owned by the platform team.', 'owned by', 'Kestrel', 'owner', 'platform team'],
    ['Ana Lima owns Kestrel.', 'owns', 'Kestrel', 'owner', 'Ana Lima'],
    ['Kestrel is written in Rust.', 'written in', 'Kestrel', 'language', 'Rust'],
    ['Kestrel is deployed on Fly.io.', 'deployed on', 'Kestrel', 'platform', 'Fly.io'],
    ['Kestrel is at version 2.10.', 'at version', 'Kestrel', 'version', '2.10'],
    ['Kestrel is hosted at https://k.dev.', 'hosted at', 'Kestrel', 'url', 'https://k.dev'],
    ['Kestrel times out after 30 s.', 'times out after', 'Kestrel', 'timeout', '30 s'],
    ['Kestrel depends on version 3.1 of libfoo.', 'depends on version', 'Kestrel', 'libfoo version', '3.1'],
    ['Kestrel depends on libfoo 3.1.4.', 'depends on', 'Kestrel', 'libfoo version', '3.1.4'],
    ['Kestrel is deprecated.', 'deprecated', 'Kestrel', 'status', 'deprecated'],
    ['Kestrel is switched off.', 'enabled', 'Kestrel', 'enabled', 'false'],
  ])('%j by the pattern %j', (sentence, pattern, subject, attribute, value) => {
    expect(readSlot(sentence)).toEqual({ slot: { subject, attribute, value }, pattern })
  })

  test('names that are also words of doubt are told apart by their case', () => {
    expect(readSlot('Will owns the parser.')?.slot.value).toBe('Will')
    expect(readSlot('Kestrel will be deprecated.')).toBeNull()
    expect(readSlot("The demo's deadline is 3 May 2026.")?.slot.value).toBe('3 May 2026')
  })

  test.each([
    ['two sentences', 'Kestrel listens on port 4000. Vault does not.'],
    ['two lines', 'Kestrel listens on port 4000\nVault listens on port 8200'],
    ['one of a few', 'Kestrel listens on 2'],
    ['a long subject', 'The new small blue left front wheel motor listens on port 4000.'],
    ['a long text', `Kestrel ${'x'.repeat(200)} listens on port 4000`],
    ['an aside', 'Kestrel, the web server, listens on port 4000.'],
    ['nothing', ' '],
  ])('refuses %s', (_, content) => expect(readSlot(content)).toBeNull())

  test('what it reads is a claim whose parts are text of the sentence or its pattern', () => {
    const word = fc.constantFrom(
      ..."the of for is are on port runs listens uses we owns version depends 8080 2.4.0 Ana x the's , . not".split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 25 }), parts => {
        const slot = readSlot(parts.join(' '))?.slot
        return slot === undefined || Object.values(slot).every(part => slotKey(part) !== '')
      }),
    )
  })

  test('takes no time on hostile texts', () => {
    const texts = ['is ', "'s port is ", 'the port of ', ' uses for', '  ', '8.', '.!', 'a', "'"].flatMap(
      piece => [piece.repeat(200 / piece.length), `x${piece.repeat(1_000_000)}`],
    )
    const start = performance.now()
    for (const text of texts) expect(readSlot(text)).toBeNull()
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
