import { describe, expect, it } from 'vitest'
import { actingAs } from '../kit/actors.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { candidateEntity } from './lifecycle-kinds.ts'

const person = (engine: TestEngine) => openBeneath(engine, { actor: 'person' })

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'nothing',
    (error: unknown) => String(error),
  )

const slot = (value: string) => `gateway / port = ${value}` as never

export async function idsOf({ memory }: Pick<StoreBeneath, 'memory'>, query: object = {}): Promise<string[]> {
  const { groups } = await memory.review(query)
  return groups.flatMap(({ items }) => items.map(({ id }) => id))
}

export function reviewing(engine: TestEngine): void {
  describe('review', () => {
    listing(engine)
    deciding(engine)
  })
}

function listing(engine: TestEngine): void {
  it('shows what waits with all that bears on it', async () => {
    await using store = await person(engine)
    const { memory } = store
    const known = await memory.remember({
      content: 'The gateway of apollo listens on port 8080',
      slot: slot('8080'),
      project: 'apollo',
    })
    const agent = actingAs('agent', store)
    const { id } = await agent.remember({
      content: 'The gateway of apollo listens on port 9090',
      slot: slot('9090'),
      project: 'apollo',
      candidate: true,
      note: 'read in a log',
    })
    const { groups, truncated, cursor } = await memory.review({})
    expect([truncated, cursor]).toEqual([false, null])
    expect(groups).toMatchObject([{ project: 'apollo', source: { kind: 'session', name: 'session 1' } }])
    expect(groups[0]?.items).toMatchObject([
      {
        id,
        subject: 'memory',
        status: 'candidate',
        trust: 'inferred',
        by: 'agent',
        through: 'claude',
        operation: 'remember',
        note: 'read in a log',
        recorded_at: store.clock.now(),
        near: [{ id: known.id, content: 'The gateway of apollo listens on port 8080' }],
        slots: [
          {
            value: '9090',
            filled_by: [{ kind: 'memory', id: known.id, value: '8080', trust: 'stated' }],
            contradicts: [known.id],
            joins: null,
          },
        ],
      },
    ])
    expect(groups[0]?.items[0]?.near[0]?.similarity).toBeGreaterThan(0.6)
    expect((await memory.conflicts({})).conflicts).toEqual([])
    const { decided } = await memory.review({ promote: [id] })
    expect(decided[0]?.conflict?.members.map(({ id }) => id).sort()).toEqual([known.id, id].sort())
    await expectSound(store)
  })

  it('offers what recall finds where nothing is nearly the same', async () => {
    await using store = await person(engine)
    const { memory } = store
    const { id } = await memory.remember({ content: 'Herons nest by the pond behind the mill' })
    await memory.remember({
      content: 'A heron was seen on Tuesday, says the keeper of the mill',
      candidate: true,
    })
    const [group] = (await memory.review({})).groups
    expect(group?.source).toEqual({ kind: 'person', name: null })
    expect(group?.items[0]?.near).toMatchObject([{ id, similarity: null }])
    expect(group?.items[0]?.slots).toEqual([])
  })

  it('tells the open conflict that promoting would join, and nothing of what people kept', async () => {
    await using store = await person(engine)
    const { memory } = store
    await memory.remember({ content: 'one', slot: slot('1') })
    const { conflict } = await memory.remember({ content: 'two', slot: slot('2') })
    const third = await memory.remember({ content: 'three', slot: slot('3'), candidate: true })
    const [item] = (await memory.review({})).groups[0]?.items ?? []
    expect(item?.slots[0]?.joins).toBe(conflict?.id)
    expect(item?.slots[0]?.contradicts).toHaveLength(2)
    const { decided } = await memory.review({ promote: [third.id] })
    expect(decided[0]?.conflict?.id).toBe(conflict?.id)
    await memory.resolve({ id: conflict?.id ?? '', keep_both: true, because: 'three gateways' })
    await memory.revise({ id: third.id, third_party: true })
    const [again] = (await memory.review({})).groups[0]?.items ?? []
    expect(again).toMatchObject({ status: 'active', trust: 'untrusted' })
    expect(again?.slots[0]?.contradicts).toEqual([])
    await expectSound(store)
  })

  it('groups by project and source, is narrowed, and goes on page by page', async () => {
    await using store = await person(engine)
    const { memory } = store
    await memory.ingest({
      text: '# One\n\nFirst.\n\n# Two\n\nSecond.',
      name: 'far.md',
      third_party: true,
      project: 'beta',
    })
    await memory.remember({ content: 'x', candidate: true, author: 'Ada', kind: 'decision' })
    await candidateEntity(store, { name: 'Beacon', description: 'It is lit', properties: { port: '1' } })
    const { groups } = await memory.review({})
    expect(
      groups.map(({ project, source, items }) => [project, source.kind, source.name, items.length]),
    ).toEqual([
      [null, 'person', null, 1],
      [null, 'person', 'Ada', 1],
      ['beta', 'document', 'far.md', 2],
    ])
    expect(groups[0]?.items[0]).toMatchObject({
      subject: 'entity',
      kind: 'service',
      title: 'Beacon',
      content: 'It is lit',
    })
    const all = await idsOf(store)
    expect(all).toHaveLength(4)
    expect(await idsOf(store, { project: 'beta' })).toHaveLength(2)
    expect(await idsOf(store, { author: 'Ada' })).toHaveLength(1)
    expect(await idsOf(store, { kind: 'decision' })).toHaveLength(1)
    expect(await idsOf(store, { kind: 'service' })).toHaveLength(1)
    const first = await memory.review({ limit: 3 })
    expect(first.truncated).toBe(true)
    const rest = await idsOf(store, { limit: 3, cursor: first.cursor ?? '' })
    expect(new Set([...first.groups.flatMap(({ items }) => items.map(({ id }) => id)), ...rest])).toEqual(
      new Set(all),
    )
    expect(rest).toHaveLength(1)
    expect((await memory.review({ project: 'nowhere' })).notices).toEqual(['Nothing waits for review.'])
  })
}

function deciding(engine: TestEngine): void {
  it('decides many at once, each with its note and tags, and is taken back at once', async () => {
    await using store = await person(engine)
    const { memory } = store
    const [one = '', two = '', three = ''] = await Promise.all(
      ['The lens is ground', 'The mirror is flat', 'The lamp is blue'].map(
        async (content, index) =>
          (
            await memory.remember({
              content,
              project: `p${index}`,
              candidate: index !== 1,
              third_party: index === 1,
            })
          ).id,
      ),
    )
    const before = (await memory.digest({})).digest
    const decisions = JSON.stringify([
      { id: one, decision: 'promote', tags: ['Optics'], note: 'seen' },
      { id: two, decision: 'promote', tags: ['optics'] },
      { id: three, decision: 'reject', note: 'it is red' },
    ])
    const { decided, receipt, groups } = await memory.review({ decisions, note: 'Monday' })
    expect(groups).toEqual([])
    expect(decided.map(({ decision, was, status }) => [decision, was, status])).toEqual([
      ['promote', 'candidate', 'active'],
      ['promote', 'candidate', 'active'],
      ['reject', 'candidate', 'invalid'],
    ])
    expect((await memory.get({ id: two })).trust).toBe('observed')
    const { entries } = await memory.journal({ operation: 'review' })
    expect(
      entries.map(({ note, subject_id, actor_kind }) => [subject_id, note, actor_kind]).reverse(),
    ).toEqual([
      [one, 'seen', 'person'],
      [two, 'Monday', 'person'],
      [three, 'it is red', 'person'],
    ])
    const found = await memory.recall({ query: 'lens mirror lamp', tags: ['OPTICS'] })
    expect(found.results.map(({ id, project }) => [id, project]).sort()).toEqual(
      [
        [one, 'p0'],
        [two, 'p1'],
      ].sort(),
    )
    await memory.undo({ receipt: receipt ?? '' })
    expect((await memory.digest({})).digest).toBe(before)
    expect(await idsOf(store)).toHaveLength(3)
    await expectSound(store)
  })

  it('does nothing where one decision cannot be carried out, and names each', async () => {
    await using store = await person(engine)
    const { memory } = store
    const good = (await memory.remember({ content: 'x', candidate: true })).id
    const retired = (await memory.remember({ content: 'y' })).id
    await memory.forget({ id: retired })
    const unknown = '01900000-0000-7000-8000-00000000ffff'
    const entity = await candidateEntity(store)
    const decisions = [
      { id: good, decision: 'promote' },
      { id: retired, decision: 'promote' },
      { id: unknown, decision: 'reject' },
      { id: good, decision: 'reject' },
      { id: entity, decision: 'promote', tags: ['optics'] },
    ]
    const error = await refusal(memory.review({ decisions }))
    for (const part of [
      `there is no ${unknown}`,
      `${good} is decided twice`,
      'it is retired',
      'which has no tags',
    ])
      expect(error).toContain(part)
    expect((await memory.get({ id: good })).status).toBe('candidate')
    for (const bad of [
      '[',
      '{}',
      '[]',
      '[{"id":"x","decision":"promote"}]',
      [{ id: good, decision: 'keep' }],
    ])
      await expect(memory.review({ decisions: bad })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    for (const [bad, told] of [
      ['[{"id": "a" "b"}]', /this is not JSON: .*line 1 column 13/],
      ['[{"id": nope}]', /this is not JSON: .*nope/],
      ['{}', /they are a list/],
      [[{ decision: 'promote' }], /decision 1, id: is missing/],
      [[{ id: 7, decision: 'promote' }], /decision 1, id: must be of the type string/],
      [
        [
          { id: good, decision: 'promote' },
          { id: good, decision: 'keep' },
        ],
        /decision 2, decision: is promote/,
      ],
      [[{ id: good, decision: 'promote', why: 'x' }], /decision 1: there is no “why”/],
      [['promote'], /decision 1: must be of the type object/],
      [Array(9).fill(null), /decision 5: [^;]*; and 4 more/],
    ] as const) {
      const refused = await refusal(memory.review({ decisions: bad as never }))
      expect(refused).toMatch(told)
      expect(refused).toContain('Write them like [{"id": "0198c0de-')
    }
    const tagged = [{ id: good, decision: 'reject', tags: ['a'] }]
    await expect(memory.review({ decisions: tagged })).rejects.toThrow(/tags are set on promotion/)
    await expectSound(store)
  })

  it('is for people: agents may look and not decide', async () => {
    await using store = await person(engine)
    const agent = actingAs('agent', store)
    const { id } = await agent.remember({ content: 'x', candidate: true })
    const third = await agent.remember({ content: 'y', third_party: true })
    expect(await idsOf({ memory: agent })).toHaveLength(2)
    const calls = [
      () => agent.review({ promote: [id] }),
      () => agent.promote({ id }),
      () => agent.promote({ id: third.id }),
      () => agent.reject({ id }),
      () => agent.project({ action: 'set', name: 'apollo', review: 'none' }),
    ]
    for (const call of calls) expect(await refusal(call())).toMatch(/ask the user to run: heirloom/i)
    await agent.forget({ id })
    expect(await idsOf(store)).toEqual([third.id])
    await expectSound(store)
  })

  it('turns down what was active before its source was found to be somebody else’s', async () => {
    await using store = await person(engine)
    const { memory } = store
    const { id } = await memory.remember({ content: 'x' })
    await memory.revise({ id, third_party: true })
    expect(await idsOf(store)).toEqual([id])
    const { decided } = await memory.review({ reject: [id] })
    expect(decided).toMatchObject([{ was: 'active', status: 'invalid' }])
    await expectSound(store)
  })
}
