/** Each damage that a store as a whole can take is found and named; what can be made again is, and nothing else changes. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { spaceCheck } from '../../src/operations/examination.ts'
import { AREAS } from '../../src/store/agreement/findings.ts'
import { readDdl } from '../../src/store/schema/ddl.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../../src/store/schema/index.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import {
  IS_THOROUGH,
  pglite,
  sqliteFile,
  sqliteMemory,
  type TestEngine,
  type TestStore,
  temporaryFolder,
} from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { withoutForeignKeys } from '../kit/tampering.ts'

const inProcess = pglite()
const ENGINES = [sqliteFile(), ...(IS_THOROUGH ? [inProcess] : [])]

const GHOST = '0190ffff-0000-7000-8000-00000000dead'
const AT = '2026-01-01T00:00:00.000Z'

/** Memories, one of them superseded, and a document, all of one project. */
async function filled(engine: TestEngine): Promise<TestStore> {
  const store = await engine.open()
  const { memory } = store
  const project = 'apollo'
  const { id } = await memory.remember({
    content: 'Herons fish at dusk beside the quiet weir',
    tags: ['birds'],
    project,
  })
  await memory.remember({ content: 'The staging API listens on port 8080 behind the proxy', project })
  await memory.supersede({ id, content: 'Herons fish at dawn beside the noisy weir' })
  await memory.ingest({
    name: 'notes.md',
    text: '# One\n\nAbout wombats.\n\n# Two\n\nAbout koalas.\n',
    project,
  })
  return store
}

interface Damage {
  readonly what: string
  /** For both, or for one of them. */
  readonly done: readonly string[] | Readonly<Record<string, readonly string[]>>
  readonly checks: readonly string[]
  readonly says: RegExp
  /** Whether repairing leaves nothing of it. */
  readonly mends: boolean
}

/** Where a table or a column is gone, no row can be compared. */
const UNREADABLE = ['schema', 'stamps', ...AREAS]

const sqlite = (...statements: string[]) => ({ 'SQLite file': statements })
const postgres = (...statements: string[]) => ({ PGlite: statements })

const damage = (
  what: string,
  done: Damage['done'],
  [checks, says]: readonly [readonly string[], RegExp],
  mends: 'is made again' | 'stays' = 'stays',
): Damage => ({ what, done, checks, says, mends: mends === 'is made again' })

const MEMORIES_SLOT =
  'create index memories_by_slot on memories (tenant_id, slot_subject, slot_attribute) where slot_subject is not null'

const SCHEMA: readonly Damage[] = [
  damage(
    'a lost index',
    ['drop index memories_by_slot'],
    [['schema'], /the index memories_by_slot is missing/],
    'is made again',
  ),
  damage(
    'a lost index of what is derived',
    ['drop index keyword_documents_by_place'],
    [['schema'], /keyword_documents_by_place is missing/],
    'is made again',
  ),
  damage(
    'a lost index of words',
    postgres('drop index keyword_live'),
    [['schema'], /keyword_live is missing/],
    'is made again',
  ),
  damage(
    'an index that is not kept up',
    postgres(`update pg_index set indisvalid = false where indexrelid = 'memories_by_slot'::regclass`),
    [['schema'], /the index memories_by_slot is not in use/],
    'is made again',
  ),
  damage(
    'an index of other columns',
    sqlite('drop index memories_by_slot', MEMORIES_SLOT.replace('slot_attribute', 'slot_value')),
    [['schema'], /the index memories_by_slot is not as it was made/],
    'is made again',
  ),
  damage(
    'a lost trigger',
    sqlite('drop trigger keyword_live_enter'),
    [['schema'], /the trigger keyword_live_enter is missing/],
    'is made again',
  ),
  damage(
    'a lost view',
    sqlite('drop view keyword_past_words'),
    [['schema', 'keyword index'], /the view keyword_past_words is missing/],
    'is made again',
  ),
  damage(
    'a lost full-text table',
    sqlite('drop table keyword_live'),
    [['schema', 'keyword index'], /the table keyword_live is missing/],
    'is made again',
  ),
  ...[
    ...['keyword_signatures', 'keyword_totals', 'memory_tags', 'keyword_documents'],
    ...['entity_names', 'entity_heads', 'edges', 'claims'],
  ].map(table =>
    damage(
      `a lost table ${table}`,
      [`drop table ${table}`],
      [UNREADABLE, new RegExp(`the table ${table} is missing`)],
      'is made again',
    ),
  ),
  damage(
    'a lost column of what is derived',
    ['alter table keyword_documents drop column traits'],
    [UNREADABLE, /the column traits of keyword_documents is missing/],
    'is made again',
  ),
  damage(
    'a lost column',
    ['alter table memories drop column slot_value'],
    [['schema'], /the column slot_value of memories is missing/],
  ),
  damage(
    'a column of another type',
    ['alter table memories drop column slot_value', 'alter table memories add column slot_value bigint'],
    [['schema'], /the column slot_value of memories is of the type bigint, not text/i],
  ),
  damage(
    'a step with other statements',
    [`update schema_history set checksum = 'x' where version = 2`],
    [['schema'], /step 2 .* ran with other statements/],
  ),
  damage(
    'a step with another floor',
    ['update schema_history set floor = 9 where version = 2'],
    [['schema'], /step 2 .* has the floor 9/],
  ),
  damage(
    'a step with another name',
    [`update schema_history set name = 'x' where version = 2`],
    [['schema'], /step 2 \(x\) is called artefacts/],
  ),
  damage(
    'a lost step',
    ['delete from schema_history where version = 2'],
    [['schema'], /has step 2 not at all/],
  ),
  damage(
    'a lost last step',
    [`delete from schema_history where version = ${SCHEMA_VERSION}`],
    [['schema'], /the last step of its history is/],
  ),
  damage(
    'another version',
    { 'SQLite file': ['pragma user_version = 2'], PGlite: ['update schema_version set version = 2'] },
    [['schema'], /has schema 2, the last step of its history is/],
  ),
  damage(
    'no version',
    { 'SQLite file': ['pragma application_id = 0'], PGlite: ['delete from schema_version'] },
    [['schema'], /no longer says|0 rows instead of one/],
  ),
]

const STAMPS: readonly Damage[] = [
  damage(
    'an index of another analyser',
    [`update artefacts set digest = 'x' where name = 'keyword'`],
    [['stamps'], /keyword index is not of this build: it was made in another way/],
    'is made again',
  ),
  damage(
    'an index of a newer form',
    [`update artefacts set version = 9 where name = 'near_duplicates'`],
    [['stamps'], /index of near-duplicates is not of this build.*newer build/],
    'is made again',
  ),
  damage(
    'a lost stamp',
    [`delete from artefacts where name = 'near_duplicates'`],
    [['stamps'], /there is no index of near-duplicates/],
    'is made again',
  ),
  damage(
    'an index that was emptied and is not whole',
    [
      `update artefacts set needs_rebuild = 1 where name = 'keyword'`,
      'delete from keyword_documents',
      'delete from keyword_signatures',
      'update keyword_totals set documents = 0, terms = 0',
    ],
    [['stamps'], /The keyword index is being rebuilt \(0 of 5 memories\), and is not compared/],
    'is made again',
  ),
]

/** Changes that the index of live rows does not hear of. */
const UNHEARD = (...changes: string[]) => [
  `update pg_index set indisready = false where indexrelid = 'keyword_live'::regclass`,
  ...changes,
  `update pg_index set indisready = true where indexrelid = 'keyword_live'::regclass`,
]

/** Of all live rows. */
const LEXEMES = `select array_to_tsvector(array_agg(distinct word)) from keyword_documents, unnest(string_to_array(btrim(words), ' ')) as word where live = 1`

const KEYWORD: readonly Damage[] = [
  damage(
    'a row that no full-text table has',
    sqlite(
      'update keyword_documents set pending = 0',
      `insert into keyword_live(keyword_live, rowid, words) select 'delete', doc, words from keyword_documents where live = 1 limit 1`,
    ),
    [['keyword index'], /full-text table of the live part contradicts its words/],
    'is made again',
  ),
  damage(
    'words of no row in a full-text table',
    sqlite(`insert into keyword_past(rowid, words) values (4711, ' ghost ')`),
    [['keyword index'], /full-text table of the past part contradicts its words/],
    'is made again',
  ),
  damage(
    'a full-text table with a part cut out',
    sqlite('update keyword_documents set pending = 0', 'delete from keyword_live_data where id > 10'),
    [['keyword index'], /full-text table of the live part contradicts its words/],
    'is made again',
  ),
  damage(
    'words that are not searched',
    postgres(`update keyword_documents set lexemes = '' where live = 0`),
    [['keyword index'], /the searched words of 2 rows are not those that they hold/],
    'is made again',
  ),
  damage(
    'a row that the index does not find',
    postgres(
      'create temporary table kept as select doc, lexemes from keyword_documents where live = 1',
      ...UNHEARD(
        `update keyword_documents set lexemes = '' where live = 1`,
        'update keyword_documents set lexemes = kept.lexemes from kept where kept.doc = keyword_documents.doc',
      ),
      'drop table kept',
    ),
    [['keyword index'], /the index of the live part does not find row \d+ by "/],
    'is made again',
  ),
  damage(
    'a row that the index finds by a word it has not',
    postgres(`update keyword_documents set lexemes = lexemes || (${LEXEMES}) where words like '% koala %'`),
    [['keyword index'], /the index of the live part finds row \d+ by ".*", which it has not/],
    'is made again',
  ),
  damage(
    'totals that are not those of the rows',
    ['update keyword_totals set documents = documents + 1 where live = 1'],
    [['keyword index'], /its totals \(\d+ documents\)/],
    'is made again',
  ),
  damage(
    'lost totals',
    ['delete from keyword_totals'],
    [['keyword index'], /its totals \(no documents\)/],
    'is made again',
  ),
]

const memberOf = (group: string, user: string) =>
  `insert into group_memberships (tenant_id, group_id, user_id, role, created_at) select tenant_id, ${group}, ${user}, 'member', '${AT}' from tenants`

const ORPHANS: readonly Damage[] = [
  damage(
    'a lost owner',
    [`delete from users`],
    [['orphans'], /the document .* names the owner .*the memory .* names the owner/],
  ),
  damage(
    'a lost project',
    ['delete from projects'],
    [
      ['orphans', 'journal'],
      /it tells of the project apollo, which is gone\n.*the memory .* names the project apollo, which is gone/s,
    ],
  ),
  damage(
    'a lost document',
    ['delete from documents'],
    [['orphans', 'journal'], /the memory .* names the document .*, which is gone/],
  ),
  damage(
    'a lost successor',
    [`update memories set superseded_by = '${GHOST}' where superseded_by is not null`],
    [['links', 'journal'], /the memory .* was superseded by .*dead, which no link says/],
  ),
  damage(
    'a superseded memory without its link',
    ['delete from links'],
    [['links'], /the memory .* was superseded by .*, which no link says/],
  ),
  damage(
    'a link of no memory',
    [`update links set target_id = '${GHOST}'`],
    [['links', 'orphans'], /the link of .*dead superseded_by names the target .*dead, which is gone/],
  ),
  damage(
    'a link that points to a source which is gone',
    [`update links set source_id = '${GHOST}'`],
    [['orphans'], /the link of .* superseded_by names the source .*dead, which is gone/],
  ),
  damage(
    'a link that keeps another hash',
    [`update links set source_hash = 'another'`],
    [['links'], /the link .* keeps another hash than its source has/],
  ),
  damage(
    'a link that allows more sources than its type',
    ['update links set only_source = 0'],
    [['links'], /the link .* takes another number of sources than its type/],
  ),
  damage(
    'an alias of no project',
    [
      `insert into project_aliases (tenant_id, alias, name, created_at) select tenant_id, 'a', 'ghost', '${AT}' from tenants`,
    ],
    [['orphans'], /the alias a names the project ghost/],
  ),
  damage(
    'a member of no group',
    [memberOf(`'${GHOST}'`, 'tenant_id')],
    [['orphans'], /names the group .*dead/],
  ),
  damage(
    'a membership of nobody',
    [
      `insert into "groups" (tenant_id, id, handle, created_at) select tenant_id, tenant_id, 'g', '${AT}' from tenants`,
      memberOf('tenant_id', `'${GHOST}'`),
    ],
    [['orphans'], /names the user .*dead/],
  ),
  damage(
    'an answer kept for nobody',
    [
      `insert into idempotency (tenant_id, user_id, key, request_hash, created_at) select tenant_id, '${GHOST}', 'k', 'h', '${AT}' from tenants`,
    ],
    [['orphans'], /the answer under the key k names the user/],
  ),
  damage(
    'an error of no run',
    [
      `insert into run_errors (tenant_id, run_id, subject_kind, subject_id, reason) select tenant_id, '${GHOST}', 'memory', 'm', 'r' from tenants`,
    ],
    [['orphans'], /the error about m names the run/],
  ),
  damage(
    'an entry of the journal of no tenant',
    [
      `insert into journal (tenant_id, sequence, at, actor_kind, actor_user_id, operation, subject_kind, subject_id, payload_digest, previous_hash, hash)
       select '${GHOST}', sequence, at, actor_kind, actor_user_id, operation, subject_kind, subject_id, payload_digest, previous_hash, hash from journal where sequence = 1`,
    ],
    [['orphans'], /the journal entry 1 names the tenant .*dead/],
  ),
  ...(
    [
      ['users', 'id, handle, created_at', `'${GHOST}', 'h', '${AT}'`],
      ['groups', 'id, handle, created_at', `'${GHOST}', 'h', '${AT}'`],
      ['projects', 'name, status, settings, created_at', `'p', 'active', '{}', '${AT}'`],
      ['settings', 'name, value', `'s', 'v'`],
      ['keyword_totals', 'live, documents, terms', '1, 0, 0'],
      [
        'runs',
        'id, kind, target, fingerprint, status, counts, started_at',
        `'${GHOST}', 'reindex', 't', 'f', 'done', '{}', '${AT}'`,
      ],
    ] as const
  ).map(([table, columns, values]) =>
    damage(
      `a row of ${table} of no tenant`,
      [`insert into "${table}" (tenant_id, ${columns}) values ('${GHOST}', ${values})`],
      [['orphans'], /names the tenant .*dead, which is gone/],
    ),
  ),
]

const CLOCK: readonly Damage[] = [
  damage(
    'a document from the future',
    [`update documents set updated_at = '2027-01-01T00:00:00.000Z'`],
    [['clock'], /newest change of a document is of 2027.*the clock says 2026-01-01/],
  ),
]

const DAMAGES = [...SCHEMA, ...STAMPS, ...KEYWORD, ...ORPHANS, ...CLOCK]

for (const engine of ENGINES) {
  const here = DAMAGES.flatMap(found => {
    const statements = Array.isArray(found.done)
      ? found.done
      : (found.done as Record<string, readonly string[]>)[engine.name]
    return statements === undefined ? [] : [{ ...found, statements }]
  })

  describe(`doctor on ${engine.name}`, () => {
    it.each(here)('finds $what', async ({ statements, checks, says, mends }) => {
      await using store = await filled(engine)
      const { memory } = store
      const before = await digests(store)
      await withoutForeignKeys[engine.name]!(store, statements)
      const found = await memory.doctor({})
      const failed = found.checks.filter(check => !check.ok)
      expect(failed.map(check => check.name).sort()).toEqual([...checks].sort())
      expect(failed.map(check => check.detail).join('\n')).toMatch(says)
      for (const { remedy } of failed) expect(remedy).not.toBeNull()
      expect(found.repaired).toEqual([])
      const damaged = await digests(store)
      const repaired = await memory.doctor({ repair: true })
      expect(repaired.ok, JSON.stringify(repaired)).toBe(mends)
      expect(repaired.repaired.length > 0).toBe(mends)
      expect(await digests(store)).toEqual(damaged)
      if (!mends) return
      expect(damaged).toEqual(before)
      await expectSound(store)
      const { results } = await memory.recall({ query: 'herons at the weir' })
      expect(results[0]?.content).toContain('dawn')
    })

    it('finds that the clock went back', async () => {
      await using store = await filled(engine)
      store.clock.advance(-59_000)
      expect((await store.memory.doctor({})).ok).toBe(true)
      store.clock.advance(-2_000)
      const failed = (await store.memory.doctor({})).checks.filter(check => !check.ok)
      expect(failed.map(check => check.name)).toEqual(['clock'])
      expect(failed[0]?.detail).toMatch(/newest memory is of .*newest entry of the journal is of/)
      expect(failed[0]?.remedy).toMatch(/clock of this machine/)
    })

    it('repairs nothing where nothing is wrong', async () => {
      await using store = await filled(engine)
      const runs = await store.raw('select count(*) as count from runs')
      expect(await store.memory.doctor({ repair: true })).toMatchObject({ ok: true, repaired: [] })
      expect(await store.raw('select count(*) as count from runs')).toEqual(runs)
    })

    it('lets recall, remember and status say what a rebuild still lacks', async () => {
      await using store = await filled(engine)
      await withoutForeignKeys[engine.name]!(store, [
        'delete from keyword_documents',
        'delete from keyword_signatures',
        'update keyword_totals set documents = 0, terms = 0',
        'update artefacts set needs_rebuild = 1',
      ])
      const memory = await store.another({ upgrade: 'never' })
      const recalled = await memory.recall({ query: 'herons' })
      expect(recalled.results).toEqual([])
      expect(recalled.notices).toContain(
        'The keyword index is being rebuilt (0 of 5 memories): older memories may be missing here.',
      )
      const kept = await memory.remember({ content: 'Herons fish at dawn beside the noisy weir!' })
      expect(kept.near_duplicates).toEqual([])
      expect(kept.notices).toEqual([
        'The keyword index is being rebuilt (0 of 5 memories): what is nearly the same may go unnoticed here.',
      ])
      expect((await memory.recall({ query: 'herons' })).results).toHaveLength(1)
      const { artefacts, notices } = await memory.status({})
      expect(artefacts).toEqual([
        { name: 'claims', version: 1, needs_rebuild: true, progress: { done: 0, total: 6 } },
        { name: 'keyword', version: 1, needs_rebuild: true, progress: { done: 0, total: 6 } },
        { name: 'mentions', version: 1, needs_rebuild: true, progress: { done: 0, total: 6 } },
        { name: 'names', version: 1, needs_rebuild: true, progress: { done: 0, total: 0 } },
        { name: 'near_duplicates', version: 1, needs_rebuild: true, progress: { done: 0, total: 6 } },
      ])
      expect(notices[0]).toMatch(/keyword index is being rebuilt \(0 of 6 memories\)\. .*doctor --repair/)
      expect(await memory.doctor({ repair: true })).toMatchObject({
        ok: true,
        repaired: ['the unfinished parts'],
      })
      expect((await memory.status({})).notices).toEqual([])
      expect((await memory.recall({ query: 'herons' })).notices).toEqual([])
      await expectSound(store)
    })

    it('says in words what of the schema is gone, and how to mend it', async () => {
      await using store = await filled(engine)
      const { memory } = store
      await store.raw('alter table memories drop column slot_value')
      await expect(memory.remember({ content: 'x' })).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(
          /the column slot_value.* is not there; .*heirloom doctor, then restore a snapshot/,
        ),
      })
      await store.raw('drop table keyword_documents')
      await expect(memory.recall({ query: 'herons' })).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(/the table keyword_\w+ is not there; .*heirloom doctor --repair/),
      })
      await store.raw('drop table artefacts')
      await expect(store.another()).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(/the table artefacts is not there; .*To mend it, restore a snapshot/),
      })
    })
  })
}

async function digests({ memory }: TestStore) {
  return memory.digest({}).catch(error => (error as Error).message)
}

describe('doctor on SQLite alone', () => {
  const [engine] = ENGINES as [TestEngine, TestEngine]

  it('makes an index again that missed a change', async () => {
    await using store = await filled(engine)
    const file = (await store.memory.status({})).store
    await store.memory.close()
    tamperSchema(file, `delete from sqlite_schema where name = 'memories_by_codebase'`, raw => {
      raw.exec(`update memories set codebase = 'hidden'`)
    })
    const memory = await openHeirloom({ store: file, ...fixedSurroundings() })
    const found = (await memory.doctor({})).checks.find(({ name }) => name === 'database')
    expect(found).toMatchObject({ ok: false, detail: expect.stringMatching(/memories_by_codebase/) })
    const { repaired, checks } = await memory.doctor({ repair: true })
    expect(repaired).toContain('the indexes of the file')
    expect(checks.find(({ name }) => name === 'database')?.ok).toBe(true)
    await memory.close()
  })

  it('finds a setting that does not protect', async () => {
    await using store = await sqliteMemory.open()
    await store.raw('pragma cell_size_check = 0')
    const failed = (await store.memory.doctor({})).checks.filter(check => !check.ok)
    expect(failed).toMatchObject([{ name: 'database', detail: 'cell_size_check is 0, must be 1' }])
  })

  it('repairs nothing while another process holds the lock, and names it', async () => {
    await using store = await filled(engine)
    const file = (await store.memory.status({})).store
    await store.raw('drop index memories_by_slot')
    const holder = new BetterSqlite3(`${file}.lock`)
    holder.exec('begin exclusive')
    writeFileSync(
      `${file}.lock.json`,
      JSON.stringify({ pid: 4711, host: 'elsewhere', purpose: 'migrate to schema 9', since: AT }),
    )
    await expect(store.memory.doctor({ repair: true })).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(/locked by process 4711 on elsewhere \(migrate to schema 9/),
    })
    expect((await store.memory.doctor({})).ok).toBe(false)
    holder.close()
    expect(await store.memory.doctor({ repair: true })).toMatchObject({
      ok: true,
      repaired: ['the index memories_by_slot is missing'],
    })
  })

  it('tells what an index cannot be made of', async () => {
    await using store = await filled(engine)
    await store.raw('drop index memories_without_twins')
    await withoutForeignKeys['SQLite file']!(store, [
      `update memories set content_hash = 'same', document_id = null, position = null, status = 'active'`,
    ])
    const { ok, checks, repaired } = await store.memory.doctor({ repair: true })
    expect(ok).toBe(false)
    expect(repaired).not.toContain('the index memories_without_twins is missing')
    expect(checks.at(-1)).toMatchObject({
      name: 'repair',
      detail: expect.stringMatching(/memories_without_twins.*UNIQUE/),
    })
  })

  it('status tells of the last upgrade', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'old.db')
    copyFileSync(join(import.meta.dirname, '../fixtures/stores/0001.db'), file)
    await using memory = await openHeirloom({ store: file, ...fixedSurroundings() })
    expect((await memory.status({})).last_upgrade).toMatchObject({
      from: 1,
      to: SCHEMA_VERSION,
      at: AT,
      receipt: expect.any(String),
      snapshot: { folder: `${file}.snapshots`, id: expect.any(String) },
    })
    await using fresh = await sqliteMemory.open()
    expect((await fresh.memory.status({})).last_upgrade).toBeNull()
  })
})

/** Runs the work while the schema does not know of something, which keeps it from being brought along. */
function tamperSchema(file: string, hide: string, work: (raw: BetterSqlite3.Database) => void): void {
  const open = () => new BetterSqlite3(file).unsafeMode(true)
  let raw = open()
  const kept = raw.prepare(`select * from sqlite_schema where name = 'memories_by_codebase'`).get() as Record<
    string,
    unknown
  >
  raw.pragma('writable_schema = on')
  raw.exec(hide)
  raw.close()
  raw = open()
  work(raw)
  raw.pragma('writable_schema = on')
  raw
    .prepare(
      'insert into sqlite_schema (type, name, tbl_name, rootpage, sql) values (@type, @name, @tbl_name, @rootpage, @sql)',
    )
    .run(kept)
  raw.close()
}

it('little space is told', () => {
  expect(spaceCheck(300 * 1024 * 1024)).toMatchObject({ ok: true, detail: '300 MB free' })
  expect(spaceCheck(100 * 1024 * 1024)).toMatchObject({
    ok: false,
    remedy: expect.stringMatching(/Free some space/),
  })
})

it('what the steps make on PostgreSQL is read from their text, and all of it', async () => {
  await using store = await inProcess.open()
  const { tables, indexes } = readDdl(MIGRATIONS.map(step => step.postgres))
  const columns = await store.raw(
    'select table_name, column_name from information_schema.columns where table_schema = current_schema()',
  )
  const read = [...tables].flatMap(([name, table]) =>
    [...table.columns.keys()].map(column => `${name} ${column}`),
  )
  expect(read.sort()).toEqual(columns.map(row => `${row.table_name} ${row.column_name}`).sort())
  const made = await store.raw(
    `select c.relname as name from pg_index as x join pg_class as c on c.oid = x.indexrelid
     where c.relnamespace = current_schema()::regnamespace
       and not exists (select 1 from pg_constraint as k where k.conindid = x.indexrelid)`,
  )
  expect([...indexes.keys()].sort()).toEqual(made.map(row => String(row.name)).sort())
})
