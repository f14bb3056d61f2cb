/** Random lives lived on both engines, by one clock and with the same ids, leave stores of one digest. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { pglite, sqliteMemory, type TestStore } from '../kit/engines.ts'

const TEXTS = ['heron red', 'heron blue', 'Ente grün', '鷺は立つ', 'a "quoted"\n\ttext \u0007'] as const

const PROJECTS = ['Lake', 'lake', 'élan', 'zoo'] as const

const MOVES = ['forget', 'invalidate', 'restore', 'get'] as const

interface Command {
  readonly step: 'remember' | 'revise' | 'supersede' | 'ingest' | 'alias' | 'clear' | (typeof MOVES)[number]
  readonly target: number
  readonly text: string
  readonly project: string | undefined
  readonly tags: string[]
  readonly metadata: Record<string, unknown>
  readonly confidence: number
  readonly wait: number
}

/** Often the same in another order: PostgreSQL keeps keys in an order of its own, the shorter ones first. */
const METADATA: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.constantFrom({}, { b: 1, aa: 2 }, { aa: 2, b: 1 }, { n: { b: [1], aa: 2 } }, { n: { aa: 2, b: [1] } }),
  fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
)

const COMMAND: fc.Arbitrary<Command> = fc.record({
  step: fc.constantFrom(
    ...(['remember', 'remember', 'revise', 'supersede', 'ingest', 'alias', 'clear'] as const),
    ...MOVES,
  ),
  target: fc.nat(9),
  text: fc.constantFrom(...TEXTS),
  project: fc.option(fc.constantFrom(...PROJECTS), { nil: undefined }),
  tags: fc.uniqueArray(fc.constantFrom('b', 'a', 'ä', 'Z'), { maxLength: 3 }),
  metadata: METADATA,
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  wait: fc.constantFrom(0, 1, 1000),
})

function toMarkdown({ text, tags }: Command): string {
  return ['# Herons', '', text, ...tags.flatMap(tag => ['', `## ${tag}`, '', `${tag} of ${text}`])].join('\n')
}

/** Ids are those that `ids` counted, so that a command means the same memory on each engine. */
async function take(memory: Heirloom, ids: string[], command: Command): Promise<unknown> {
  const { step, text, project, tags, metadata, confidence } = command
  const id = ids[command.target % ids.length] ?? ''
  const what = { content: text, tags, metadata, confidence, ...(project === undefined ? {} : { project }) }
  switch (step) {
    case 'remember': {
      const made = await memory.remember({ ...what, slot: { subject: 's', attribute: 'a', value: text } })
      ids.push(made.id)
      return made.outcome
    }
    case 'revise':
      return (await memory.revise({ id, ...what })).outcome
    case 'supersede':
      return (await memory.supersede({ id, content: text, note: 'moved' })).status
    case 'ingest':
      return (await memory.ingest({ text: toMarkdown(command), name: `${command.target % 2}.md`, tags }))
        .passages
    case 'alias':
      return memory.project({ action: 'alias', name: project ?? 'Lake', alias: `${text.slice(0, 3)}!` })
    case 'clear':
      return (await memory.revise({ id, clear: ['project', 'slot', 'confidence'] })).outcome
    default:
      return (await memory[step]({ id })).status
  }
}

async function live({ memory, clock }: TestStore, commands: readonly Command[]): Promise<unknown[]> {
  const ids: string[] = []
  const answers: unknown[] = []
  await memory.remember({ content: 'the first heron', project: 'Lake' })
  for (const command of commands) {
    clock.advance(command.wait)
    answers.push(await take(memory, ids, command).catch((error: { code?: string }) => error.code))
  }
  return answers
}

const engine = pglite()

it('equal histories give equal digests on both engines, and one changed row another one', async () => {
  const done = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(COMMAND, { minLength: 5, maxLength: 30 }), async commands => {
      await using here = await sqliteMemory.open()
      await using there = await engine.open()
      const answers = await live(here, commands)
      expect(await live(there, commands)).toEqual(answers)
      for (const [index, { step }] of commands.entries()) {
        if (!/^[A-Z_]+$/.test(String(answers[index]))) done.add(step)
      }
      const expected = await here.memory.digest({})
      expect(await there.memory.digest({})).toEqual(expected)

      await there.raw(`update memories set title = 'changed' where content = 'the first heron'`)
      const { tables, ...changed } = await there.memory.digest({})
      const { memories, ...others } = tables
      const { memories: before, ...expectedOthers } = expected.tables
      expect(others).toEqual(expectedOthers)
      expect(memories?.rows).toBe(before?.rows)
      expect([memories?.state, memories?.full, changed.digest, changed.full]).not.toContain(before?.state)
      expect(changed.digest).not.toBe(expected.digest)
      expect(changed.full).not.toBe(expected.full)
    }),
    { numRuns: 20 },
  )
  expect([...done].sort()).toEqual([
    'alias',
    'clear',
    'forget',
    'get',
    'ingest',
    'invalidate',
    'remember',
    'restore',
    'revise',
    'supersede',
  ])
})
