/**
 * The states of a memory and the steps between them. One table; every operation that moves a memory asks it.
 */
import { HeirloomError } from './errors.ts'

export const STATUSES = ['candidate', 'active', 'superseded', 'invalid', 'graduated', 'retired'] as const
export type Status = (typeof STATUSES)[number]

export type Transition = 'supersede' | 'invalidate' | 'forget' | 'restore'

/** A state with the way that led to it, oldest first. */
export interface Standing {
  readonly status: Status
  readonly earlier: readonly Status[]
}

const STEPS: Record<Exclude<Transition, 'restore'>, { from: readonly Status[]; to: Status }> = {
  supersede: { from: ['active'], to: 'superseded' },
  invalidate: { from: ['active'], to: 'invalid' },
  forget: { from: ['candidate', 'active', 'superseded', 'invalid'], to: 'retired' },
}

const RESTORABLE: readonly Status[] = ['superseded', 'invalid', 'retired']

/**
 * Where a step leads.
 * @throws ILLEGAL_TRANSITION naming the state it is in and the states it would have to be in.
 */
export function mustMove(id: string, standing: Standing, step: Transition): Standing {
  if (step === 'restore') return mustRestore(id, standing)
  const { from, to } = STEPS[step]
  if (!from.includes(standing.status)) throw illegal(id, standing.status, step, to, from)
  return { status: to, earlier: [...standing.earlier, standing.status] }
}

function mustRestore(id: string, standing: Standing): Standing {
  const before = standing.earlier.at(-1)
  if (!RESTORABLE.includes(standing.status) || before === undefined) {
    throw illegal(id, standing.status, 'restore', before ?? 'active', RESTORABLE)
  }
  return { status: before, earlier: standing.earlier.slice(0, -1) }
}

function illegal(
  id: string,
  is: Status,
  step: Transition,
  to: Status,
  from: readonly Status[],
): HeirloomError {
  const remedy =
    RESTORABLE.includes(is) && step !== 'restore' ? ` Restore it first: heirloom restore ${id}` : ''
  return new HeirloomError(
    'ILLEGAL_TRANSITION',
    `Cannot ${step} memory ${id}: it is ${is}, and only ${from.join(' or ')} becomes ${to}.${remedy}`,
  )
}
