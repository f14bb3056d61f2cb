/** What is embedded of records, as they are now. */
import { toEmbeddedEntity, toEmbeddedText } from '../model/embedded-text.ts'
import type { Embedded } from './embedding-queue.ts'
import type { Database } from './engine.ts'
import { toMemory } from './memory-rows.ts'
import { toEntity } from './record-rows.ts'

export interface EmbeddedText {
  readonly subject_id: string
  readonly subject: Embedded
  readonly text: string
}

/** In no order; those that are gone are left out. */
export async function embeddedTexts(
  db: Database,
  tenant_id: string,
  rows: readonly { readonly subject_id: string; readonly subject: string }[],
): Promise<EmbeddedText[]> {
  const idsOf = (subject: Embedded) =>
    rows.filter(row => row.subject === subject).map(({ subject_id }) => subject_id)
  const [memories, entities] = [idsOf('memory'), idsOf('entity')]
  const found: EmbeddedText[] = []
  if (memories.length > 0) {
    const query = db.selectFrom('memories').selectAll().where('tenant_id', '=', tenant_id)
    for (const row of await query.where('id', 'in', memories).execute())
      found.push({ subject_id: row.id, subject: 'memory', text: toEmbeddedText(toMemory(row)) })
  }
  if (entities.length > 0) {
    const query = db.selectFrom('entities').selectAll().where('tenant_id', '=', tenant_id)
    for (const row of await query.where('id', 'in', entities).execute())
      found.push({ subject_id: row.id, subject: 'entity', text: toEmbeddedEntity(toEntity(row)) })
  }
  return found
}
