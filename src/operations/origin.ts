/** A memory's origin in one line, for people and models that weigh what they read. */
import type { Principal } from '../model/access.ts'
import { LINK_TYPES } from '../model/link.ts'
import type { Memory } from '../model/memory.ts'
import type { Origin } from '../store/links.ts'
import type { ReadHandle } from '../store/store.ts'
import { toNodeView } from './link-view.ts'

/** By the memory's id; those that were remembered here and come from nothing else have none. */
export async function originsOf(
  tx: Pick<ReadHandle, 'links'>,
  memories: readonly Memory[],
  principal: Principal,
): Promise<ReadonlyMap<string, string>> {
  // What was superseded is told by its state.
  const origins = (await tx.links.origins(memories.map(({ id }) => id))).filter(
    ({ type }) => type !== 'superseded_by',
  )
  const linked = await tx.links.linked(origins.map(({ source_ref }) => source_ref))
  const byTarget = Map.groupBy(origins, ({ target_id }) => target_id)
  const nameOf = (link: Origin) => {
    const here = linked.get(link.source_ref)
    const { id, state, label } = toNodeView(link.source_ref, { here, link, principal })
    const about = [label, state === 'live' ? null : state].filter(part => part !== null)
    return about.length === 0 ? id : `${id} (${about.join(', ')})`
  }
  return new Map(
    memories.flatMap(({ id, origin_id }) => {
      const line = originLine(byTarget.get(id) ?? [], nameOf) ?? imported(origin_id)
      return line === null ? [] : [[id, line] as const]
    }),
  )
}

/** By the first of the types that it has links of: one source by name, several by their number. */
function originLine(origins: readonly Origin[], nameOf: (origin: Origin) => string): string | null {
  const type = LINK_TYPES.find(known => origins.some(origin => origin.type === known))
  const found = origins.find(origin => origin.type === type)
  if (found === undefined) return null
  const sources = found.sources === 1 ? nameOf(found) : `${found.sources} memories`
  return `${found.type.replaceAll('_', ' ')} ${sources}`
}

function imported(origin: string | null): string | null {
  return origin === null ? null : `imported; its id there was ${origin}`
}
