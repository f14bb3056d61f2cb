/** What a long change is given: time, ids and who it is done by. */
export interface Surroundings {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: () => string
  /** A new UUIDv7. */
  readonly newId: () => string
  /** New random text at each call. */
  readonly salt: () => string
  /** Milliseconds that only differences are taken of. */
  readonly elapsed: () => number
  /** Which build does it, for stamps. */
  readonly build: string
  readonly progress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far a long change has come. */
export interface Progress {
  /** What is being worked on, for people. */
  readonly item: string
  readonly done: number
  readonly total: number
}
