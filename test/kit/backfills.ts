/** Stores as they were before any links were kept, and the pass that adds them. */
import { finishFilling } from '../../src/evolve/opening.ts'
import { contentHash } from '../../src/model/digest.ts'
import type { Memory } from '../../src/model/memory.ts'
import { readStamps } from '../../src/store/stamps.ts'
import { type StoreBeneath, write } from './beneath.ts'
import type { TestEngine, TestStore } from './engines.ts'
import { linkRows } from './graphs.ts'
import { changing } from './places.ts'

/** What of a memory matters to the pass. */
export interface Older {
  readonly id: string
  readonly tags?: readonly string[]
  readonly origin_id?: string | null
  /** As another tool wrote them. */
  readonly origin_tags?: string | null
}

/** Keeps memories past every operation, as an import does: whatever waits for one of them finds it. */
export async function keep(store: StoreBeneath, ...older: readonly Older[]): Promise<void> {
  const [{ id: like = '' } = {}] = await store.raw('select id from memories order by id limit 1')
  await write(store, async tx => {
    const template = await tx.memories.mustGet(String(like))
    await tx.memories.create(older.map(one => toMemory(template, one)))
  })
}

function toMemory(template: Memory, { id, tags = [], origin_id = null, origin_tags = null }: Older): Memory {
  const content = `memory ${id}`
  const own = { id, content, content_hash: contentHash(content), tags, origin_id, origin_tags }
  return { ...template, ...own } as Memory
}

/** As if no link had ever been kept, and nobody had looked for any. */
export async function forgetLinks({ raw }: Pick<TestStore, 'raw'>): Promise<void> {
  await raw('delete from links')
  await forgetMarkers({ raw })
}

export async function forgetMarkers({ raw }: Pick<TestStore, 'raw'>): Promise<void> {
  await raw(`delete from settings where name like 'backfill.%'`)
}

/** Another program opens the store and closes it; what lives in memory alone does what opening does. */
export async function openAgain(
  { shared }: TestEngine,
  { store, another, clock }: StoreBeneath,
): Promise<void> {
  if (shared) return (await another()).close()
  const { engine } = store
  const { unfinished } = await engine.read(readStamps)
  if (unfinished) await finishFilling(engine, { ...changing(), now: clock.now })
}

/** Who comes from whom, in words; a source that is not here stands in brackets. */
export async function sentences(store: Pick<TestStore, 'raw'>): Promise<string[]> {
  return (await linkRows(store))
    .map(({ target_id, type, source_ref, source_id, source_deleted_at }) => {
      const isHere = source_id === source_ref && source_deleted_at === null
      return `${target_id} ${type} ${isHere ? source_ref : `(${source_ref})`}`
    })
    .sort()
}

export interface ToldRun {
  readonly target: string
  readonly status: string
  readonly receipt: Readonly<Record<string, unknown>> | null
}

/** The passes that add links, oldest first. */
export async function backfillRuns({ raw }: Pick<TestStore, 'raw'>): Promise<ToldRun[]> {
  const rows = await raw(`select * from runs where kind = 'backfill' and target <> 'conflicts' order by id`)
  return rows.map(({ target, status, receipt }) => ({
    target: String(target),
    status: String(status),
    receipt: receipt === null ? null : JSON.parse(String(receipt)),
  }))
}
