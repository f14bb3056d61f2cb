/** How SQLite runs what operations ask of it: by an index, or by a full-text match; never by looking at every row. */
import { type CompiledQuery, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHeirloom } from '../../src/heirloom.ts'
import { type Opened, openStore } from '../../src/open.ts'
import { type Connection, connectionOf, databaseOver } from '../../src/store/connection.ts'
import type { Database, Engine } from '../../src/store/engine.ts'
import { Statements } from '../../src/store/statements.ts'
import { Store } from '../../src/store/store.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import { MARKDOWN } from '../kit/samples.ts'

/** Reads of these are short by nature: a statement's own lists, a handful of projects, at most 64 rows in waiting. */
const SHORT =
  /^SCAN (hits|waiting|\(subquery-\d+\)|spans|matches|json_each|projects|keyword_(live|past) VIRTUAL TABLE|pragma_user_version|.* USING (COVERING )?INDEX keyword_documents_pending|CONSTANT ROW)/

interface Planned {
  readonly sql: string
  readonly plan: readonly string[]
}

const seen = new Map<string, Planned>()

function explain(connection: Connection, query: CompiledQuery): void {
  if (seen.has(query.sql) || /^\s*insert/i.test(query.sql)) return
  const { rows } = connection.execute({ ...query, sql: `explain query plan ${query.sql}` }) as {
    rows: { detail: string }[]
  }
  seen.set(query.sql, { sql: query.sql, plan: rows.map(row => row.detail) })
}

/** The same connection, with every statement's plan noted. */
function noting(db: Database): Database {
  const connection = connectionOf(db)
  const noted: Connection = {
    execute: query => {
      explain(connection, query)
      return connection.execute(query)
    },
  }
  return databaseOver(noted, {
    adapter: () => new SqliteAdapter(),
    compiler: () => new SqliteQueryCompiler(),
  })
}

function notingEngine(engine: Engine): Engine {
  return {
    name: engine.name,
    location: engine.location,
    keyword: engine.keyword,
    vectors: engine.vectors,
    statements: new Statements(),
    read: (work, signal) => engine.read(db => work(noting(db)), signal),
    write: (work, signal) => engine.write(db => work(noting(db)), signal),
    lockJournal: (db, tenant) => engine.lockJournal(db, tenant),
    survey: () => engine.survey(),
    create: work => engine.create(work),
    stamp: (change, version) => engine.stamp(change, version),
    exclusively: (purpose, work, options) => engine.exclusively(purpose, work, options),
    tableNames: db => engine.tableNames(db),
    aside: engine.aside,
    copyFile: engine.copyFile,
    replaceBy: engine.replaceBy,
    rehearse: (permit, steps, work) => engine.rehearse(permit, steps, work),
    inspect: options => engine.inspect(options),
    close: () => engine.close(),
  }
}

let opened: Opened

beforeAll(async () => {
  opened = await openStore({ store: 'memory:', ...fixedSurroundings() })
  const store = new Store(notingEngine(opened.store.engine), {
    now: () => '2026-01-01T00:00:00.000Z',
    newId: () => '',
    salt: () => 'salt',
  })
  const memory = toHeirloom({ store, upgrade: null, context: call => ({ ...opened.context(call), store }) })
  const turns = Array.from({ length: 400 }, (_, index) => ({
    role: 'Ada',
    content: `turn ${index} of herons`,
  }))
  await memory.ingest({ text: JSON.stringify(turns), name: 'talk.json', project: 'birds' })
  const first = await memory.remember({
    content: 'the heron stands',
    project: 'birds',
    tags: ['a'],
    idempotency_key: 'k',
  })
  const { id } = first
  await memory.remember({ content: 'the heron stands', project: 'birds' })
  await memory.remember({ content: 'keyed', idempotency_key: 'k' }).catch(() => undefined)
  await memory.recall({ query: '200' })
  await memory.revise({ id, content: 'the heron flies', tags: ['b'] })
  await memory.supersede({ id, content: 'the heron sleeps' })
  await memory.restore({ id }).catch(() => undefined)
  await memory.ingest({ text: MARKDOWN, name: 'guide.md' })
  await memory.ingest({ text: MARKDOWN.replace('dusk', 'dawn'), name: 'guide.md' })
  const as_of = '2026-01-01T00:00:00Z'
  for (const filter of [
    {},
    { project: 'birds' },
    { kind: ['note'] },
    { tags: ['b'] },
    { status: ['superseded' as const] },
    { as_of },
  ]) {
    await memory.recall({ query: 'heron flies herons', ...filter })
  }
  for (const filter of [
    {},
    { project: 'birds' },
    { tags: ['b'] },
    { codebase: 'x' },
    { session_id: 's' },
    { status: ['superseded' as const] },
  ]) {
    const { cursor } = await memory.list({ limit: 1, ...filter })
    if (cursor !== null) await memory.list({ limit: 1, ...filter, cursor })
  }
  await memory.get({ id, revisions: true, as_of: '2026-01-01T00:00:00Z' })
  await memory.history({ id })
  await memory.journal({ limit: 5, subject_id: id })
  await memory.journal({ limit: 5 })
})

afterAll(() => opened.store.close())

const planOf = (...parts: string[]) => {
  const found = [...seen.values()].filter(({ sql }) => parts.every(part => sql.includes(part)))
  expect(found.length, `statements with ${parts.join(' and ')}`).toBeGreaterThan(0)
  return found.map(({ plan }) => plan.join('\n')).join('\n')
}

describe('plans', () => {
  it('no operation looks at every row', () => {
    expect(seen.size).toBeGreaterThan(40)
    const scans = [...seen.values()].flatMap(({ sql, plan }) =>
      plan.filter(line => line.startsWith('SCAN') && !SHORT.test(line)).map(line => `${line}: ${sql}`),
    )
    expect(scans).toEqual([])
  })

  const hot: readonly [string, readonly string[], RegExp][] = [
    [
      'search',
      ['from "keyword_live"', 'order by score'],
      /SCAN keyword_live VIRTUAL TABLE INDEX[\s\S]*SEARCH d USING INTEGER PRIMARY KEY/,
    ],
    [
      'search with a filter',
      ['from "keyword_live"', 'cross join "memories"'],
      /SEARCH d USING INTEGER PRIMARY KEY[\s\S]*SEARCH m USING INDEX sqlite_autoindex_memories/,
    ],
    [
      'places',
      ['from spans cross join'],
      /SEARCH d USING INDEX keyword_documents_by_place \(tenant_id=\? AND document_id=\? AND position>\? AND position<\?\)/,
    ],
    ['waiting rows', ['pending = 1', 'waiting'], /INDEX keyword_documents_pending/],
    ['twin', ['"content_hash" = ?', 'coalesce'], /SEARCH m USING INDEX memories_without_twins/],
    [
      'signatures',
      ['from "keyword_signatures" as "s"'],
      /SEARCH s USING PRIMARY KEY \(signature=\?\)[\s\S]*SEARCH d USING INTEGER PRIMARY KEY/,
    ],
    [
      'journal head',
      ['from "journal"', 'order by "sequence" desc'],
      /SEARCH journal USING INDEX sqlite_autoindex_journal_1 \(tenant_id=\?\)$/m,
    ],
    [
      'journal of a record',
      ['from "journal" as "j"', '"s"."subject_id" in'],
      /SEARCH s USING COVERING INDEX journal_by_subject/,
    ],
    [
      'list by project',
      ['select "m".*', '"m"."project" = ?', 'order by "m"."id" desc'],
      /SEARCH m USING INDEX memories_by_project/,
    ],
    [
      'list',
      ['select "m".*', '"m"."owner_user_id" = ?', 'order by "m"."id" desc'],
      /SEARCH m USING INDEX memories_by_owner/,
    ],
    ['passages of a document', ['"m"."document_id" = ?'], /SEARCH m USING INDEX memories_by_document/],
    [
      'memory by id',
      ['"m"."id" = ?', 'from "memories" as "m"'],
      /SEARCH m USING INDEX sqlite_autoindex_memories_1/,
    ],
    ['idempotency key', ['from "idempotency"', '"key" = ?'], /SEARCH idempotency USING PRIMARY KEY/],
  ]
  for (const [what, parts, plan] of hot) {
    it(`${what} goes by its index`, () => {
      expect(planOf(...parts)).toMatch(plan)
    })
  }

  it('pages are read in the order of their index, without sorting', () => {
    expect(planOf('select "m".*', 'order by "m"."id" desc')).not.toContain('TEMP B-TREE')
    expect(planOf('from "journal" as "j"', 'order by "j"."sequence" desc')).not.toContain('TEMP B-TREE')
  })
})
