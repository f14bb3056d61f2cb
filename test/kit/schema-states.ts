/** States of a schema that no build leaves behind, and what a place says of itself. */
import { expect } from 'vitest'
import { HeirloomError } from '../../src/model/errors.ts'
import { storeDigest } from '../../src/store/digest/digest.ts'
import { MIGRATIONS } from '../../src/store/schema/index.ts'
import type { Place, PlaceKit } from './places.ts'

/** Every step that this build knows, by its version. */
export const STEPS = MIGRATIONS.map(({ version }) => version)

/** What a promise is refused with; null where it is kept. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ code: string | null; message: string } | null> {
  try {
    const kept = await work
    if (kept !== null && typeof kept === 'object' && Symbol.asyncDispose in kept) {
      await (kept as AsyncDisposable)[Symbol.asyncDispose]()
    }
    return null
  } catch (error) {
    return { code: error instanceof HeirloomError ? error.code : null, message: (error as Error).message }
  }
}

/** Ids with their contents. */
export async function memoriesIn(place: Place): Promise<{ id: string; content: string }[]> {
  const rows = await place.rows('select id, content from memories order by cast(id as text), content')
  return rows.map(({ id, content }) => ({ id: String(id), content: String(content) }))
}

/** The state digest, of whatever version. */
export async function digestOf(place: Place): Promise<string> {
  return digestOfTables(place, () => true)
}

/**
 * The state digest of all but links. A store without links has the same one as `digestOf`, and keeps it when it is first
 * opened by a build that adds links to what is superseded in it.
 */
export async function digestBesideLinks(place: Place): Promise<string> {
  return digestOfTables(place, name => name !== 'links')
}

async function digestOfTables(place: Place, isMeant: (name: string) => boolean): Promise<string> {
  const engine = await place.connect()
  try {
    return await engine.read(async db => {
      const names = [...(await engine.tableNames(db))].filter(isMeant)
      return (await storeDigest(db, new Set(names))).state
    })
  } finally {
    await engine.close()
  }
}

const LINKS = `select cast(target_id as text) as target, type, source_ref as source from links order by 1, 2, 3`
const SUPERSEDED = `select cast(id as text) as target, 'superseded_by' as type,
  cast(superseded_by as text) as source from memories where superseded_by is not null order by 1`

/** A store that kept no links when it was first opened has one for each memory that names its successor, and no other. */
export async function expectOnlyLinksToSuccessors({ rows }: Pick<Place, 'rows'>): Promise<void> {
  expect(await rows(LINKS)).toEqual(await rows(SUPERSEDED))
}

/** The version as the database has it, and the steps that its history tells of. */
export async function stampedVersions(
  place: Place,
  { engine }: Pick<PlaceKit, 'engine'>,
): Promise<{ version: number; steps: number[] }> {
  const [row] =
    engine === 'sqlite'
      ? await place.rows('select user_version as version from pragma_user_version')
      : await place.rows('select version from schema_version')
  const steps = await place.rows('select version from schema_history order by version')
  return { version: Number(row?.version), steps: steps.map(({ version }) => Number(version)) }
}

/** As if a newer build had been there, whose steps changed nothing else. */
export async function claimVersion(
  place: Place,
  { engine }: Pick<PlaceKit, 'engine'>,
  { version, floors }: { version: number; floors: readonly number[] },
): Promise<void> {
  const first = version - floors.length + 1
  for (const [index, floor] of floors.entries()) {
    await place.script(`insert into schema_history (version, name, checksum, floor, applied_at, applied_by)
      values (${first + index}, 'later ${index}', 'a sum', ${floor}, '2026-02-01T00:00:00.000Z', 'a newer build')`)
  }
  await place.script(
    engine === 'sqlite'
      ? `pragma user_version = ${version}`
      : `update schema_version set version = ${version}`,
  )
}

/** Takes away whatever says which version the tables have. */
export async function loseStamp(place: Place, { engine }: Pick<PlaceKit, 'engine'>): Promise<void> {
  await place.script('drop table schema_history')
  await place.script(
    engine === 'sqlite' ? 'pragma user_version = 0; pragma application_id = 0' : 'drop table schema_version',
  )
}

/** Makes stamping a version fail. @returns what allows it again. */
export async function refuseVersion(
  place: Place,
  { engine }: Pick<PlaceKit, 'engine'>,
  version: number,
): Promise<() => Promise<void>> {
  if (engine === 'sqlite') {
    await place.script(`create trigger no_stamp before insert on schema_history when new.version = ${version}
      begin select raise(abort, 'no stamp for you'); end`)
    return () => place.script('drop trigger no_stamp')
  }
  // The last statement of all.
  await place.script(`alter table schema_version add constraint no_stamp check (version <> ${version})`)
  return () => place.script('alter table schema_version drop constraint no_stamp')
}
