import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { openStore } from '../../src/open.ts'
import type { Database } from '../../src/store/engine.ts'
import { onServer, server, type TestStore } from '../kit/engines.ts'
import { expectSound } from '../kit/invariants.ts'
import { conforms } from './all.ts'

const url = process.env.HEIRLOOM_TEST_POSTGRES ?? ''
const engine = server(url)

conforms(engine)

describe('a server of one’s own', () => {
  const schema = `heirloom_test_${process.pid}_own`
  const store = `${url}?schema=${schema}`
  afterAll(() => onServer(url, `drop schema if exists ${schema} cascade`))

  it('is made by init alone, and init twice changes nothing', async () => {
    for (const mode of ['existing', 'create'] as const) {
      await expect(openHeirloom({ store, mode })).rejects.toMatchObject({ code: 'NOT_INITIALISED' })
    }
    const made = await Promise.all([1, 2, 3].map(() => openHeirloom({ store, mode: 'initialise' })))
    const answers = await Promise.all(made.map(memory => memory.init({})))
    expect(answers.map(answer => answer.created).sort()).toEqual([false, false, true])
    const { id } = await made[0]!.remember({ content: 'stays' })
    for (const memory of made) await memory.close()
    await using again = await openHeirloom({ store, mode: 'initialise' })
    expect(await again.init({})).toMatchObject({ created: false })
    expect((await again.get({ id })).content).toBe('stays')
  })

  it('stops a statement that waits for a lock when the call is cancelled', async () => {
    await using own = await engine.open()
    const { id } = await own.memory.remember({ content: 'locked' })
    const other = await own.another()
    const cancelled = new AbortController()
    await withRowLocked(own, id, async backends => {
      const waiting = other.forget({ id }, { signal: cancelled.signal })
      waiting.catch(() => undefined)
      await backends(1)
      cancelled.abort()
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    })
    expect((await other.get({ id })).status).toBe('active')
    await Promise.all(Array.from({ length: 8 }, () => other.get({ id })))
    await expectSound(own)
  })

  it('tells of a connection that was ended, and goes on with the next', async () => {
    await using own = await engine.open()
    const { id } = await own.memory.remember({ content: 'locked' })
    const other = await own.another()
    await withRowLocked(own, id, async (backends, control) => {
      const waiting = other.forget({ id })
      waiting.catch(() => undefined)
      const [pid] = await backends(1)
      await control.query('select pg_terminate_backend($1)', [pid])
      await expect(waiting).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    })
    expect((await other.forget({ id })).status).toBe('retired')
    await expectSound(own)
  })

  it('runs a write again that a deadlock undid', async () => {
    await using own = await engine.open()
    const ids = [
      (await own.memory.remember({ content: 'a' })).id,
      (await own.memory.remember({ content: 'b' })).id,
    ]
    const schema = await schemaOf(own)
    const opened = await openStore({ store: `${url}?schema=${schema}` })
    const touch = (db: Database, id: string | undefined) =>
      sql`update memories set reference_count = reference_count + 1 where id = ${id}`.execute(db)
    const { promise: bothHold, resolve } = Promise.withResolvers<void>()
    let holding = 0
    let attempts = 0
    const write = (order: readonly string[]) =>
      opened.store.engine.write(async db => {
        attempts++
        await touch(db, order[0])
        if (++holding === 2) resolve()
        await bothHold
        await touch(db, order[1])
      })
    await Promise.all([write(ids), write(ids.toReversed())])
    await opened.store.close()
    expect(attempts).toBe(3)
    expect((await own.raw('select reference_count as n from memories')).map(row => row.n)).toEqual([2, 2])
  })
})

async function schemaOf({ raw }: TestStore): Promise<string> {
  return String((await raw('select current_schema() as name'))[0]?.name)
}

type Waiting = (count: number) => Promise<number[]>

/** Holds a lock on a memory's row meanwhile; `backends` waits until so many others wait for it. */
async function withRowLocked(
  store: TestStore,
  id: string,
  work: (backends: Waiting, control: pg.Client) => Promise<void>,
): Promise<void> {
  const schema = await schemaOf(store)
  const [holder, control] = [new pg.Client(url), new pg.Client(url)]
  await Promise.all([holder.connect(), control.connect()])
  const backends: Waiting = async count => {
    for (;;) {
      const { rows } = await control.query(
        `select pid from pg_stat_activity where wait_event_type = 'Lock' and pg_blocking_pids(pid) && array[$1::int]`,
        [(holder as unknown as { processID: number }).processID],
      )
      if (rows.length >= count) return rows.map(row => Number(row.pid))
    }
  }
  try {
    await holder.query('begin')
    await holder.query(`select 1 from ${schema}.memories where id = $1 for update`, [id])
    await work(backends, control)
  } finally {
    await holder.query('rollback')
    await Promise.all([holder.end(), control.end()])
  }
}
