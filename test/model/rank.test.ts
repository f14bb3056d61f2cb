import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyseQuery, type SearchableFields, toSearchDocument } from '../../src/model/analysis.ts'
import { type Corpus, type RankCandidate, type Ranked, rank } from '../../src/model/rank.ts'

const NOW = '2026-01-01T00:00:00.000Z'
const LONG_AGO = '2020-01-01T00:00:00.000Z'
const OFF = { activation: false, dense: false, priors: false, diversify: false }
const ALL = { activation: true, dense: true, priors: true, diversify: true }

type Extra = Partial<Omit<RankCandidate, 'key' | 'words' | 'length' | 'traits' | 'author'>>

function memory(key: number, fields: string | SearchableFields, extra: Extra = {}): RankCandidate {
  return {
    key,
    ...toSearchDocument(typeof fields === 'string' ? { content: fields } : fields),
    documentId: null,
    position: null,
    trust: 'observed',
    confidence: null,
    recordedAt: LONG_AGO,
    similarity: null,
    ...extra,
  }
}

/** The turns of one conversation: keys and positions count from 1. */
function turns(...contents: (string | SearchableFields)[]): RankCandidate[] {
  return contents.map((content, at) => memory(at + 1, content, { documentId: 'talk', position: at + 1 }))
}

function corpusOf(candidates: readonly RankCandidate[], documents = 1000): Corpus {
  const lengths = candidates.reduce((sum, { length }) => sum + length, 0)
  return { documents, averageLength: lengths / Math.max(candidates.length, 1), frequencies: new Map() }
}

function ask(query: string, candidates: readonly RankCandidate[], stages = ALL, now = NOW): Ranked[] {
  return rank(analyseQuery(query), candidates, corpusOf(candidates), { stages, now })
}

const keysOf = (results: readonly Ranked[]): number[] => results.map(({ key }) => key)

describe('keyword', () => {
  test('scores are in the proportion of BM25 with the idf of the whole corpus', () => {
    const candidates = [memory(1, 'boat boat sea'), memory(2, 'boat shop'), memory(3, 'sea')]
    const corpus = { documents: 100, averageLength: 2, frequencies: new Map([['boat', 10]]) }
    const results = rank(analyseQuery('boat'), candidates, corpus, { stages: OFF, now: NOW })
    const scoreOf = (count: number, length: number): number =>
      (count * 1.9) / (count + 0.9 * (0.6 + (0.4 * length) / 2))
    expect(keysOf(results)).toEqual([1, 2])
    expect(results[1]!.score / results[0]!.score).toBeCloseTo(scoreOf(1, 2) / scoreOf(2, 3), 9)
  })

  test('adjacent repetitions count each, and parts of words do not', () => {
    const [twice, once, part] = [
      memory(1, 'yes ta ta no'),
      memory(2, 'yes ta no no'),
      memory(3, 'data tab no yes'),
    ]
    expect(keysOf(ask('ta', [part, once, twice], OFF))).toEqual([1, 2])
  })

  test('a rare term outweighs a common one', () => {
    const candidates = [memory(1, 'kitchen'), memory(2, 'zebra')]
    const frequencies = new Map(
      [...analyseQuery('kitchen zebra').terms].map((term, at) => [term, at === 0 ? 900 : 2]),
    )
    const corpus = { documents: 1000, averageLength: 1, frequencies }
    expect(rank(analyseQuery('kitchen zebra'), candidates, corpus, { stages: OFF, now: NOW })[0]!.key).toBe(2)
  })

  test('no match, no terms, no candidates: no results', () => {
    expect(ask('zebra', [memory(1, 'boat')])).toEqual([])
    expect(ask('?!', [memory(1, 'boat')])).toEqual([])
    expect(ask('boat', [])).toEqual([])
  })
})

describe('activation', () => {
  const talk = turns(
    'Which instrument do you play?',
    'The cello, since school.',
    'Lovely',
    'I hate rain',
    'Me too',
  )

  test('a match lifts the turns beside it, and the answer most', () => {
    const results = ask('instrument', talk, { ...OFF, activation: true })
    expect(keysOf(results)).toEqual([1, 2, 3, 4])
    expect(results.map(({ keywordRank }) => keywordRank)).toEqual([1, null, null, null])
    expect(results[1]!.explain().liftedBy).toEqual({ key: 1, distance: 1 })
    const stated = turns('This instrument is new.', ...['b', 'c'])
    const lift = (results: readonly Ranked[]): number => results[1]!.score / results[0]!.score
    expect(lift(results)).toBeGreaterThan(
      lift(ask('instrument', stated, { ...OFF, activation: true })) + 0.05,
    )
  })

  test('who is no candidate is never revived, and other documents are not lifted', () => {
    const [first, , third] = talk
    const stranger = memory(9, 'Lovely', { documentId: 'other', position: 2 })
    const loose = memory(10, 'Lovely', { documentId: 'talk', position: null })
    expect(keysOf(ask('instrument', [first!, third!, stranger, loose]))).toEqual([1, 3])
  })

  test('more of the terms beat one of them from all sides', () => {
    const candidates = [...turns('violin', 'violin', 'violin', 'violin', 'violin'), memory(9, 'violin june')]
    const corpus = {
      ...corpusOf(candidates),
      frequencies: new Map([
        ['violin', 5],
        ['june', 5],
      ]),
    }
    const query = { ...analyseQuery('x'), terms: ['violin', 'june'] }
    expect(rank(query, candidates, corpus, { stages: ALL, now: NOW })[0]!.key).toBe(9)
  })

  test('is off when switched off', () => {
    const results = ask('instrument', talk, OFF)
    expect(keysOf(results)).toEqual([1])
    const { features, ...why } = results[0]!.explain()
    const terms = [{ term: 'instrument', documents: null }]
    expect(why).toEqual({ terms, liftedBy: null, similarity: null, factors: {} })
    expect(Object.keys(features)).toEqual(['words'])
  })
})

describe('priors', () => {
  const only = { ...OFF, priors: true }
  const said = (key: number, content: string, author: string, extra: Extra = {}): RankCandidate =>
    memory(key, { content, author }, extra)

  test('the author whom the query names comes first', () => {
    const candidates = [
      said(1, 'Ana liked the harbour plan', 'Bo Lind'),
      said(2, 'we liked the harbour plan', 'Ana Ruiz'),
    ]
    expect(keysOf(ask('what did Ana say about the harbour plan', candidates))).toEqual([2, 1])
    const [best] = ask('what did Ana say about the harbour plan', candidates)
    expect(best!.explain().features.author).toBeGreaterThan(0)
    expect(best!.explain().terms.map(({ term }) => term)).toEqual(['ana', 'harbour', 'plan'])
  })

  test.each([
    ['when did we sail', 'we sail along', 'we sail last week', 'time'],
    ['how many boats sail', 'boats sail along', 'five boats sail', 'number'],
    ['where do we sail', 'shall we sail?', 'shall we sail.', 'onlyQuestion'],
  ] as const)('%s', (query, worse, better, feature) => {
    const results = ask(query, [memory(1, worse), memory(2, better)], only)
    expect(keysOf(results)).toEqual([2, 1])
    expect(results.some(result => result.explain().features[feature] !== undefined)).toBe(true)
    expect(
      Object.keys(ask(query, [memory(1, worse), memory(2, better)], OFF)[1]!.explain().features),
    ).toEqual(['words'])
  })

  test('a factor is for the question that asks for it', () => {
    for (const query of ['where do we sail', 'why sail']) {
      const { factors } = ask(query, [memory(1, 'we sail five boats last week')], only)[0]!.explain()
      expect(Object.keys(factors)).toEqual(['recency'])
    }
  })

  test('trust, confidence and recency settle what is equal, and no more', () => {
    const order = (first: Extra, second: Extra): number[] =>
      keysOf(ask('boat', [memory(1, 'boat trip', first), memory(2, 'boat trip', second)], only))
    expect(order({ trust: 'inferred' }, { trust: 'stated' })).toEqual([2, 1])
    expect(order({ trust: 'untrusted' }, { trust: 'inferred' })).toEqual([2, 1])
    expect(order({ confidence: 0.2 }, { confidence: 0.9 })).toEqual([2, 1])
    expect(order({ recordedAt: LONG_AGO }, { recordedAt: '2025-12-30T00:00:00.000Z' })).toEqual([2, 1])
    expect(order({ confidence: null }, { confidence: 1 })).toEqual([1, 2])
    const weak = memory(1, 'boat trip', { trust: 'inferred', confidence: 0.5 })
    const strong = memory(2, 'a trip', { trust: 'stated', confidence: 1, recordedAt: NOW })
    expect(keysOf(ask('boat trip', [weak, strong], only))).toEqual([1, 2])
  })

  test('odd numbers and times do not make a score odd', () => {
    const odd = memory(1, 'boat', { confidence: 7, recordedAt: 'never' })
    for (const now of [NOW, 'nonsense']) expect(ask('boat', [odd], only, now)[0]!.score).toBeGreaterThan(0)
  })
})

describe('phrases', () => {
  const candidates = [
    memory(1, 'women little little women', { documentId: 'd', position: 1 }),
    memory(2, 'She gave me Little Women to read, a book about sisters', { documentId: 'd', position: 20 }),
    memory(3, 'It was lovely', { documentId: 'd', position: 21 }),
    memory(4, 'a little about women'),
  ]

  test('a quoted phrase must be there, or beside', () => {
    expect(keysOf(ask('"Little Women"', candidates, OFF))).toEqual([1, 2])
    expect(keysOf(ask('"gave me Little Women"', candidates))).toEqual([2, 3])
  })

  test('a phrase that nobody has binds nobody', () => {
    expect(keysOf(ask('"Women Little Book"', candidates, OFF)).sort()).toEqual([1, 2, 4])
  })
})

describe('near-duplicates', () => {
  const text = 'The staging database runs on the old host in Lisbon and is backed up each night by a job'
  const told = (key: number, content: string, author = 'Ana', at = '2023-05-08'): RankCandidate =>
    memory(key, { content, author, at })

  test('collapse into the best, whoever said them and whenever', () => {
    const twins = [
      told(1, text),
      told(2, `${text}!`, 'Bo', '2024-01-01'),
      told(3, text.replace('old ', '')),
      told(4, 'staging'),
    ]
    const results = ask('staging database', twins)
    expect(results).toHaveLength(2)
    expect([results[0]!.key, ...results[0]!.duplicates].sort()).toEqual([1, 2, 3])
    expect(results[1]).toMatchObject({ key: 4, duplicates: [] })
    expect(ask('staging database', twins, { ...ALL, diversify: false })).toHaveLength(4)
  })

  test('another number or a denial is another memory', () => {
    const ports = [told(1, `${text} on port 8080`), told(2, `${text} on port 9090`)]
    expect(ask('staging database', ports)).toHaveLength(2)
    expect(ask('staging database', [told(1, text), told(2, text.replace(' is ', ' is not '))])).toHaveLength(
      2,
    )
    expect(ask('staging database', [told(1, text), told(2, text.replace(' is ', ' is now '))])).toHaveLength(
      1,
    )
  })

  test('a denial in the shorter text counts too', () => {
    const more = `${text} while its mirror keeps seven weekly copies for auditors who rarely visit them`
    const denied = told(1, `${more} never`)
    const longer = told(2, `${more} then twice`)
    expect(ask('staging database', [denied, longer])).toHaveLength(2)
    expect(ask('staging database', [told(1, `${more} so`), longer])).toHaveLength(1)
  })

  test('tiny texts only when equal and by one author', () => {
    const tiny = [
      told(1, 'Yes boat'),
      told(2, 'yes, boat'),
      told(3, 'yes boat trip'),
      told(4, 'yes boat', 'Bo'),
    ]
    expect(keysOf(ask('boat', tiny)).sort()).toEqual([1, 3, 4])
  })

  test('one untrusted author fills no page', () => {
    const words = ['oak', 'elm', 'fir', 'ash', 'yew']
    const spam = words.map((word, at) => memory(at + 1, `boat boat boat ${word}`, { trust: 'untrusted' }))
    const results = ask('boat', [
      ...spam,
      memory(9, `one boat of a long and winding story without end, told at ${text}`),
    ])
    expect(keysOf(results)).toEqual([1, 2, 3, 9, 4, 5])
  })
})

describe('whatever the candidates', () => {
  const word = fc.constantFrom('boat', 'sea', 'ana', 'trip', 'june', '7', 'what?', 'rain')
  const candidate = fc.record({
    content: fc.array(word, { maxLength: 8 }).map(words => words.join(' ')),
    author: fc.constantFrom(null, 'Ana', 'Bo'),
    documentId: fc.constantFrom(null, 'a', 'b'),
    trust: fc.constantFrom('stated', 'observed', 'inferred', 'untrusted'),
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    // Cosines of half-precision vectors are no finer than this.
    similarity: fc.option(fc.integer({ min: -1000, max: 1000 }).map(thousandths => thousandths / 1000)),
  })
  const candidates = fc
    .array(candidate, { maxLength: 30 })
    .map(all =>
      all.map(({ content, author, ...extra }, key) =>
        memory(key, { content, author }, { ...extra, position: extra.documentId === null ? null : key }),
      ),
    )
  const stages = fc.record({
    activation: fc.boolean(),
    dense: fc.boolean(),
    priors: fc.boolean(),
    diversify: fc.boolean(),
  })

  test('the order in which they come changes nothing', () => {
    fc.assert(
      fc.property(candidates, stages, fc.infiniteStream(fc.nat()), (all, on, random) => {
        const shuffled = all.map(one => [random.next().value, one] as const).sort((a, b) => a[0] - b[0])
        const plain = (results: Ranked[]): unknown =>
          results.map(({ explain, ...rest }) => ({ ...rest, why: explain() }))
        const again = ask(
          'when did Ana trip to sea 7',
          shuffled.map(([, one]) => one),
          on,
        )
        expect(plain(again)).toEqual(plain(ask('when did Ana trip to sea 7', all, on)))
      }),
    )
  })

  test('results are candidates, each once, best first, with finite scores and honest ranks', () => {
    fc.assert(
      fc.property(candidates, stages, (all, on) => {
        const results = ask('when did Ana trip to sea 7', all, on)
        const keys = results.flatMap(({ key, duplicates }) => [key, ...duplicates])
        expect(new Set(keys).size).toBe(keys.length)
        for (const key of keys) expect(all.map(one => one.key)).toContain(key)
        for (const { score } of results) expect(Number.isFinite(score) && score > 0).toBe(true)
        if (!on.diversify)
          expect(results.map(({ score }) => -score)).toEqual(
            results.map(({ score }) => -score).sort((a, b) => a - b),
          )
        for (const { keywordRank, denseRank, explain } of results) {
          expect(keywordRank === null).toBe(explain().terms.length === 0)
          const { terms, similarity, liftedBy } = explain()
          if (denseRank !== null) expect(on.dense && (similarity ?? 0) > 0).toBe(true)
          if (terms.length === 0 && denseRank === null) expect(on.activation && liftedBy !== null).toBe(true)
        }
      }),
    )
  })
})

test('two thousand candidates and ten terms take milliseconds', () => {
  const words =
    'boat sea trip june rain school cello harbour plan garden kitchen window street cat dog'.split(' ')
  const many = Array.from({ length: 2000 }, (_, at) =>
    memory(
      at,
      Array.from({ length: 30 }, (_, n) => words[(at * 7 + n * (1 + (at % 5))) % words.length]).join(' '),
      {
        documentId: `d${at % 7}`,
        position: at,
      },
    ),
  )
  const query = words.slice(0, 10).join(' ')
  const times = Array.from({ length: 12 }, () => {
    const started = performance.now()
    ask(query, many)
    return performance.now() - started
  })
  expect(Math.min(...times)).toBeLessThan(40)
})
