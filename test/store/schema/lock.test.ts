import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { openReal } from '../../kit/child.ts'
import { IS_THOROUGH, temporaryFolder } from '../../kit/engines.ts'
import { onEngine } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { lockedByChild, openInChild } from '../../kit/lock-child.ts'
import { filePlace, filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { STEPS } from '../../kit/schema-states.ts'
import { lockCases, permitsNothingLater } from './lock-cases.ts'

const PROCESSES = 20

const folder = temporaryFolder()
const kit = filePlaces()

lockCases(kit)

describe('what the lock leaves beside a file', () => {
  it('stays when its holder is killed, and nobody believes it', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const { store } = place.address
    await using child = await lockedByChild(store)
    expect(JSON.parse(readFileSync(`${store}.lock.json`, 'utf8'))).toMatchObject({ pid: child.pid })
    await child.kill()
    expect(existsSync(`${store}.lock.json`)).toBe(true)
    await onEngine(place, engine => engine.exclusively('a test', async () => undefined))
    expect(existsSync(`${store}.lock.json`)).toBe(false)
  })

  it.each([
    [
      'names a process that lives',
      JSON.stringify({ pid: process.pid, host: 'here', purpose: 'lie', since: 'now' }),
    ],
    ['is no JSON', '{"pid": '],
    ['is empty', ''],
  ])('counts for nothing where the lock is free: it %s', async (_what, text) => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    writeFileSync(`${place.address.store}.lock.json`, text)
    await onEngine(place, engine => engine.exclusively('a test', async () => undefined))
  })

  it('that cannot be read leaves LOCKED without a name', async () => {
    await using place = await kit.fixture(SCHEMA_VERSION)
    const { store } = place.address
    await using _child = await lockedByChild(store)
    writeFileSync(`${store}.lock.json`, '{"pid": ')
    const refused = onEngine(place, engine => engine.exclusively('a test', async () => undefined))
    await expect(refused).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('is locked by another process. Wait until'),
    })
  })
})

describe.each([memoryPlaces, pglitePlaces()])('the lock on $name, which is its one connection', places => {
  it('gives one caller after the other their turn', async () => {
    await using place = await places.fixture(SCHEMA_VERSION)
    await onEngine(place, async engine => {
      const order: string[] = []
      const one = engine.exclusively('one', async held => {
        order.push('one begins')
        await held.write(change => change.script('update keyword_totals set terms = terms'))
        order.push('one ends')
      })
      const two = engine.exclusively('two', async () => void order.push('two'))
      await Promise.all([one, two])
      expect(order).toEqual(['one begins', 'one ends', 'two'])
    })
  })

  it('permits nothing once it was given back', async () => {
    await using place = await places.fixture(SCHEMA_VERSION)
    await permitsNothingLater(place)
  })
})

describe(`${PROCESSES} processes that open an old store at once`, () => {
  it.each(IS_THOROUGH ? [1, 3] : [1])('of schema %i: one migrates, none fails', async version => {
    const store = join(folder, `old-${version}.db`)
    copyFileSync(join(import.meta.dirname, `../../fixtures/stores/000${version}.db`), store)
    const ended = await Promise.all(Array.from({ length: PROCESSES }, () => openInChild(store)))
    for (const { code, errors } of ended) expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const place = filePlace(store)
    const steps = await place.rows('select version, count(*) as times from schema_history group by version')
    expect(steps).toEqual(STEPS.map(step => ({ version: step, times: 1 })))
    expect(await place.rows("select status from runs where kind = 'migrate'")).toEqual([{ status: 'done' }])
    expect(
      await place.rows("select target, status from runs where kind = 'backfill' order by target"),
    ).toEqual([
      { target: 'conflicts', status: 'done' },
      { target: 'shared_from', status: 'done' },
      { target: 'superseded_by', status: 'done' },
    ])
    expect(
      await place.rows("select count(*) as rebuilds from runs where kind = 'reindex' and status <> 'done'"),
    ).toEqual([{ rebuilds: 0 }])
    await using opened = await openReal(store)
    await expectSound(
      opened,
      new Map(ended.flatMap(({ said }) => (said === null ? [] : [[said.id, said.content]]))),
    )
  })
})
