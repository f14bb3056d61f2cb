/** What a careless build would do: the harness must find each of them out. */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toHeirloom } from '../../../src/heirloom.ts'
import { MIGRATIONS } from '../../../src/store/schema/index.ts'
import { checksumOf } from '../../../src/store/schema/registry.ts'
import { beside, openAt, type Place, restore } from './work.ts'

/** The tables of a step and its stamp in a transaction each. */
export function migrateInHalves(place: Place): Promise<void> {
  return beside(place, engine =>
    engine.exclusively('migrate', async held => {
      const stored = await engine.survey()
      const from = stored.kind === 'versioned' ? stored.version : 0
      for (const { version, name, floor, ...step } of MIGRATIONS.slice(from)) {
        await held.write(change => change.script(step[engine.name]))
        await held.write(async change => {
          const row = {
            version,
            name,
            floor,
            checksum: checksumOf(step),
            applied_at: '2026-01-01T00:00:00.000Z',
          }
          await change.db
            .insertInto('schema_history')
            .values({ ...row, applied_by: 'a test' })
            .execute()
          await engine.stamp(change, version)
        })
      }
    }),
  )
}

/** A snapshot whose manifest is there before its parts. */
export async function snapshotHeadFirst(place: Place): Promise<void> {
  const { store, context } = await openAt(place)
  const dir = join(dirname(place.snapshots), 'elsewhere')
  const { id } = await context().upkeep.takeSnapshot(store.engine, { kind: 'rows', dir })
  mkdirSync(join(place.snapshots, 'parts'), { recursive: true })
  copyFileSync(join(dir, `${id}.json`), join(place.snapshots, `${id}.json`))
  for (const part of readdirSync(join(dir, 'parts')))
    copyFileSync(join(dir, 'parts', part), join(place.snapshots, 'parts', part))
  await store.close()
}

/** What is to be replaced goes first, in changes of its own. */
export async function restoreAfterEmptying(place: Place, id: string): Promise<void> {
  const opened = await openAt(place)
  const memory = toHeirloom(opened)
  const { results } = await memory.list({ limit: 100 })
  for (const { id: gone } of results) await memory.forget({ id: gone })
  await memory.close()
  await restore(place, id, true)
}
