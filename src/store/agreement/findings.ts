/** What a check found, by area, in words for people. */

export const AREAS = [
  'content hashes',
  'versions',
  'tags',
  'keyword index',
  'near-duplicates',
  'links',
  'relationships',
  'names',
  'claims',
  'mentions',
  'vectors',
  'conflicts',
  'journal',
  'orphans',
  'clock',
] as const
export type Area = (typeof AREAS)[number]

/** Problems of an area told by name; the rest are only counted. */
export const TOLD = 5

export class Findings {
  readonly #told = new Map<Area, string[]>()
  readonly #counts = new Map<Area, number>()
  readonly #passedOver: ReadonlySet<Area>

  /** What is found in an area that is passed over counts for nothing: it is known not to be whole. */
  constructor(passedOver: ReadonlySet<Area>) {
    this.#passedOver = passedOver
  }

  add(area: Area, problem: string): void {
    if (this.#passedOver.has(area)) return
    this.#counts.set(area, (this.#counts.get(area) ?? 0) + 1)
    const told = this.#told.get(area) ?? []
    if (told.length < TOLD) this.#told.set(area, [...told, problem])
  }

  of(area: Area): readonly string[] {
    const told = this.#told.get(area) ?? []
    const more = (this.#counts.get(area) ?? 0) - told.length
    return more > 0 ? [...told, `and ${more} more`] : told
  }
}

export interface Checking {
  readonly findings: Findings
  readonly tenantId: string
  /** PostgreSQL refuses to compare its ids with anything else; a SQLite store may have been taken over with others. */
  readonly onlyUuids: boolean
}
