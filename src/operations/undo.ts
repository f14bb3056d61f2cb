import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { isUuid } from '../model/id.ts'
import { parseReceipt, type Receipt } from '../model/receipt.ts'
import type { Space } from '../model/space.ts'
import type { JournalRecord } from '../store/journal-reader.ts'
import type { WriteHandle } from '../store/store.ts'
import { contradictionNotices } from './conflict-view.ts'
import { mustBeOpen } from './entering.ts'
import * as fields from './fields.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { find } from './subject.ts'

const input = z.object({
  receipt: fields.text(100).trim().describe('What a change answered with, such as r12-2-0badcafe0bad.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const undone = z.object({ subject_kind: z.string(), subject_id: z.string() })

const output = z.object({
  operation: z.string().describe('What was taken back.'),
  at: z.string().describe('When that had been done.'),
  changes: z.array(undone),
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

export const undo = defineOperation({
  name: 'undo',
  summary: 'Take back a change by the receipt that it answered with; this can be undone as well.',
  example: 'undo r12-2-0badcafe0bad --note "wrong project"',
  effects: 'destructive',
  idempotent: false,
  scope: 'write',
  positional: ['receipt'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const receipt = mustBeReceipt(input.receipt)
    const stamp = stampFor(context, 'undo', input.note)
    const { store, principal, signal } = context
    let gone: readonly Space[] = []
    const undone = await store.change(
      principal,
      stamp,
      async tx => {
        const before = await tx.spaces.all()
        const taken = await takeBack(tx, receipt, context)
        const after = new Set((await tx.spaces.all()).map(({ id }) => id))
        gone = before.filter(({ id }) => !after.has(id))
        return taken
      },
      { signal, idempotency: claimFor('undo', input) },
    )
    for (const space of gone) await store.engine.vectors.forget(space)
    return undone
  },
})

function mustBeReceipt(text: string): Receipt {
  const receipt = parseReceipt(text)
  if (receipt !== null) return receipt
  const isRun = isUuid(text)
  throw new HeirloomError(
    'INVALID_INPUT',
    isRun
      ? `undo: ${text} is the receipt of a run. What a run changed is taken back by its snapshot: heirloom runs --id ${text}`
      : `undo: "${text.slice(0, 100).toWellFormed()}" is not a receipt; one looks like r12-2-0badcafe0bad. Changes answer with theirs, and the journal has them: heirloom journal`,
  )
}

async function takeBack(tx: WriteHandle, receipt: Receipt, { principal }: Context) {
  const entries = await tx.journal.range(receipt.first, receipt.entries)
  const first = entries[0]
  const isOurs = entries.every(({ actor_user_id }) => actor_user_id === principal.user_id)
  const isWhole = entries.length === receipt.entries && first?.hash.startsWith(receipt.hash)
  if (first === undefined || !isWhole || !isOurs) {
    throw new HeirloomError(
      'NOT_FOUND',
      'undo: that is no receipt of this store. Look it up: heirloom journal',
    )
  }
  mustBeOne(entries)
  if (principal.kind !== 'person') await mustBeForAgents(tx, entries, principal)
  const { taken, notices } = await tx.undo.takeBack(entries)
  return {
    operation: first.operation,
    at: first.at,
    changes: taken.map(({ subject_kind, subject_id }) => ({ subject_kind, subject_id })),
    notices: [...notices, ...contradictionNotices(await tx.conflicts.settle())],
  }
}

/** A receipt that was made up from places in the journal must not tear a transaction apart. */
function mustBeOne(entries: readonly JournalRecord[]): void {
  const isWhole = entries.every(({ payload }, index) => {
    const [at, of] = payload?.of ?? [0, 1]
    return payload === null || (at === index && of === entries.length)
  })
  if (isWhole) return
  throw new HeirloomError(
    'INVALID_INPUT',
    'undo: that is not the receipt of one change. Use the one that the change answered with.',
  )
}

/** @throws ACCESS_DENIED for what a person did, and for what is agreed where people review what agents write. */
async function mustBeForAgents(
  tx: WriteHandle,
  entries: readonly JournalRecord[],
  principal: Principal,
): Promise<void> {
  const byPerson = entries.find(({ actor_kind }) => actor_kind === 'person')
  if (byPerson !== undefined) {
    throw new HeirloomError(
      'ACCESS_DENIED',
      `undo: a person did this (${byPerson.operation}, at ${byPerson.at}); an agent cannot take it back. Ask them to run: heirloom undo <receipt>`,
    )
  }
  const space = entries.find(({ subject_kind }) => subject_kind === 'space')
  if (space !== undefined) {
    throw new HeirloomError(
      'ACCESS_DENIED',
      `undo: which models see what is remembered is for a person to decide (${space.operation}, at ${space.at}). Ask the user to run: heirloom undo <receipt>`,
    )
  }
  for (const { subject_id } of entries.filter(({ subject_kind }) => MOVED.has(subject_kind))) {
    const found = await find(tx, subject_id)
    if (found !== null) await mustBeOpen(tx, found.record, { step: 'undo', principal })
  }
}

const MOVED: ReadonlySet<string> = new Set(['memory', 'entity', 'relationship'])
