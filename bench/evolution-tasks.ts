/**
 * What `bench/evolution.ts` measures, each for a process of its own: long changes of a whole store, and the floors
 * beside them, which are what one would do by hand.
 */
import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { dropArtefact, fillArtefacts } from '../src/evolve/rebuild.ts'
import { restoreRows } from '../src/evolve/snapshot/restore.ts'
import { verifySnapshot } from '../src/evolve/snapshot/verify.ts'
import { openHeirloom } from '../src/index.ts'
import { sha256 } from '../src/model/digest.ts'
import { openStore } from '../src/open.ts'
import { ARTEFACTS } from '../src/store/artefacts/artefact.ts'
import { DIGESTED } from '../src/store/digest/tables.ts'
import type { Change } from '../src/store/exclusive.ts'
import { MIGRATIONS } from '../src/store/schema/index.ts'
import { checksumOf } from '../src/store/schema/registry.ts'
import { textSource } from './text.ts'

/** What a task works on; those that it does not need are not there. */
export interface Places {
  readonly store: string
  /** A file or a folder that is not there yet. */
  readonly target: string
  /** A folder of snapshots, and one in it. */
  readonly snapshots: string
  readonly snapshot: string
  readonly memories: number
}

export interface Answer {
  readonly seconds: number
  /** Seconds of what it consists of. */
  readonly within?: Readonly<Record<string, number>>
  /** The snapshot that was taken. */
  readonly snapshot?: string
  /** Rows that a digest covers. */
  readonly rows?: number
}

const PASSAGES_A_FILE = 1000
/** A tenth of all is remembered one by one: only these are looked for near-duplicates in. */
const REMEMBERED = 0.1

export const TASKS = {
  fill: async ({ store, target, memories }) => {
    const alone = Math.ceil(memories * REMEMBERED)
    writeInput(target, memories - alone)
    await using memory = await openHeirloom({ store })
    const begun = performance.now()
    await memory.ingest({ paths: [target] })
    await remember(store, alone, memories + 1)
    const { tables } = await memory.digest({})
    if (tables.memories?.rows !== memories) throw new Error(`${tables.memories?.rows} memories went in`)
    return { ...since(begun), rows: Object.values(tables).reduce((sum, { rows }) => sum + rows, 0) }
  },
  append: async ({ store, memories }) => {
    const begun = performance.now()
    await remember(store, Math.ceil(memories / 100), memories + 2)
    return since(begun)
  },
  outdate: async ({ store, target }) => {
    const begun = performance.now()
    makeOldStore(store, target)
    return since(begun)
  },

  // Floors.
  copy: async ({ store, target }) => {
    const begun = performance.now()
    copyFileSync(store, target)
    const file = openSync(target, 'r+')
    fsyncSync(file)
    closeSync(file)
    return since(begun)
  },
  vacuum: async ({ store, target }) => {
    using db = bare(store, { readonly: true })
    const begun = performance.now()
    db.prepare('vacuum into ?').run(target)
    return since(begun)
  },
  scan: async ({ store }) => {
    using db = bare(store, { readonly: true })
    const begun = performance.now()
    let last = ''
    for (const { name } of DIGESTED) {
      for (const row of db.prepare(`select * from "${name}"`).raw().iterate()) {
        last = sha256((row as unknown[]).join('\n'))
      }
    }
    if (last === '') throw new Error(`${store} has no rows`)
    return since(begun)
  },

  // What a store does.
  migrate: async ({ store }) => {
    const begun = performance.now()
    const { store: opened, upgrade } = await openStore({ store, mode: 'existing' })
    const all = since(begun)
    await opened.close()
    if (upgrade === null) throw new Error(`${store} was not migrated`)
    const steps = upgrade.steps.reduce((sum, { seconds }) => sum + seconds, 0)
    const refill = all.seconds - upgrade.seconds
    return { ...all, within: { 'snapshot and digests': upgrade.seconds - steps, steps, refill } }
  },
  rebuild: async ({ store }) => {
    {
      using db = bare(store, {})
      db.exec(`update artefacts set digest = 'of another build' where name = 'keyword'`)
    }
    const begun = performance.now()
    const { store: opened } = await openStore({ store, mode: 'existing' })
    const all = since(begun)
    await opened.close()
    return all
  },
  'snapshot rows': places => takeSnapshot('rows', places),
  'snapshot file': places => takeSnapshot('file', places),
  verify: async ({ snapshots, snapshot }) => {
    const begun = performance.now()
    const { ok, problems } = await verifySnapshot(snapshots, snapshot)
    if (!ok) throw new Error(problems.join('; '))
    return since(begun)
  },
  restore: async ({ target, snapshots, snapshot }) => {
    const begun = performance.now()
    const { store, context } = await openStore({ store: target })
    const { engine } = store
    const surroundings = context().upkeep.surroundings()
    const rows = await engine.exclusively('restore', async held => {
      const emptyDerived = async (change: Change) => {
        for (const artefact of ARTEFACTS)
          await dropArtefact({ engine, change, permit: held }, artefact, surroundings)
      }
      const to = { engine, held, emptyDerived, demandRebuild: async () => {} }
      await restoreRows(to, { folder: snapshots, id: snapshot, replace: false })
      const done = since(begun).seconds
      await fillArtefacts(engine, held, { surroundings })
      return done
    })
    const all = since(begun)
    await store.close()
    return { ...all, within: { rows, 'keyword index': all.seconds - rows } }
  },
  digest: async ({ store }) => {
    await using memory = await openHeirloom({ store, mode: 'existing' })
    const begun = performance.now()
    await memory.digest({})
    return since(begun)
  },
  doctor: async ({ store }) => {
    await using memory = await openHeirloom({ store, mode: 'existing' })
    const begun = performance.now()
    const { ok, checks } = await memory.doctor({})
    if (!ok) throw new Error(checks.map(({ detail }) => detail).join('; '))
    return since(begun)
  },
} as const satisfies Record<string, (places: Places) => Promise<Answer>>

export type TaskName = keyof typeof TASKS

function since(begun: number): { seconds: number } {
  return { seconds: (performance.now() - begun) / 1000 }
}

function bare(file: string, options: BetterSqlite3.Options): BetterSqlite3.Database & Disposable {
  const db = new BetterSqlite3(file, options)
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}

async function takeSnapshot(kind: 'rows' | 'file', { store, snapshots }: Places): Promise<Answer> {
  const { store: opened, context } = await openStore({ store, mode: 'existing' })
  const begun = performance.now()
  const { id } = await context().upkeep.takeSnapshot(opened.engine, { kind, dir: snapshots })
  const all = since(begun)
  await opened.close()
  return { ...all, snapshot: id }
}

/** Conversations of a thousand turns, as JSON lines. */
function writeInput(folder: string, size: number): void {
  mkdirSync(folder)
  const source = textSource(size)
  for (let start = 0; start < size; start += PASSAGES_A_FILE) {
    const lines = Array.from({ length: Math.min(PASSAGES_A_FILE, size - start) }, (_, turn) =>
      JSON.stringify({ role: turn % 2 === 0 ? 'ana' : 'ben', content: source.next() }),
    )
    writeFileSync(join(folder, `${String(start).padStart(9, '0')}.jsonl`), `${lines.join('\n')}\n`)
  }
}

async function remember(store: string, count: number, seed: number): Promise<void> {
  const source = textSource(seed)
  await using memory = await openHeirloom({ store, mode: 'existing' })
  for (let done = 0; done < count; done++) await memory.remember({ content: source.next() })
}

/** The same memories in a file as the first build would have made it. */
function makeOldStore(from: string, to: string): void {
  const [first] = MIGRATIONS
  if (first === undefined || statSync(to, { throwIfNoEntry: false }) !== undefined) throw new Error(to)
  using db = bare(to, {})
  db.pragma('journal_mode = WAL')
  db.pragma('foreign_keys = OFF')
  db.exec(`attach database '${from.replaceAll("'", "''")}' as new`)
  db.transaction(() => {
    db.exec(first.sqlite)
    for (const table of ownTables(db)) copyTable(db, table)
    db.exec(`insert into keyword_signatures select d.tenant_id, s.signature, d.memory_id
      from new.keyword_signatures as s join new.keyword_documents as d on d.doc = s.doc`)
    const { version, name, floor } = first
    db.prepare(`insert into schema_history values (?, ?, ?, ?, ?, ?)`).run(
      version,
      name,
      checksumOf(first),
      floor,
      '2026-01-01T00:00:00.000Z',
      'heirloom schema 1',
    )
    db.exec(`delete from artefacts where name <> 'keyword'`)
    db.pragma(`application_id = ${db.pragma('new.application_id', { simple: true })}`)
    db.pragma(`user_version = ${version}`)
  })()
}

/** Without the full-text tables, which triggers fill, and what is not copied as it is. */
function ownTables(db: BetterSqlite3.Database): string[] {
  const names = db.prepare(`select name from pragma_table_list where schema = 'main' and type = 'table'`)
  return (names.pluck().all() as string[]).filter(
    name => !/^(sqlite_.*|keyword_signatures|schema_history)$/.test(name),
  )
}

function copyTable(db: BetterSqlite3.Database, table: string): void {
  const columnsOf = (schema: string) =>
    db.prepare(`select name from pragma_table_info(?, ?)`).pluck().all(table, schema) as string[]
  const there = new Set(columnsOf('new'))
  const shared = columnsOf('main').filter(column => there.has(column))
  const list = shared.map(column => `"${column}"`).join(', ')
  db.exec(`delete from main."${table}"`)
  db.exec(`insert into main."${table}" (${list}) select ${list} from new."${table}"`)
}
