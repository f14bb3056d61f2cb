/** The refusal where a table or column is gone that every store of this schema has. */
import { HeirloomError } from '../../model/errors.ts'
import { CLASSES, isDerived } from '../digest/tables.ts'

/** `missing` as in "the table memories"; `table` where it is known which one is meant. */
export function brokenSchema(
  location: string,
  { missing, table, cause }: { missing: string; table: string | null; cause: unknown },
): HeirloomError {
  return new HeirloomError(
    'STORE_CORRUPT',
    `${location}: ${missing} is not there; somebody changed the schema by hand. ${remedyFor(table)}`,
    { cause },
  )
}

const RESTORE = 'restore a snapshot: heirloom snapshot list'

/** A store cannot even be opened without some of its own bookkeeping, so `doctor` would be no help there. */
function remedyFor(table: string | null): string {
  const classes: Readonly<Record<string, string | undefined>> = CLASSES
  if (table !== null && isDerived(table)) {
    return 'It can be made again from what is there: heirloom doctor --repair'
  }
  if (table !== null && classes[table] === 'local') return `To mend it, ${RESTORE}`
  return `See what else is missing with heirloom doctor, then ${RESTORE}`
}
