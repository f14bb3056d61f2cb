/**
 * Processes that die while a store gets its first space and its vectors: afterwards each memory has the vector of its
 * text, or waits for one, and whoever comes next finishes.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { openReal } from '../kit/child.ts'
import { temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { type Point, runToPoint } from './child-at-point.ts'

const CHILD = 'embed-child.ts'
const MEMORIES = 30

const folder = temporaryFolder()
const base = join(folder, 'base.db')
let count = 0

beforeAll(async () => {
  await using memory = await openHeirloom({ store: base, actor: 'person', embedder: 'none' })
  for (let at = 0; at < MEMORIES; at++)
    await memory.remember({ content: `The garden has ${at} kinds of roses` })
  await memory.entity_create({ type: 'component', name: 'Pelican', description: 'A bird with a bill' })
})

function newCopy(): string {
  const file = join(folder, `${++count}.db`)
  copyFileSync(base, file)
  return file
}

/** An hour later: what the dead process had taken is anybody's. */
const later = () => new Date(Date.now() + 3_600_000).toISOString()

async function finish(file: string): Promise<void> {
  await using store = await openReal(file, { actor: 'person', embedder: 'static', now: later })
  await store.memory.embed({ drain: true })
  const { spaces } = await store.memory.space_list({})
  const { total } = (await store.memory.status({})).memories
  expect(spaces).toHaveLength(1)
  expect(spaces[0]?.coverage).toMatchObject({ embedded: total + 1, waiting: 0, is_counted: true })
  await expectSound(store)
}

describe('a process that is killed', () => {
  it('at any of its statements while it embeds leaves nothing half done, and another finishes', async () => {
    const steps = await runToPoint(CHILD, [newCopy()], { at: 0, mode: 'before' })
    const points = steps.flatMap((step, index): Point[] => {
      const before: Point = { at: index + 1, mode: 'before' }
      return step === 'sqlite commit' ? [before, { ...before, mode: 'during' }] : [before]
    })
    expect(points.length).toBeGreaterThan(20)
    const waiting = points.values()
    const work = async () => {
      for (const point of waiting) {
        const file = newCopy()
        await runToPoint(CHILD, [file], point)
        const left = await openReal(file, { actor: 'person', upgrade: 'never' })
        await expectSound(left)
        await left[Symbol.asyncDispose]()
        await finish(file)
      }
    }
    await Promise.all([work(), work()])
  }, 300_000)
})
