/** The tables of pins, context and strength as rows; written as those in tables.ts. */

type Json = string

/** What the store as a whole asks for; a project's own settings come before it. */
export interface PreferenceTable {
  tenant_id: string
  name: string
  value: Json
  updated_at: string
}

export interface PinTable {
  tenant_id: string
  memory_id: string
  pinned_at: string
  /** What it took of a prompt when it was pinned. */
  tokens: number
}

/** What was given for a prompt. */
export interface PackTable {
  tenant_id: string
  id: string
  owner_user_id: string
  project: string | null
  session_id: string | null
  client_id: string | null
  prompt: string | null
  budget: number
  tokens: number
  items: Json
  left_out: number
  created_at: string
}

/** What was asked and answered, and which memories were used for it. */
export interface InteractionTable {
  tenant_id: string
  id: string
  owner_user_id: string
  pack_id: string | null
  project: string | null
  session_id: string | null
  client_id: string | null
  prompt: string | null
  response: string | null
  summary: string | null
  used: Json
  recorded_at: string
  shredded_at: string | null
}

/** How well a memory is remembered, as FSRS reckons it. */
export interface StrengthTable {
  tenant_id: string
  memory_id: string
  due: string
  stability: number
  difficulty: number
  state: number
  reps: number
  lapses: number
  learning_steps: number
  scheduled_days: number
  last_review: string
}

/** What strengths follow from; rows are only ever added. */
export interface StrengthReviewTable {
  tenant_id: string
  id: string
  memory_id: string
  at: string
  grade: string
  source: string
  interaction_id: string | null
}

export interface UseTables {
  preferences: PreferenceTable
  pins: PinTable
  packs: PackTable
  interactions: InteractionTable
  strengths: StrengthTable
  strength_reviews: StrengthReviewTable
}
