/** What can be asked of a store as a whole, with what it does where nobody asks. */

export interface Preferences {
  /** After so many days the texts of interactions, and the packs given for them, are let go. */
  readonly interaction_days: number
  /** Of a prompt and of a response no more bytes of UTF-8 are kept. */
  readonly interaction_bytes: number
  /** Tokens that the pinned memories of one project may take in all. */
  readonly pin_tokens: number
  /** Whose writes wait for a person's review, where the project says nothing. */
  readonly review: 'agents' | 'none'
  /** Whether slots are read from simple sentences, where the project says nothing. */
  readonly read_slots: boolean
}

export const PREFERENCES: Preferences = {
  interaction_days: 365,
  interaction_bytes: 65_536,
  pin_tokens: 2000,
  review: 'none',
  read_slots: true,
}

/** At least and at most. */
export const PREFERENCE_RANGES = {
  interaction_days: [1, 36_500],
  interaction_bytes: [0, 1_048_576],
  pin_tokens: [0, 100_000],
} as const

const DAY = 86_400_000

/** What was given or captured before that time is past what is kept. */
export function keptSince(now: string, interactionDays: number): string {
  return new Date(Date.parse(now) - interactionDays * DAY).toISOString()
}
