import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { onEngine } from '../../kit/index-states.ts'
import { lockedByChild } from '../../kit/lock-child.ts'
import { serverPlaces } from '../../kit/places.ts'
import { refusal } from '../../kit/schema-states.ts'
import { lockCases } from './lock-cases.ts'

const kit = serverPlaces(process.env.HEIRLOOM_TEST_POSTGRES ?? '')

lockCases(kit)

const holderOf = (pid: number) => `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name like 'heirloom ${pid}@%'`

describe('the session that holds the lock on a server', () => {
  it('frees the lock when the server ends it', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using child = await lockedByChild(place.address.store)
    expect(await place.rows(holderOf(child.pid))).toHaveLength(1)
    await onEngine(place, engine => engine.exclusively('a test', async () => undefined, { wait: true }))
  })

  it('changes nothing more once the server ended it', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const late = onEngine(place, engine =>
      engine.exclusively('a test', async held => {
        await place.rows(holderOf(process.pid))
        await held.write(change => change.script('delete from keyword_totals'))
      }),
    )
    expect(await refusal(late)).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await place.rows('select * from keyword_totals')).not.toEqual([])
  })
})
