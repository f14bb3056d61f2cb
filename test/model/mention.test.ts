import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  candidatesAt,
  findMentions,
  headsOf,
  MENTION_VERSION,
  wordsKey,
  wordsOf,
} from '../../src/model/mention.ts'

interface Entry {
  readonly name: string
}

/** What the database's index will answer: lengths by head, and entries by key. */
function indexOf(names: readonly string[]) {
  const lengths = new Map<string, number[]>()
  const entries = new Map<string, Entry[]>()
  for (const name of names) {
    const words = wordsKey(name).split(' ')
    if (words[0] === '') continue
    const known = lengths.get(words[0]!) ?? []
    lengths.set(words[0]!, known.includes(words.length) ? known : [...known, words.length])
    entries.set(words.join(' '), [...(entries.get(words.join(' ')) ?? []), { name }])
  }
  return { lengths, entries }
}

/** The way a caller goes: only heads of the text, and only candidates, are looked up. */
function mentionsIn(text: string, names: readonly string[]) {
  const index = indexOf(names)
  const words = wordsOf(text)
  const heads = headsOf(words)
  const lengths = new Map([...index.lengths].filter(([head]) => heads.has(head)))
  const candidates = candidatesAt(words, lengths)
  const found = new Map([...index.entries].filter(([key]) => candidates.has(key)))
  return findMentions(text, words, lengths, found)
}

/** What is found, as it stands in the text. */
function found(text: string, ...names: string[]): string[] {
  return mentionsIn(text, names).map(({ start, end }) => text.slice(start, end))
}

describe('candidates', () => {
  test('are the runs of words with a known head and length', () => {
    const words = wordsOf('New York City, new era')
    expect([...candidatesAt(words, new Map([['new', [1, 3, 2, 9]]]))]).toEqual([
      'new',
      'new york city',
      'new york',
      'new era',
    ])
    expect(candidatesAt(words, new Map()).size).toBe(0)
  })

  test('never begin inside a run of Hangul', () => {
    expect([
      ...candidatesAt(
        wordsOf('서울 울'),
        new Map([
          ['울', [1]],
          ['서', [2]],
        ]),
      ),
    ]).toEqual(['서 울', '울'])
  })
})

describe('mentions', () => {
  test.each<[string, string[], string[]]>([
    ["Ana's laptop", ['Ana'], ['Ana']],
    ['Anatomy and banana', ['Ana'], []],
    ['the Payment Service, payment_service', ['payment-service'], ['Payment Service', 'payment_service']],
    ['New York City is in New York', ['New York', 'New York City', 'York'], ['New York City', 'New York']],
    ['a b c d', ['a b c d e', 'b c', 'c d'], ['b c']],
    ['alpha beta gamma', ['alpha beta', 'beta gamma'], ['alpha beta']],
    ["I don't know Don", ['Don', 'Can'], ['Don']],
    ['C++ and C# are not C', ['C', 'C++', 'C#'], ['C++', 'C#', 'C']],
    ['Written in C++17', ['C', 'C++'], ['C++']],
    ['ASP.NET on .NET', ['.NET'], ['.NET']],
    ['(.gitignore)', ['.gitignore', 'gitignore'], ['.gitignore']],
    ['Ana❤️Bob👍🏽Cleo', ['Ana', 'Bob', 'Cleo'], ['Ana', 'Bob', 'Cleo']],
    ['RENÉE und Renee', ['Renée'], ['RENÉE', 'Renee']],
    ['в Москве и Москва', ['москва'], ['Москва']],
    ["O’Brien and O'BRIEN", ["O'Brien"], ['O’Brien', "O'BRIEN"]],
    ['서울에서 만나요. 이서울', ['서울'], ['서울']],
    ['삼성전자는 삼성의', ['삼성', '삼성전자'], ['삼성전자', '삼성']],
    ['React는 빠르다', ['React'], ['React']],
    ['昨日東京タワーへ行った', ['東京', '東京タワー'], ['東京タワー']],
    ['データサーバーとサーバー', ['サーバー'], ['サーバー']],
    ['ไปกรุงเทพมหานคร', ['กรุงเทพ'], ['กรุงเทพ']],
    ['在北京大学', ['北京', '北京大学'], ['北京大学']],
    ['𠀀𠀁𠀂', ['𠀁𠀂'], ['𠀁𠀂']],
    ['???', ['???'], []],
  ])('in %j of %j', (text, names, expected) => {
    expect(found(text, ...names)).toEqual(expected)
  })

  test.each<[string, string[], string[]]>([
    ['Go is not go', ['Go'], ['Go']],
    ['IT made it, It did', ['IT'], ['IT']],
    ['the who, The Who, THE WHO', ['The Who'], ['The Who']],
    ['A c or C', ['C'], ['C']],
    ['R&D and r-d and R-D', ['R&D'], ['R&D', 'R-D']],
    ['thé The the', ['Thé'], []],
    ['CAN you can', ['can'], ['can']],
    ["It's it's", ["It's"], ["It's"]],
    ['c# s3 k8s', ['C#', 'S3', 'K8s'], ['c#', 's3', 'k8s']],
    ['the thing', ['The Thing'], ['the thing']],
    ['葛\u{e0100}城 東 京', ['葛城', '東京'], ['葛\u{e0100}城', '東 京']],
  ])('short and common names keep their case: in %j of %j', (text, names, expected) => {
    expect(found(text, ...names)).toEqual(expected)
  })

  test.each(['東', 'あ', '각', 'ก', 'ກ', 'រ', 'မ', '가\u0301', '𠀀'])('%s alone is none', character => {
    expect(found(`${character} a${character} ${character}`, character)).toEqual([])
  })

  test('what is refused makes way for the next shorter one', () => {
    expect(found('it is IT', 'IT', 'it IS', 'it')).toEqual(['it', 'IT'])
    expect(found('東は', '東', '東 は', 'は')).toEqual(['東は'])
    expect(found('do it all', 'Do It', 'do')).toEqual(['do'])
  })

  test('all that share a name are told, and only those in the right case', () => {
    expect(mentionsIn('the payment service', ['Payment-Service', 'payment_service'])).toEqual([
      { start: 4, end: 19, entries: [{ name: 'Payment-Service' }, { name: 'payment_service' }] },
    ])
    expect(mentionsIn('GO', ['Go', 'GO', 'go'])).toEqual([{ start: 0, end: 2, entries: [{ name: 'GO' }] }])
  })

  test('no two share a character', () => {
    const text = '㍿ ½'
    expect(mentionsIn(text, ['株式', '会社', '1', '2']).map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  test('the rules have a number', () => {
    expect(MENTION_VERSION).toBe(1)
  })
})

/** Slow and obvious: at each place every name is tried, and the longest that is allowed wins. */
function naiveMentions(text: string, names: readonly string[]): [number, number, string[]][] {
  const pieces = (of: string) => [...of.matchAll(/[a-z]+|[가나]|[東京]|[アー]+/giu)]
  const same = (a: string, b: string) => a.toUpperCase() === b.toUpperCase()
  const isRefused = (name: string, parts: string[], written: string) => {
    if (/^[가나東京]$/u.test(parts.join(' '))) return true
    const mustFit = parts.join('').length < 3 || parts.every(part => /^(a|it|is|the)$/i.test(part))
    return mustFit && name.replace(/[ -]/g, '') !== written.replace(/[ -]/g, '')
  }
  const words = pieces(text)
  const result: [number, number, string[]][] = []
  for (let at = 0; at < words.length; ) {
    const start = words[at]!.index
    let most = 0
    let bearers: string[] = []
    for (const name of names) {
      const parts = pieces(name).map(piece => piece[0])
      const there = words.slice(at, at + parts.length)
      if (parts.length === 0 || there.length < parts.length) continue
      if (!parts.every((part, index) => same(part, there[index]![0]))) continue
      if (/[가나]/.test(parts[0]!) && /[가나]/.test(text[start - 1] ?? '')) continue
      const last = there.at(-1)!
      if (isRefused(name, parts, text.slice(start, last.index + last[0].length))) continue
      if (parts.length > most) bearers = []
      if (parts.length >= most) bearers.push(name)
      most = Math.max(most, parts.length)
    }
    if (most > 0) {
      const last = words[at + most - 1]!
      result.push([start, last.index + last[0].length, bearers])
    }
    at += Math.max(1, most)
  }
  return result
}

test('the mentions are those of a search that tries every name at every place', () => {
  const letters = [...'aAbB가나東京アー -', 'it', 'IT', 'Is', 'the', ' ', ' ']
  const anyOf = (maxLength: number) =>
    fc.array(fc.constantFrom(...letters), { maxLength }).map(parts => parts.join(''))
  fc.assert(
    fc.property(anyOf(25), fc.uniqueArray(anyOf(5), { maxLength: 12 }), (text, names) => {
      const mentions = mentionsIn(text, names).map(({ start, end, entries }) => [
        start,
        end,
        entries.map(entry => entry.name),
      ])
      expect(mentions).toEqual(naiveMentions(text, names))
    }),
    { numRuns: 3_000 },
  )
})

test('finding asks once for each word, and once for each length', () => {
  class Counting<V> extends Map<string, V> {
    asked = 0
    override get(key: string): V | undefined {
      this.asked++
      return super.get(key)
    }
  }
  const text = 'a '.repeat(32 * 1024)
  const words = wordsOf(text)
  const lengths = new Counting<readonly number[]>([['a', [1, 2, 3, 4, 5]]])
  const names = new Counting<readonly Entry[]>([['a b', [{ name: 'a b' }]]])
  expect(candidatesAt(words, lengths).size).toBe(5)
  expect(findMentions(text, words, lengths, names)).toEqual([])
  expect(lengths.asked).toBe(2 * words.length)
  expect(names.asked).toBeLessThanOrEqual(5 * words.length)
})
