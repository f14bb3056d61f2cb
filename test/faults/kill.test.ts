import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Line, openReal, type RealStore, startChild } from '../kit/child.ts'
import { IS_THOROUGH, type Row, temporaryFolder } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { SEED, seeded } from '../kit/random.ts'

/** The suite of faults, which takes its time, does all of them. */
const ROUNDS = IS_THOROUGH ? 50 : 5

const folder = temporaryFolder()

/** Lets a child write and kills it after some acknowledgements, at a random moment of the next write. */
async function killAtRandom(file: string, round: number, random: () => number): Promise<readonly Line[]> {
  const after = 1 + Math.floor(random() * 30)
  const delay = random() * 8
  const seed = Math.floor(random() * 1_000_000)
  const child = startChild(['stream', file, `${round}`, `${seed}`], count => {
    if (count === after) setTimeout(() => child.process.kill('SIGKILL'), delay)
  })
  const { signal, errors } = await child.ended
  expect({ signal, errors }, `round ${round}`).toEqual({ signal: 'SIGKILL', errors: '' })
  return child.lines
}

/** Every acknowledged version is there as it was told, and at most the one change that was under way besides. */
async function expectNothingLost(
  { raw }: RealStore,
  lines: readonly Line[],
  before: number,
): Promise<number> {
  const versions = new Map<string, Row>()
  for (const table of ['memory_revisions', 'memories']) {
    for (const row of await raw(`select id, version, content, status, document_id from ${table}`)) {
      versions.set(`${row.id} ${row.version}`, row)
    }
  }
  const told = lines.filter(line => line.id !== undefined)
  for (const { id, version, content, status } of told) {
    expect(versions.get(`${id} ${version}`)).toMatchObject({ content, status })
  }
  const own = [...versions.values()].filter(row => row.document_id === null).length
  const unacknowledged = own - before - told.length
  expect(unacknowledged === 0 || unacknowledged === 1, `${unacknowledged} changes that nobody heard of`).toBe(
    true,
  )
  return own
}

/** Documents are whole: all three passages, of one reading. */
async function expectWholeDocuments({ raw }: RealStore): Promise<void> {
  const rows = await raw(
    `select document_id, content from memories where document_id is not null and status = 'active'`,
  )
  for (const passages of Map.groupBy(rows, row => row.document_id).values()) {
    const readings = new Set(passages.map(row => /Words (\d+)/.exec(String(row.content))?.[1]))
    expect([passages.length, readings.size]).toEqual([3, 1])
  }
}

describe('a writer that is killed', () => {
  it(`loses nothing that it acknowledged, ${ROUNDS} times over (HEIRLOOM_TEST_SEED=${SEED} repeats it)`, async () => {
    const file = join(folder, 'killed.db')
    const random = seeded(SEED)
    let before = 0
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await killAtRandom(file, round, random)
      acknowledged += lines.length
      await using store = await openReal(file)
      before = await expectNothingLost(store, lines, before)
      await expectWholeDocuments(store)
      await expectSound(store)
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS * 5)
  }, 180_000)

  it('gives the same answer under the same key when it died between commit and answer', async () => {
    const file = join(folder, 'keyed.db')
    for (let round = 0; round < 3; round++) {
      const key = `key ${round}`
      const child = startChild(['once', file, key])
      expect(await child.ended).toMatchObject({ signal: 'SIGKILL', errors: '' })
      await using store = await openReal(file)
      const [stored] = await store.raw(`select id from memories where content = 'under the key ${key}'`)
      const again = await store.memory.remember({ content: `under the key ${key}`, idempotency_key: key })
      expect(again).toMatchObject({ id: stored?.id, outcome: 'remembered' })
      expect((await store.memory.list({})).total).toBe(round + 1)
      await expectSound(store)
    }
  })
})

describe('the checker itself', () => {
  const damages: readonly [string, string][] = [
    ['a lost memory', `delete from memories where content like 'second%'`],
    ['a changed text', `update memories set content = 'forged' where content like 'second%'`],
    ['a lost version', `delete from memory_revisions where version = 1`],
    ['a lost tag', `delete from memory_tags where tag = 'a'`],
    ['a lost keyword row', `delete from keyword_documents where version = 2`],
    ['a wrong total', `update keyword_totals set terms = terms + 1 where live = 1`],
    ['a live past', `update keyword_documents set live = 1 where version = 1 and live = 0`],
    [
      'a lost entry',
      `delete from journal_payloads where sequence = 2; delete from journal where sequence = 2`,
    ],
    ['an unjournalled change', `update memories set version = 3 where version = 2`],
    ['a forged payload', `update journal_payloads set payload = '{}' where sequence = 1`],
  ]
  for (const [what, statements] of damages) {
    it(`finds ${what}`, async () => {
      const { sqliteMemory } = await import('../kit/engines.ts')
      await using store = await sqliteMemory.open()
      const first = await store.memory.remember({ content: 'first', tags: ['a'] })
      await store.memory.revise({ id: first.id, content: 'first, revised' })
      const second = await store.memory.remember({ content: 'second' })
      const acknowledged = new Map([[second.id, 'second']])
      await expectSound(store, acknowledged)
      for (const statement of statements.split('; ')) await store.raw(statement)
      await expect(expectSound(store, acknowledged)).rejects.toThrow()
    })
  }
})
