/** One store as several actors use it, on every engine, those too that open a store once. */
import { type Heirloom, toHeirloom } from '../../src/heirloom.ts'
import type { ActorKind } from '../../src/model/journal.ts'
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { Opened } from '../../src/open.ts'
import type { StoreBeneath } from './beneath.ts'

let count = 0

/** As an agent or a person would use the store, for the one user or another. Closing it closes nothing. */
export function actingAs(
  kind: ActorKind,
  { store, clock }: StoreBeneath,
  user_id: string = BOOTSTRAP_ID,
): Heirloom {
  const context = {
    store,
    principal: { tenant_id: BOOTSTRAP_ID, user_id, kind },
    client: kind === 'agent' ? 'claude' : 'cli',
    session: kind === 'agent' ? 'session 1' : null,
    now: clock.now,
    newId: () => `01900000-0000-7000-a000-${(++count).toString(16).padStart(12, '0')}`,
    created: false,
  }
  return toHeirloom({ store, upgrade: null, context: () => context } as unknown as Opened)
}
