/** Every step the schema ever took, oldest first. Append only. */
import { memories } from './0001-memories.ts'
import { artefacts } from './0002-artefacts.ts'
import { runs } from './0003-runs.ts'
import { signatures } from './0004-signatures.ts'
import { links } from './0005-links.ts'
import { knowledge } from './0006-knowledge.ts'
import { vectors } from './0007-vectors.ts'
import type { Migration } from './migration.ts'

export const MIGRATIONS: readonly Migration[] = [
  memories,
  artefacts,
  runs,
  signatures,
  links,
  knowledge,
  vectors,
]

/** The version that this build reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length
