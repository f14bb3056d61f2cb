/** What an engine found where a store should be. Finding it out writes nothing. */
export type StoredSchema =
  /** Nothing yet. */
  | { readonly kind: 'fresh' }
  /** Our tables, and nothing that says which version they have. */
  | { readonly kind: 'unversioned' }
  /** Something else; `reason` completes the sentence "… is not a store: ". */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'versioned'; readonly version: number; readonly history: readonly StoredStep[] }

export interface StoredStep {
  readonly version: number
  readonly name: string
  readonly checksum: string
  readonly floor: number
}

/** What a table of memories must have before it is taken for ours. */
export const OURS = ['tenant_id', 'id', 'content'] as const
