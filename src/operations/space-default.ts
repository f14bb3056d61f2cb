import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import { NO_SPACE, type Space } from '../model/space.ts'
import type { Coverage } from '../store/embedding-coverage.ts'
import type { WriteHandle } from '../store/store.ts'
import * as fields from './fields.ts'
import { claimFor, defineOperation, stampFor } from './operation.ts'
import { mustBePerson } from './space-deciding.ts'

const input = z.object({
  name: z.string().min(1).max(64).describe('Of the space; "none" has recall go by words alone.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

export const spaceDefault = defineOperation({
  name: 'space_default',
  summary: 'Choose the embedding space that recall goes by.',
  example: 'space default heirloom-static-en',
  effects: 'write',
  idempotent: true,
  scope: 'admin',
  positional: ['name'],
  opens: 'existing',
  input,
  output: z.object({
    before: z.string().nullable(),
    now: z.string().nullable(),
    notices: z.array(z.string()),
    receipt: fields.receiptOut,
  }),
  run: async (input, context) => {
    mustBePerson(context, `space default ${input.name}`)
    return context.store.change(
      context.principal,
      stampFor(context, 'space_default', input.note),
      tx => choose(tx, input.name, context.now()),
      { signal: context.signal, idempotency: claimFor('space_default', input) },
    )
  },
})

async function choose(tx: WriteHandle, name: string, now: string) {
  await tx.spaces.lock()
  const before = await tx.spaces.default()
  const space = name === NO_SPACE ? null : await tx.spaces.mustFind(name)
  // Where recall goes by words alone, half a space is better than none.
  if (space !== null && before !== null && space.id !== before.id)
    mustBeFilled(space, await tx.vectors.coverage(space, now))
  await tx.spaces.setDefault(space)
  const notices = space === null ? ['Recall goes by words alone now.'] : []
  return { before: before?.name ?? null, now: space?.name ?? null, notices }
}

/** @throws CONFLICT saying how much is missing: recall would lose by meaning what it finds now. */
function mustBeFilled({ name }: Space, coverage: Coverage): void {
  const { waiting, set_aside, isCounted } = coverage
  const missing = waiting - set_aside
  if (isCounted && missing === 0) return
  const number = isCounted ? missing.toLocaleString('en') : 'some'
  throw new HeirloomError(
    'CONFLICT',
    `Space "${name}" lacks ${number} of what is remembered, which recall would no longer find by meaning. ${remedyFor(name, coverage, missing)}`,
  )
}

function remedyFor(name: string, coverage: Coverage, missing: number): string {
  const { failed, taken, taken_until, reasons, isCounted } = coverage
  const drain = `heirloom embed --drain --space ${name}`
  if (isCounted && taken === missing)
    return `A process holds ${missing === 1 ? 'it' : 'them'} until ${taken_until} to embed ${missing === 1 ? 'it' : 'them'}: try again then`
  if (failed === 0) return `Fill it first: ${drain}`
  const why = `${failed.toLocaleString('en')} could not be embedded so far (${reasons.join('; ')})`
  return `${why}. Try again: ${drain}. What fails too often is set aside, and is not waited for`
}
