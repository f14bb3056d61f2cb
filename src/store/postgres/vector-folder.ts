/** Brings the table of the extension and the index of one space up to what is stored. */
import { type RawBuilder, sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Database } from '../engine.ts'
import type { Exclusive } from '../exclusive.ts'
import type { FoldOptions, IndexedSpace } from '../vector-engine.ts'
import { mustNotBeAborted } from '../waiting.ts'
import type { VectorExtension } from './vector-extension.ts'
import { indexesLike, indexName, WIDEST } from './vector-search.ts'
import { isWhole, makeSearchTables, writeSearchRows } from './vector-table.ts'
import type { PostgresVectorsOptions } from './vectors.ts'

interface Folding extends PostgresVectorsOptions, FoldOptions {
  readonly space: IndexedSpace
  readonly extension: VectorExtension
}

/** Rows that a transaction copies, or marks as the index's where there is none. */
const BATCH = 2000

/** Rows that a transaction takes into an index that is there: a millisecond each. */
const TAKEN_IN = 200

/** From how many rows beside the index on they are taken into it. */
const TAIL = 500

/**
 * From so many times as many as an index begins with, and from what share of those in it, it is made anew rather than
 * taking in what is beside it.
 */
const BULK = 20
const SHARE = 0.2

/** While more is coming; made at every doubling then, it costs twice what it costs to make it once. */
const BUSY = 40

/** Bytes that the index keeps of a row in memory beside its vector, while it is made; limits in megabytes. */
const BESIDE = 800
const LEAST_MEMORY = 64
const MOST_MEMORY = 512

/** Candidates weighed for each that is added, in place of 64 (docs/decisions/0023). */
const WEIGHED = 128

/** What is known of a space before folding. */
interface Situation {
  /** Whether this role may make tables and indexes here. */
  readonly isOwner: boolean
  readonly isThere: boolean
  readonly isValid: boolean | null
  readonly indexed: number
  /** Indexes of the space's number that are of no use. */
  readonly leftovers: readonly string[]
}

export class VectorFolder {
  readonly #folding: Folding

  constructor(folding: Folding) {
    this.#folding = folding
  }

  async isNeeded(db: Database): Promise<boolean> {
    const { extension, space, tableFrom } = this.#folding
    if ((await extension.find(db)).obstacle !== null) return false
    const situation = await this.#situation(db)
    if (!situation.isOwner) return false
    if (!situation.isThere) return (await countUpTo(db, stored(space), tableFrom)) >= tableFrom
    if (!(await isWhole(db, space)) || situation.leftovers.length > 0) return true
    return (await this.#plan(db, situation)) !== null
  }

  async fold(permit: Exclusive): Promise<void> {
    const { extension, space, signal } = this.#folding
    const { schema } = await extension.make(permit)
    if (schema === null) return
    await permit.write(change => makeSearchTables(change, schema), signal)
    await this.#fill(permit, schema)
    const { situation, plan } = await permit.write(async ({ db }) => {
      const situation = await this.#situation(db)
      return { situation, plan: await this.#plan(db, situation) }
    }, signal)
    await this.#drop(permit, situation.leftovers)
    if (plan === 'take in') await this.#mark(permit, TAKEN_IN)
    if (plan !== 'make') return
    if (situation.isValid !== null) await this.#drop(permit, [indexName(space)])
    await this.#mark(permit, BATCH)
    await this.#make(permit, schema)
  }

  dropIndex(): Promise<void> {
    return this.#drop(null, [indexName(this.#folding.space)])
  }

  async #situation(db: Database): Promise<Situation> {
    const { number } = this.#folding.space
    const name = indexName(this.#folding.space)
    const { rows } = await sql<Situation>`
      select pg_has_role(v.relowner, 'usage') as "isOwner", to_regclass('vector_search') is not null as "isThere",
        x.indisvalid as "isValid", coalesce(c.reltuples, 0) as indexed,
        array(select relname::text from pg_catalog.pg_class
          where relnamespace = v.relnamespace and relkind = 'i' and relname like ${indexesLike(number)}
            and relname <> ${name}) as leftovers
      from pg_catalog.pg_class as v
      left join pg_catalog.pg_index as x on x.indexrelid = to_regclass(${name})
      left join pg_catalog.pg_class as c on c.oid = x.indexrelid
      where v.oid = 'vectors'::regclass`.execute(db)
    const [situation] = rows
    if (situation === undefined) throw new Error('Bug: the table vectors was found and is not there')
    return situation
  }

  /** What is to be done for the index, once every vector is in the table. */
  async #plan(db: Database, { isValid, indexed }: Situation): Promise<'make' | 'take in' | null> {
    const { space, indexFrom, isBusy } = this.#folding
    if (indexFrom === null || space.dimensions > WIDEST) return null
    if (isValid === false) return 'make'
    const isFrom = async (rows: RawBuilder<unknown>, least: number) =>
      (await countUpTo(db, rows, least)) >= least
    if (isValid === null) {
      const all = sql`vector_search where space = ${space.number}`
      return (await isFrom(all, isBusy ? BUSY * indexFrom : indexFrom)) ? 'make' : null
    }
    const beside = sql`vector_search where space = ${space.number} and not is_indexed`
    const bulk = isBusy ? Math.max(BUSY * indexFrom, indexed) : Math.max(BULK * indexFrom, indexed * SHARE)
    if (await isFrom(beside, Math.ceil(bulk))) return 'make'
    return !isBusy && (await isFrom(beside, TAIL)) ? 'take in' : null
  }

  /** Copies what was written before there was a table, or past it. */
  async #fill(permit: Exclusive, schema: string): Promise<void> {
    const { space, signal } = this.#folding
    if (await permit.write(({ db }) => isWhole(db, space), signal)) return
    for (let after: string | null = null; ; ) {
      const batch: string[] = await this.#copy(permit, schema, after)
      if (batch.length < BATCH) return
      after = batch.at(-1) ?? null
    }
  }

  /** The next batch of what the table lacks. @returns the subjects. */
  #copy(permit: Exclusive, schema: string, after: string | null): Promise<string[]> {
    const { space, signal } = this.#folding
    return permit.write(async ({ db }) => {
      const { rows } = await missingRows(space, after).execute(db)
      await writeSearchRows(db, { schema, space: space.number, rows })
      if (rows.length < BATCH)
        await sql`insert into vector_search_spaces (space) values (${space.number}) on conflict do nothing`.execute(
          db,
        )
      return rows.map(({ subject_id }) => subject_id)
    }, signal)
  }

  /** Has rows beside the index be the index's, which takes them in if it is there. */
  async #mark(permit: Exclusive, batch: number): Promise<void> {
    const { space, signal } = this.#folding
    for (let marked = batch; marked === batch; ) {
      mustNotBeAborted(signal)
      marked = await permit.write(async ({ db }) => {
        const { numAffectedRows } = await sql`
          update vector_search set is_indexed = true where ctid = any(array(
            select ctid from vector_search where space = ${space.number} and not is_indexed
            limit ${batch} for update skip locked
          ))`.execute(db)
        return Number(numAffectedRows ?? 0)
      }, signal)
    }
  }

  /** A disk that is full may be the memory that workers share, which containers have little of: then it works alone. */
  async #make(permit: Exclusive, schema: string): Promise<void> {
    try {
      await this.#build(permit, schema)
    } catch (error) {
      if (!(error instanceof HeirloomError && error.code === 'STORE_FULL')) throw error
      await this.#drop(permit, [indexName(this.#folding.space)])
      await this.#build(permit, schema, 'max_parallel_maintenance_workers to 0')
    }
    await permit.write(({ script }) => script('analyze vector_search'), this.#folding.signal)
  }

  /** Nobody waits for it where that can be: a change of any memory may write to the table. */
  async #build(permit: Exclusive, schema: string, ...settings: string[]): Promise<void> {
    const { space, outside, signal } = this.#folding
    const { dimensions, number } = space
    const rows = await permit.write(({ db }) => countUpTo(db, stored(space), Number.MAX_SAFE_INTEGER), signal)
    const memory = `maintenance_work_mem to '${memoryFor(rows, dimensions)}MB'`
    const type = `"${schema}".halfvec`
    const create = (how: string) =>
      `create index ${how} ${indexName(space)} on vector_search
        using hnsw ((embedding::${type}(${dimensions})) "${schema}".halfvec_cosine_ops)
        with (ef_construction = ${WEIGHED}) where space = ${number} and is_indexed`
    const set = (how: string) => [memory, ...settings].map(setting => `${how} ${setting}`)
    if (outside !== null) await outside([...set('set'), create('concurrently')], signal)
    else await permit.write(({ script }) => script([...set('set local'), create('')].join(';')), signal)
  }

  async #drop(permit: Exclusive | null, names: readonly string[]): Promise<void> {
    const { outside, signal } = this.#folding
    const drops = (how: string) => names.map(name => `drop index ${how} if exists ${name}`)
    if (names.length === 0) return
    if (outside !== null) await outside(drops('concurrently'), signal)
    // Without a permit it stays for the next fold to find.
    else await permit?.write(({ script }) => script(drops('').join(';')), signal)
  }
}

function stored({ number }: IndexedSpace): RawBuilder<unknown> {
  return sql`vectors where space = ${number} and vector is not null`
}

async function countUpTo(db: Database, from: RawBuilder<unknown>, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from ${from} limit ${most}) as counted`.execute(db)
  return rows[0]?.count ?? 0
}

/** Locked, so that none of them is gone before it is copied. */
function missingRows({ number, dimensions }: IndexedSpace, after: string | null) {
  const later = after === null ? sql`` : sql`and v.subject_id > ${after}`
  return sql<{ subject_id: string; vector: Uint8Array }>`
    select v.subject_id, v.vector from vectors as v
    where v.space = ${number} and octet_length(v.vector) = ${2 * dimensions} ${later}
      and not exists (select from vector_search as s where s.space = v.space and s.subject_id = v.subject_id)
    order by v.subject_id limit ${BATCH} for key share of v`
}

/** Megabytes that making an index takes at once: beyond them it is several times as slow. */
function memoryFor(rows: number, dimensions: number): number {
  const needed = Math.ceil((rows * (2 * dimensions + BESIDE)) / 2 ** 20)
  return Math.min(MOST_MEMORY, Math.max(LEAST_MEMORY, needed))
}
