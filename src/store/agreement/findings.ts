/** What a check found, by area, in words for people. */

export const AREAS = ['content hashes', 'versions', 'tags', 'keyword index', 'journal'] as const
export type Area = (typeof AREAS)[number]

/** Problems of an area told by name; the rest are only counted. */
const TOLD = 5

export class Findings {
  readonly #told = new Map<Area, string[]>()
  readonly #counts = new Map<Area, number>()

  add(area: Area, problem: string): void {
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
}
