/** The store beneath a test store, for what no operation does. */
import { BOOTSTRAP_ID } from '../../src/model/memory.ts'
import type { OpenOptions } from '../../src/open.ts'
import type { Store, WriteHandle } from '../../src/store/store.ts'
import { fixedClock } from '../../src/testing.ts'
import type { TestEngine, TestStore } from './engines.ts'

export interface StoreBeneath extends TestStore {
  readonly store: Store
}

/** Opens a store. Its clock is asked by each operation's context, which has the store beside it. */
export async function openBeneath(
  engine: TestEngine,
  options: Partial<OpenOptions> = {},
): Promise<StoreBeneath> {
  const clock = fixedClock()
  let found: Store | undefined
  function now(this: { readonly store?: Store } | undefined): string {
    found = this?.store ?? found
    return clock.now()
  }
  const opened = await engine.open({ ...options, now })
  const { id } = await opened.memory.remember({ content: 'the first memory of this store' })
  await opened.memory.get({ id })
  if (found === undefined) throw new Error('no operation asked what time it is')
  return { ...opened, clock, store: found }
}

/** Work of one transaction, past every operation. */
export function write<T>({ store, clock }: StoreBeneath, work: (tx: WriteHandle) => Promise<T>): Promise<T> {
  const principal = { tenant_id: BOOTSTRAP_ID, user_id: BOOTSTRAP_ID, kind: 'person' } as never
  const stamp = { operation: 'erase', at: clock.now(), actor_kind: 'person', client: null, session: null }
  return store.write(principal, { ...stamp, note: null } as never, work)
}

/** Deletes memories with all that is known of them, in one transaction. */
export function erase(store: StoreBeneath, ...ids: readonly string[]): Promise<void> {
  return write(store, async tx => {
    for (const id of ids) await tx.memories.remove(await tx.memories.mustGet(id))
  })
}
