import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newStore } from './cli-process.ts'

const MEMORY_KEYS = [
  'id',
  'kind',
  'content',
  'content_hash',
  'title',
  'tags',
  'metadata',
  'project',
  'codebase',
  'file',
  'topics',
  'client_id',
  'session_id',
  'author',
  'status',
  'trust',
  'confidence',
  'slot',
  'slot_pattern',
  'valid_from',
  'valid_until',
  'recorded_at',
  'updated_at',
  'revision',
  'version',
  'owner_user_id',
  'visibility',
  'shared_with_groups',
  'partition',
  'scheme_version',
  'document_id',
  'document',
  'position',
  'label',
  'origin_id',
  'reference_count',
  'last_referenced_at',
  'superseded_by',
].sort()
const ENTRY_KEYS = [
  'sequence',
  'at',
  'operation',
  'actor_kind',
  'actor_user_id',
  'client',
  'session',
  'subject_kind',
  'subject_id',
  'note',
  'before',
  'after',
  'payload_digest',
  'previous_hash',
  'hash',
  'receipt',
].sort()

const keys = (value: object) => Object.keys(value).sort()

test('init makes a store once and says so the second time', async () => {
  const { heirloom, json, store } = newStore()
  const first = await json(['init'])
  expect(first).toEqual({ store, engine: 'sqlite', schema_version: expect.any(Number), created: true })
  const again = await heirloom(['init'])
  expect(again.code).toBe(0)
  expect(again.stdout).toContain('Nothing to do')
  expect((await json(['init'])).created).toBe(false)
})

test('remember tells id and outcome, and what is nearly the same', async () => {
  const { heirloom, json } = newStore()
  const args = ['remember', 'The staging API listens on port 8080', '--project', 'Apollo', '--kind', 'fact']
  const first = await json([...args, '--tag', 'api', '--tags', 'staging,port', '--confidence', '0.9'])
  expect(keys(first)).toEqual([
    'conflict',
    'id',
    'kind',
    'near_duplicates',
    'notices',
    'outcome',
    'project',
    'receipt',
    'recorded_at',
    'revision',
    'slot',
    'slot_pattern',
    'status',
    'trust',
  ])
  expect(first).toMatchObject({
    outcome: 'remembered',
    kind: 'fact',
    project: 'apollo',
    trust: 'stated',
    revision: 1,
  })
  const again = await heirloom(args)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(`^Already known ${first.id}`) })
  const near = await heirloom(['remember', 'The staging API now listens on port 8080'])
  expect(near.stdout).toMatch(/^Remembered [0-9a-f-]{36}/)
  expect(near.stdout).toContain(`% like ${first.id}`)
  const kept = await json(['get', first.id])
  expect(kept).toMatchObject({ tags: ['api', 'staging', 'port'], confidence: 0.9, client_id: 'cli' })
})

test('every field that can be said is kept', async () => {
  const { json } = newStore()
  const said = [
    '--title',
    'Ports',
    '--codebase',
    'api',
    '--file',
    'src/a.ts',
    '--topics',
    'net,ops',
    '--author',
    'Ada',
    '--slot',
    'staging / port = 8080',
    '--valid-from',
    '2026-01-01',
    '--valid-until',
    '2999-01-01',
    '--metadata',
    '{"ticket": 12}',
    '--session-id',
    's1',
    '--note',
    'said so',
    '--third-party',
  ]
  const { id, trust } = await json(['remember', 'It listens on 8080', ...said])
  expect(trust).toBe('untrusted')
  const memory = await json(['get', id])
  const beside = ['origin', 'contested', 'mentions', 'graduated_to_entity_id', 'pinned', 'strength']
  expect(keys(memory)).toEqual([...MEMORY_KEYS, ...beside].sort())
  expect(memory).toMatchObject({
    title: 'Ports',
    codebase: 'api',
    file: 'src/a.ts',
    topics: ['net', 'ops'],
    author: 'Ada',
    slot: { subject: 'staging', attribute: 'port', value: '8080' },
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_until: '2999-01-01T00:00:00.000Z',
    metadata: { ticket: 12 },
    session_id: 's1',
  })
})

test('the session comes from the surroundings unless it is said', async () => {
  const { json } = newStore()
  const { id } = await json(['remember', 'seen today'], { env: { HEIRLOOM_SESSION: 'from-outside' } })
  expect(await json(['get', id])).toMatchObject({ session_id: 'from-outside' })
})

test('recall finds, ranks, explains and tells the origin', async () => {
  const { heirloom, json, folder } = newStore()
  const { id } = await json(['remember', 'The staging API listens on port 8080', '--project', 'apollo'])
  writeFileSync(
    join(folder, 'guide.md'),
    '# Deploying\n\n## Staging\n\nStaging is deployed from the main branch.\n',
  )
  await heirloom(['ingest', join(folder, 'guide.md')])
  const answer = await json(['recall', 'which port does staging use', '--explain'])
  expect(keys(answer)).toEqual(['left_out', 'notices', 'results', 'truncated'])
  expect(keys(answer.results[0])).toEqual(
    [
      'rank',
      'record',
      'contested',
      'id',
      'content',
      'title',
      'document',
      'label',
      'position',
      'project',
      'kind',
      'tags',
      'author',
      'trust',
      'status',
      'recorded_at',
      'valid_from',
      'valid_until',
      'revision',
      'legs',
      'near_duplicates',
      'origin',
      'why',
    ].sort(),
  )
  expect(answer.results[0]).toMatchObject({ rank: 1, id, project: 'apollo', legs: { keyword: 1 } })
  const human = await heirloom(['recall', 'which port does staging use', '--explain'])
  expect(human.stdout).toContain('1  The staging API listens on port 8080')
  expect(human.stdout).toContain('holds port (in 1)')
  expect(human.stdout).toContain(id)
  expect(human.stdout).toMatch(/guide\.md › .*Staging · /)
  const none = await heirloom(['recall', 'zebra'])
  expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing matches') })
})

test('list shows a table and pages', async () => {
  const { heirloom, json } = newStore()
  for (const word of ['one', 'two', 'three'])
    await heirloom(['remember', `number ${word}`, '--project', 'apollo'])
  const page = await json(['list', '--limit', '2'])
  expect(keys(page)).toEqual(['cursor', 'notices', 'results', 'total', 'total_is_capped', 'truncated'])
  expect(keys(page.results[0])).toEqual(MEMORY_KEYS)
  expect(page).toMatchObject({ total: 3, truncated: true })
  const rest = await heirloom(['list', '--limit', '2', '--cursor', page.cursor])
  expect(rest.stdout).toMatch(
    /^id +recorded +kind +project +content\n[0-9a-f-]{36} .*note +apollo +number one\n/,
  )
})

test('a memory goes through its life and tells it', async () => {
  const { heirloom, json } = newStore()
  const { id } = await json(['remember', 'The API listens on 8080'])
  const revised = await json(['revise', id, 'The API listens on 9090', '--note', 'moved'])
  expect(keys(revised)).toEqual([
    'conflict',
    'id',
    'notices',
    'outcome',
    'receipt',
    'revision',
    'status',
    'updated_at',
  ])
  expect(revised).toMatchObject({ outcome: 'revised', revision: 2 })
  expect((await heirloom(['get', id, '--revisions'])).stdout).toContain('The API listens on 8080')
  const forgotten = await json(['forget', id])
  const MOVED = ['conflict', 'id', 'notices', 'receipt', 'status', 'subject', 'updated_at', 'was']
  expect(keys(forgotten)).toEqual(MOVED)
  expect(await heirloom(['forget', id])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('retired'),
  })
  expect((await heirloom(['restore', id])).stdout).toMatch(
    new RegExp(`^${id} retired → active\nUndo: heirloom undo r\\d+-1-[0-9a-f]{12}\n$`),
  )
  expect((await heirloom(['invalidate', id])).stdout).toContain(`Back: heirloom restore ${id}`)
  await heirloom(['restore', id])
  const superseded = await json(['supersede', id, 'The API listens on 9191'])
  expect(keys(superseded)).toEqual([...MOVED, 'superseded_by'].sort())
  const human = await heirloom(['history', id])
  expect(human.stdout).toContain('remember by person through cli')
  expect(human.stdout).toContain('“moved”')
  const history = await json(['history', id])
  expect(keys(history)).toEqual(['entries', 'id', 'status', 'subject', 'truncated', 'versions'])
  expect(keys(history.entries[0])).toEqual(ENTRY_KEYS)
  expect(history.entries.map((entry: { operation: string }) => entry.operation)).toEqual([
    'remember',
    'revise',
    'forget',
    'restore',
    'invalidate',
    'restore',
    'supersede',
    'supersede',
  ])
  expect(history.entries.map((entry: { subject_kind: string }) => entry.subject_kind)).toEqual([
    ...Array(7).fill('memory'),
    'link',
  ])
  expect(history.entries.at(-1)).toMatchObject({
    subject_id: id,
    before: null,
    after: { type: 'superseded_by', source_ref: superseded.superseded_by },
  })
})

test('journal, status and doctor tell how the store is', async () => {
  const { heirloom, json, store } = newStore()
  await heirloom(['remember', 'a fact'])
  const journal = await json(['journal', '--verify'])
  expect(keys(journal)).toEqual(['cursor', 'entries', 'truncated', 'verification'])
  expect(journal.verification).toEqual({ ok: true, entries: 2, head: expect.any(String), broken: null })
  expect((await heirloom(['journal', '--verify'])).stdout).toContain('✓ 2 entries')
  const status = await json(['status'])
  expect(keys(status)).toEqual(
    [
      'store',
      'engine',
      'engine_version',
      'schema_version',
      'memories',
      'documents',
      'strengths',
      'projects',
      'bytes',
      'read_only',
      'artefacts',
      'spaces',
      'last_upgrade',
      'notices',
    ].sort(),
  )
  expect(status).toMatchObject({ store, memories: { total: 1, by_status: { active: 1 } } })
  expect((await heirloom(['status'])).stdout).toContain(store)
  const doctor = await json(['doctor'])
  expect(keys(doctor)).toEqual(['checks', 'ok', 'repaired', 'store'])
  expect(keys(doctor.checks[0])).toEqual(['detail', 'name', 'ok', 'remedy'])
  const human = await heirloom(['doctor'])
  expect(human).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ journal') })
})

test('project lists and makes aliases', async () => {
  const { heirloom, json } = newStore()
  await heirloom(['remember', 'a fact', '--project', 'apollo-backend'])
  const answer = await json(['project', 'alias', 'apollo-backend', 'ab'])
  expect(answer.projects).toEqual([
    {
      name: 'apollo-backend',
      aliases: ['ab'],
      memories: 1,
      created_at: expect.any(String),
      review: 'none',
      read_slots: true,
    },
  ])
  expect((await heirloom(['project', 'list'])).stdout).toMatch(
    /apollo-backend +1 +\d{4}-\d\d-\d\d +none +read +ab/,
  )
})

test('ingest counts, repeats without change, and lists what it could not read', async () => {
  const { heirloom, json, folder } = newStore()
  const docs = join(folder, 'docs')
  mkdirSync(docs)
  writeFileSync(join(docs, 'a.md'), '# A\n\nfirst\n')
  writeFileSync(join(docs, 'talk.jsonl'), '{"role": "user", "content": "hello there"}\n{bad\n')
  const first = await heirloom(['ingest', docs, '--json'])
  expect(first.code).toBe(4)
  const counts = JSON.parse(first.stdout)
  expect(keys(counts)).toEqual(
    [
      'documents',
      'passages',
      'added',
      'unchanged',
      'revised',
      'superseded',
      'restored',
      'errors',
      'notices',
    ].sort(),
  )
  expect(counts).toMatchObject({
    documents: 1,
    errors: [{ path: join(docs, 'talk.jsonl'), code: 'SOURCE_MALFORMED' }],
  })
  const again = await heirloom(['ingest', docs])
  expect(again.stdout).toMatch(/^1 document, \d passages?: \d unchanged\n1 file could not be read:\n/)
  expect(again.stdout).toMatch(/docs\/talk\.jsonl: line 2 /)
  expect(await heirloom(['ingest', join(docs, 'talk.jsonl')])).toMatchObject({ code: 1 })
  expect(await heirloom(['ingest', join(docs, 'nowhere')])).toMatchObject({ code: 1, stdout: '' })
  expect((await json(['list'])).total).toBe(counts.passages)
})
