import * as z from 'zod'
import { HeirloomError } from '../model/errors.ts'
import type { Memory } from '../model/memory.ts'
import type { ReadHandle, Store, WriteHandle } from '../store/store.ts'
import { conflictOpenedBy } from './conflict-view.ts'
import * as fields from './fields.ts'
import { mustNotHaveGraduated } from './graduated.ts'
import { type Context, claimFor, defineOperation, stampFor } from './operation.ts'
import { type Destination, type Shared, shareInto } from './sharing.ts'

const input = z.object({
  id: fields.id,
  to: fields.text(2000).trim().describe('project:<name>, or store:<path or URL>.'),
  again: z.boolean().optional().describe('Make another copy where one lives already.'),
  note: fields.note.optional(),
  idempotency_key: fields.idempotencyKey.optional(),
})

const output = z.object({
  id: z.string().describe('The copy.'),
  source: z.string(),
  outcome: z.enum(['shared', 'already_shared']),
  project: z.string().nullable(),
  store: z.string(),
  status: z.string(),
  notices: z.array(z.string()),
  receipt: fields.receiptOut,
})

type Input = z.output<typeof input>
type Answer = Omit<z.infer<typeof output>, 'receipt'>

export const share = defineOperation({
  name: 'share',
  summary: 'Copy a memory into another project or store; the copy remembers where it came from.',
  example: 'share 0198c0de-0000-7000-8000-000000000000 --to project:apollo',
  effects: 'write',
  idempotent: true,
  scope: 'write',
  positional: ['id'],
  opens: 'existing',
  input,
  output,
  run: async (input, context) => {
    const to = mustBePlace(input.to)
    if ('project' in to) return shareWithin(input, to.project, context)
    return shareBeyond(input, to.store, context)
  },
})

/** @throws INVALID_INPUT saying how a place is written, UNSUPPORTED for people. */
function mustBePlace(to: string): { project: string } | { store: string } {
  const [, kind = '', name = ''] = /^(project|store|user|group):(.*)$/s.exec(to) ?? []
  if (kind === 'user' || kind === 'group') {
    throw new HeirloomError(
      'UNSUPPORTED',
      'share: sharing with people and groups is not built yet. Share into a project that they use: --to project:<name>',
    )
  }
  if (kind !== '' && name.trim() !== '')
    return kind === 'project' ? { project: name.trim() } : { store: name.trim() }
  // A path or a URL can be nothing else.
  if (kind === '' && /[/\\]|\.(db|sqlite3?)$|^(memory|pglite):/i.test(to)) return { store: to }
  throw new HeirloomError(
    'INVALID_INPUT',
    `share: "${to.slice(0, 100).toWellFormed()}" names no place. Write project:<name>, or store:<path or URL>, such as --to project:apollo`,
  )
}

async function shareWithin(input: Input, project: string, context: Context): Promise<z.infer<typeof output>> {
  const { store, principal, signal } = context
  const stamp = stampFor(context, 'share', input.note)
  const work = async (tx: WriteHandle) => {
    const source = await tx.memories.mustGetForChange(input.id)
    await mustNotHaveGraduated(tx, source, 'share')
    const made = await shareInto(tx, source, { ...about(input, context, stamp.at), project, isFar: false })
    if (made.outcome === 'already_shared') return answer(source, made, store.engine.location)
    const { notices } = await conflictOpenedBy(tx, made.copy.id)
    return answer(source, { ...made, notices: [...made.notices, ...notices] }, store.engine.location)
  }
  return store.change(principal, stamp, work, { signal, idempotency: claimFor('share', input) })
}

async function mustBeShareable(tx: ReadHandle, id: string): Promise<Memory> {
  const memory = await tx.memories.mustGet(id)
  await mustNotHaveGraduated(tx, memory, 'share')
  return memory
}

/** The copy and its link are one transaction of the other store; then this one's journal tells of it. */
async function shareBeyond(input: Input, address: string, context: Context): Promise<z.infer<typeof output>> {
  const { store, principal, signal, upkeep } = context
  const { location } = upkeep.locate(address)
  if (location === store.engine.location) throw hereAlready(input.id, location)
  if (location === 'memory:' || location === 'pglite:') throw shortLived(address)
  const source = await store.read(principal, tx => mustBeShareable(tx, input.id), signal)
  const other = await upkeep.openOther(address)
  try {
    const shared = await copyTo(other, source, { input, context })
    if (shared.outcome === 'shared') {
      const stamp = stampFor(context, 'share', input.note)
      // Under the same key as the copy: said again, it is told once.
      const told = { signal, idempotency: claimFor('share', input) }
      await store.write(principal, stamp, async tx => tx.links.tellShared(source.id, shared), told)
    }
    // The copy is another store's: there it can be forgotten, from here nothing can be taken back.
    return { ...shared, receipt: null }
  } finally {
    await other.close()
  }
}

async function copyTo(
  other: Store,
  source: Memory,
  { input, context }: { input: Input; context: Context },
): Promise<Answer> {
  const stamp = stampFor(context, 'share', input.note)
  const work = async (tx: WriteHandle) => {
    const to = { ...about(input, context, stamp.at), project: source.project, isFar: true }
    return answer(source, await shareInto(tx, source, to), other.engine.location)
  }
  const options = { signal: context.signal, idempotency: claimFor('share', input) }
  const attempt = () => other.write(context.principal, stamp, work, options)
  // Two who share it at once: the second finds the first one's copy in its way, and then as its answer.
  return attempt().catch(error => {
    if (!(error instanceof HeirloomError && error.code === 'DUPLICATE') || input.again) throw error
    return attempt()
  })
}

function about(
  { again = false }: Input,
  context: Context,
  at: string,
): Pick<Destination, 'again' | 'context' | 'at'> {
  return { again, context, at }
}

function answer(source: Memory, { copy, outcome, notices }: Shared, store: string): Answer {
  const { id, project, status } = copy
  return { id, source: source.id, outcome, project, store, status, notices: [...notices] }
}

function shortLived(address: string): HeirloomError {
  return new HeirloomError(
    'INVALID_INPUT',
    `share: ${address} would be gone with this call. Name a store that stays: a path, pglite:<folder> or a server's URL.`,
  )
}

function hereAlready(id: string, location: string): HeirloomError {
  return new HeirloomError(
    'DUPLICATE',
    `Memory ${id} is in ${location} already. To have it in another project there: --to project:<name>`,
  )
}
