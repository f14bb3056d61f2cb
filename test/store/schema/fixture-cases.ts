/** A store of every version that there ever was, as the build of that version made it, brought to this one. */
import { describe, expect, it } from 'vitest'
import { listSnapshots } from '../../../src/evolve/snapshot/list.ts'
import { verifySnapshot } from '../../../src/evolve/snapshot/verify.ts'
import type { Upgrade } from '../../../src/evolve/upgrade.ts'
import { type StoreDigest, storeDigest } from '../../../src/store/digest/digest.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '../../../src/store/schema/index.ts'
import { onEngine } from '../../kit/index-states.ts'
import { expectSound } from '../../kit/invariants.ts'
import { FIXTURE_VERSIONS, filePlaces, type Place, type PlaceKit } from '../../kit/places.ts'
import { memoriesIn } from '../../kit/schema-states.ts'

const OLDER = FIXTURE_VERSIONS.filter(version => version < SCHEMA_VERSION)

const references = filePlaces()

export function fixtureCases(kit: PlaceKit): void {
  describe(`the stores of earlier builds on ${kit.name}`, () => {
    it('are all there', () => {
      expect(FIXTURE_VERSIONS).toEqual(MIGRATIONS.map(({ version }) => version))
    })

    it.each(FIXTURE_VERSIONS)('schema %i: holds what every other one does', async version => {
      await using place = await kit.fixture(version)
      await using reference = await references.fixture(1)
      expect(knownIn(await digest(place))).toEqual(knownIn(await digest(reference)))
    })

    it.each(OLDER)('schema %i: every memory is there, and the digest is the same', async version => {
      await using place = await kit.fixture(version)
      const [memories, before] = [await memoriesIn(place), await digest(place)]
      await using store = await place.change()
      const after = await digest(place)
      expect(memories).toHaveLength(19)
      expect(await memoriesIn(place)).toEqual(memories)
      expect(after.state).toBe(before.state)
      expect(after.full).toBe(before.full)
      expect(store.upgrade?.digest).toEqual({ before: before.state, after: before.state })
      expect((await store.memory.digest({})).digest).toBe(before.state)
      await expectSound(store)
      expect((await store.memory.recall({ query: 'who caches for 60 seconds' })).results[0]?.content).toMatch(
        /getUserById/,
      )
      expect(await store.memory.journal({ verify: true })).toMatchObject({ verification: { ok: true } })
    })

    it.each(OLDER)('schema %i: leaves a receipt and a snapshot that gives the same digest', async version => {
      await using place = await kit.fixture(version)
      const before = await digest(place)
      await using store = await place.change()
      const upgrade = store.upgrade!
      await expectReceipt(place, upgrade)
      if (place.snapshots === null) {
        expect(upgrade.snapshot).toBeNull()
        return
      }
      const [listed, ...others] = await listSnapshots(place.snapshots)
      expect(others).toEqual([])
      expect(listed).toMatchObject({
        id: upgrade.snapshot?.id,
        status: 'ok',
        manifest: {
          kind: kit.engine === 'sqlite' ? 'file' : 'rows',
          schema_version: version,
          tag: 'upgrade',
          digest: { state: before.state, full: before.full },
        },
      })
      expect(await verifySnapshot(place.snapshots, upgrade.snapshot!.id)).toMatchObject({
        ok: true,
        problems: [],
      })
    })

    it(`schema ${SCHEMA_VERSION}: is this build's, and is left alone`, async () => {
      await using place = await kit.fixture(SCHEMA_VERSION)
      await using store = await place.change()
      expect(store.upgrade).toBeNull()
      await expectSound(store)
    })
  })
}

async function expectReceipt(place: Place, upgrade: Upgrade): Promise<void> {
  expect(
    await place.rows(`select cast(id as text) as id, status, target, snapshot_id, cast(receipt as text) as receipt
    from runs where kind = 'migrate'`),
  ).toEqual([
    {
      id: upgrade.receipt,
      status: 'done',
      target: `schema ${SCHEMA_VERSION}`,
      snapshot_id: upgrade.snapshot?.id ?? null,
      receipt: expect.stringContaining(upgrade.digest.after),
    },
  ])
}

function digest(place: Place): Promise<StoreDigest> {
  return onEngine(place, engine => engine.read(async db => storeDigest(db, await engine.tableNames(db))))
}

/** Tables by digest, but for those whose rows were dated by the clock of a database while schemas 1 to 3 were made. */
function knownIn({ tables }: StoreDigest): Record<string, string | null> {
  const known = Object.entries(tables).filter(([name]) => name !== 'tenants' && name !== 'users')
  return Object.fromEntries(known.map(([name, { state }]) => [name, state]))
}
