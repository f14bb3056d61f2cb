/** What is changed past every rule in entities, what they lead to and what they claim, `doctor` finds and names. */
import { describe, expect, it } from 'vitest'
import { writeKnowledge } from '../../scripts/fixture/knowledge.ts'
import { IS_THOROUGH, pglite, sqliteFile, type TestEngine, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { withoutForeignKeys } from '../kit/tampering.ts'

const GHOST = '0190ffff-0000-7000-8000-00000000dead'

async function known(engine: TestEngine): Promise<TestStore> {
  const store = await engine.open({ actor: 'person' })
  await writeKnowledge(store.memory, store.clock)
  return store
}

/** One row of a table, by an order that leaves no choice. */
const one = (table: string, key: string, where = '1 = 1') =>
  `${key} = (select ${key} from ${table} where ${where} order by cast(${key} as text) limit 1)`

const OF_GATEWAY = `(select id from entities where name = 'Edge Gateway')`

interface Tampering {
  readonly what: string
  readonly done: readonly string[]
  /** Checks that fail. */
  readonly checks: readonly string[]
  readonly says: RegExp
  /** Those of them that fail still, once it was repaired. */
  readonly left: readonly string[]
}

const derived = (
  what: string,
  done: readonly string[],
  checks: readonly string[],
  says: RegExp,
): Tampering => ({
  what,
  done,
  checks,
  says,
  left: [],
})

const lost = (what: string, done: readonly string[], checks: readonly string[], says: RegExp): Tampering => ({
  what,
  done,
  checks,
  says,
  left: checks,
})

const NAMES: readonly Tampering[] = [
  derived(
    'a lost name',
    [`delete from entity_names where name_key = 'edge gw'`],
    ['names'],
    /"edge-gw" does not lead to /,
  ),
  derived(
    'a name that leads to somebody else',
    [
      `insert into entity_names (tenant_id, name_key, entity_id, name, words_key, is_alias)
        select tenant_id, 'nobody', id, 'Nobody', 'nobody', 1 from entities where name = 'Ledger'`,
    ],
    ['names'],
    /"Nobody" leads to .*, which has no such name/,
  ),
  derived(
    'a name in another form',
    [`update entity_names set words_key = 'edge' where name_key = 'edge gateway'`],
    ['names'],
    /"Edge Gateway", a name of .*, is kept in another form/,
  ),
  derived(
    'a name of what is gone',
    [
      `insert into entity_names (tenant_id, name_key, entity_id, name, words_key, is_alias)
        select tenant_id, 'gone', '${GHOST}', 'Gone', 'gone', 0 from tenants`,
    ],
    ['names'],
    /"Gone" leads to .*dead, which is gone/,
  ),
  derived(
    'lost beginnings of names',
    [`delete from entity_heads where head = 'ledger'`],
    ['names', 'mentions'],
    /names of \d words that begin with "ledger" are not found/,
  ),
]

const CLAIMS: readonly Tampering[] = [
  derived(
    'a lost claim of a memory',
    [`delete from claims where subject_kind = 'memory' and attribute_key = 'cache'`],
    ['claims'],
    /memory .* claims edge gateway.cache, and nothing says so/,
  ),
  derived(
    'a lost claim of an entity',
    [
      `delete from claims where subject_kind = 'entity' and attribute_key = 'port' and said_subject = 'Ledger'`,
    ],
    ['claims'],
    /entity .* claims Ledger.port, and nothing says so/,
  ),
  derived(
    'a claim of what claims nothing',
    [
      `update claims set subject_id = (select id from memories where content like 'Maybe the edge%')
        where attribute_key = 'cache'`,
    ],
    ['claims'],
    /memory .* is said to claim edge gateway.cache, and does not/,
  ),
  derived(
    'a claim of what is gone',
    [
      `insert into claims (tenant_id, subject_kind, subject_id, attribute_key, owner_user_id, project, said_key,
          slot_subject, said_subject, attribute, value, value_key, trust, recorded_at)
        select tenant_id, 'memory', '${GHOST}', 'a', owner_user_id, '', 's', 's', 's', 'a', 'v', 'v', 'stated', recorded_at
        from entities where name = 'Ledger'`,
    ],
    ['claims'],
    /memory .*dead, which is gone, is said to claim something/,
  ),
  derived(
    'a claim whose subject leads elsewhere',
    [`update claims set slot_subject = said_key where attribute_key = 'cache'`],
    ['claims'],
    /what memory .* claims is kept otherwise in slot_subject/,
  ),
]

const MENTIONS: readonly Tampering[] = [
  derived(
    'lost mentions',
    [`delete from edges where type = 'mentions' and target_id = ${OF_GATEWAY}`],
    ['mentions'],
    /mentions .*, and nothing says so/,
  ),
  derived(
    'a mention of what is not named',
    [
      `insert into edges (tenant_id, source_id, type, target_id, weight)
        select m.tenant_id, m.id, 'mentions', e.id, 1 from memories as m, entities as e
        where m.content like 'Perhaps Ledger%' and e.name = 'Edge Gateway'`,
    ],
    ['mentions'],
    /is said to mention .*, and does not/,
  ),
  derived(
    'a mention that is counted otherwise',
    [`update edges set weight = 7 where type = 'mentions' and target_id = ${OF_GATEWAY}`],
    ['mentions'],
    /is said to mention .* 7 times, not 1/,
  ),
  derived(
    'a mention in what is gone',
    [
      `insert into edges (tenant_id, source_id, type, target_id, weight)
        select tenant_id, '${GHOST}', 'mentions', id, 1 from entities where name = 'Ledger'`,
    ],
    ['mentions'],
    /dead, which is gone, is said to mention/,
  ),
]

const KEYWORD: readonly Tampering[] = [
  derived(
    'a lost row of an entity',
    [`delete from keyword_documents where memory_id = ${OF_GATEWAY}`],
    ['keyword index'],
    /entity .* has no row/,
  ),
  derived(
    'other words of an entity',
    [`update keyword_documents set traits = traits + 1 where memory_id = ${OF_GATEWAY}`],
    ['keyword index'],
    /its row no longer agrees with entity .* in traits/,
  ),
  derived(
    'a row of an entity that is gone',
    [`update keyword_documents set memory_id = '${GHOST}' where memory_id = ${OF_GATEWAY}`],
    ['keyword index'],
    /it has a row for version \d+ of entity .*dead, which is gone/,
  ),
  derived(
    'a row of an earlier version of an entity',
    [`update keyword_documents set version = 1 where memory_id = ${OF_GATEWAY}`],
    ['keyword index'],
    /it has a row for version 1 of entity .*, which is gone.*has no row/,
  ),
  derived(
    'a memory that is taken for an entity',
    [
      `update keyword_documents set subject = 'entity' where memory_id = (select id from memories where content like 'Maybe the edge%')`,
    ],
    ['keyword index'],
    /in subject/,
  ),
]

const RECORDS: readonly Tampering[] = [
  lost(
    'an entity that was changed behind the journal',
    [`update entities set revision = 9 where name = 'Ledger'`],
    ['journal'],
    /entity .* is not as journalled in revision/,
  ),
  lost(
    'an entity that nobody journalled',
    [
      `delete from journal_payloads where sequence in (select sequence from journal where subject_id = cast(${OF_GATEWAY} as text))`,
      `delete from journal where subject_id = cast(${OF_GATEWAY} as text)`,
    ],
    ['journal'],
    /it does not tell of the entity/,
  ),
  lost(
    'an entity under another key',
    [`update entities set name_key = 'other' where name = 'Ledger'`],
    ['versions'],
    /entity .* is kept under another name than its own/,
  ),
  lost(
    'a relationship that was changed behind the journal',
    [`update relationships set confidence = 0.125 where ${one('relationships', 'id', `type = 'contains'`)}`],
    ['journal'],
    /relationship .* is not as journalled in confidence/,
  ),
  lost(
    'a lost relationship',
    [`delete from relationships where ${one('relationships', 'id', `type = 'contains'`)}`],
    ['journal'],
    /it tells of the relationship .*, which is gone/,
  ),
  lost(
    'a relationship to an entity that is gone',
    [`update relationships set target_id = '${GHOST}' where type = 'depends_on'`],
    ['orphans', 'journal'],
    /relationship .* leads to the entity .*dead, which is gone/,
  ),
  lost(
    'a relationship that describes by a memory that is gone',
    [`update relationships set target_id = '${GHOST}' where type = 'described_by'`],
    ['orphans', 'journal'],
    /relationship .* leads to the memory .*dead, which is gone/,
  ),
  lost(
    'a relationship whose evidence is gone',
    [`update relationships set evidence_id = '${GHOST}' where type = 'described_by'`],
    ['orphans', 'journal'],
    /the relationship .* names the evidence .*dead, which is gone/,
  ),
  lost(
    'a successor of an entity that is gone',
    [`update entities set superseded_by = '${GHOST}' where superseded_by is not null`],
    ['orphans', 'journal'],
    /the entity .* names the successor .*dead, which is gone/,
  ),
  lost(
    'a lost graduation',
    ['delete from graduations'],
    ['links', 'journal'],
    /memory .* graduated, and nothing says to what/,
  ),
  lost(
    'a graduation of what did not graduate',
    [`update graduations set memory_id = (select id from memories where content like 'Maybe the edge%')`],
    ['links', 'journal'],
    /memory .* is said to have graduated, and is active/,
  ),
  lost(
    'a graduation to what is gone',
    [`update graduations set entity_id = '${GHOST}'`],
    ['orphans', 'journal'],
    /the graduation of .* names the entity .*dead, which is gone/,
  ),
]

const AT = `'2026-01-01T00:00:00.000Z'`

/** Rows of tables that name a memory, an owner or a tenant which is not there. */
const LOST: readonly Tampering[] = [
  ['pins', 'tenant_id, memory_id, pinned_at, tokens', `tenant_id, '${GHOST}', ${AT}, 1`, 'memory'],
  [
    'strengths',
    'tenant_id, memory_id, due, stability, difficulty, state, reps, lapses, learning_steps, scheduled_days, last_review',
    `tenant_id, '${GHOST}', ${AT}, 1, 1, 1, 1, 0, 0, 1, ${AT}`,
    'memory',
  ],
  [
    'strength_reviews',
    'tenant_id, id, memory_id, at, grade, source',
    `tenant_id, '${GHOST}', '${GHOST}', ${AT}, 'good', 'use'`,
    'memory',
  ],
  [
    'packs',
    'tenant_id, id, owner_user_id, budget, tokens, items, left_out, created_at',
    `tenant_id, '${GHOST}', '${GHOST}', 1, 1, '[]', 0, ${AT}`,
    'owner',
  ],
  [
    'interactions',
    'tenant_id, id, owner_user_id, used, recorded_at',
    `tenant_id, '${GHOST}', '${GHOST}', '[]', ${AT}`,
    'owner',
  ],
  ['preferences', 'tenant_id, name, value, updated_at', `'${GHOST}', 'p', '1', ${AT}`, 'tenant'],
  ['entity_heads', 'tenant_id, head, words', `'${GHOST}', 'h', 1`, 'tenant'],
].map(([table, columns, values, target]) =>
  lost(
    `a row of ${table} that names a ${target} which is gone`,
    [`insert into ${table} (${columns}) select ${values} from tenants`],
    ['orphans'],
    new RegExp(`names the ${target} .*dead, which is gone`),
  ),
)

const TIMEOUT = `attribute_key = 'timeout'`

const CONFLICTS: readonly Tampering[] = [
  {
    what: 'a member that is gone',
    done: [`update conflict_members set member_id = '${GHOST}' where value = 'info'`],
    checks: ['orphans', 'journal', 'conflicts'],
    says: /the conflict .* has for a member the memory .*dead, which is gone/,
    // What nobody is known to have dismissed is open again.
    left: ['orphans', 'journal'],
  },
  lost(
    'a member of no conflict',
    [`update conflict_members set conflict_id = '${GHOST}' where value = 'HTTP/2'`],
    ['orphans', 'journal', 'conflicts'],
    /names the conflict .*dead, which is gone/,
  ),
  lost(
    'a conflict that ended in no way',
    [`update conflicts set resolution = null where status = 'dismissed'`],
    ['conflicts', 'journal'],
    /the conflict .* is dismissed, and ended as nothing/,
  ),
  lost(
    'a winner that is no member',
    [`update conflicts set winner_id = '${GHOST}' where resolution = 'winner'`],
    ['conflicts', 'journal'],
    /was won by .*dead, which is no member/,
  ),
  {
    what: 'a lost conflict',
    done: [
      `delete from conflict_members where conflict_id in (select id from conflicts where ${TIMEOUT})`,
      `delete from conflicts where ${TIMEOUT}`,
    ],
    checks: ['conflicts', 'journal'],
    says: /memory .*, memory .* contradict each other about edge gateway.timeout, and no conflict is open/,
    left: ['journal'],
  },
  {
    what: 'a conflict that should have closed',
    done: [
      `update claims set value = '30s', value_key = (select min(value_key) from claims where ${TIMEOUT}) where ${TIMEOUT}`,
    ],
    checks: ['claims', 'conflicts'],
    says: /the conflict .* is open, and nothing contradicts/,
    left: [],
  },
]

const TAMPERINGS = [...NAMES, ...CLAIMS, ...MENTIONS, ...KEYWORD, ...RECORDS, ...LOST, ...CONFLICTS]

for (const engine of [sqliteFile(), ...(IS_THOROUGH ? [pglite()] : [])]) {
  describe(`doctor on ${engine.name}`, () => {
    it('is pleased with entities, relationships and conflicts of every kind', async () => {
      await using store = await known(engine)
      await expectSound(store)
      const names = (await store.memory.doctor({})).checks.find(({ name }) => name === 'names')
      expect(names).toMatchObject({ ok: true, detail: expect.stringMatching(/^checked: 6; /) })
    })

    it('takes erased payloads of what is not a memory for what they are', async () => {
      await using store = await known(engine)
      await store.raw(`delete from journal_payloads where sequence in
        (select sequence from journal where subject_kind in ('entity', 'relationship', 'conflict', 'graduation'))`)
      expect((await store.memory.doctor({})).checks.filter(check => !check.ok)).toEqual([])
    })

    it('says nothing of a conflict that an expiry has ended, before any write tells of it', async () => {
      await using store = await known(engine)
      const slot = { subject: 'edge gateway', attribute: 'lamp', value: 'red' }
      await store.memory.remember({
        content: 'red',
        slot,
        project: 'orion',
        valid_until: '2027-01-01T00:00:00.000Z',
      })
      await store.memory.remember({ content: 'green', slot: { ...slot, value: 'green' }, project: 'orion' })
      store.clock.advance(3 * 365 * 24 * 3_600_000)
      expect(await store.raw(`select status from conflicts where attribute_key = 'lamp'`)).toEqual([
        { status: 'open' },
      ])
      expect((await store.memory.doctor({ repair: true })).checks.filter(check => !check.ok)).toEqual([])
      expect(await store.raw(`select status from conflicts where attribute_key = 'lamp'`)).toEqual([
        { status: 'open' },
      ])
    })

    it.each(TAMPERINGS)('finds $what, and mends what it can', async ({ done, checks, says, left }) => {
      await using store = await known(engine)
      const before = await derivedRows(store)
      await withoutForeignKeys[engine.name]!(store, done)
      const failed = (await store.memory.doctor({})).checks.filter(check => !check.ok)
      expect(failed.map(check => check.name).sort()).toEqual([...checks].sort())
      expect(failed.map(check => check.detail).join('\n')).toMatch(says)
      const repaired = await store.memory.doctor({ repair: true })
      expect(
        repaired.checks
          .filter(check => !check.ok)
          .map(check => check.name)
          .sort(),
      ).toEqual([...left].sort())
      if (left.length > 0) return
      await expectSound(store)
      expect(await derivedRows(store)).toEqual(before)
    })
  })
}

/** What can be made again, by what it stands for. Beginnings of names that are gone may stay. */
async function derivedRows({ raw }: TestStore) {
  return {
    names: await raw('select * from entity_names order by entity_id, name_key'),
    claims: await raw('select * from claims order by subject_id, attribute_key'),
    edges: await raw('select * from edges order by source_id, type, target_id'),
    keyword: await raw(`select cast(memory_id as text) as id, version, live, words, traits, subject
      from keyword_documents order by 1, 2`),
  }
}
