import * as z from 'zod'
import type { Repair } from '../evolve/repair.ts'
import { examine } from './examination.ts'
import { type Context, defineOperation } from './operation.ts'

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  remedy: z.string().nullable().describe('What to do about it; null where nothing is wrong.'),
})

const input = z.object({
  repair: z
    .boolean()
    .optional()
    .describe('Make what is derived again where it is damaged; memories and their history are not touched.'),
})

const output = z.object({
  ok: z.boolean(),
  store: z.string(),
  checks: z.array(check).describe('As they are after repairing, where that was asked for.'),
  repaired: z.array(z.string()).describe('What was made again.'),
})

export const doctor = defineOperation({
  name: 'doctor',
  summary:
    'Prove that schema, rows, indexes, journal and settings agree, say what does not, and repair what can be.',
  example: 'doctor --repair',
  effects: 'write',
  idempotent: true,
  scope: 'admin',
  positional: [],
  opens: 'existing',
  input,
  output,
  run: async ({ repair: isWanted = false }, context) => {
    const repair = isWanted ? await repairDamage(context) : NOTHING
    const { checks } = await examine(context)
    const told = withFailures(checks, repair.failed)
    const { location } = context.store.engine
    return { ok: told.every(({ ok }) => ok), store: location, checks: told, repaired: [...repair.repaired] }
  },
})

const NOTHING: Repair = { repaired: [], failed: [] }

/** Under the lock from the first look on, so that what was found is what is repaired. */
async function repairDamage(context: Context): Promise<Repair> {
  const { repairStore } = await import('../evolve/repair.ts')
  const { store, upkeep, signal, progress } = context
  const surroundings = upkeep.surroundings({ signal, progress })
  return store.engine.exclusively(
    'repair derived parts',
    async permit => {
      const { damage } = await examine(context)
      const first = await repairStore(store.engine, permit, { damage, surroundings })
      if (damage.schema.length === 0 && !damage.stamps) return first
      // What a broken schema, or a part that was not whole, hid from the first look shows only now.
      const rest = await examine(context)
      const second = await repairStore(store.engine, permit, { damage: rest.damage, surroundings })
      return { repaired: [...first.repaired, ...second.repaired], failed: second.failed }
    },
    { signal },
  )
}

type Told = z.infer<typeof check>

/** What could not be made again is still missing; why, only the attempt knows. */
function withFailures(checks: readonly Told[], failed: readonly string[]): Told[] {
  if (failed.length === 0) return [...checks]
  const detail = `could not be repaired: ${failed.join('; ')}`
  const remedy = 'Put right what is named, and repair again; else restore a snapshot: heirloom snapshot list'
  return [...checks, { name: 'repair', ok: false, detail, remedy }]
}
