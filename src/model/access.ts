/**
 * Who is asking. Every handle on the store carries one; there is no unscoped read.
 */
import type { ActorKind } from './journal.ts'
import type { TenantId, Trust, UserId } from './memory.ts'

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
