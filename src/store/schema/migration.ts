/** One step of the schema, for both engines, side by side so that neither can be forgotten. */
export interface Migration {
  readonly version: number
  /** What the step brings, as its file is named. */
  readonly name: string
  /** The oldest build's schema version that may still open a store with this step. */
  readonly floor: number
  readonly strategy: 'inPlace' | 'rebuild'
  readonly sqlite: string
  readonly postgres: string
}
