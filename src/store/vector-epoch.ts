/**
 * Tells an index of vectors that lies beside a store whether it was made of the rows that the store has. Numbers of rows
 * do not: those of an older copy that was put back are given to other rows. So the store names each index before that is
 * made, and an older copy knows no later name.
 */
import { BOOTSTRAP_ID } from '../model/memory.ts'
import type { Database, Engine } from './engine.ts'
import { dropStoreSetting, setStoreSetting, storeSetting } from './store-settings.ts'

const NAME = 'vector_epoch'

/** Asked for at every search, so it is one look-up by key. */
export async function vectorEpoch(db: Database, engine: Pick<Engine, 'statements'>): Promise<string> {
  const [row] = await engine.statements.run(db, 'vector epoch', () => epochQuery(db), [BOOTSTRAP_ID, NAME])
  return row?.value ?? ''
}

/** The names of the indexes of a space that may be believed, the newest last. */
export async function indexNames(db: Database, epoch: string, space: string): Promise<string[]> {
  const names = await storeSetting(db, settingOf(space))
  return names === null ? [] : names.split(' ').map(name => `${epoch} ${name}`)
}

/** @param names of the indexes that may be believed from now on, each with the epoch before it. */
export async function setIndexNames(db: Database, space: string, names: readonly string[]): Promise<void> {
  await setStoreSetting(db, settingOf(space), names.map(name => name.split(' ').at(-1)).join(' '))
}

export async function dropIndexNames(db: Database, space: string): Promise<void> {
  await dropStoreSetting(db, settingOf(space))
}

function settingOf(space: string): string {
  return `vector_index ${space}`
}

function epochQuery(db: Database) {
  return db.selectFrom('settings').select('value').where('tenant_id', '=', '').where('name', '=', '')
}

/** After the rows were put in the place of others, whose numbers they may have. */
export async function renewVectorEpoch(db: Database, epoch: string): Promise<void> {
  await setStoreSetting(db, NAME, epoch)
}
