/** Cursors: where a page ended, signed so that only what a page said is taken, from the one it was said to. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'

export interface CursorContext {
  /** The store's own. */
  readonly secret: string
  readonly principal: Principal
  /** The operation the page belongs to. */
  readonly operation: string
}

export function toCursor(position: string, context: CursorContext): string {
  return Buffer.from(`${signature(position, context)}${position}`).toString('base64url')
}

/** @throws INVALID_INPUT for a cursor that was not given to this principal for this operation. */
export function mustReadCursor(cursor: string, context: CursorContext): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const position = text.slice(SIGNATURE)
  const given = Buffer.from(text.slice(0, SIGNATURE))
  const expected = Buffer.from(signature(position, context))
  if (given.length === expected.length && timingSafeEqual(given, expected)) return position
  throw new HeirloomError(
    'INVALID_INPUT',
    'cursor: not one that this store gave you. Start again without a cursor.',
  )
}

const SIGNATURE = 22

function signature(position: string, { secret, principal, operation }: CursorContext): string {
  const about = [operation, principal.tenant_id, principal.user_id, position].join('\n')
  return createHmac('sha256', secret).update(about).digest('base64url').slice(0, SIGNATURE)
}
