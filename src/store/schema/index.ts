/** Every step the schema ever took, oldest first. Append only. */
import { memories } from './0001-memories.ts'
import type { Migration } from './migration.ts'

export const MIGRATIONS: readonly Migration[] = [memories]

/** The version that this build reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length
