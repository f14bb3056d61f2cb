/**
 * Moves a store to the schema this build needs. Forward only: going back means restoring a snapshot. Everything here
 * is pure, so that every odd history is a unit test.
 */
import { sha256 } from '../../model/digest.ts'
import { HeirloomError } from '../../model/errors.ts'
import type { Migration } from './migration.ts'
import type { StoredSchema, StoredStep } from './stored.ts'

/** Pins a shipped step: it covers both engines' DDL. */
export function checksumOf(migration: Pick<Migration, 'sqlite' | 'postgres'>): string {
  return sha256(`${migration.sqlite}\n--\n${migration.postgres}`)
}

export type Plan =
  /** The version is this build's, or a newer one that admits it. */
  | { readonly action: 'nothing'; readonly version: number }
  | { readonly action: 'create'; readonly steps: readonly Migration[] }
  /** Adds what is missing to tables without a version, keeping every row. */
  | { readonly action: 'reconcile'; readonly steps: readonly Migration[] }
  | { readonly action: 'migrate'; readonly from: number; readonly steps: readonly Migration[] }

export interface Wanted {
  /** Where the store is, for people. */
  readonly location: string
  /** The version to stop at; the newest that is known by default. */
  readonly to?: number | undefined
}

/**
 * The steps still to run, in order.
 * @throws SCHEMA_TOO_NEW when the store forbids builds as old as this one, NOT_A_STORE when it is something else,
 * STORE_CORRUPT when its history contradicts its version, INVALID_INPUT when `to` cannot be reached.
 */
export function planMigrations(known: readonly Migration[], stored: StoredSchema, wanted: Wanted): Plan {
  const newest = known.length
  const to = wanted.to ?? newest
  if (!Number.isInteger(to) || to < 1 || to > newest) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `to: this build knows the schema versions 1 to ${newest}, not ${to}.`,
    )
  }
  const steps = known.slice(0, to)
  switch (stored.kind) {
    case 'fresh':
      return { action: 'create', steps }
    case 'unversioned':
      return { action: 'reconcile', steps }
    case 'foreign':
      throw new HeirloomError(
        'NOT_A_STORE',
        `${wanted.location} is not a store: ${stored.reason}. Name another with --store; nothing was changed.`,
      )
    case 'versioned':
      return planFrom(stored, steps, { known, ...wanted })
  }
}

interface Sought extends Wanted {
  readonly known: readonly Migration[]
}

function planFrom(
  { version, history }: Extract<StoredSchema, { kind: 'versioned' }>,
  steps: readonly Migration[],
  { known, location, to }: Sought,
): Plan {
  if (version > known.length) {
    mustAdmit(version, history, { known, location })
    return { action: 'nothing', version }
  }
  mustBeWhole(version, history, location)
  if (to !== undefined && to < version) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `to: ${location} has schema ${version} already, and steps only go forward. To go back to ${to}, restore a snapshot: heirloom snapshot list`,
    )
  }
  if (version >= steps.length) return { action: 'nothing', version }
  return { action: 'migrate', from: version, steps: steps.slice(version) }
}

/** Steps this build has never heard of say which builds they still admit. */
function mustAdmit(version: number, history: readonly StoredStep[], { known, location }: Sought): void {
  const ours = known.length
  const unknown = history.filter(step => step.version > ours)
  const floor = Math.max(...unknown.map(step => step.floor))
  if (unknown.length === version - ours && floor <= ours) return
  throw tooNew(location, version, ours)
}

export function tooNew(location: string, version: number, ours: number): HeirloomError {
  return new HeirloomError(
    'SCHEMA_TOO_NEW',
    `${location} has schema ${version}; this build knows ${ours}. Install a newer heirloom; nothing was changed.`,
  )
}

function mustBeWhole(version: number, history: readonly StoredStep[], location: string): void {
  const versions = history.map(step => step.version).sort((a, b) => a - b)
  const whole = versions.length === version && versions.every((found, index) => found === index + 1)
  if (whole) return
  throw new HeirloomError(
    'STORE_CORRUPT',
    `${location} says that it has schema ${version}, and its history tells of the steps [${versions.join(', ')}]. Somebody changed one of them by hand; restore a snapshot: heirloom snapshot list`,
  )
}

/** Which tables a step may make anew. */
export type TableClass = 'authoritative' | 'derived' | 'local'

/** A step as it might be written wrongly. */
export type Suspect = Readonly<Partial<Record<keyof Migration | 'rebuilds', unknown>>> & {
  readonly name: string
  readonly version: number
}

/**
 * What is wrong with a list of steps, each problem naming its step; nothing is wrong with a list that ships.
 * `pinned` has the checksum of each shipped step by name.
 */
export function registryProblems(
  steps: readonly Suspect[],
  {
    current,
    classes,
    pinned,
  }: {
    readonly current: number
    readonly classes: Readonly<Record<string, TableClass>>
    readonly pinned: Readonly<Record<string, string>>
  },
): string[] {
  const problems = steps.flatMap((step, index) => [
    ...numberProblems(step, index),
    ...strategyProblems(step),
    ...[...droppedTables(step), ...namedBy(step)]
      .filter(table => classes[table] === 'authoritative')
      .map(table => `step ${step.name} makes the authoritative table ${table} anew`),
    ...pinProblems(step, pinned),
  ])
  const last = steps.at(-1)
  if (last?.version !== current) {
    problems.push(`the last step ${last?.name ?? '(none)'} does not reach the current version ${current}`)
  }
  return problems
}

function numberProblems({ name, version, floor }: Suspect, index: number): string[] {
  const problems: string[] = []
  if (version < index + 1) problems.push(`step ${name} goes backwards to version ${version}`)
  if (version > index + 1) problems.push(`step ${name} skips from version ${index} to ${version}`)
  if (!Number.isInteger(floor) || Number(floor) < 1 || Number(floor) > version) {
    problems.push(`step ${name} has the floor ${floor}, which is no version up to its own`)
  }
  return problems
}

function strategyProblems({ name, strategy, rebuilds }: Suspect): string[] {
  const isList = Array.isArray(rebuilds) && rebuilds.length > 0
  if (strategy === 'inPlace') return rebuilds === undefined ? [] : [`step ${name} says inPlace and rebuild`]
  if (strategy === 'rebuild') return isList ? [] : [`step ${name} says rebuild and not of what`]
  return [`step ${name} says neither inPlace nor rebuild`]
}

/** What the step says that it rebuilds, whatever that may be. */
function namedBy({ rebuilds }: Suspect): string[] {
  return Array.isArray(rebuilds) ? rebuilds.map(String) : []
}

function droppedTables({ sqlite, postgres }: Suspect): string[] {
  const found = `${sqlite ?? ''}\n${postgres ?? ''}`.matchAll(
    /\b(?:drop table(?: if exists)?|truncate(?: table)?|delete from)\s+"?(\w+)/gi,
  )
  return [...new Set([...found].map(([, table = '']) => table))]
}

function pinProblems(step: Suspect, pinned: Readonly<Record<string, string>>): string[] {
  const sum = checksumOf({ sqlite: String(step.sqlite), postgres: String(step.postgres) })
  if (pinned[step.name] === sum) return []
  return [`step ${step.name} is not as it shipped: its checksum is ${sum}`]
}
