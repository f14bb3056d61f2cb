/** Which snapshots are kept and which go, by rule. Pure, so that every history is a unit test. */
import { HeirloomError } from '../../model/errors.ts'

export interface KeepRules {
  /** The newest so many. */
  readonly keep_last?: number | undefined
  /** The newest of each of the last so many days (UTC) that have one; weeks begin on Monday. */
  readonly keep_daily?: number | undefined
  readonly keep_weekly?: number | undefined
  readonly keep_monthly?: number | undefined
  /** Every one that has a tag. */
  readonly keep_tagged?: boolean | undefined
}

export interface Candidate {
  readonly id: string
  readonly created_at: string
  readonly tag: string | null
  /** What is wrong with it; null where it would come back. */
  readonly problem: string | null
}

export interface Verdict {
  readonly id: string
  readonly why: string
}

export interface KeepPlan {
  readonly keep: readonly Verdict[]
  readonly remove: readonly Verdict[]
}

const PERIODS = [
  ['keep_last', 'last', (_time: string, id: string) => id],
  ['keep_daily', 'day', (time: string) => time.slice(0, 10)],
  ['keep_weekly', 'week of', weekOf],
  ['keep_monthly', 'month', (time: string) => time.slice(0, 7)],
] as const

/**
 * The newest good one always stays. Damaged ones fill no place: they go once a newer one is good, and stay until then.
 * @throws INVALID_INPUT for no rule, for rules that would remove the last good one, or where none is good.
 */
export function planKeeping(candidates: readonly Candidate[], rules: KeepRules): KeepPlan {
  mustBeRules(rules)
  const newestFirst = [...candidates].sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
  if (newestFirst.length === 0) return { keep: [], remove: [] }
  const good = newestFirst.filter(({ problem }) => problem === null)
  const newest = good[0]
  if (newest === undefined) {
    throw new HeirloomError(
      'INVALID_INPUT',
      'prune: none of these snapshots is sound, so none is removed. Make a new one first: heirloom snapshot create',
    )
  }
  const reasons = reasonsToKeep(good, rules)
  if (reasons.size === 0) {
    throw new HeirloomError(
      'INVALID_INPUT',
      `prune: these rules would remove the last good snapshot, ${newest.id}. Keep at least one, as in --keep-last 1`,
    )
  }
  if (!reasons.has(newest.id)) reasons.set(newest.id, ['the newest good one'])
  return judge(newestFirst, newest, reasons)
}

function judge(
  newestFirst: readonly Candidate[],
  newest: Candidate,
  reasons: ReadonlyMap<string, readonly string[]>,
): KeepPlan {
  const keep: Verdict[] = []
  const remove: Verdict[] = []
  for (const candidate of newestFirst) {
    const { id, problem } = candidate
    const why = reasons.get(id)
    if (why !== undefined) keep.push({ id, why: why.join(', ') })
    else if (problem === null) remove.push({ id, why: 'no rule keeps it' })
    else if (placeOf(candidate) > placeOf(newest))
      keep.push({ id, why: `damaged, but newer than the newest good one: ${problem}` })
    else remove.push({ id, why: `damaged: ${problem}` })
  }
  return { keep, remove }
}

/** In the order of time, and of ids within a moment. */
function placeOf({ created_at, id }: Candidate): string {
  return `${created_at} ${id}`
}

function reasonsToKeep(good: readonly Candidate[], rules: KeepRules): Map<string, string[]> {
  const reasons = new Map<string, string[]>()
  const keep = (id: string, why: string) => reasons.set(id, [...(reasons.get(id) ?? []), why])
  for (const [rule, name, periodOf] of PERIODS) {
    const seen = new Set<string>()
    for (const { id, created_at } of good) {
      const period = periodOf(created_at, id)
      if (seen.size >= (rules[rule] ?? 0) || seen.has(period)) continue
      seen.add(period)
      keep(id, rule === 'keep_last' ? `among the last ${rules[rule]}` : `${name} ${period}`)
    }
  }
  if (rules.keep_tagged) {
    for (const { id, tag } of good) if (tag !== null) keep(id, `tagged ${tag}`)
  }
  return reasons
}

/** The Monday of a time's week, as a date. */
function weekOf(time: string): string {
  const day = new Date(`${time.slice(0, 10)}T00:00:00.000Z`)
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  return day.toISOString().slice(0, 10)
}

/** @throws INVALID_INPUT for no rule, or one that is no number. */
export function mustBeRules(rules: KeepRules): void {
  for (const [name] of PERIODS) {
    const value = rules[name]
    if (value === undefined || (Number.isInteger(value) && value >= 0)) continue
    throw new HeirloomError('INVALID_INPUT', `prune: ${name} must be a whole number, not ${value}.`)
  }
  if (rules.keep_tagged || PERIODS.some(([name]) => rules[name] !== undefined)) return
  throw new HeirloomError(
    'INVALID_INPUT',
    'prune: say which snapshots to keep, as in --keep-daily 7 --keep-weekly 4',
  )
}
