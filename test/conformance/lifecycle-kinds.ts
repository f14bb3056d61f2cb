/** The lifecycle of memories, entities and relationships: one table, the same verbs, by id. */
import { describe, expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { BOOTSTRAP_ID, type UserId } from '../../src/model/memory.ts'
import { actingAs } from '../kit/actors.ts'
import { openBeneath, type StoreBeneath, write } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

type State = 'candidate' | 'active' | 'superseded' | 'invalid' | 'retired'
type Step = 'promote' | 'reject' | 'supersede' | 'invalidate' | 'forget' | 'restore'
type Kind = 'memory' | 'entity' | 'relationship'

const STEPS: readonly Step[] = ['promote', 'reject', 'supersede', 'invalidate', 'forget', 'restore']

/** Where each step leads; what is not here is illegal. `restore` leads where it was before. */
const TABLE: Record<State, Partial<Record<Step, State>>> = {
  candidate: { promote: 'active', reject: 'invalid', forget: 'retired' },
  active: { promote: 'active', supersede: 'superseded', invalidate: 'invalid', forget: 'retired' },
  superseded: { forget: 'retired', restore: 'active' },
  invalid: { forget: 'retired', restore: 'active' },
  retired: { restore: 'active' },
}

const WAYS: Record<State, readonly Step[]> = {
  candidate: [],
  active: ['promote'],
  superseded: ['promote', 'supersede'],
  invalid: ['promote', 'invalidate'],
  retired: ['promote', 'forget'],
}

let count = 0

function newId(): string {
  return `01900000-0000-7000-9000-${(++count).toString(16).padStart(12, '0')}`
}

/** An entity that waits for review, as the store keeps it. */
export async function candidateEntity(store: StoreBeneath, over: object = {}): Promise<string> {
  const id = newId()
  const at = store.clock.now()
  const entity = {
    id,
    type: 'service',
    name: `service ${count}`,
    aliases: [],
    description: null,
    properties: {},
    ...standing(at),
    revision: 1,
    superseded_by: null,
    ...over,
  }
  await write(store, tx => tx.entities.create(entity as never))
  return id
}

async function candidateRelationship(store: StoreBeneath): Promise<string> {
  const [source_id, target_id] = [await candidateEntity(store), await candidateEntity(store)]
  const id = newId()
  const ends = { source_kind: 'entity', source_id, target_kind: 'entity', target_id }
  const relationship = { id, type: 'depends_on', ...ends, evidence_id: null, ...standing(store.clock.now()) }
  await write(store, tx => tx.relationships.create(relationship as never))
  return id
}

function standing(at: string) {
  return {
    project: null,
    status: 'candidate',
    earlier_statuses: [],
    trust: 'inferred',
    confidence: null,
    valid_from: null,
    valid_until: null,
    recorded_at: at,
    updated_at: at,
    version: 1,
    owner_user_id: BOOTSTRAP_ID as UserId,
    visibility: 'private',
    shared_with_groups: [],
  }
}

async function candidate(store: StoreBeneath, kind: Kind): Promise<string> {
  if (kind === 'entity') return candidateEntity(store)
  if (kind === 'relationship') return candidateRelationship(store)
  return (await store.memory.remember({ content: `memory ${++count}`, candidate: true })).id
}

async function take(store: StoreBeneath, kind: Kind, step: Step, id: string) {
  const { memory } = store
  if (step !== 'supersede') return memory[step]({ id })
  const by = await candidate(store, kind)
  await memory.promote({ id: by })
  return memory.supersede({ id, by })
}

async function statusOf(memory: Heirloom, id: string): Promise<string> {
  return (await memory.history({ id })).status
}

export function livingOfAllKinds(engine: TestEngine): void {
  describe('the lifecycle', () => {
    for (const kind of ['memory', 'entity', 'relationship'] as const) {
      for (const state of Object.keys(TABLE) as State[]) {
        // A relationship has no successor.
        if (kind === 'relationship' && state === 'superseded') continue
        it(`of a ${kind} that is ${state}`, async () => {
          await using store = await openBeneath(engine, { actor: 'person' })
          for (const step of STEPS) {
            if (kind === 'relationship' && step === 'supersede') continue
            const id = await candidate(store, kind)
            for (const before of WAYS[state]) await take(store, kind, before, id)
            expect(await statusOf(store.memory, id)).toBe(state)
            await expectStep(store, { kind, state, step, id })
          }
          await expectSound(store)
        })
      }
    }

    it('promoting what is active changes nothing and says so', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { id } = await store.memory.remember({ content: 'agreed already' })
      const done = await store.memory.promote({ id })
      expect(done).toMatchObject({ status: 'active', was: 'active', receipt: null })
      expect(done.notices.join()).toMatch(/active already/)
      expect((await store.memory.history({ id })).entries).toHaveLength(1)
    })

    it.each(['memory', 'entity', 'relationship'] as const)(
      'what a person took out of a %s’s life only a person brings back',
      async kind => {
        await using store = await openBeneath(engine, { actor: 'person' })
        const agent = actingAs('agent', store)
        for (const step of ['reject', 'invalidate', 'forget'] as const) {
          const id = await candidate(store, kind)
          if (step !== 'reject') await store.memory.promote({ id })
          await store.memory[step]({ id })
          const was = await statusOf(store.memory, id)
          const refused = agent.restore({ id })
          await expect(refused, step).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
          await expect(refused, step).rejects.toThrow(`heirloom restore ${id}`)
          expect(await statusOf(store.memory, id)).toBe(was)
          await store.memory.restore({ id })
        }
        const own = await candidate(store, kind)
        await store.memory.promote({ id: own })
        await agent.forget({ id: own })
        expect(await agent.restore({ id: own })).toMatchObject({ status: 'active' })
        await expectSound(store)
      },
    )

    it('a relationship has no successor', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const [id, by] = [await candidate(store, 'relationship'), await candidate(store, 'relationship')]
      for (const one of [id, by]) await store.memory.promote({ id: one })
      await expect(store.memory.supersede({ id, by })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    })

    it('is told by the journal, which is narrowed by kind and by actor', async () => {
      await using store = await openBeneath(engine, { actor: 'person' })
      const { memory } = store
      const id = await candidateEntity(store)
      store.clock.advance(1000)
      await memory.promote({ id, note: 'agreed on Monday' })
      const { entries, versions, subject } = await memory.history({ id })
      expect(subject).toBe('entity')
      expect(versions).toEqual([])
      expect(entries.map(({ note, subject_kind }) => [note, subject_kind])).toEqual([
        [null, 'entity'],
        ['agreed on Monday', 'entity'],
      ])
      const since = '2026-01-01T00:00:01Z'
      const found = await memory.journal({ subject_kind: 'entity', actor_kind: 'person', after: since })
      expect(found.entries.map(entry => [entry.operation, entry.subject_id])).toEqual([['promote', id]])
      expect((await memory.journal({ subject_kind: 'relationship' })).entries).toEqual([])
      expect((await memory.journal({ actor_kind: 'agent' })).entries).toEqual([])
    })
  })
}

async function expectStep(
  store: StoreBeneath,
  { kind, state, step, id }: { kind: Kind; state: State; step: Step; id: string },
): Promise<void> {
  const named = `${step} of a ${kind} that is ${state}`
  const to = TABLE[state][step]
  if (to !== undefined) {
    expect(await take(store, kind, step, id), named).toMatchObject({ subject: kind, was: state, status: to })
    expect(await statusOf(store.memory, id), named).toBe(to)
    return
  }
  const error = await take(store, kind, step, id).catch((caught: unknown) => caught)
  expect(error, named).toMatchObject({ code: 'ILLEGAL_TRANSITION' })
  expect(String(error)).toContain(`${kind} ${id}`)
  expect(String(error)).toContain(`it is ${state}`)
  expect(String(error)).toMatch(/becomes (candidate|active|superseded|invalid|retired)/)
  expect(await statusOf(store.memory, id), named).toBe(state)
}
