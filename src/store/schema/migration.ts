import type { ArtefactName } from '../artefacts/artefact.ts'

interface Step {
  readonly version: number
  /** What the step brings, as its file is named. */
  readonly name: string
  /** What changes, in one sentence, for whoever decides whether to migrate. */
  readonly summary: string
  /** The oldest build's schema version that may still open a store with this step. */
  readonly floor: number
  readonly sqlite: string
  readonly postgres: string
}

/**
 * One step of the schema, for both engines, side by side so that neither can be forgotten. `inPlace` keeps every row;
 * `rebuild` is for derived tables alone: they are made anew, empty, and filled again from what they derive from.
 */
export type Migration =
  | (Step & { readonly strategy: 'inPlace' })
  | (Step & { readonly strategy: 'rebuild'; readonly rebuilds: readonly ArtefactName[] })
