import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asOfNow,
  type Claim,
  type Conflict,
  closingTime,
  contested,
  contradict,
  isExpired,
  isSettled,
  losersTo,
  type Settled,
  settledBy,
  suggestedWinner,
  whatEnded,
  whyClosed,
} from '../../src/model/conflict.ts'

const NEVER: Settled = []

function claim(
  id: string,
  value: string,
  [from, until]: [string | null, string | null] = [null, null],
): Claim {
  return {
    subject_kind: 'memory',
    subject_id: id,
    value,
    value_key: value,
    trust: 'stated',
    valid_from: from,
    valid_until: until,
    recorded_at: '2026-01-01',
    said_subject: 'gateway',
    attribute: 'port',
  }
}

function conflict(ids: readonly string[], also: Partial<Conflict> = {}): Conflict {
  const members = ids.map(id => ({
    member_kind: 'memory',
    member_id: id.slice(0, 1),
    trust: 'stated',
    value: id.slice(1),
    value_key: id.slice(1),
    joined_at: '2026-01-01',
  }))
  return { id: 'c', status: 'open', resolution: null, closes_at: null, note: null, members, ...also } as never
}

const idsOf = (claims: readonly Claim[]) => claims.map(({ subject_id }) => subject_id).join('')

describe('contradiction', () => {
  it.each([
    ['other values, always', claim('a', '1'), claim('b', '2'), true],
    ['the same value', claim('a', '1'), claim('b', '1'), false],
    [
      'one ends as the other begins',
      claim('a', '1', [null, '2026-05']),
      claim('b', '2', ['2026-05', null]),
      false,
    ],
    [
      'they overlap for a while',
      claim('a', '1', [null, '2026-06']),
      claim('b', '2', ['2026-05', null]),
      true,
    ],
    [
      'one inside the other',
      claim('a', '1', ['2026-01', '2026-12']),
      claim('b', '2', ['2026-05', '2026-06']),
      true,
    ],
    ['one long over', claim('a', '1', [null, '2025-01']), claim('b', '2', ['2026-01', '2026-02']), false],
  ])('%s', (_what, a, b, expected) => {
    expect(contradict(a, b)).toBe(expected)
    expect(contradict(b, a)).toBe(expected)
  })

  it('is between those that differ; the rest of the slot is left out', () => {
    const claims = [
      claim('a', '1', [null, '2026-02']),
      claim('b', '2', ['2026-03', null]),
      claim('c', '3', ['2026-04', null]),
    ]
    expect(idsOf(contested(claims, NEVER))).toBe('bc')
    expect(contested(claims.slice(0, 2), NEVER)).toEqual([])
  })

  it('that people settled is none while both claim what they claimed then', () => {
    const kept = conflict(['a1', 'b2'], { resolution: 'kept_both' })
    const claims = [claim('a', '1'), claim('b', '2')]
    expect(contested(claims, settledBy([kept]))).toEqual([])
    expect(contested(claims, settledBy([{ ...kept, resolution: 'dismissed' }]))).toEqual([])
    for (const resolution of ['winner', 'superseded', 'expired', null] as const)
      expect(contested(claims, settledBy([{ ...kept, resolution }]))).toHaveLength(2)
    expect(contested([claim('a', '3'), claim('b', '2')], settledBy([kept]))).toHaveLength(2)
    expect(idsOf(contested([...claims, claim('c', '3')], settledBy([kept])))).toBe('abc')
    // Two decisions, each about a pair, say nothing about the third pair.
    const other = conflict(['b2', 'c3'], { resolution: 'kept_both' })
    expect(idsOf(contested([...claims, claim('c', '3')], settledBy([kept, other])))).toBe('ac')
  })

  it('is found among many as it is between two', () => {
    const month = fc.option(fc.constantFrom('2026-01', '2026-02', '2026-03', '2026-04'), { nil: null })
    const drawn = fc.array(fc.tuple(fc.constantFrom('1', '2', '3'), month, month), { maxLength: 8 })
    const decisions = fc.array(fc.array(fc.constantFrom('a1', 'b1', 'b2', 'c3', 'd1', 'e2', 'f3')), {
      maxLength: 3,
    })
    fc.assert(
      fc.property(drawn, decisions, (list, kept) => {
        const settled = settledBy(kept.map(ids => conflict(ids, { resolution: 'kept_both' })))
        const claims = list.map(([value, from, until], at) => claim('abcdefgh'[at]!, value, [from, until]))
        const plain = claims.filter(one =>
          claims.some(other => other !== one && contradict(one, other) && !isSettled(settled, one, other)),
        )
        expect(contested(claims, settled)).toEqual(plain)
      }),
      { numRuns: 2000 },
    )
  })

  // Pair by pair this would be hours.
  it('is found among a hundred thousand', () => {
    const day = (at: number) => new Date(at * 86_400_000).toISOString()
    const many = Array.from({ length: 100_000 }, (_, at) =>
      claim(`a${at}`, at % 2 === 0 ? '1' : '2', [day(at), day(at + 1)]),
    )
    const late = claim('late', '3', [day(99_999), null])
    expect(contested(many)).toEqual([])
    expect(contested([...many, late])).toEqual([many.at(-1), late])
    expect(closingTime([...many, late])).toBe(day(100_000))
  })

  it('loses against the winner where both hold at once and nobody has kept the two', () => {
    const winner = claim('a', '1', [null, '2026-05'])
    const claims = [
      winner,
      claim('b', '1'),
      claim('c', '2'),
      claim('d', '3', ['2026-05', null]),
      claim('e', '4'),
    ]
    expect(idsOf(losersTo(winner, claims, NEVER))).toBe('ce')
    expect(
      idsOf(losersTo(winner, claims, settledBy([conflict(['a1', 'e4'], { resolution: 'kept_both' })]))),
    ).toBe('c')
  })
})

describe('the time at which a conflict closes by itself', () => {
  it.each([
    ['never, where nothing expires', [claim('a', '1'), claim('b', '2')], null],
    [
      'with the first of two',
      [claim('a', '1', [null, '2026-02']), claim('b', '2', [null, '2026-03'])],
      '2026-02',
    ],
    [
      'with the second of three',
      [claim('a', '1', [null, '2026-02']), claim('b', '2', [null, '2026-03']), claim('c', '3')],
      '2026-03',
    ],
    [
      'with the last that says the same',
      [claim('a', '1', [null, '2026-02']), claim('b', '1', [null, '2026-04']), claim('c', '2')],
      '2026-04',
    ],
    [
      'never, where one of two that agree stays',
      [claim('a', '1', [null, '2026-02']), claim('b', '1'), claim('c', '2')],
      null,
    ],
    [
      'when those that are left do not overlap',
      [
        claim('a', '1', [null, '2026-03']),
        claim('b', '2', ['2026-02', '2026-05']),
        claim('c', '3', ['2026-05', null]),
      ],
      '2026-03',
    ],
  ])('%s', (_what, claims, expected) => {
    expect(closingTime(claims)).toBe(expected)
  })

  it('counts pairs that were settled for nothing', () => {
    const settled = settledBy([conflict(['b2', 'c3'], { resolution: 'kept_both' })])
    const claims = [claim('a', '1', [null, '2026-02']), claim('b', '2'), claim('c', '3')]
    expect(closingTime(claims)).toBeNull()
    expect(closingTime(claims, settled)).toBe('2026-02')
  })

  it('is the first time at which nothing contradicts, whatever is claimed', () => {
    const month = fc.option(fc.constantFrom('2026-01', '2026-02', '2026-03', '2026-04', '2026-05'), {
      nil: null,
    })
    const claims = fc.array(fc.tuple(fc.constantFrom('1', '2', '3'), month, month), {
      minLength: 2,
      maxLength: 6,
    })
    fc.assert(
      fc.property(claims, drawn => {
        const all = drawn.map(([value, from, until], at) => claim(String(at), value, [from, until]))
        const openAt = (at: string) =>
          contested(
            all.filter(one => !isExpired(one, at)),
            NEVER,
          ).length > 0
        const times = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05']
        const first = times.find(at => !openAt(at)) ?? null
        if (contested(all, NEVER).length > 0) expect(closingTime(all)).toBe(first)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the suggested winner', () => {
  const member = (id: string, trust: 'stated' | 'observed' | 'inferred', said_at: string) => ({
    id,
    trust,
    said_at,
  })

  it.each([
    [
      'the most trusted, though it is older',
      [member('a', 'inferred', '2026-03'), member('b', 'stated', '2026-01')],
      'b',
    ],
    [
      'of equal trust, the latest',
      [member('a', 'observed', '2026-03'), member('b', 'observed', '2026-01')],
      'a',
    ],
    [
      'of one moment, the one made last',
      [member('a', 'observed', '2026-03'), member('b', 'observed', '2026-03')],
      'b',
    ],
  ])('%s', (_what, members, expected) => {
    expect(suggestedWinner(members)?.id).toBe(expected)
    expect(suggestedWinner(members.toReversed())?.id).toBe(expected)
  })

  it('is nobody where nobody claims it', () => {
    expect(suggestedWinner([])).toBeNull()
  })
})

describe('how a conflict ended', () => {
  it('by an expiry, at the time of that, though nobody wrote it', () => {
    const open = conflict(['a1', 'b2'], { closes_at: '2026-02' })
    expect(asOfNow(open, '2026-01').status).toBe('open')
    expect(asOfNow(open, '2026-02')).toMatchObject({
      status: 'closed',
      resolution: 'expired',
      resolved_at: '2026-02',
    })
    expect(whatEnded(open, '2026-01')).toBeNull()
    expect(whatEnded(open, '2026-03')).toMatch(/closed by itself, at 2026-02.*expired/)
  })

  it('by a person, with how, when and why', () => {
    const by = { resolved_at: '2026-02', resolved_by_kind: 'person', status: 'resolved' } as const
    const won = conflict(['a1'], { ...by, resolution: 'winner', winner_id: 'a' })
    expect(whatEnded(won, '2026-03')).toBe('Conflict c was resolved already, by person at 2026-02: a won.')
    const kept = conflict(['a1'], { ...by, resolution: 'kept_both', note: 'two listeners' })
    expect(whatEnded(kept, '2026-03')).toContain('all were kept, because: two listeners')
  })

  it('by itself, with those that went', () => {
    const open = conflict(['a1', 'b2', 'd3'])
    expect(whyClosed(open, new Set(['a']))).toBe('b, d no longer claim it, so that fewer than two differ.')
    expect(whyClosed(open, new Set(['a', 'd']))).toMatch(/^b no longer claims it/)
    expect(whyClosed(open, new Set(['a', 'b', 'd']))).toBe('Its members do not differ any more.')
  })
})
