import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyseQuery, toSearchDocument } from '../../src/model/analysis.ts'
import { RANKING } from '../../src/model/rank/constants.ts'
import { FEATURES } from '../../src/model/rank/features.ts'
import { WEIGHT_SETS, weightsFor } from '../../src/model/rank/weighing.ts'
import { FITTED, WEIGHTS } from '../../src/model/rank/weights.ts'
import {
  type Corpus,
  measure,
  type RankCandidate,
  type Ranked,
  type RankStages,
  rank,
} from '../../src/model/rank.ts'

const NOW = '2026-01-01T00:00:00.000Z'
const ALL: RankStages = { activation: true, dense: true, priors: true, diversify: true }
const CORPUS: Corpus = { documents: 1000, averageLength: 6, frequencies: new Map() }

function memory(key: number, content: string, similarity: number | null, at?: number): RankCandidate {
  return {
    key,
    ...toSearchDocument({ content, author: key % 2 === 0 ? 'Ana' : 'Bo' }),
    documentId: at === undefined ? null : 'talk',
    position: at ?? null,
    trust: 'observed',
    confidence: null,
    recordedAt: '2020-01-01T00:00:00.000Z',
    similarity,
  }
}

function ask(query: string, candidates: readonly RankCandidate[], stages = ALL): Ranked[] {
  return rank(analyseQuery(query), candidates, CORPUS, { stages, now: NOW })
}

const keysOf = (results: readonly Ranked[]): number[] => results.map(({ key }) => key)

/** With their reasons in place of the function that works them out. */
const plain = (results: readonly Ranked[]): unknown =>
  results.map(({ explain, ...rest }) => ({ ...rest, why: explain() }))

describe('the dense leg', () => {
  test('brings what shares no word, ranked by meaning', () => {
    const results = ask('vessel', [
      memory(1, 'the boat', 0.4),
      memory(2, 'a ship', 0.7),
      memory(3, 'my cat', -0.2),
    ])
    expect(keysOf(results)).toEqual([2, 1])
    expect(results.map(({ keywordRank, denseRank }) => [keywordRank, denseRank])).toEqual([
      [null, 1],
      [null, 2],
    ])
    expect(results[0]!.explain()).toMatchObject({ terms: [], similarity: 0.7, liftedBy: null })
  })

  test('adds to words: of two that hold the word, the nearer comes first', () => {
    expect(
      keysOf(ask('port', [memory(2, 'the port of Lisbon', 0.1), memory(4, 'the port of gateway', 0.6)])),
    ).toEqual([4, 2])
  })

  test('what stands beside a near one appears, what stands alone and far does not', () => {
    const turns = ['hello there', 'a ship', 'indeed so'].map((content, at) =>
      memory(at + 1, content, at === 1 ? 0.7 : -0.1, at),
    )
    const results = ask('vessel', [...turns, memory(9, 'my cat', -0.1)])
    expect(keysOf(results).sort()).toEqual([1, 2, 3])
    const beside = results.find(({ key }) => key === 3)!
    expect(beside).toMatchObject({ keywordRank: null, denseRank: null })
    expect(beside.explain().liftedBy).toEqual({ key: 2, distance: 1 })
  })

  test('brings the nearest only, however many there are', () => {
    const many = Array.from({ length: RANKING.nearest + 20 }, (_, at) =>
      memory(at, `thing ${'abcdefghij'[at % 10]}${at}`, 0.9 - at / 1000),
    )
    const results = ask('vessel', many, { ...ALL, diversify: false })
    expect(results).toHaveLength(RANKING.nearest)
    expect(Math.max(...keysOf(results))).toBe(RANKING.nearest - 1)
  })

  test('a quoted phrase binds it too', () => {
    const candidates = [memory(1, 'the little harbour', 0.2), memory(2, 'a small port', 0.9)]
    expect(keysOf(ask('"little harbour"', candidates))).toEqual([1])
  })

  test('a memory whose vector is not there yet is neither hurt nor helped', () => {
    const [waiting, near, far] = [
      memory(1, 'port one', null),
      memory(3, 'port two', 0.9),
      memory(5, 'port six', 0.1),
    ]
    const results = ask('port', [waiting, near, far])
    expect(keysOf(results)).toEqual([3, 1, 5])
    expect(results[1]).toMatchObject({ denseRank: null })
    expect(results[1]!.explain().similarity).toBeNull()
  })

  test('without any vector it is as though the leg were off', () => {
    const candidates = [memory(1, '港のポート', null), memory(2, '港', null), memory(3, 'ポート', null)]
    expect(plain(ask('港 ポート', candidates))).toEqual(
      plain(ask('港 ポート', candidates, { ...ALL, dense: false })),
    )
    expect(keysOf(ask('港 ポート', candidates))).toHaveLength(3)
  })

  test('switched off it leaves no trace', () => {
    const all = [memory(1, 'port', 0.9, 0), memory(2, 'ship', 0.8, 1), memory(3, 'boat', 0.7, 2)]
    const without = all.map(one => ({ ...one, similarity: null }))
    const off = { ...ALL, dense: false }
    expect(plain(ask('port', all, off))).toEqual(plain(ask('port', without, off)))
    for (const { denseRank, explain } of ask('port', all, off)) {
      expect(denseRank).toBeNull()
      expect(explain().similarity).toBeNull()
      expect(Object.keys(explain().features).filter(name => /dense/i.test(name))).toEqual([])
    }
  })
})

describe('activation', () => {
  const filler = 'word '.repeat(300)

  test('a long passage lends less to its neighbours, and takes less, than a turn', () => {
    const lift = (giver: string, taker: string): number => {
      const results = ask('zebra', [memory(1, giver, null, 0), memory(2, taker, null, 1)], {
        ...ALL,
        priors: false,
      })
      return results.find(({ key }) => key === 2)!.score / results.find(({ key }) => key === 1)!.score
    }
    const short = lift('a zebra', 'quite so')
    expect(lift('a zebra', filler)).toBeLessThan(short / 2)
    expect(lift(`a zebra ${filler}`, 'quite so')).toBeLessThan(short / 2)
  })
})

describe('features', () => {
  const word = fc.constantFrom('boat', 'sea', 'ana', 'trip', 'june', '7', 'what?', 'rain')
  const similarity = fc.option(fc.double({ min: -1, max: 1, noNaN: true }))
  const candidates = fc
    .array(fc.tuple(fc.array(word, { maxLength: 8 }), similarity, fc.boolean()), {
      minLength: 1,
      maxLength: 30,
    })
    .map(all =>
      all.map(([words, near, stands], key) => memory(key, words.join(' '), near, stands ? key : undefined)),
    )
  const stages = fc.record({
    activation: fc.boolean(),
    dense: fc.boolean(),
    priors: fc.boolean(),
    diversify: fc.constant(false),
  })

  test('are from 0 to 1, and the largest of words and of meaning is 1', () => {
    fc.assert(
      fc.property(candidates, stages, (all, on) => {
        const query = analyseQuery('when did Ana trip to sea 7')
        const { features } = measure(query, all, CORPUS, { stages: on })
        FEATURES.forEach((feature, column) => {
          const values = all.map((_, row) => features[row * FEATURES.length + column]!)
          expect(values.every(value => value >= 0 && value <= 1)).toBe(true)
          if (['words', 'dense', 'activatedDense'].includes(feature))
            expect([0, 1]).toContain(Math.max(...values))
        })
      }),
    )
  })

  test('a stage that is off leaves its features 0', () => {
    fc.assert(
      fc.property(candidates, stages, (all, on) => {
        const query = analyseQuery('when did Ana trip to sea 7')
        const { features } = measure(query, all, CORPUS, { stages: on })
        const isZero = (names: readonly string[]): boolean =>
          names.every(name =>
            all.every(
              (_, row) =>
                features[row * FEATURES.length + (FEATURES as readonly string[]).indexOf(name)] === 0,
            ),
          )
        if (!on.dense) expect(isZero(['dense', 'activatedDense'])).toBe(true)
        if (!on.activation) expect(isZero(['activatedDense'])).toBe(true)
        if (!on.priors) expect(isZero(['author', 'time', 'number', 'onlyQuestion', 'asking'])).toBe(true)
      }),
    )
  })

  test('all else equal, the nearer of two never stands behind', () => {
    const near = fc.double({ min: 0.001, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        candidates,
        near,
        near,
        fc.array(word, { maxLength: 8 }),
        stages,
        (all, a, b, words, on) => {
          const content = words.join(' ')
          const pair = [memory(1000, content, Math.min(a, b)), memory(1002, content, Math.max(a, b))]
          const results = ask('when did Ana trip to sea 7', [...all, ...pair], on)
          const scoreOf = (key: number): number => results.find(one => one.key === key)?.score ?? 0
          expect(scoreOf(1002)).toBeGreaterThanOrEqual(scoreOf(1000))
        },
      ),
    )
  })

  test('all else equal, the one that holds one more of the words never stands behind', () => {
    fc.assert(
      fc.property(
        candidates,
        fc.array(word, { maxLength: 6 }),
        similarity,
        stages,
        (all, words, near, on) => {
          // Of equal length and traits; only the second holds the term.
          const content = words.join(' ')
          const pair = [memory(1000, `${content} cloud`, near), memory(1002, `${content} harbour`, near)]
          const results = ask('the harbour and Ana at sea', [...all, ...pair], on)
          const scoreOf = (key: number): number => results.find(one => one.key === key)?.score ?? 0
          expect(scoreOf(1002)).toBeGreaterThan(scoreOf(1000))
        },
      ),
    )
  })

  test('a candidate that is neither near nor holds a word changes nothing for those that do not stand beside it', () => {
    fc.assert(
      fc.property(candidates, stages, (all, on) => {
        const stranger = memory(5001, 'nothing of it', -0.5)
        const known = all.every(one => one.similarity !== null) || !on.dense
        fc.pre(known)
        expect(keysOf(ask('Ana at sea', [...all, stranger], on))).toEqual(keysOf(ask('Ana at sea', all, on)))
      }),
    )
  })
})

describe('weights', () => {
  test.each(WEIGHT_SETS)('%s: relevance is 1 in all, and traits never outweigh words', set => {
    const weights = WEIGHTS[set]
    const base = (weights.words ?? 0) + (weights.dense ?? 0) + (weights.activatedDense ?? 0)
    expect(base).toBeCloseTo(1, 2)
    expect(weights.words).toBeGreaterThan(0)
    expect((weights.words ?? 0) + (weights.onlyQuestion ?? 0) + (weights.asking ?? 0)).toBeGreaterThan(0)
    for (const feature of ['author', 'time', 'number'] as const)
      expect(weights[feature] ?? 0).toBeGreaterThanOrEqual(0)
    for (const feature of ['onlyQuestion', 'asking'] as const)
      expect(weights[feature] ?? 0).toBeLessThanOrEqual(0)
  })

  test('are of the stages that run, and say when and on what they were fitted', () => {
    const of = (activation: boolean, dense: boolean, priors: boolean): number[] => [
      ...weightsFor({ activation, dense, priors }),
    ]
    const stagesOf = FEATURES.map(feature => WEIGHTS['keyword+activation+priors'][feature] ?? 0)
    expect(of(true, false, true)).toEqual(stagesOf)
    expect(of(false, false, false)).toEqual(FEATURES.map(feature => (feature === 'words' ? 1 : 0)))
    expect(FITTED.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(FITTED.data).not.toBe('')
  })
})
