/** What a store tells of the steps that made it, held against the steps that this build knows. */
import type { Migration } from './migration.ts'
import { checksumOf } from './registry.ts'
import type { StoredSchema, StoredStep } from './stored.ts'

/** What is wrong, in words for people. Pure. */
export function historyProblems(known: readonly Migration[], stored: StoredSchema): string[] {
  if (stored.kind !== 'versioned') return ['it no longer says which schema it has']
  const { version, history } = stored
  const newest = Math.max(0, ...history.map(step => step.version))
  const problems: string[] = []
  if (newest !== version) {
    problems.push(`it says that it has schema ${version}, the last step of its history is ${newest}`)
  }
  for (let step = 1; step <= newest; step++) {
    const times = history.filter(found => found.version === step).length
    if (times !== 1)
      problems.push(`its history has step ${step} ${times === 0 ? 'not at all' : `${times} times`}`)
  }
  if (version < known.length) problems.push(`it has schema ${version}, this build needs ${known.length}`)
  return [...problems, ...history.flatMap(step => stepProblems(step, known[step.version - 1]))]
}

/** A step of a newer build is its own affair. */
function stepProblems(stored: StoredStep, known: Migration | undefined): string[] {
  if (known === undefined) return []
  const name = `step ${stored.version} (${stored.name})`
  if (stored.name !== known.name) return [`${name} is called ${known.name} by this build`]
  return [
    ...(stored.checksum === checksumOf(known)
      ? []
      : [`${name} ran with other statements than this build has`]),
    ...(stored.floor === known.floor
      ? []
      : [`${name} has the floor ${stored.floor}, it should be ${known.floor}`]),
  ]
}
