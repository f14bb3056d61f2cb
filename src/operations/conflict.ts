import * as z from 'zod'
import { type Conflict, suggestedWinner } from '../model/conflict.ts'
import type { ReadHandle } from '../store/store.ts'
import { memberRecord, recordsOf } from './conflict-members.ts'
import { conflictView, toConflictView } from './conflict-view.ts'
import * as fields from './fields.ts'
import { type Context, defineOperation } from './operation.ts'

const input = z.object({ id: fields.id.describe('The id of a conflict.') })

const output = conflictView.extend({
  members: z.array(memberRecord),
  suggested_winner: z
    .object({ kind: z.enum(['memory', 'entity']), id: z.string(), value: z.string(), why: z.string() })
    .nullable(),
  notices: z.array(z.string()),
})

type Output = z.infer<typeof output>
type Member = z.infer<typeof memberRecord>

export const conflict = defineOperation({
  name: 'conflict',
  summary: 'Show a contradiction side by side: who said what, when, from where, and which is suggested.',
  example: 'conflict 0198c0de-0000-7000-8000-000000000000',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: ({ id }, context) =>
    context.store.read(
      context.principal,
      async tx => describe(tx, await tx.conflicts.mustGet(id), context),
      context.signal,
    ),
})

async function describe(tx: ReadHandle, stored: Conflict, { principal, now }: Context): Promise<Output> {
  const at = now()
  const view = toConflictView(stored, at)
  const members = await recordsOf(tx, stored, { principal, at })
  const isOpen = view.status === 'open'
  const suggested_winner = isOpen ? suggestion(members) : null
  return { ...view, members, suggested_winner, notices: isOpen ? waysOut(view.id, suggested_winner) : [] }
}

function suggestion(members: readonly Member[]): Output['suggested_winner'] {
  const claiming = members.filter(({ claims_it }) => claims_it)
  const best = suggestedWinner(claiming)
  if (best === null) return null
  const { kind, id, value, trust, said_at } = best
  const rivals = claiming.filter(other => other.id !== id && other.trust === trust)
  const why =
    rivals.length === 0
      ? `It is trusted most: ${trust}.`
      : `None is trusted more than ${trust}, and of those it has said so last: since ${said_at}.`
  return { kind, id, value, why }
}

function waysOut(id: string, suggested: Output['suggested_winner']): string[] {
  return [
    `To keep one of them: heirloom resolve ${id} --winner ${suggested?.id ?? '<id>'}`,
    `Where both are true: heirloom resolve ${id} --keep-both --because "…"; where it is no contradiction: heirloom resolve ${id} --dismiss --because "…"`,
  ]
}
