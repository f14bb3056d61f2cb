/**
 * Processes that die while a memory graduates, two entities become one, or a conflict is resolved: afterwards all of it
 * is there, or nothing.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { openReal, type RealStore } from '../kit/child.ts'
import { temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { digestOf, refusalOf, related } from '../kit/things.ts'
import { type Point, runToPoint } from './child-at-point.ts'

const CHILD = 'knowledge-child.ts'

const folder = temporaryFolder()
const base = join(folder, 'base.db')
let count = 0

/** What the base store holds, by what it is for. */
let ids: { readonly note: string; readonly conflict: string; readonly winner: string; readonly loser: string }
let untouched = ''

type Change = 'graduate' | 'entity_merge' | 'resolve'

interface Case {
  /** What is asked of the base store. */
  readonly input: () => object
  /** Looks at what must be there when the change is. */
  readonly expectDone: (store: RealStore) => Promise<void>
  /** How it is refused when it was done. */
  readonly again: string
}

const CASES: Readonly<Record<Change, Case>> = {
  graduate: {
    input: () => ({ id: ids.note, type: 'service', name: 'Relay' }),
    expectDone: async ({ memory }) => {
      const { graduated_to_entity_id } = await memory.get({ id: ids.note })
      const entity = await memory.entity_get({ id: 'relay' })
      expect(entity).toMatchObject({
        id: graduated_to_entity_id,
        properties: { port: '7070' },
        graduated_memories: [{ id: ids.note, state: 'graduated' }],
        relationships: [{ type: 'evidenced_by', ends: [{ evidence_id: ids.note }] }],
      })
    },
    again: 'ILLEGAL_TRANSITION',
  },
  entity_merge: {
    input: () => ({ id: 'GS-24', into: 'Gigabit switch' }),
    expectDone: async ({ memory, raw }) => {
      const merged = await memory.entity_get({ id: 'GS-24' })
      expect(merged).toMatchObject({
        name: 'Gigabit switch',
        aliases: ['GS-24'],
        properties: { ports: 24, colour: 'grey' },
      })
      const [old] = await raw(`select id, status, superseded_by from entities where name = 'GS-24'`)
      expect(old).toMatchObject({ status: 'superseded', superseded_by: merged.id })
      const left = `source_id = '${old?.id}' or target_id = '${old?.id}'`
      expect(await raw(`select status from relationships where status = 'active' and (${left})`)).toEqual([])
      expect(merged.relationships.map(({ type }) => type).sort()).toEqual([
        'contains',
        'contains',
        'interfaces_with',
      ])
    },
    again: 'INVALID_INPUT',
  },
  resolve: {
    input: () => ({ id: ids.conflict, winner: ids.winner }),
    expectDone: async ({ memory }) => {
      expect((await memory.conflicts({})).conflicts).toEqual([])
      const loser = await memory.get({ id: ids.loser })
      expect(loser).toMatchObject({ status: 'superseded', superseded_by: ids.winner })
      expect((await memory.lineage({ id: ids.loser })).edges).toMatchObject([{ type: 'superseded_by' }])
    },
    again: 'CONFLICT',
  },
}

beforeAll(async () => {
  await using memory = await openHeirloom({ store: base, actor: 'person' })
  const claim = (subject: string, value: string) =>
    memory.remember({ content: `${subject}: port ${value}`, slot: { subject, attribute: 'port', value } })
  const note = await claim('relay', '7070')
  const winner = await claim('gateway', '8080')
  const loser = await claim('gateway', '9090')
  ids = { note: note.id, winner: winner.id, loser: loser.id, conflict: loser.conflict!.id }
  await memory.entity_create({ type: 'component', name: 'Gigabit switch', properties: { ports: 24 } })
  await memory.entity_create({ type: 'component', name: 'GS-24', properties: { colour: 'grey' } })
  for (const name of ['Rack', 'Fan', 'Router']) await memory.entity_create({ type: 'component', name })
  await related(memory, [
    'GS-24 / part_of / Rack',
    'Gigabit switch / part_of / Rack',
    'GS-24 / contains / Fan',
    'GS-24 / interfaces_with / Router',
    'GS-24 / depends_on / Gigabit switch',
  ])
  await memory.remember({ content: 'The GS-24 hums' })
  untouched = await digestOf(memory)
})

function newCopy(): string {
  const file = join(folder, `${++count}.db`)
  copyFileSync(base, file)
  return file
}

/** Changes a copy in a child that dies at the point, and looks at it. @returns whether the change is there. */
async function interrupt(what: Change, point: Point, by: string = what): Promise<boolean> {
  const { input, expectDone, again } = CASES[what]
  const file = newCopy()
  await runToPoint(CHILD, [by, file, JSON.stringify(input())], point)
  await using store = await openReal(file, { actor: 'person' })
  const { memory } = store
  const isDone = (await digestOf(memory)) !== untouched
  if (isDone) {
    await expectDone(store)
    expect(await refusalOf(memory[what](input() as never))).toMatchObject({ code: again })
  }
  await expectSound(store)
  if (!isDone) {
    await memory[what](input() as never)
    await expectDone(store)
    await expectSound(store)
  }
  return isDone
}

async function stepsOf(what: string, input: object): Promise<readonly string[]> {
  return runToPoint(CHILD, [what, newCopy(), JSON.stringify(input)], { at: 0, mode: 'before' })
}

describe('a process that is killed', () => {
  for (const what of Object.keys(CASES) as Change[]) {
    it(`at any of its statements in ${what} leaves all of the change or nothing`, async () => {
      const steps = await stepsOf(what, CASES[what].input())
      const points = steps.flatMap((step, index): Point[] => {
        const before: Point = { at: index + 1, mode: 'before' }
        return step === 'sqlite commit' ? [before, { ...before, mode: 'during' }] : [before]
      })
      expect(points.length).toBeGreaterThan(12)
      const outcomes: boolean[] = []
      const waiting = points.values()
      const work = async () => {
        for (const point of waiting) outcomes.push(await interrupt(what, point))
      }
      await Promise.all([work(), work()])
      expect(new Set(outcomes)).toEqual(new Set([true, false]))
    }, 180_000)
  }

  it('would be found out if it made each part in a change of its own', async () => {
    const steps = await stepsOf('careless', CASES.graduate.input())
    // The step after the one that made the entity.
    const at = steps.indexOf('sqlite commit') + 2
    await expect(interrupt('graduate', { at, mode: 'before' }, 'careless')).rejects.toThrow()
  })
})
