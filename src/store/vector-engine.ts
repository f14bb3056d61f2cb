/** The part of the seam that is about vectors: how the nearest ones are found differs between databases. */
import type { Space } from '../model/space.ts'
import type { Database, KeywordHit, KeywordScope } from './engine.ts'
import type { Exclusive } from './exclusive.ts'
import type { VectorTable } from './vector-tables.ts'

/** What an index must know of a space. */
export type IndexedSpace = Pick<Space, 'id' | 'number' | 'dimensions'>

export type VectorRow = Omit<VectorTable, 'id'>

export interface VectorQuery extends KeywordScope {
  readonly space: IndexedSpace
  /** Of length 1. */
  readonly vector: Float32Array
  readonly limit: number
}

/** A row of the keyword index, with the cosine of its vector and the query's. */
export interface VectorHit extends KeywordHit {
  readonly similarity: number
}

/** How far the index of a space reaches. */
export interface IndexState {
  /** Vectors that are found through the index; null where there is no index. */
  readonly indexed: number | null
  /** Vectors that it does not hold, which are compared one by one at each search. */
  readonly tail: number
  /** Why there is no index, or none that can be used, in words for people; it costs only speed. */
  readonly problem: string | null
}

export interface FoldOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether more is coming: then it waits until there is more to fold. */
  readonly isBusy: boolean
}

export interface VectorEngine {
  /** Why vectors cannot be searched here, with the remedy; null where they can. */
  obstacle(db: Database): Promise<string | null>
  /** Writes vectors of subjects that have none in their space. */
  insert(db: Database, rows: readonly VectorRow[]): Promise<void>
  /** Those of the scope that are nearest, nearest first. */
  nearest(db: Database, query: VectorQuery): Promise<VectorHit[]>
  /** The vectors of some subjects, by id: 16-bit floats. */
  of(db: Database, space: IndexedSpace, ids: readonly string[]): Promise<Map<string, Uint8Array>>
  state(db: Database, space: IndexedSpace): Promise<IndexState>
  /** Whether so much is not in the index that folding pays. */
  needsFold(db: Database, space: IndexedSpace, options: FoldOptions): Promise<boolean>
  /** Brings the index of a space up to what is stored, while nobody else does. */
  fold(permit: Exclusive, space: IndexedSpace, options: FoldOptions): Promise<void>
  /** Removes what is left of the index of a space that is gone. */
  forget(space: IndexedSpace): Promise<void>
}
