import { afterAll, describe, expect, it } from 'vitest'
import { openHeirloom } from '../../src/heirloom.ts'
import { onServer, server } from '../kit/engines.ts'
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
    let waiting: Promise<unknown> | undefined
    await own.locked(id, async isWaitedFor => {
      waiting = other.forget({ id }, { signal: cancelled.signal })
      waiting.catch(() => undefined)
      await isWaitedFor()
      cancelled.abort()
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    })
    expect((await other.get({ id })).status).toBe('active')
    await Promise.all(Array.from({ length: 8 }, () => other.get({ id })))
    await expectSound(own)
  })
})
