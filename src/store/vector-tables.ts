/** The tables of what memories mean, as rows. */
import type { Generated } from 'kysely'

export interface SpaceTable {
  tenant_id: string
  id: string
  /** Names the space in the rows of its vectors: one in the whole store. */
  number: number
  name: string
  provider: string
  model: string
  dimensions: number
  pooling: string
  normalised: number
  query_prefix: string
  document_prefix: string
  digest: string
  /** Cosine up to which two texts may have nothing in common. */
  noise: number
  /** What the provider gave for a known text when the space was added: 16-bit floats, little-endian. */
  probe: Uint8Array | null
  is_default: number
  created_at: string
}

export interface VectorTable {
  /** Ascends with the order of writing. */
  id: Generated<number>
  space: number
  /** A memory or an entity. */
  subject_id: string
  /** Of the text that was embedded. */
  text_hash: string
  /** 16-bit floats, little-endian; null where the text has no vector. */
  vector: Uint8Array | null
}

export interface EmbeddingQueueTable {
  space: number
  subject_id: string
  /** `memory` or `entity`. */
  subject: string
  attempts: Generated<number>
  /** Not before; null is at once. */
  due_at: string | null
  claimed_by: string | null
  claimed_until: string | null
  /** 1 where it failed too often; it waits until somebody says otherwise. */
  set_aside: Generated<number>
  /** Why it failed last. */
  reason: string | null
}

export interface VectorTables {
  spaces: SpaceTable
  vectors: VectorTable
  embedding_queue: EmbeddingQueueTable
}
