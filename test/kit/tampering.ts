/** Changes past every rule, with foreign keys off. */
import BetterSqlite3 from 'better-sqlite3'
import type { TestStore } from './engines.ts'

export type Tamper = (store: TestStore, statements: readonly string[]) => Promise<void>

export const withoutForeignKeys: Record<string, Tamper> = {
  'SQLite file': async (store, statements) => {
    const raw = new BetterSqlite3((await store.memory.status({})).store)
    raw.unsafeMode(true)
    raw.pragma('foreign_keys = off')
    for (const statement of statements) raw.exec(statement)
    raw.close()
  },
  PGlite: async (store, statements) => {
    await store.raw('set session_replication_role = replica')
    for (const statement of statements) await store.raw(statement)
    await store.raw('set session_replication_role = origin')
  },
}
