/**
 * What a user would otherwise write for hybrid search: every word of the question with OR in FTS5, a scan of all
 * vectors, and both rankings joined by reciprocal-rank fusion (Cormack et al., 2009).
 */
import BetterSqlite3 from 'better-sqlite3'
import { load } from 'sqlite-vec'
import { anyWord } from './bare.ts'
import type { BenchEmbedder } from './embedder.ts'
import { nearest } from './scan.ts'

/** How many of each ranking are joined. */
const DEPTH = 100

/** The constant of reciprocal-rank fusion. */
const K = 60

const SHOWN = 10

/** Texts embedded and written at once. What has no vector is found by its words alone. */
const BATCH = 5000

export interface HybridStore extends Disposable {
  readonly scannedBy: 'sqlite-vec' | 'javascript'
  /** The ten best, with their text. */
  query(text: string): Promise<unknown[]>
}

/** `file` already holds the texts as `openBare` puts them there, their row ids from 1 on. */
export async function openHybrid(
  file: string,
  texts: readonly string[],
  embedder: BenchEmbedder,
): Promise<HybridStore> {
  const db = new BetterSqlite3(file)
  db.pragma('journal_mode = WAL')
  const scannedBy = isLoaded(db) ? 'sqlite-vec' : 'javascript'
  const vectors = scannedBy === 'sqlite-vec' ? vectorTable(db, embedder) : vectorArray(texts.length, embedder)
  for (let start = 0; start < texts.length; start += BATCH)
    vectors.add(start, await embedder.embed(texts.slice(start, start + BATCH), 'document'))
  const matching = db
    .prepare('select rowid from texts where texts match ? order by rank limit ?')
    .pluck() as BetterSqlite3.Statement<[string, number], number>
  const textOf = db.prepare('select rowid, text from texts where rowid = ?')
  return {
    scannedBy,
    query: async text => {
      const [vector = null] = await embedder.embed([text], 'query')
      const near = vector === null ? [] : vectors.nearest(vector)
      return fused([matching.all(anyWord(text), DEPTH), near]).map(row => textOf.get(row))
    },
    [Symbol.dispose]: () => void db.close(),
  }
}

function isLoaded(db: BetterSqlite3.Database): boolean {
  try {
    load(db)
    return true
  } catch {
    // There is no build of it for every machine.
    return false
  }
}

interface Vectors {
  /** The first of them is that of the text with this index. */
  add(start: number, vectors: readonly (Float32Array | null)[]): void
  /** Row ids, nearest first. */
  nearest(vector: Float32Array): readonly number[]
}

function vectorTable(db: BetterSqlite3.Database, { dimensions }: BenchEmbedder): Vectors {
  db.exec(`create virtual table vectors using vec0(embedding float[${dimensions}])`)
  const insert = db.prepare('insert into vectors (rowid, embedding) values (?, ?)')
  const search = db.prepare('select rowid from vectors where embedding match ? and k = ?').pluck()
  const addAll = db.transaction((start: number, vectors: readonly (Float32Array | null)[]) => {
    for (const [index, vector] of vectors.entries()) {
      // It takes no number that might not be whole.
      if (vector !== null) insert.run(BigInt(start + index + 1), toBytes(vector))
    }
  })
  return {
    add: (start, vectors) => addAll(start, vectors),
    nearest: vector => search.all(toBytes(vector), DEPTH) as number[],
  }
}

function vectorArray(count: number, { dimensions }: BenchEmbedder): Vectors {
  const all = new Float32Array(count * dimensions)
  return {
    add: (start, vectors) => {
      for (const [index, vector] of vectors.entries())
        if (vector !== null) all.set(vector, (start + index) * dimensions)
    },
    nearest: vector => nearest(all, vector, DEPTH).map(index => index + 1),
  }
}

function toBytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

function fused(rankings: readonly (readonly number[])[]): number[] {
  const scores = new Map<number, number>()
  for (const ranking of rankings)
    for (const [place, row] of ranking.entries())
      scores.set(row, (scores.get(row) ?? 0) + 1 / (K + place + 1))
  return [...scores]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([row]) => row)
}
