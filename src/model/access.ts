/**
 * Who is asking. Every handle on the store carries one; there is no unscoped read.
 */
import type { ActorKind } from './journal.ts'
import { type TenantId, TRUSTS, type Trust, type UserId } from './memory.ts'

export interface Principal {
  readonly tenant_id: TenantId
  readonly user_id: UserId
  readonly kind: ActorKind
}

/** How far a new memory is believed: by the channel it came through, never by the caller's claim. */
export function trustOfChannel(kind: ActorKind): Trust {
  switch (kind) {
    case 'person':
      return 'stated'
    case 'agent':
    case 'key':
      return 'inferred'
    case 'system':
      return 'observed'
  }
}

/** The one of two that is believed less. */
export function lesserTrust(one: Trust, other: Trust): Trust {
  return TRUSTS.indexOf(one) > TRUSTS.indexOf(other) ? one : other
}
