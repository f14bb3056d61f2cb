/**
 * The states of a record and the steps between them: the same for memories, entities and relationships. One table;
 * every operation that moves a record asks it.
 */
import { HeirloomError } from './errors.ts'

export const STATUSES = ['candidate', 'active', 'superseded', 'invalid', 'graduated', 'retired'] as const
export type Status = (typeof STATUSES)[number]

/**
 * `vanish` is what befalls a passage that is no longer in its file, whether it was reviewed or not; `return` a memory
 * when the entity that it was to become is not wanted. A passage that graduated stays so when it vanishes, and returns to
 * being superseded.
 */
export type Transition =
  | 'promote'
  | 'reject'
  | 'supersede'
  | 'invalidate'
  | 'graduate'
  | 'forget'
  | 'restore'
  | 'return'
  | 'vanish'

/** What has a lifecycle. */
export type RecordKind = 'memory' | 'entity' | 'relationship'

export interface Subject {
  readonly kind: RecordKind
  readonly id: string
}

/** A state with the way that led to it, oldest first. */
export interface Standing {
  readonly status: Status
  readonly earlier: readonly Status[]
}

const STEPS: Record<Exclude<Transition, 'restore' | 'return'>, { from: readonly Status[]; to: Status }> = {
  promote: { from: ['candidate'], to: 'active' },
  reject: { from: ['candidate'], to: 'invalid' },
  supersede: { from: ['active'], to: 'superseded' },
  invalidate: { from: ['active'], to: 'invalid' },
  graduate: { from: ['active'], to: 'graduated' },
  forget: { from: ['candidate', 'active', 'superseded', 'invalid'], to: 'retired' },
  vanish: { from: ['candidate', 'active'], to: 'superseded' },
}

const RESTORABLE: readonly Status[] = ['superseded', 'invalid', 'retired']

/** The steps that lead back to the state before. */
const BACK: Record<'restore' | 'return', readonly Status[]> = { restore: RESTORABLE, return: ['graduated'] }

/**
 * Where a step leads.
 * @throws ILLEGAL_TRANSITION naming the state it is in and the states it would have to be in.
 */
export function mustMove(subject: Subject, standing: Standing, step: Transition): Standing {
  if (step === 'restore' || step === 'return') return mustGoBack(subject, standing, step)
  if (step === 'vanish' && standing.status === 'graduated')
    return { status: 'graduated', earlier: [...standing.earlier, 'superseded'] }
  const { from, to } = STEPS[step]
  if (!from.includes(standing.status)) throw illegal(subject, standing.status, step, to, from)
  return { status: to, earlier: [...standing.earlier, standing.status] }
}

function mustGoBack(subject: Subject, standing: Standing, step: 'restore' | 'return'): Standing {
  const before = standing.earlier.at(-1)
  if (!BACK[step].includes(standing.status) || before === undefined) {
    throw illegal(subject, standing.status, step, before ?? 'active', BACK[step])
  }
  return { status: before, earlier: standing.earlier.slice(0, -1) }
}

function illegal(
  { kind, id }: Subject,
  is: Status,
  step: Transition,
  to: Status,
  from: readonly Status[],
): HeirloomError {
  return new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot ${step} ${kind} ${id}: it is ${is}, and only ${from.join(' or ')} becomes ${to}.${remedyFor(is, step, id)}`,
  )
}

function remedyFor(is: Status, step: Transition, id: string): string {
  if (step === 'restore' || step === 'return') return ''
  if (RESTORABLE.includes(is)) return ` Restore it first: heirloom restore ${id}`
  if (is === 'candidate') return ` Promote or reject it first: heirloom promote ${id}`
  if (step === 'reject' && is === 'active') return ` If it is wrong: heirloom invalidate ${id}`
  return ''
}
