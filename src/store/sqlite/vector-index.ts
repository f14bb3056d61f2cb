/**
 * The vectors of one space, as they are searched: the file that holds most of them, and the tail that it does not hold
 * yet. Each search looks first whether another process has written since.
 */
import { type RawBuilder, sql } from 'kysely'
import { HeirloomError } from '../../model/errors.ts'
import type { Database } from '../engine.ts'
import type { Exclusive } from '../exclusive.ts'
import type { Statements } from '../statements.ts'
import type { FoldOptions, IndexedSpace, IndexState } from '../vector-engine.ts'
import { indexNames, setIndexNames, vectorEpoch } from '../vector-epoch.ts'
import { Turns } from '../waiting.ts'
import { isCurrent, openVectorFile, type VectorFile } from './vector-file.ts'
import { whyNoGraphs } from './vector-graph.ts'
import { manifestIdentity } from './vector-manifest.ts'
import { type Candidates, together, VectorTail } from './vector-tail.ts'

/**
 * From how long a tail on folding pays: a short one costs a search next to nothing, and each folding writes the whole
 * file. While more is coming it waits for more.
 */
const LONG = { idle: { least: 1000, share: 0.01 }, busy: { least: 20_000, share: 0.1 } } as const

/** From which share of the file on that is of rows that are gone it is made anew. */
const STALE = 0.2

/** Rows a read. */
const BATCH = 1000

export interface IndexPlace {
  readonly statements: Statements
  /** The folder of index files; null for a store in memory, which is searched without. */
  readonly folder: string | null
  /** Reads one moment of the store. */
  readonly read: <T>(work: (db: Database) => Promise<T>) => Promise<T>
}

/**
 * What one search looks through. A fold, or another search, may put another file with another tail in their place
 * meanwhile: neither alone would hold all.
 */
export class SearchedVectors {
  readonly #file: VectorFile | null
  readonly #tail: VectorTail

  constructor(file: VectorFile | null, tail: VectorTail) {
    this.#file = file
    this.#tail = tail
  }

  /** Vectors that are searched, whosever they are and whether their rows are still there. */
  get size(): number {
    return (this.#file?.manifest.count ?? 0) + this.#tail.length
  }

  refresh(db: Database): Promise<void> {
    return this.#tail.refresh(db)
  }

  /** At least the `wanted` rows that are nearest, as far as there are so many; in no order. */
  async candidates(db: Database, vector: Float32Array, wanted: number): Promise<Candidates> {
    const beside = await this.#tail.nearest(db, vector, wanted)
    if (this.#file === null) return beside
    const { ids, similarities } = this.#file.search(vector, wanted)
    const reach = ids.length < this.#file.count ? (similarities.at(-1) ?? 1) : -1
    return together([{ ids, reach }, beside])
  }
}

export class VectorIndex {
  readonly #place: IndexPlace
  readonly #space: IndexedSpace
  #file: VectorFile | null = null
  #epoch = ''
  /** Of the manifest that was looked at last, whatever it was good for. */
  #identity: string | null = null
  /** Why what lies there is of no use. */
  #problem: string | null = null
  /** Why this process could not fold. */
  #failure: string | null = null
  /** The names that the store has given to its indexes. */
  #names: readonly string[] = []
  #tail: VectorTail
  /** Searches of one process run side by side; each takes in what was written after the other. */
  readonly #turns = new Turns()

  constructor(place: IndexPlace, space: IndexedSpace) {
    this.#place = place
    this.#space = space
    this.#tail = new VectorTail(space, 0)
  }

  /** Takes in what was written since the last time, by whatever process. @returns what there is to search now. */
  refresh(db: Database): Promise<SearchedVectors> {
    return this.#turns.take(async () => {
      await this.#reopen(db)
      const searched = new SearchedVectors(this.#file, this.#tail)
      await searched.refresh(db)
      return searched
    })
  }

  state(): IndexState {
    const indexed = this.#file?.manifest.count ?? null
    return { indexed, tail: this.#tail.length, problem: this.#failure ?? this.#problem }
  }

  async needsFold({ isBusy }: FoldOptions): Promise<boolean> {
    if (this.#place.folder === null) return false
    const { least, share } = isBusy ? LONG.busy : LONG.idle
    // What is of no use is mended at once, and tried again only when that pays.
    const isUseless = !isBusy && this.#problem !== null && this.#failure === null
    const isLong = this.#tail.length > Math.max(least, (this.#file?.manifest.count ?? 0) * share)
    if (!isLong && !isUseless) return false
    return whyNoGraphs() === null
  }

  /**
   * What it throws is told by `state` until there is an index again.
   * @param permit says that the caller holds the lock of the store, and writes to it.
   */
  async fold({ signal }: FoldOptions, permit: Pick<Exclusive, 'write'>): Promise<void> {
    const { folder } = this.#place
    if (folder === null) return
    try {
      await this.#fold(folder, { signal, permit })
    } catch (error) {
      const isOver = error instanceof HeirloomError && error.code === 'ABORTED'
      if (!isOver && error instanceof Error) this.#failure = error.message
      throw error
    }
  }

  async #fold(
    folder: string,
    { signal, permit }: Pick<FoldOptions, 'signal'> & { readonly permit: Pick<Exclusive, 'write'> },
  ): Promise<void> {
    const { read } = this.#place
    // Another process may have folded before it let go of the lock.
    const from = await read(async db => {
      await this.refresh(db)
      return (await this.#isStale(db)) ? null : this.#file
    })
    const believed = this.#file === null ? [] : [this.#file.manifest.store]
    // Whatever knows the name has these rows: a copy of the store that is made meanwhile, too.
    const { names, last } = await permit.write(async ({ db }) => {
      const names = [...believed, `${this.#epoch} ${await newName(db)}`]
      await setIndexNames(db, this.#space.id, names)
      return { names, last: await lastNumber(db) }
    }, signal)
    this.#names = names
    const file = await this.#folded(folder, { from, last, signal }).catch((error: unknown) => {
      const isLost = error instanceof HeirloomError && error.code === 'STORE_CORRUPT'
      // The file of before was damaged or removed since it was opened; it is only made of rows.
      if (isLost && from !== null) return this.#folded(folder, { from: null, last, signal })
      throw error
    })
    this.#identity = manifestIdentity(folder, this.#space.id)
    this.#problem = null
    this.#failure = null
    if (file === null) this.#tail = new VectorTail(this.#space, 0)
    this.#use(file)
  }

  async #folded(
    folder: string,
    { from, last, signal }: { from: VectorFile | null; last: number; signal: AbortSignal | undefined },
  ): Promise<VectorFile | null> {
    const { foldVectorFile } = await import('./vector-fold.ts')
    const rows = this.#rowsBetween(from?.manifest.covered ?? 0, last)
    return foldVectorFile(folder, this.#wanted(), { from, rows, signal })
  }

  #wanted() {
    return { stores: this.#names, space: this.#space.id, dimensions: this.#space.dimensions }
  }

  #use(file: VectorFile | null): void {
    this.#file = file
    const covered = file?.manifest.covered ?? 0
    if (covered !== this.#tail.covered) this.#tail = new VectorTail(this.#space, covered)
  }

  async #reopen(db: Database): Promise<void> {
    const { folder, statements } = this.#place
    if (folder === null) return
    const epoch = await vectorEpoch(db, { statements })
    const identity = manifestIdentity(folder, this.#space.id)
    const isSame = epoch === this.#epoch && identity === this.#identity
    // What is in the way of a manifest has no identity, and may be gone.
    const isInTheWay = identity === null && this.#problem !== null
    const isFresh = this.#file === null || isCurrent(this.#file)
    // A reader that began before the index was made does not know its name; the next one does.
    const names = isSame && this.#problem === null ? this.#names : await this.#namesIn(db, epoch)
    const isNamed = names.join() !== this.#names.join()
    if (isSame && !isNamed && !isInTheWay && isFresh) return
    const isOther = epoch !== this.#epoch
    this.#epoch = epoch
    this.#identity = identity
    this.#names = names
    const opened = await openVectorFile(folder, this.#wanted())
    this.#problem = opened.kind === 'unusable' ? `${opened.why}. ${remedy()}` : null
    if (opened.kind !== 'unusable') this.#failure = null
    if (isOther) this.#tail = new VectorTail(this.#space, 0)
    const file = opened.kind === 'open' ? opened.index : null
    this.#use(file)
  }

  /** Rows that were taken away leave their vectors in the file, where searches come across them for nothing. */
  async #isStale(db: Database): Promise<boolean> {
    const held = this.#file?.manifest.count ?? 0
    if (held === 0) return false
    const { rows } = await countOf(this.#space.number).execute(db)
    const there = (rows[0]?.count ?? 0) - this.#tail.length
    return held - there > held * STALE
  }

  #namesIn(db: Database, epoch: string): Promise<readonly string[]> {
    return indexNames(db, epoch, this.#space.id)
  }

  /** Those after the first number, up to the last one. */
  async *#rowsBetween(first: number, last: number) {
    for (let after = first; ; ) {
      const tail = new VectorTail(this.#space, after)
      const read = await this.#place.read(db => tail.take(db, BATCH, last))
      if (tail.length > 0) yield { ids: [...tail.ids], vectors: tail.matrix.slice() }
      if (read < BATCH) return
      after = tail.last
    }
  }
}

/** What mends an index that is of no use. */
function remedy(): string {
  return whyNoGraphs() === null
    ? 'To make it again: heirloom embed --drain'
    : 'Every vector is compared instead, which finds the same and takes longer. On Linux with glibc, macOS and Windows, install it again: npm install heirloom'
}

function countOf(space: number): RawBuilder<{ count: number }> {
  return sql`select count(*) as count from vectors where space = ${space} and subject_id >= ''`
}

/** Given to no other index, of this store or of a copy of it. */
async function newName(db: Database): Promise<string> {
  const { rows } = await sql<{ name: string }>`select lower(hex(randomblob(16))) as name`.execute(db)
  return rows[0]!.name
}

/** The greatest number that a vector ever had here. */
async function lastNumber(db: Database): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(seq), 0) as last from sqlite_sequence where name = 'vectors'`.execute(db)
  return rows[0]?.last ?? 0
}
