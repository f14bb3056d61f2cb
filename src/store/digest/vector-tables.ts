/** Spaces and vectors as a digest or a snapshot reads them. */
import { type TableSpec, table } from './spec.ts'

/** Which spaces there are is known; vectors can be made again, at a cost, and so a copy carries them. */
export const VECTORS: readonly TableSpec[] = [
  table('spaces', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      number: 'number',
      name: 'text',
      provider: 'text',
      model: 'text',
      dimensions: 'number',
      pooling: 'text',
      normalised: 'number',
      query_prefix: 'text',
      document_prefix: 'text',
      digest: 'text',
      noise: 'number',
      probe: 'bytes',
      is_default: 'number',
      created_at: 'text',
    },
    inState: false,
  }),
  table('vectors', {
    key: ['space', 'subject_id'],
    columns: { space: 'number', subject_id: 'text', text_hash: 'text', vector: 'bytes' },
    local: ['id'],
    inState: false,
  }),
]
