/** What a user would otherwise write: one FTS5 table in bare better-sqlite3, every word of the question with OR. */
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'

export interface BareStore extends Disposable {
  /** Where the texts are, in the table `texts`, their row ids from 1 on. */
  readonly file: string
  /** The ten best by bm25(), with their text. */
  query(text: string): unknown[]
  /** One row, one commit, at the same durability as a store's. */
  commit(text: string): void
}

/** Queries and commits have a file each, as a store for commits alone would. */
export function openBare(folder: string, texts: readonly string[]): BareStore {
  const file = join(folder, 'bare-search.db')
  const searched = open(file)
  searched.exec(`create virtual table texts using fts5(text, tokenize = 'porter unicode61')`)
  const insert = searched.prepare('insert into texts (text) values (?)')
  searched.transaction(() => {
    for (const text of texts) insert.run(text)
  })()
  const query = searched.prepare('select rowid, text from texts where texts match ? order by rank limit 10')
  const written = open(join(folder, 'bare-commits.db'))
  written.exec('create table rows (id integer primary key, text text not null)')
  const commit = written.prepare('insert into rows (text) values (?)')
  return {
    file,
    query: text => query.all(anyWord(text)),
    commit: text => void commit.run(text),
    [Symbol.dispose]: () => {
      searched.close()
      written.close()
    },
  }
}

/** In the syntax of FTS5. */
export function anyWord(text: string): string {
  return text
    .split(' ')
    .map(word => `"${word}"`)
    .join(' OR ')
}

function open(file: string): BetterSqlite3.Database {
  const db = new BetterSqlite3(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  return db
}
