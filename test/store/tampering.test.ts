/** What is changed past every rule, with foreign keys off, `doctor` finds and names, on each engine. */
import { describe, expect, it } from 'vitest'
import { IS_THOROUGH, pglite, sqliteFile, type TestEngine, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { full } from '../kit/samples.ts'
import { withoutForeignKeys } from '../kit/tampering.ts'

/** Every way a memory can change, ids in the order in which they were made. */
async function withHistory(engine: TestEngine): Promise<TestStore & { ids: string[] }> {
  const store = await engine.open()
  const { memory, clock } = store
  const next = () => clock.advance(1000)
  const first = await memory.remember(full())
  next()
  await memory.revise({ id: first.id, content: 'The staging API listens on port 9090', tags: ['api', 'new'] })
  next()
  await memory.revise({ id: first.id, title: 'Ports', metadata: {} })
  const second = await memory.remember({ content: 'Grace prefers tabs over spaces in shell scripts' })
  const third = await memory.remember({ content: 'Deploys to production happen on Tuesday mornings' })
  next()
  await memory.supersede({ id: third.id, content: 'Deploys to production happen on Fridays' })
  await memory.forget({ id: second.id })
  next()
  await memory.restore({ id: second.id })
  await ingestThrice(store)
  await memory.recall({ query: 'staging' })
  return Object.assign(store, { ids: [first.id, second.id, third.id] })
}

/** A document whose passages are revised, vanish and come back. */
async function ingestThrice({ memory, clock }: TestStore): Promise<void> {
  const [one, two] = ['# One\n\nAbout kangaroos.\n\n', '# Two\n\nAbout wombats and where they sleep.\n\n']
  const source = { name: 'notes.md', project: 'apollo' }
  for (const text of [one + two, one.replace('kangaroos', 'koalas'), one + two]) {
    await memory.ingest({ ...source, text })
    clock.advance(1000)
  }
}

/** What can be made again from what is not in these. */
const DERIVED = ['tags', 'keyword index', 'near-duplicates', 'names', 'claims', 'mentions']

/** Where two rows say that they are the same version, the index can agree with one of them only. */
const CONTRADICTORY = 'a present version that is lost, the last one in its place'

/** What is done, `$1` to `$3` being ids; the checks that fail; what one of them says. */
const TAMPERINGS: readonly [string, readonly string[], readonly string[], RegExp][] = [
  [
    'the text of a past version',
    [`update memory_revisions set content = 'forged' where id = $1 and version = 2`],
    ['content hashes', 'keyword index'],
    /text of version 2 of .* does not give its hash/,
  ],
  [
    'the text and the hash of a past version',
    [`update memory_revisions set content = 'x', content_hash = '$hash' where id = $1 and version = 2`],
    ['keyword index', 'journal'],
    /version 2 of .* is not as journalled in content_hash/,
  ],
  [
    'a lost past version',
    [`delete from memory_revisions where id = $1 and version = 1`],
    ['versions', 'keyword index'],
    /version 1 of .* is missing/,
  ],
  [
    CONTRADICTORY,
    [`update memories set version = 2 where id = $1`],
    ['versions', 'keyword index', 'journal'],
    /version 3 of .* is missing/,
  ],
  [
    'a past version that ended at another time',
    [`update memory_revisions set ended_at = '2029-01-01T00:00:00.000Z' where id = $1 and version = 1`],
    ['versions'],
    /ended at another time/,
  ],
  [
    'a lost memory',
    [`delete from memories where id = $1`],
    ['versions', 'tags', 'keyword index', 'near-duplicates', 'claims', 'journal'],
    /tells of the memory .*, which is gone/,
  ],
  [
    'a lost memory and its past, tags and words',
    [
      `delete from memories where id = $1`,
      `delete from memory_revisions where id = $1`,
      `delete from memory_tags where memory_id = $1`,
      `delete from keyword_documents where memory_id = $1`,
    ],
    ['keyword index', 'near-duplicates', 'claims', 'journal'],
    /a signature is not one of its text: its row \d+ of the index is gone/,
  ],
  ['a lost tag', [`delete from memory_tags where memory_id = $1 and tag = 'new'`], ['tags'], /has the tags/],
  [
    'a tag too many',
    [
      `insert into memory_tags (tenant_id, memory_id, tag) select tenant_id, id, 'x' from memories where id = $2`,
    ],
    ['tags'],
    /its rows say \[x\]/,
  ],
  [
    'other words of a past version',
    [`update keyword_documents set traits = traits + 1 where memory_id = $1 and version = 1`],
    ['keyword index'],
    /version 1 of .* in traits/,
  ],
  [
    'a past version among the live ones',
    [
      `update keyword_documents set live = 1 where memory_id = $1 and version = 2`,
      ...['+ 1 where live = 1', '- 1 where live = 0'].map(
        change => `update keyword_totals set documents = documents ${change}`,
      ),
    ],
    ['keyword index'],
    /version 2 of .* in live/,
  ],
  [
    'lost words of a past version',
    [`delete from keyword_documents where memory_id = $1 and version = 2`],
    ['keyword index'],
    /version 2 of .* has no row/,
  ],
  [
    'a lost signature',
    [`delete from keyword_signatures where doc in (select doc from keyword_documents where memory_id = $2)`],
    ['near-duplicates'],
    /a signature of .* is missing/,
  ],
  [
    'a signature of a memory that is not live',
    [
      `insert into keyword_signatures (signature, doc) select 7, doc from keyword_documents where memory_id = $3 and version = 2`,
    ],
    ['near-duplicates'],
    /is not one of its text/,
  ],
  [
    'a field that was changed behind the journal',
    [`update memories set title = 'forged' where id = $2`],
    ['journal', 'keyword index'],
    /not as journalled in title/,
  ],
  [
    'a field that only the creation told of',
    [`update memories set codebase = null where id = $1`],
    ['journal'],
    /not as journalled in codebase/,
  ],
  [
    'a change of state behind the journal',
    [`update memories set metadata = '{"a":1}' where id = $3`],
    ['journal'],
    /not as journalled in metadata/,
  ],
  [
    'a cut off tail of the journal',
    [`delete from journal where sequence >= (select max(sequence) from journal where subject_id = '$id2')`],
    ['journal'],
    /entry \d+ is gone, its payload is still there/,
  ],
  [
    'a cut off tail of the journal and its payloads',
    [
      `delete from journal_payloads where sequence >= (select max(sequence) from journal where subject_id = '$id2')`,
      `delete from journal where sequence >= (select max(sequence) from journal where subject_id = '$id2')`,
    ],
    ['journal'],
    /is at version 3, the journal tells of 2/,
  ],
]

const FORGED_HASH = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'

for (const engine of [sqliteFile(), ...(IS_THOROUGH ? [pglite()] : [])]) {
  describe(`doctor on ${engine.name}`, () => {
    it('is pleased with a rich history', async () => {
      await using store = await withHistory(engine)
      await expectSound(store)
      const { checks } = await store.memory.doctor({})
      expect(checks.map(check => check.name).filter(name => name !== 'disk space')).toEqual([
        'database',
        'schema',
        'stamps',
        'content hashes',
        'versions',
        'tags',
        'keyword index',
        'near-duplicates',
        'links',
        'relationships',
        'names',
        'claims',
        'mentions',
        'vectors',
        'conflicts',
        'journal',
        'orphans',
        'clock',
      ])
    })

    it('takes an erased payload for what it is', async () => {
      await using store = await withHistory(engine)
      await store.raw(`delete from journal_payloads where sequence in (2, 4)`)
      expect((await store.memory.doctor({})).checks.filter(check => !check.ok)).toEqual([])
    })

    it.each(TAMPERINGS)('finds %s, and repairs what is derived', async (what, statements, names, words) => {
      await using store = await withHistory(engine)
      const filled = statements.map(statement =>
        statement
          .replace(/\$id(\d)/g, (_, digit: string) => store.ids[Number(digit) - 1]!)
          .replace('$hash', FORGED_HASH)
          .replace(/\$(\d)/g, (_, digit: string) => `'${store.ids[Number(digit) - 1]}'`),
      )
      await withoutForeignKeys[engine.name]!(store, filled)
      const { ok, checks } = await store.memory.doctor({})
      const failed = checks.filter(check => !check.ok)
      expect(ok).toBe(false)
      expect(failed.map(check => check.name).sort()).toEqual([...names].sort())
      expect(failed.map(check => check.detail).join('\n')).toMatch(words)
      const derived = what === CONTRADICTORY ? [] : DERIVED
      await expectRepaired(store, { names, derived })
    })
  })
}

/** What is derived is mended, the rest is still told, and no row that cannot be made again has changed. */
async function expectRepaired(
  { memory }: TestStore,
  { names, derived }: { names: readonly string[]; derived: readonly string[] },
): Promise<void> {
  const { digest, full: whole } = await memory.digest({})
  const repaired = await memory.doctor({ repair: true })
  const left = repaired.checks.filter(check => !check.ok)
  expect(left.map(check => check.name).sort()).toEqual(names.filter(name => !derived.includes(name)).sort())
  for (const { name, remedy } of left) {
    if (!DERIVED.includes(name)) expect(remedy).toContain('heirloom snapshot list')
  }
  expect(repaired.repaired.length > 0).toBe(names.some(name => DERIVED.includes(name)))
  expect(await memory.digest({})).toMatchObject({ digest, full: whole })
}
