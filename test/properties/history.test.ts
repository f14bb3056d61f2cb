/** Random lives of a few memories, against a model of a page: what may happen, and what was there when. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { sqliteMemory, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { ANY_STATUS } from '../kit/samples.ts'

const TEXTS = ['heron red', 'heron blue', 'heron green', 'heron grey', 'heron black'] as const

type Step = 'forget' | 'invalidate' | 'restore' | 'revise' | 'supersede'

interface Command {
  readonly step: Step | 'remember'
  readonly target: number
  readonly text: string
  readonly wait: number
}

interface Version {
  readonly at: string
  readonly status: string
  readonly content: string
}

interface Modelled {
  readonly id: string
  status: string
  earlier: string[]
  content: string
  readonly versions: Version[]
  /** Entries of the journal about links to a successor that came or went. */
  linkEntries: number
}

const COMMAND: fc.Arbitrary<Command> = fc.record({
  step: fc.constantFrom(
    'remember',
    'remember',
    'forget',
    'invalidate',
    'restore',
    'restore',
    'revise',
    'supersede',
  ),
  target: fc.nat(9),
  text: fc.constantFrom(...TEXTS),
  wait: fc.constantFrom(0, 0, 1, 1000),
})

const FROM: Record<Step, readonly string[]> = {
  forget: ['active', 'superseded', 'invalid'],
  invalidate: ['active'],
  restore: ['retired', 'superseded', 'invalid'],
  revise: ['active'],
  supersede: ['active'],
}

class Model {
  readonly memories: Modelled[] = []

  activeWith(content: string, but?: Modelled): Modelled | undefined {
    return this.memories.find(
      known => known.status === 'active' && known.content === content && known !== but,
    )
  }

  add(id: string, content: string, at: string): void {
    this.memories.push({
      id,
      status: 'active',
      earlier: [],
      content,
      versions: [{ at, status: 'active', content }],
      linkEntries: 0,
    })
  }

  /** What a step on a memory must come to: an error's code, or the state it is in afterwards. */
  expected({ step, text }: Command & { step: Step }, memory: Modelled): string {
    if (!FROM[step].includes(memory.status)) return 'ILLEGAL_TRANSITION'
    if (step === 'revise') {
      if (text === memory.content) return 'active'
      return this.activeWith(text) ? 'DUPLICATE' : 'active'
    }
    if (step === 'supersede') return this.activeWith(text, memory) ? 'DUPLICATE' : 'superseded'
    if (step !== 'restore') return step === 'forget' ? 'retired' : 'invalid'
    const before = memory.earlier.at(-1) ?? 'none'
    return before === 'active' && this.activeWith(memory.content, memory) ? 'DUPLICATE' : before
  }

  move(memory: Modelled, step: Step, status: string, content: string, at: string): void {
    if (step === 'supersede' || (step === 'restore' && memory.status === 'superseded')) memory.linkEntries++
    if (step === 'restore') memory.earlier.pop()
    else if (step !== 'revise') memory.earlier.push(memory.status)
    memory.status = status
    memory.content = content
    memory.versions.push({ at, status, content })
  }
}

async function remember(store: TestStore, model: Model, { text }: Command): Promise<void> {
  const known = model.activeWith(text)
  const { id, outcome, recorded_at } = await store.memory.remember({ content: text })
  expect(outcome).toBe(known === undefined ? 'remembered' : 'already_known')
  if (known === undefined) model.add(id, text, recorded_at)
  else expect(id).toBe(known.id)
}

function call(memory: Heirloom, { step, text }: Command & { step: Step }, id: string): Promise<unknown> {
  if (step === 'revise') return memory.revise({ id, content: text })
  if (step === 'supersede') return memory.supersede({ id, content: text })
  return memory[step]({ id })
}

async function take(store: TestStore, model: Model, command: Command & { step: Step }): Promise<void> {
  const { step, target, text } = command
  const memory = model.memories[target % model.memories.length]!
  const expected = model.expected(command, memory)
  const result = await call(store.memory, command, memory.id).then(
    () => null,
    (error: unknown) => error as { code: string; message: string },
  )
  if (result !== null) {
    expect(result.code).toBe(expected)
    if (expected === 'ILLEGAL_TRANSITION') {
      expect(result.message).toContain(`is ${memory.status}`)
      for (const from of FROM[step]) expect(result.message).toContain(from)
    }
    return
  }
  const after = await store.memory.get({ id: memory.id })
  expect(after.status).toBe(expected)
  if (step === 'revise' && text === memory.content) return
  model.move(memory, step, after.status, step === 'revise' ? text : memory.content, after.updated_at)
  if (step !== 'supersede') return
  const successor = await store.memory.get({ id: after.superseded_by ?? '' })
  model.add(successor.id, text, successor.recorded_at)
}

async function expectPast({ memory }: TestStore, model: Model): Promise<void> {
  const times = new Set(
    model.memories.flatMap(known => known.versions.map(version => Date.parse(version.at))),
  )
  for (const time of [...times].flatMap(at => [at - 1, at])) {
    const as_of = new Date(time).toISOString()
    const live: string[] = []
    for (const { id, versions } of model.memories) {
      const then = versions.findLast(version => version.at <= as_of)
      if (then?.status === 'active') live.push(`${id} ${then.content}`)
      const found = await memory.get({ id, as_of }).catch(() => undefined)
      expect(found?.content).toBe(then?.content)
      expect(found?.status).toBe(then?.status)
    }
    const { results } = await memory.recall({ query: 'heron', as_of, limit: 100, without: ['diversify'] })
    expect(results.map(({ id, content }) => `${id} ${content}`).sort(), as_of).toEqual(live.sort())
  }
}

it('any history takes only legal steps, and the past can be read as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(COMMAND, { minLength: 3, maxLength: 25 }), async commands => {
      await using store = await sqliteMemory.open()
      const model = new Model()
      for (const command of commands) {
        store.clock.advance(command.wait)
        if (command.step === 'remember' || model.memories.length === 0) await remember(store, model, command)
        else await take(store, model, command as Command & { step: Step })
      }
      const contents = new Map(model.memories.map(({ id, content }) => [id, content]))
      await expectSound(store, contents)
      const { results } = await store.memory.list({ ...ANY_STATUS, limit: 100 })
      expect(results).toHaveLength(model.memories.length)
      for (const { id, versions, linkEntries } of model.memories) {
        const history = await store.memory.history({ id })
        expect(history.versions.map(({ status, content }) => [status, content])).toEqual(
          versions.map(({ status, content }) => [status, content]),
        )
        const kinds = Map.groupBy(history.entries, entry => entry.subject_kind)
        expect(kinds.get('memory')).toHaveLength(versions.length)
        expect(kinds.get('link') ?? []).toHaveLength(linkEntries)
        expect(history.entries).toHaveLength(versions.length + linkEntries)
      }
      await expectPast(store, model)
    }),
    { numRuns: 60 },
  )
})
