/** Which links an import makes for a batch of another tool's rows. Pure. */
import type { ForeignMemory, ForeignStore, LinkReading, Tally } from '../ingest/importers/foreign-store.ts'
import { type LinkType, takesOneSource } from '../model/link.ts'
import type { Memory } from '../model/memory.ts'
import { readSharedFrom } from '../model/shared-tag.ts'
import type { Claim } from '../store/link-claims.ts'

interface OwnLink {
  readonly type: LinkType
  readonly source: string | null
}

/** What the other store's links say, by the target's id there. */
export type OwnLinks = ReadonlyMap<string, readonly OwnLink[]>

export type Target = Pick<Memory, 'id' | 'partition'>

/** What becomes of a batch. */
export interface Sorted {
  readonly kept: ReadonlyMap<ForeignMemory, Memory>
  /** Those that an earlier import has kept. */
  readonly known: ReadonlyMap<ForeignMemory, Target>
  /** Memories here that say the same, by the id that the other store has for it. */
  readonly twins: ReadonlyMap<string, string>
  /** Known ones that say something else by now. */
  readonly changed: number
}

type Claimed = Claim & { readonly type: LinkType }

/** `faults` takes the links that have no counterpart here. */
export function linksByTarget(foreign: ForeignStore, read: LinkReading, faults: Tally): OwnLinks {
  const found = new Map<string, OwnLink[]>()
  for (const one of [...foreign.links(BATCH)].flat()) {
    const link = read(one)
    if (link === null) {
      faults.add(`a link of the type ${one.type} that has no counterpart`)
      continue
    }
    const list = found.get(link.target) ?? []
    list.push({ type: link.type, source: link.source })
    found.set(link.target, list)
  }
  return found
}

const BATCH = 1000

/**
 * What the other store's links say goes before what the tags of the rows say. Of rows that are known only what the
 * links say: an export may have come before that had none. `twins` are those of earlier batches.
 */
export function claimsOf(
  { kept, known, twins: own }: Sorted,
  { links, twins }: { links: OwnLinks; twins: ReadonlyMap<string, string> },
): { list: readonly Claimed[]; faults: readonly string[] } {
  const list = new Map<string, Claimed>()
  const faults: string[] = []
  for (const [row, { id: target_id, partition: target_partition }] of [...kept, ...known]) {
    const said = known.has(row) ? { id: null, faults: [] } : readSharedFrom(row.tags)
    faults.push(...said.faults)
    const tagged = { type: 'shared_from' as const, source: said.id }
    for (const { type, source } of [...(links.get(row.id) ?? []), tagged]) {
      if (source === null) continue
      const here = own.get(source) ?? twins.get(source) ?? source
      const key = takesOneSource(type) ? `${target_id} ${type}` : `${target_id} ${type} ${source}`
      if (source === row.id || here === target_id) faults.push('itself')
      else if (!list.has(key)) list.set(key, { type, target_id, target_partition, source: here })
    }
  }
  return { list: [...list.values()], faults }
}
