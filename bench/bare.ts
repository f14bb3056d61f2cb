/** What a user would otherwise write: one FTS5 table in bare better-sqlite3, every word of the question with OR. */
import BetterSqlite3 from 'better-sqlite3'

export interface BareStore extends Disposable {
  /** The ten best by bm25(), with their text. */
  query(text: string): unknown[]
  /** One row, one commit, at the same durability as a store's. */
  commit(text: string): void
}

export function openBare(file: string, texts: readonly string[]): BareStore {
  const db = new BetterSqlite3(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(`create virtual table texts using fts5(text, tokenize = 'porter unicode61');
    create table rows (id integer primary key, text text not null)`)
  const insert = db.prepare('insert into texts (text) values (?)')
  db.transaction(() => {
    for (const text of texts) insert.run(text)
  })()
  const query = db.prepare('select rowid, text from texts where texts match ? order by rank limit 10')
  const commit = db.prepare('insert into rows (text) values (?)')
  return {
    query: text =>
      query.all(
        text
          .split(' ')
          .map(word => `"${word}"`)
          .join(' OR '),
      ),
    commit: text => void commit.run(text),
    [Symbol.dispose]: () => void db.close(),
  }
}
