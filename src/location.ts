/** Where the store is when nobody says: in the user's data directory, never where the program or its caller lives. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import envPaths from 'env-paths'
import { HeirloomError } from './model/errors.ts'

/**
 * The address of the store to open: what was said, else `HEIRLOOM_STORE`, else a file in the user's data directory,
 * whose folder is made.
 */
export function storeAddress(said: string | undefined, environment: NodeJS.ProcessEnv): string {
  const named = said ?? environment.HEIRLOOM_STORE
  if (named !== undefined && named !== '') return named
  const file = join(dataFolder(), 'heirloom.db')
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new HeirloomError(
      'STORE_UNAVAILABLE',
      `The folder ${dirname(file)} cannot be made. Name another place with --store or HEIRLOOM_STORE.`,
      { cause },
    )
  }
  return file
}

/** The user's data directory for this program, as an absolute path. */
export function dataFolder(): string {
  const { data } = envPaths('heirloom', { suffix: '' })
  // By its standard a relative XDG_DATA_HOME counts for nothing; it would put the store where the caller stands.
  return isAbsolute(data) ? data : join(homedir(), '.local', 'share', 'heirloom')
}
