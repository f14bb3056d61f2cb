/** Between a link and its row, and what a link keeps of its source. */
import { type Link, type SourceCopy, takesOneSource } from '../model/link.ts'
import type { Memory } from '../model/memory.ts'
import type { LinkTable } from './tables.ts'

/** What a link keeps of a memory. */
export function copyOf({
  content_hash,
  label,
  title,
  owner_user_id,
}: Pick<Memory, 'content_hash' | 'label' | 'title'> & { readonly owner_user_id: string }): SourceCopy {
  return { source_hash: content_hash, source_label: label ?? title, source_owner: owner_user_id }
}

export function toLinkRow(link: Link, tenant_id: string): LinkTable {
  return {
    tenant_id,
    ...link,
    source_tenant_id: link.source_id === null ? null : tenant_id,
    only_source: takesOneSource(link.type) ? 1 : 0,
  }
}
