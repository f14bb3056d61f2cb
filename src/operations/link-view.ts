/** A link's far end as every surface shows it: nothing of what the caller may not see. */
import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { LINK_TYPES, type Link, NODE_STATES, stateOfMissing } from '../model/link.ts'
import type { Linked } from '../store/links.ts'
import type { ReadHandle } from '../store/store.ts'

/** Characters of a memory's text that stand for it. */
const SUMMARY = 80

export const nodeView = z.object({
  id: z.string(),
  state: z.enum(NODE_STATES),
  kind: z.string().nullable(),
  project: z.string().nullable(),
  label: z.string().nullable().describe('Its own name in its document, or its title.'),
  summary: z.string().nullable().describe('How its text begins.'),
})

export type NodeView = z.infer<typeof nodeView>

export const linkView = z.object({
  type: z.enum(LINK_TYPES),
  ...nodeView.shape,
  linked_at: z.string(),
  deleted_at: z.string().nullable().describe('When the source was deleted, or found to be missing.'),
})

export type LinkView = z.infer<typeof linkView>

/** What a link still tells of a source that is not here. */
type Told = Pick<Link, 'source_label' | 'source_owner' | 'source_deleted_at'>

/** A memory that is here, or what a link to it still tells. */
export function toNodeView(
  id: string,
  { here, link, principal }: { here: Linked | undefined; link: Told | null; principal: Principal },
): NodeView {
  if (here !== undefined) {
    const { memory, state } = here
    const label = memory?.label ?? memory?.title ?? null
    const [kind, project] = [memory?.kind ?? null, memory?.project ?? null]
    return { id, state, kind, project, label, summary: memory === null ? null : summaryOf(memory) }
  }
  return {
    id,
    state: stateOfMissing(link ?? { source_deleted_at: null }),
    kind: null,
    project: null,
    label: link !== null && mayTell(link, principal) ? link.source_label : null,
    summary: null,
  }
}

function summaryOf({ beginning, is_longer }: NonNullable<Linked['memory']>): string {
  const line = beginning.trim().replaceAll(/\s+/g, ' ')
  const characters = [...line]
  return characters.length <= SUMMARY && !is_longer ? line : `${characters.slice(0, SUMMARY - 1).join('')}…`
}

export function toLinkView(
  link: Link,
  end: 'source' | 'target',
  { linked, principal }: { linked: ReadonlyMap<string, Linked> } & { readonly principal: Principal },
): LinkView {
  const id = end === 'source' ? link.source_ref : link.target_id
  return {
    type: link.type,
    ...toNodeView(id, { here: linked.get(id), link: end === 'source' ? link : null, principal }),
    linked_at: link.created_at,
    deleted_at: end === 'source' ? link.source_deleted_at : null,
  }
}

/**
 * A memory that the caller may see, or one that is not here any more and of which a link still tells.
 * @throws NOT_FOUND as for any memory that the caller may not see.
 */
export async function mustFindNode(tx: ReadHandle, id: string, principal: Principal): Promise<NodeView> {
  const here = (await tx.links.linked([id])).get(id)
  if (here !== undefined && here.memory !== null) return toNodeView(id, { here, link: null, principal })
  const [link] = here === undefined ? await tx.links.fanOut(id, { limit: 1 }) : []
  if (link !== undefined && mayTell(link, principal)) return toNodeView(id, { here, link, principal })
  await tx.memories.mustGet(id)
  throw new HeirloomError('INTERNAL', `Bug: memory ${id} is here and is not`)
}

/** What was somebody else's stays theirs. */
function mayTell({ source_owner }: Told, principal: Principal): boolean {
  return source_owner === null || source_owner === principal.user_id
}
