import { expect, it } from 'vitest'
import { writeKnowledge } from '../../scripts/fixture/knowledge.ts'
import type { Heirloom } from '../../src/heirloom.ts'
import { pglite, sqliteFile, sqliteMemory, type TestEngine } from '../kit/engines.ts'
import { ANY_STATUS, full, MARKDOWN, NOTES } from '../kit/samples.ts'

const QUERIES = [
  'which port does staging listen on?',
  'getUserById cache',
  'production deploys on tuesday morning',
  '"unique index" invoice',
  '東京',
  'lamp wrench beacon bell lighthouse',
  'when was the horn broken',
  'Ada said what about the parser',
]

/** One history, touching every operation that writes. */
async function live(memory: Heirloom, advance: (milliseconds: number) => void): Promise<void> {
  for (const content of NOTES) {
    await memory.remember({
      content,
      project: content.length % 2 === 0 ? 'even' : 'odd',
      tags: [`t${content.length % 3}`],
    })
    advance(60_000)
  }
  const { id } = await memory.remember(full())
  await memory.remember({ content: NOTES[0], project: 'even', note: 'a twin or not' })
  await memory.revise({
    id,
    content: 'The staging API listens on port 9090',
    metadata: { zz: 1, a: [1.5, 1e21, 'é'] },
  })
  const { superseded_by } = await memory.supersede({
    id,
    content: 'Staging moved to port 7070',
    note: 'moved',
  })
  await memory.forget({ id })
  await memory.restore({ id })
  await memory.invalidate({ id: superseded_by })
  advance(60_000)
  await memory.ingest({ text: MARKDOWN, name: 'guide.md', project: 'odd' })
  advance(60_000)
  await memory.ingest({
    text: MARKDOWN.replace('dusk', 'dawn').replace(/## Setup[^#]+/, ''),
    name: 'guide.md',
    project: 'odd',
  })
  const turns = Array.from({ length: 40 }, (_, index) => ({
    speaker: index % 2 === 0 ? 'Ada' : 'Grace',
    text: `Turn ${index}: the ${['parser', 'horn', 'lamp', 'index'][index % 4]} ${['broke', 'works', 'waits'][index % 3]} again?`,
    at: `2025-0${1 + (index % 9)}-11T10:00:00Z`,
  }))
  await memory.ingest({ text: JSON.stringify(turns), name: 'talk.json' })
  await memory.project({ action: 'alias', name: 'odd', alias: 'strange' })
}

/** Everything that can be read of it, except salted digests. */
async function look(memory: Heirloom) {
  const { results, total } = await memory.list({ ...ANY_STATUS, limit: 100 })
  const recalls: unknown[] = []
  for (const query of QUERIES) {
    for (const extra of [
      {},
      { project: 'strange' },
      { as_of: '2026-01-01T00:09:00Z' },
      { status: ['superseded' as const] },
    ]) {
      recalls.push(await memory.recall({ query, explain: true, limit: 30, ...extra }))
    }
  }
  const { entries } = await memory.journal({ limit: 100 })
  const histories = []
  for (const { id } of results) histories.push((await memory.history({ id })).versions)
  return {
    total,
    results,
    recalls,
    entries: entries.map(
      ({ payload_digest: _digest, hash: _hash, previous_hash: _previous, ...entry }) => entry,
    ),
    histories,
    projects: await memory.project({ action: 'list' }),
    conflicts: await memory.conflicts({}),
    entities: await memory.entity_list({ limit: 100 }),
    by_status: (await memory.status({})).memories,
  }
}

async function livedOn(engine: TestEngine) {
  await using store = await engine.open({ actor: 'person', client: 'test' })
  await live(store.memory, store.clock.advance)
  await writeKnowledge(store.memory, store.clock)
  return await look(store.memory)
}

const others = [sqliteFile(), pglite()]

it('the same life gives the same answers on every engine', async () => {
  const expected = await livedOn(sqliteMemory)
  expect(expected.total).toBeGreaterThan(50)
  expect(expected.recalls.flatMap(found => (found as { results: unknown[] }).results).length).toBeGreaterThan(
    100,
  )
  for (const engine of others) expect(await livedOn(engine), engine.name).toEqual(expected)
})
