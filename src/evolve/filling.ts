import { pendingBackfills } from '../store/backfills.ts'
import type { Engine } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import { fillPending } from './backfill.ts'
import { fillArtefacts } from './rebuild.ts'
import type { Surroundings } from './surroundings.ts'

/** Makes whole what is derived, and adds to older rows what they came without. */
export async function fillStore(
  engine: Engine,
  permit: Exclusive,
  surroundings: Surroundings,
): Promise<void> {
  await fillArtefacts(engine, permit, { surroundings })
  const pending = await engine.read(db => pendingBackfills(db), surroundings.signal)
  await fillPending(engine, permit, { pending, surroundings })
}
