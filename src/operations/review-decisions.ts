/** Deciding on what waits: all of it or nothing, each decision with its own note. */
import * as z from 'zod'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { excerptOf, quoted } from '../model/excerpt.ts'
import { mustMove, type Transition } from '../model/lifecycle.ts'
import type { WriteHandle } from '../store/store.ts'
import { conflictOpenedBy, openedConflict } from './conflict-view.ts'
import * as fields from './fields.ts'
import { promoteOne } from './promotion.ts'
import { returnGraduated } from './returning.ts'
import { type Found, find, mustFindForChange } from './subject.ts'
import { moveFound } from './transition.ts'

/** Decisions a call. */
export const MOST = 1000

const decision = z
  .strictObject({
    id: fields.id,
    decision: z.enum(['promote', 'reject'], 'is promote or reject'),
    note: fields.note.optional(),
    tags: fields.tags.optional(),
  })
  .refine(
    ({ decision, tags }) => decision === 'promote' || tags === undefined,
    'tags are set on promotion alone',
  )

export type Decision = z.output<typeof decision>

const list = z.array(decision).min(1, 'decides on nothing').max(MOST, `at most ${MOST}`)

/** As a list, or as its JSON, the way a program pipes it. */
export const decisions = z
  .union([z.string(), z.array(z.unknown())])
  .transform((given, ctx): Decision[] => {
    const read = typeof given === 'string' ? parsed(given) : { list: given }
    const known = 'problem' in read ? null : list.safeParse(read.list)
    if (known?.success) return known.data
    const problems = known?.error.issues.map(problemIn) ?? ['problem' in read ? read.problem : '']
    ctx.addIssue({ code: 'custom', message: `${firstOf(problems)}. ${EXAMPLE}` })
    return z.NEVER
  })
  .describe(
    'A JSON list of {"id", "decision": "promote" or "reject", "note", "tags"}; - reads it from standard input.',
  )

const EXAMPLE = 'Write them like [{"id": "0198c0de-0000-7000-8000-000000000000", "decision": "promote"}]'

function parsed(json: string): { readonly list: unknown } | { readonly problem: string } {
  try {
    return { list: JSON.parse(json) as unknown }
  } catch (error) {
    return { problem: `this is not JSON: ${excerptOf((error as Error).message, 160)}` }
  }
}

/** The decision and its field, counted as people count. */
function problemIn(issue: z.core.$ZodIssue): string {
  const { path, message } = issue
  const [index, field] = path
  if (index === undefined) return issue.code === 'invalid_type' ? 'they are a list' : message
  const where = `decision ${Number(index) + 1}${field === undefined ? '' : `, ${String(field)}`}`
  if (issue.code === 'unrecognized_keys') return `${where}: there is no ${issue.keys.map(quoted).join(', ')}`
  if (issue.code !== 'invalid_type') return `${where}: ${message}`
  return `${where}: ${message.endsWith('undefined') ? 'is missing' : `must be of the type ${issue.expected}`}`
}

/** Problems that an error names. */
const NAMED = 5

function firstOf(problems: readonly string[]): string {
  const more = problems.length > NAMED ? `; and ${problems.length - NAMED} more` : ''
  return `${problems.slice(0, NAMED).join('; ')}${more}`
}

export const decided = z.object({
  id: z.string(),
  subject: z.enum(['memory', 'entity', 'relationship']),
  decision: z.enum(['promote', 'reject']),
  was: z.string(),
  status: z.string(),
  conflict: openedConflict,
  notices: z.array(z.string()),
})

interface Deciding {
  readonly at: string
  readonly principal: Principal
}

/** @throws INVALID_INPUT naming every decision that cannot be carried out, before any is. */
export async function decideAll(
  tx: WriteHandle,
  list: readonly Decision[],
  deciding: Deciding,
): Promise<z.infer<typeof decided>[]> {
  await mustBePossible(tx, list)
  const done: z.infer<typeof decided>[] = []
  for (const one of list) {
    const work = () => decideOne(tx, one, deciding)
    done.push(await (one.note === undefined ? work() : tx.because(one.note, work)))
  }
  return done
}

async function decideOne(tx: WriteHandle, { id, decision, tags }: Decision, { at, principal }: Deciding) {
  if (decision === 'promote') {
    const also = tags === undefined ? undefined : { tags }
    const { subject, was, status, conflict, notices } = await promoteOne(tx, { id, at, principal, also })
    return { id, subject, decision, was, status, conflict, notices }
  }
  const found = await mustFindForChange(tx, id)
  const { subject, was, status } = await moveFound(tx, found, { step: stepOf('reject', found), at })
  const returned = await returnGraduated(tx, found, at)
  const { conflict, notices } = await conflictOpenedBy(tx, id)
  return { id, subject, decision, was, status, conflict, notices: [...returned, ...notices] }
}

/** What was active when its source was found to be somebody else's waits as well; it is rejected by its own step. */
function stepOf(decision: Decision['decision'], { record }: Found): Transition {
  return decision === 'reject' && isQuarantined(record) ? 'invalidate' : decision
}

function isQuarantined({ status, trust }: Found['record']): boolean {
  return status === 'active' && trust === 'untrusted'
}

async function mustBePossible(tx: WriteHandle, list: readonly Decision[]): Promise<void> {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const one of list) {
    if (seen.has(one.id)) problems.push(`${one.id} is decided twice`)
    seen.add(one.id)
    problems.push(...(await problemsOf(tx, one)))
  }
  if (problems.length === 0) return
  const [first = '', ...rest] = problems
  const told = [first, ...rest.slice(0, 9), ...(rest.length > 9 ? [`${rest.length - 9} more`] : [])].join(
    '; ',
  )
  throw new HeirloomError(
    'INVALID_INPUT',
    `review: nothing was decided, because of ${problems.length === 1 ? 'this' : 'these'}: ${told}. See what waits: heirloom review`,
  )
}

async function problemsOf(tx: WriteHandle, { id, decision, tags }: Decision): Promise<string[]> {
  const found = await find(tx, id)
  if (found === null) return [`there is no ${id}`]
  const { kind, record } = found
  if (tags !== undefined && kind !== 'memory') return [`${id} is of the kind ${kind}, which has no tags`]
  const isActive = decision === 'promote' && record.status === 'active'
  if (isActive)
    return tags === undefined || isQuarantined(record)
      ? []
      : [`${id} is active already: tags are set by revise`]
  try {
    mustMove(
      { kind, id },
      { status: record.status, earlier: record.earlier_statuses },
      stepOf(decision, found),
    )
    return []
  } catch (error) {
    if (error instanceof HeirloomError) return [error.message]
    throw error
  }
}
