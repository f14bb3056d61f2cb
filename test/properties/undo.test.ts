/** Random histories of changes: each that is taken back, latest first, gives the state that was there before it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { IS_THOROUGH, pglite, sqliteMemory, type TestEngine, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'

const STEPS = [
  'remember',
  'remember',
  'propose',
  'quarantine',
  'revise',
  'claim',
  'move',
  'lower',
  'promote',
  'reject',
  'forget',
  'invalidate',
  'restore',
  'supersede',
  'supersede_by',
  'consolidate',
  'link',
  'unlink',
  'share',
  'alias',
  'set',
  'entity',
  'rename',
  'relate',
  'unrelate',
  'merge',
  'graduate',
  'resolve',
  'keep_both',
  'review',
  'undo',
] as const

interface Command {
  readonly step: (typeof STEPS)[number]
  readonly one: number
  readonly other: number
  readonly text: string
  readonly wait: number
}

const COMMAND: fc.Arbitrary<Command> = fc.record({
  step: fc.constantFrom(...STEPS),
  one: fc.nat(5),
  other: fc.nat(5),
  text: fc.constantFrom('heron', 'pond', 'gate', 'lamp'),
  wait: fc.constantFrom(0, 0, 1, 1000),
})

interface Known {
  readonly memories: string[]
  readonly entities: string[]
  readonly conflicts: string[]
  readonly receipts: { receipt: string; before: string }[]
}

interface Changed {
  readonly receipt: string | null
  readonly id?: string
  readonly superseded_by?: string | null
  readonly conflict?: { id: string } | null
}

const PROJECTS = ['apollo', 'beta'] as const

/** Null where the store has nothing yet that the step could be about. */
function call(memory: Heirloom, known: Known, command: Command): Promise<Changed> | null {
  const { step, one, other, text } = command
  const id = known.memories[one % Math.max(known.memories.length, 1)]
  const by = known.memories[(one + 1 + other) % Math.max(known.memories.length, 1)]
  const entity = known.entities[one % Math.max(known.entities.length, 1)]
  const far = known.entities[(one + 1 + (other % 2)) % Math.max(known.entities.length, 1)]
  const conflict = known.conflicts.at(-1)
  const project = PROJECTS[other % 2]!
  const slot = `${text} / count = ${other}` as never
  switch (step) {
    case 'remember':
      return memory.remember({ content: `${text} ${one}`, ...(other > 3 ? { project } : {}), slot })
    case 'propose':
      return memory.remember({ content: `${text} ${one}`, candidate: true, slot })
    case 'quarantine':
      return memory.remember({ content: `${text} ${one}`, third_party: true })
    case 'alias':
      return memory.project({ action: 'alias', name: project, alias: `p${one}` })
    case 'set':
      return memory.project({ action: 'set', name: project, read_slots: one > 2 })
    case 'entity':
      return memory.entity_create({ type: 'thing', name: text, properties: { count: other } })
  }
  if (entity !== undefined && far !== undefined) {
    switch (step) {
      case 'rename':
        return memory.entity_update({ id: entity, aliases: [`${text}s`], properties: { count: other } })
      case 'relate':
        return memory.relate({ source: entity, type: 'contains', target: far })
      case 'unrelate':
        return memory.unrelate({ source: entity, type: 'contains', target: far })
      case 'merge':
        return memory.entity_merge({ id: entity, into: far })
    }
  }
  if (conflict !== undefined && id !== undefined) {
    if (step === 'resolve') return memory.resolve({ id: conflict, winner: id })
    if (step === 'keep_both') return memory.resolve({ id: conflict, keep_both: true, because: 'both' })
  }
  const subject = one > 3 && entity !== undefined ? entity : id
  if (id === undefined || by === undefined || subject === undefined) return null
  switch (step) {
    case 'revise':
      return memory.revise({ id, content: `${text} ${other}`, tags: [text] })
    case 'claim':
      return memory.revise({ id, slot })
    case 'move':
      return memory.revise({ id, project })
    case 'lower':
      return memory.revise({ id, third_party: true })
    case 'promote':
    case 'reject':
    case 'forget':
    case 'invalidate':
    case 'restore':
      return memory[step]({ id: subject })
    case 'supersede':
      return memory.supersede({ id, content: `${text} ${other}` })
    case 'supersede_by':
      return memory.supersede({ id, by })
    case 'consolidate':
      return memory.consolidate({ from: [id, by], content: `${text} both`, supersede: other > 2 })
    case 'link':
      return memory.link({ target: id, type: 'derived_from', source: by })
    case 'unlink':
      return memory.unlink({ target: id, type: 'derived_from', source: by })
    case 'share':
      return memory.share({ id, to: `project:${project}` })
    case 'graduate':
      return memory.graduate({ id, type: 'thing', name: `${text} of ${other}` })
    case 'review':
      return memory.review({ promote: [id], reject: by === id ? [] : [by] })
    case 'undo':
      return known.receipts.length === 0
        ? null
        : memory.undo({ receipt: known.receipts[other % known.receipts.length]!.receipt })
    default:
      return null
  }
}

/** Refusals are part of the game; what goes wrong otherwise is not. */
const REFUSALS = new Set([
  'CONFLICT',
  'DUPLICATE',
  'ILLEGAL_TRANSITION',
  'INVALID_INPUT',
  'NOT_FOUND',
  'UNSUPPORTED',
  'ACCESS_DENIED',
])

async function change(memory: Heirloom, known: Known, command: Command): Promise<Changed | null> {
  try {
    return await call(memory, known, command)
  } catch (error) {
    if (REFUSALS.has((error as { code?: string }).code ?? '')) return null
    throw error
  }
}

function note(known: Known, step: Command['step'], { id, superseded_by, conflict }: Changed): void {
  const made = step === 'supersede' ? superseded_by : id
  const list = ['entity', 'rename'].includes(step) ? known.entities : known.memories
  const isNew = ['remember', 'propose', 'quarantine', 'supersede', 'consolidate', 'share', 'entity'].includes(
    step,
  )
  if (isNew && typeof made === 'string' && !list.includes(made)) list.push(made)
  if (conflict) known.conflicts.push(conflict.id)
}

/** Something of each kind, so that few steps have nothing to be about. */
async function begin(memory: Heirloom): Promise<Known> {
  const known: Known = { memories: [], entities: [], conflicts: [], receipts: [] }
  for (const content of ['heron 1', 'pond 2', 'gate 3']) {
    const { id } = await memory.remember({
      content,
      project: 'apollo',
      slot: `${content} / count = 1` as never,
    })
    known.memories.push(id)
  }
  await memory.remember({ content: 'lamp 1', project: 'beta' })
  const { conflict } = await memory.remember({
    content: 'four herons',
    project: 'apollo',
    slot: 'heron 1 / count = 4' as never,
  })
  known.conflicts.push(conflict?.id ?? '')
  for (const name of ['heron', 'pond', 'tower']) {
    known.entities.push((await memory.entity_create({ type: 'thing', name })).id)
  }
  await memory.relate({ source: 'tower', type: 'contains', target: 'pond' })
  return known
}

async function live(store: TestStore, commands: readonly Command[]): Promise<void> {
  const { memory, clock } = store
  const digest = async () => (await memory.digest({})).digest
  const known = await begin(memory)
  for (const command of commands) {
    clock.advance(command.wait)
    const before = await digest()
    const changed = await change(memory, known, command)
    if (changed === null) {
      expect(await digest(), `${command.step} was refused and changed something`).toBe(before)
      continue
    }
    note(known, command.step, changed)
    if (changed.receipt === null) expect(await digest(), `${command.step} without a receipt`).toBe(before)
    else known.receipts.push({ receipt: changed.receipt, before })
  }
  await expectSound(store)
  for (const { receipt, before } of known.receipts.toReversed()) {
    await memory.undo({ receipt })
    expect(await digest(), receipt).toBe(before)
  }
  await expectSound(store)
}

async function anyHistory(engine: TestEngine, runs: number, length: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(COMMAND, { minLength: 5, maxLength: length, size: 'max' }), async commands => {
      await using store = await engine.open({ actor: 'person' })
      await live(store, commands)
    }),
    { numRuns: runs },
  )
}

it('any history is taken back step by step, to the state before each', async () => {
  await anyHistory(sqliteMemory, 40, 25)
})

if (IS_THOROUGH) {
  const server = pglite()

  it('on the other engine as well', async () => {
    await anyHistory(server, 3, 15)
  })
}
