/** Pins, context and strength as a digest or a snapshot reads them. */
import { type TableSpec, table } from './spec.ts'

/** What is pinned and preferred is known; what was asked and answered, and what follows from that, is use. */
export const USE: readonly TableSpec[] = [
  table('preferences', {
    key: ['tenant_id', 'name'],
    columns: { tenant_id: 'text', name: 'text', value: 'json', updated_at: 'text' },
    notInState: ['updated_at'],
  }),
  table('pins', {
    key: ['tenant_id', 'memory_id'],
    columns: { tenant_id: 'text', memory_id: 'text', pinned_at: 'text', tokens: 'number' },
    notInState: ['pinned_at'],
  }),
  table('packs', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      owner_user_id: 'text',
      project: 'text',
      session_id: 'text',
      client_id: 'text',
      prompt: 'text',
      budget: 'number',
      tokens: 'number',
      items: 'json',
      left_out: 'number',
      created_at: 'text',
    },
    inState: false,
  }),
  table('interactions', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      owner_user_id: 'text',
      pack_id: 'text',
      project: 'text',
      session_id: 'text',
      client_id: 'text',
      prompt: 'text',
      response: 'text',
      summary: 'text',
      used: 'json',
      recorded_at: 'text',
      shredded_at: 'text',
    },
    inState: false,
  }),
  table('strengths', {
    key: ['tenant_id', 'memory_id'],
    columns: {
      tenant_id: 'text',
      memory_id: 'text',
      due: 'text',
      stability: 'number',
      difficulty: 'number',
      state: 'number',
      reps: 'number',
      lapses: 'number',
      learning_steps: 'number',
      scheduled_days: 'number',
      last_review: 'text',
    },
    inState: false,
  }),
  table('strength_reviews', {
    key: ['tenant_id', 'id'],
    columns: {
      tenant_id: 'text',
      id: 'text',
      memory_id: 'text',
      at: 'text',
      grade: 'text',
      source: 'text',
      interaction_id: 'text',
    },
    inState: false,
  }),
]
