/** Random histories of claims about two slots, against a model of a page: what should be open, and who is in it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Heirloom } from '../../src/heirloom.ts'
import { sqliteMemory, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { openConflicts } from '../kit/slots.ts'

const HOUR = 60 * 60 * 1000
const SLOTS = [0, 1] as const

const STEPS = [
  'remember',
  'remember',
  'remember',
  'propose',
  'revise',
  'promote',
  'invalidate',
  'forget',
  'restore',
  'advance',
  'keep',
  'dismiss',
  'resolve',
  'undo',
] as const

interface Command {
  readonly step: (typeof STEPS)[number]
  readonly target: number
  readonly slot: 0 | 1
  readonly value: string
  /** Hours that a memory is valid, or that pass. */
  readonly hours: number
}

const COMMAND: fc.Arbitrary<Command> = fc.record({
  step: fc.constantFrom(...STEPS),
  target: fc.nat(7),
  slot: fc.constantFrom(...SLOTS),
  value: fc.constantFrom('8080', '9090', '7070'),
  hours: fc.constantFrom(1, 2, 5, 1000),
})

interface Modelled {
  readonly id: string
  readonly slot: number
  readonly until: string
  value: string
  status: string
  earlier: string[]
}

/** The members of an open conflict with what each claimed last. */
type Members = Map<string, string>

class Model {
  memories: Modelled[] = []
  /** Decisions that people took: who stood there with which values. */
  settled: Members[] = []
  open: (Members | null)[] = SLOTS.map(() => null)

  copy(): Model {
    const copy = new Model()
    copy.memories = this.memories.map(memory => ({ ...memory, earlier: [...memory.earlier] }))
    copy.settled = this.settled.map(members => new Map(members))
    copy.open = this.open.map(members => (members === null ? null : new Map(members)))
    return copy
  }

  claims(slot: number, now: string): Modelled[] {
    return this.memories.filter(
      known => known.slot === slot && known.status === 'active' && known.until > now,
    )
  }

  contradict(a: Modelled, b: Modelled): boolean {
    const stood = (members: Members, one: Modelled) => members.get(one.id) === one.value
    return a.value !== b.value && !this.settled.some(members => stood(members, a) && stood(members, b))
  }

  /** What follows from what is claimed now. */
  follow(now: string): void {
    for (const slot of SLOTS) {
      const claims = this.claims(slot, now)
      const disputed = claims.filter(one => claims.some(other => this.contradict(one, other)))
      const before = this.open[slot] ?? null
      const taking = claims.filter(one => disputed.includes(one) || before?.has(one.id))
      this.open[slot] =
        disputed.length === 0
          ? null
          : new Map([...(before ?? []), ...taking.map(one => [one.id, one.value] as const)])
    }
  }

  move(memory: Modelled, status: string): void {
    memory.earlier.push(memory.status)
    memory.status = status
  }
}

interface Life {
  readonly memory: Heirloom
  readonly clock: TestStore['clock']
  model: Model
  /** How to take back the last change, and what was before it. */
  last: { readonly receipt: string; readonly before: Model } | null
  count: number
}

const FROM: Partial<Record<Command['step'], readonly string[]>> = {
  revise: ['active', 'candidate'],
  promote: ['candidate'],
  invalidate: ['active'],
  forget: ['active', 'candidate', 'invalid', 'superseded'],
  restore: ['retired', 'invalid', 'superseded'],
}

async function run(life: Life, command: Command): Promise<void> {
  const { clock, model } = life
  const before = model.copy()
  const receipt = await step(life, command)
  if (receipt !== undefined) life.last = receipt === null ? life.last : { receipt, before }
  life.model.follow(clock.now())
}

/** The receipt of what it changed; null where it changed nothing that can be taken back, undefined for nothing at all. */
async function step(life: Life, command: Command): Promise<string | null | undefined> {
  switch (command.step) {
    case 'remember':
    case 'propose':
      return remember(life, command)
    case 'advance':
      life.clock.advance(command.hours * HOUR)
      return undefined
    case 'keep':
    case 'dismiss':
    case 'resolve':
      return settle(life, command)
    case 'undo':
      return undo(life)
    default:
      return change(life, command)
  }
}

async function remember({ memory, clock, model, ...life }: Life, command: Command): Promise<string | null> {
  const until = new Date(Date.parse(clock.now()) + command.hours * HOUR).toISOString()
  const candidate = command.step === 'propose'
  const said = await memory.remember({
    content: `thought ${model.memories.length} of ${life.count}`,
    slot: { subject: 'gateway', attribute: `port ${command.slot}`, value: command.value },
    valid_until: until,
    candidate,
  })
  const { slot, value } = command
  model.memories.push({
    id: said.id,
    slot,
    value,
    until,
    status: candidate ? 'candidate' : 'active',
    earlier: [],
  })
  return said.receipt
}

async function change(
  { memory, model }: Life,
  { step, target, value }: Command,
): Promise<string | null | undefined> {
  const known = model.memories[target]
  if (known === undefined || !FROM[step]?.includes(known.status)) return undefined
  const { id } = known
  if (step === 'revise') {
    if (known.value === value) return undefined
    known.value = value
    const slot = { subject: 'gateway', attribute: `port ${known.slot}`, value }
    return (await memory.revise({ id, slot })).receipt
  }
  const { receipt } = await memory[step as 'forget']({ id })
  if (step === 'restore') known.status = known.earlier.pop()!
  else model.move(known, { promote: 'active', invalidate: 'invalid', forget: 'retired' }[step as 'forget'])
  return receipt
}

async function settle(
  { memory, clock, model }: Life,
  { step, slot, target }: Command,
): Promise<string | null | undefined> {
  const members = model.open[slot]
  if (members === null || members === undefined) return undefined
  const [open] = (await openConflicts(memory)).filter(
    ({ slot: { attribute } }) => attribute === `port ${slot}`,
  )
  const id = open?.id ?? ''
  if (step !== 'resolve') {
    const decision = step === 'keep' ? { keep_both: true } : { dismiss: true }
    const { receipt } = await memory.resolve({ id, ...decision, because: 'so it is' })
    model.settled.push(new Map(members))
    model.open[slot] = null
    return receipt
  }
  const claiming = model.claims(slot, clock.now()).filter(one => members.has(one.id))
  const winner = claiming[target % claiming.length]!
  const losers = claiming.filter(one => model.contradict(winner, one))
  const { receipt, superseded } = await memory.resolve({ id, winner: winner.id })
  expect(superseded.toSorted()).toEqual(losers.map(one => one.id).sort())
  for (const loser of losers) model.move(loser, 'superseded')
  model.open[slot] = null
  return receipt
}

async function undo(life: Life): Promise<string | null | undefined> {
  if (life.last === null) return undefined
  const { receipt } = await life.memory.undo({ receipt: life.last.receipt })
  life.model = life.last.before.copy()
  return receipt
}

async function expectAgrees({ memory, clock, model }: Life, raw: TestStore['raw']): Promise<void> {
  const found = await openConflicts(memory)
  const expected = new Map<string, string>()
  for (const slot of SLOTS) {
    const members = model.open[slot] ?? null
    const open = found.filter(({ slot: { attribute } }) => attribute === `port ${slot}`)
    expect(open).toHaveLength(members === null ? 0 : 1)
    if (members === null) continue
    const [conflict] = open
    const whole = await memory.conflict({ id: conflict?.id ?? '' })
    expect(new Map(whole.members.map(({ id, value }) => [id, value]))).toEqual(members)
    for (const { id } of model.claims(slot, clock.now()))
      if (members.has(id)) expected.set(id, conflict?.id ?? '')
  }
  for (const { id } of model.memories)
    expect((await memory.get({ id })).contested).toBe(expected.get(id) ?? null)
  const twice = await raw(`select slot_subject, attribute_key from conflicts where status = 'open'
    group by slot_subject, attribute_key having count(*) > 1`)
  expect(twice).toEqual([])
}

it('whatever happens, what contradicts is open once, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(COMMAND, { minLength: 4, maxLength: 30 }), async commands => {
      await using store = await sqliteMemory.open({ actor: 'person' })
      const life: Life = {
        memory: store.memory,
        clock: store.clock,
        model: new Model(),
        last: null,
        count: 0,
      }
      for (const command of commands) {
        life.count++
        store.clock.advance(1)
        life.model.follow(store.clock.now())
        await run(life, command)
        await expectAgrees(life, store.raw)
      }
      await expectSound(store)
    }),
    { numRuns: 60 },
  )
}, 120_000)
