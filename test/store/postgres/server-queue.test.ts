/** The queue of what is to be embedded, where two sessions of a real server are at one text. */
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toHeirloom } from '../../../src/heirloom.ts'
import { BOOTSTRAP_ID } from '../../../src/model/memory.ts'
import { openStore } from '../../../src/open.ts'
import { claimWork, completeWork } from '../../../src/store/embedding-work.ts'
import { spacesOf } from '../../../src/store/spaces.ts'
import { fixedSurroundings } from '../../../src/testing.ts'

const URL = process.env.HEIRLOOM_TEST_POSTGRES ?? ''
const SCHEMA = `queue_${process.pid}_${Date.now().toString(36)}`
const raw = new pg.Client({ connectionString: URL })

beforeAll(async () => {
  await raw.connect()
})

afterAll(async () => {
  await raw.query(`drop schema if exists ${SCHEMA} cascade`)
  await raw.end()
})

async function count(text: string): Promise<number> {
  const { rows } = await raw.query<{ count: string }>(text)
  return Number(rows[0]?.count)
}

/** Until a session waits for what another one has. */
async function untilSomebodyWaitsFor(session: number): Promise<void> {
  const waiting = `select count(*) from pg_stat_activity where ${session} = any(pg_blocking_pids(pid))`
  while ((await count(waiting)) === 0);
}

it('leaves no vector of a text that was changed while another session completed it', async () => {
  const store = `${URL}?schema=${SCHEMA}`
  const around = { ...fixedSurroundings(), embedder: 'static', maxConnections: 4 }
  const opened = await openStore({ ...around, store, mode: 'initialise' })
  const { engine } = opened.store
  await using memory = toHeirloom(opened)
  const { id } = await memory.remember({ content: 'The lantern is lit at dusk' })
  const [space] = await engine.read(db => spacesOf(db, engine, BOOTSTRAP_ID))
  const claim = {
    space: space!.number,
    tenant_id: BOOTSTRAP_ID,
    by: 'another',
    now: '2030-01-01T00:00:00.000Z',
  }
  const due = claim.now
  const claimed = await engine.write(db => claimWork(db, engine, { ...claim, due, limit: 1 }))
  expect(claimed.map(({ subject_id }) => subject_id)).toEqual([id])
  const vector = new Float32Array(space!.dimensions)
  vector[0] = 1
  const done = claimed.map(work => ({ work, vector }))

  const [written, release] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()]
  const completing = engine.write(async db => {
    await completeWork(db, engine, { space: space!.number, by: 'another', done })
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
    written.resolve(rows[0]!.pid)
    await release.promise
  })
  const session = await written.promise
  const changing = memory.revise({ id, content: 'Clocks are set at noon' })
  await untilSomebodyWaitsFor(session)
  release.resolve()
  await Promise.all([completing, changing])

  expect(await count(`select count(*) from ${SCHEMA}.vectors`)).toBe(0)
  expect(await count(`select count(*) from ${SCHEMA}.embedding_queue`)).toBe(1)
})
