/** Conflicts for what was there before anybody looked for them: one pass over all slots. */
import { describe, expect, it } from 'vitest'
import { backfillNamed, carryOut, planBackfill } from '../../src/evolve/backfill.ts'
import { HeirloomError } from '../../src/model/errors.ts'
import { openBeneath, type StoreBeneath } from '../kit/beneath.ts'
import type { TestEngine } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { changing } from '../kit/places.ts'

/** With two claims each, more than a batch looks at. */
const SLOTS = 300

const backfill = backfillNamed('conflicts')

/** As an older build wrote them: with slots, and nobody looked whether they contradict. */
async function unlookedAt(store: StoreBeneath): Promise<void> {
  const { memory, raw } = store
  const claim = (attribute: string, value: string, more: { valid_until?: string } = {}) =>
    memory.remember({
      content: `${attribute} is ${value}`,
      slot: { subject: 'rig', attribute, value },
      ...more,
    })
  for (const value of ['1', '2']) await claim('known', value)
  await raw(`update artefacts set needs_rebuild = 1 where name = 'claims'`)
  for (let slot = 0; slot < SLOTS; slot++)
    for (const value of ['on', 'off']) await claim(`switch ${slot}`, value)
  for (const value of ['30 s', '30s', '30000 ms']) await claim('agreed', value)
  await claim('over', 'yes', { valid_until: '2026-01-01T00:00:10.000Z' })
  await claim('over', 'no')
  store.clock.advance(60_000)
  await raw(`update artefacts set needs_rebuild = 0 where name = 'claims'`)
  await raw(`delete from settings where name = 'backfill.conflicts.v1'`)
}

export function lookingBack(engine: TestEngine): void {
  describe('the back-fill of conflicts', () => {
    it('opens each once, as the system, from where it was stopped', async () => {
      await using store = await openBeneath(engine)
      await unlookedAt(store)
      const { engine: beneath } = store.store
      const given = (more: Parameters<typeof changing>[0] = {}) => ({
        ...changing(more),
        now: store.clock.now,
      })
      const planned = await beneath.read(db => planBackfill(db, beneath, { backfill, surroundings: given() }))
      expect(planned.settled).toBe(SLOTS)
      expect((await store.memory.conflicts({ limit: 100 })).conflicts).toHaveLength(1)

      const controller = new AbortController()
      const stopped = given({ signal: controller.signal, progress: () => controller.abort() })
      const pass = (surroundings: ReturnType<typeof given>) =>
        beneath.exclusively('test', permit => carryOut(beneath, permit, { backfill, surroundings }))
      await expect(pass(stopped)).rejects.toBeInstanceOf(HeirloomError)
      const before = await store.raw('select id from conflicts')
      expect(before.length).toBeGreaterThan(1)
      expect(before.length).toBeLessThan(SLOTS)
      expect((await pass(given())).receipt).toMatchObject({ settled: SLOTS, linked: 0 })

      const open = await store.raw(`select id from conflicts where status = 'open'`)
      expect(open).toHaveLength(SLOTS + 1)
      const told = await store.raw(`select subject_id from journal
        where operation = 'backfill' and actor_kind = 'system' and subject_kind = 'conflict'`)
      expect(new Set(told.map(({ subject_id }) => subject_id)).size).toBe(SLOTS)
      expect(told).toHaveLength(SLOTS)
      await expectSound(store)
      const known = await store.memory.digest({})
      expect((await pass(given())).receipt.settled).toBe(0)
      expect(await store.memory.digest({})).toEqual(known)
    })
  })
}
