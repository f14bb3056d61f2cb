/** The store's lock: held by the operating system or the server, against other processes and other handles. */
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Exclusive } from '../../../src/store/exclusive.ts'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { onEngine, settle, stampOf } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { lockedByChild } from '../../kit/lock-child.ts'
import type { Place, PlaceKit } from '../../kit/places.ts'
import { refusal } from '../../kit/schema-states.ts'

function take(
  place: Place,
  work: (held: Exclusive) => Promise<unknown> = async () => undefined,
): Promise<unknown> {
  return onEngine(place, engine => engine.exclusively('a test', work))
}

export function lockCases(kit: PlaceKit): void {
  describe(`the lock on ${kit.name}`, () => {
    childCases(kit)
    openingCases(kit)
    handleCases(kit)
  })
}

function childCases(kit: PlaceKit): void {
  it('held by another process: LOCKED names its pid, host, purpose and time, and the remedy', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using child = await lockedByChild(place.address.store)
    const refused = await refusal(take(place))
    expect(refused?.code).toBe('LOCKED')
    expect(refused?.message).toContain(`process ${child.pid} on ${hostname()} (hold on to it, since 20`)
    expect(refused?.message).toContain(
      'Wait until it has finished, or end that process: the lock ends with it.',
    )
  })

  it('held by a process that is killed: is free, although nobody tidied up', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using child = await lockedByChild(place.address.store)
    await child.kill()
    let taken = 0
    // A server hears of the end of a session a moment later than we do of that of the process.
    await onEngine(place, engine =>
      engine.exclusively('a test', async () => void taken++, { wait: kit.engine === 'postgres' }),
    )
    expect(taken).toBe(1)
  })

  it('held by a process that finishes: is free', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using child = await lockedByChild(place.address.store)
    await child.end()
    await onEngine(place, engine =>
      engine.exclusively('a test', async () => undefined, { wait: kit.engine === 'postgres' }),
    )
  })

  it('held by another process: everybody reads and writes on', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await (await place.change())[Symbol.asyncDispose]()
    await using _child = await lockedByChild(place.address.store)
    await using store = await place.open()
    await store.memory.remember({ content: 'the lock keeps nobody from this' })
    await expectSound(store)
  })
}

function openingCases(kit: PlaceKit): void {
  it('held by another process: opening an older store waits, and goes on when it is free', async () => {
    await using place = await kit.fixture(1)
    await using child = await lockedByChild(place.address.store)
    const opening = place.change()
    await child.kill()
    await using store = await opening
    expect(store.upgrade).toMatchObject({ from: 1, to: SCHEMA_VERSION })
    await expectSound(store)
  })

  it('held by another process: an index that is not whole is left for later, and recall answers', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await (await place.change())[Symbol.asyncDispose]()
    await place.script("update artefacts set digest = 'other' where name = 'keyword'")
    await settle(place)
    {
      await using _child = await lockedByChild(place.address.store)
      await using store = await place.open()
      expect((await store.memory.recall({ query: 'staging' })).results).toEqual([])
      expect(await stampOf(place)).toMatchObject({ needs_rebuild: 1 })
    }
    await using store = await place.open()
    await expectSound(store)
  })
}

function handleCases(kit: PlaceKit): void {
  it('excludes two handles of one process', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await take(place, async () => {
      const refused = await refusal(take(place))
      expect(refused).toMatchObject({ code: 'LOCKED' })
      expect(refused?.message).toContain(`process ${process.pid} on ${hostname()} (a test, since `)
    })
    await take(place)
  })

  it('of one store does not exclude another store', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await using other = await kit.fixture(SCHEMA_VERSION)
    let both = false
    await take(place, () =>
      take(other, async () => {
        both = true
      }),
    )
    expect(both).toBe(true)
  })

  it('is given back where the work fails', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const failing = take(place, () => Promise.reject(new Error('no luck')))
    await expect(failing).rejects.toThrow('no luck')
    await take(place)
  })

  it('waits for as long as the caller does', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const controller = new AbortController()
    await take(place, async () => {
      const waiting = onEngine(place, engine =>
        engine.exclusively('another', async () => undefined, { wait: true, signal: controller.signal }),
      )
      controller.abort()
      expect(await refusal(waiting)).toMatchObject({ code: 'ABORTED' })
    })
  })

  it('permits nothing once it was given back', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    await permitsNothingLater(place)
  })
}

/** A permit that outlived its lock is a mistake of our own, and changes nothing. */
export async function permitsNothingLater(place: Place): Promise<void> {
  await onEngine(place, async engine => {
    let kept: Exclusive | undefined
    await engine.exclusively('a test', async held => {
      kept = held
    })
    const late = async () => kept?.write(change => change.script('delete from keyword_totals'))
    expect(await refusal(late())).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/^Bug: /),
    })
  })
  expect(await place.rows('select * from keyword_totals')).not.toEqual([])
}
