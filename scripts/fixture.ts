/**
 * Makes the fixture of the schema version that this build writes: a small store with something of everything, as a
 * SQLite file and as a PostgreSQL script. Run once, by the build that brings a version; never again for an old one.
 *
 *   npm run fixture
 */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { openHeirloom } from '../src/heirloom.ts'
import { MIGRATIONS } from '../src/store/schema/index.ts'
import { fixedClock, fixedSurroundings } from '../src/testing.ts'
import { writeHistory } from './fixture/history.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'test/fixtures/stores')

/** In the script in place of the schema's name. */
const SCHEMA = 'fixture_schema'

const { values } = parseArgs({ options: { force: { type: 'boolean', default: false } } })
const name = String(MIGRATIONS.length).padStart(4, '0')
const file = join(FOLDER, `${name}.db`)
if (existsSync(file) && !values.force) {
  throw new Error(`${relative(ROOT, file)} is there: a fixture is made once. --force makes it again.`)
}

await fill({ store: `${file}.part` })
renameSync(`${file}.part`, file)
for (const ending of ['-wal', '-shm', '.lock', '.vectors'])
  rmSync(`${file}.part${ending}`, { force: true, recursive: true })

const pglite = await PGlite.create()
await fill({ store: `pglite:?schema=${SCHEMA}`, pglite })
writeFileSync(join(FOLDER, `${name}.postgres.sql`), await dump(pglite))
await pglite.close()
console.log(`Wrote ${relative(ROOT, file)} and its PostgreSQL script.`)

async function fill(address: { store: string; pglite?: PGlite }): Promise<void> {
  const clock = fixedClock()
  await using memory = await openHeirloom({
    ...fixedSurroundings(clock),
    mode: 'initialise',
    actor: 'person',
    client: 'fixture',
    ...address,
  })
  await writeHistory(memory, clock)
  await memory.space_add({ provider: 'static' })
  await memory.embed({ drain: true })
}

/** The steps of this build, and every row as it is. */
async function dump(db: PGlite): Promise<string> {
  const { rows: tables } = await db.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = '${SCHEMA}'::regnamespace and relkind = 'r' order by oid`,
  )
  const parts = [`create schema ${SCHEMA};\nset search_path to ${SCHEMA};`]
  for (const { postgres } of MIGRATIONS) parts.push(postgres.trim())
  // What the steps put in themselves comes with the rows again.
  const names = tables.map(table => `"${table.name}"`)
  parts.push(`truncate ${names.join(', ')};`)
  for (const table of names) parts.push(await rowsOf(db, table))
  const { rows } = await db.query<{ last: number }>(
    `select coalesce(max(doc), 1)::int as last from ${SCHEMA}.keyword_documents`,
  )
  parts.push(`select setval(pg_get_serial_sequence('${SCHEMA}.keyword_documents', 'doc'), ${rows[0]?.last});`)
  const numbered = await db.query<{ last: number }>(
    `select coalesce(max(id), 1)::int as last from ${SCHEMA}.vectors`,
  )
  const last = numbered.rows[0]?.last
  parts.push(`select setval(pg_get_serial_sequence('${SCHEMA}.vectors', 'id'), ${last});`)
  return `${parts.filter(part => part !== '').join('\n')}\nreset search_path;\n`
}

async function rowsOf(db: PGlite, table: string): Promise<string> {
  const { rows } = await db.query<{ row: string }>(
    `select to_jsonb(t)::text as row from ${SCHEMA}.${table} as t order by to_jsonb(t)::text`,
  )
  if (rows.length === 0) return ''
  const list = `[\n${rows.map(({ row }) => row).join(',\n')}\n]`.replaceAll("'", "''")
  return `insert into ${table} overriding system value
  select * from jsonb_populate_recordset(null::${table}, '${list}');`
}
