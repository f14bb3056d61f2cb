/** Reads many vectors at once, by the numbers of their rows or by whose they are. */
import { type RawBuilder, sql } from 'kysely'
import { assertBug } from '../../model/errors.ts'
import type { IndexedSpace } from '../vector-engine.ts'

/** A vector and whose it is. */
export interface Named {
  readonly subject_id: string
  readonly vector: Uint8Array
}

/** Vectors of the space's dimensions, one after the other, and whose they are. */
export interface Packed {
  readonly ids: string | null
  readonly vectors: Uint8Array | null
}

/** All vectors as one value: a buffer for each takes as long to make as its row to look up. */
const PACKED = sql`group_concat(v.subject_id, ' ') as ids, cast(group_concat(v.vector, '') as blob) as vectors`

/** By the numbers of their rows. */
export function vectorsBy({ number, dimensions }: IndexedSpace, list: string): RawBuilder<Packed> {
  return sql`with wanted as materialized (select value as id from json_each(${list}))
    select ${PACKED} from wanted cross join vectors as v on v.id = wanted.id
    where v.space = ${number} and length(v.vector) = ${dimensions * 2}`
}

/** By whose they are. */
export function vectorsOf({ number, dimensions }: IndexedSpace, list: string): RawBuilder<Packed> {
  return sql`with wanted as materialized (select value as id from json_each(${list}))
    select ${PACKED} from wanted cross join vectors as v on v.space = ${number} and v.subject_id = wanted.id
    where length(v.vector) = ${dimensions * 2}`
}

/** In the order in which they were found. */
export function unpacked(packed: Packed | undefined, { dimensions }: IndexedSpace): Named[] {
  const { ids = null, vectors = null } = packed ?? {}
  if (ids === null || vectors === null) return []
  const size = dimensions * 2
  const subjects = ids.split(' ')
  assertBug(vectors.length === subjects.length * size, 'vectors were packed with gaps')
  return subjects.map((subject_id, at) => ({
    subject_id,
    vector: vectors.subarray(at * size, (at + 1) * size),
  }))
}
