/** How spaces are told of. */
import * as z from 'zod'
import { isInstant, type Space } from '../model/space.ts'
import type { ReadHandle } from '../store/store.ts'
import { ON_THE_WAY } from './recall-meaning.ts'

export const spaceView = z.object({
  name: z.string(),
  is_default: z.boolean().describe('Whether recall goes by it.'),
  provider: z.string(),
  model: z.string(),
  dimensions: z.int(),
  pooling: z.string(),
  query_prefix: z.string(),
  document_prefix: z.string(),
  noise: z.number().describe('Cosine up to which two texts may have nothing in common.'),
  digest: z.string().describe('SHA-256 of the weights; empty where the provider does not tell.'),
  created_at: z.string(),
})

const coverage = z.object({
  embedded: z.int().describe('Memories and entities that have their vector.'),
  waiting: z.int().describe('Those that wait in the queue.'),
  set_aside: z.int().describe('Those of them that failed too often.'),
  failed: z.int().describe('Those of them that failed by themselves, and are tried again later.'),
  taken: z.int().describe('Those of them that a process holds to embed them.'),
  taken_until: z.string().nullable().describe('Until when it does; null where none does.'),
  reasons: z.array(z.string()).describe('Why some failed.'),
  is_counted: z.boolean().describe('False while what was there before the space is still being queued.'),
})

const indexView = z.object({
  indexed: z.int().nullable().describe('Vectors in the index; null where there is none.'),
  tail: z.int().describe('Vectors beside it, which are compared one by one.'),
  problem: z.string().nullable(),
})

export const spaceState = spaceView.extend({
  coverage,
  index: indexView,
  problem: z.string().nullable().describe('Why it cannot be embedded, as of the last attempt.'),
})

export type SpaceState = z.infer<typeof spaceState>

export function toSpaceView(space: Space): z.infer<typeof spaceView> {
  const { id: _id, number: _number, normalised: _normalised, ...view } = space
  return view
}

/** A space with how far it reaches. */
export async function stateOf(tx: ReadHandle, space: Space, now: string): Promise<SpaceState> {
  const { isCounted, reasons, ...counts } = await tx.vectors.coverage(space, now)
  const { indexed, tail, problem } = await tx.vectors.indexState(space)
  return {
    ...toSpaceView(space),
    coverage: { ...counts, reasons: [...reasons], is_counted: isCounted },
    index: { indexed, tail, problem },
    problem: await tx.vectors.problem(space),
  }
}

/** Whether what waits is so little that recall embeds it on its way, and finds it by meaning all the same. */
export function isOnTheWay({ provider, coverage }: Pick<SpaceState, 'provider' | 'coverage'>): boolean {
  return isInstant(provider) && coverage.is_counted && coverage.waiting <= ON_THE_WAY
}

/** Those that wait for their turn and nothing else. */
export function untried({ waiting, set_aside, failed, taken }: SpaceState['coverage']): number {
  return waiting - set_aside - failed - taken
}

/** What is wrong with a space, each with its remedy. */
export function spaceNotices(state: SpaceState): string[] {
  const { name, is_default, problem, index } = state
  const notices: string[] = []
  if (problem !== null)
    notices.push(`Space "${name}" cannot be filled: ${sentence(problem)} See: heirloom space check ${name}`)
  if (!(is_default && isOnTheWay(state))) notices.push(...waitingNotices(state))
  notices.push(...heldNotices(state), ...failureNotices(state))
  if (index.problem !== null) notices.push(`The index of "${name}": ${index.problem}`)
  return notices
}

function waitingNotices({ name, is_default, coverage }: SpaceState): string[] {
  const left = untried(coverage)
  if (left === 0 && coverage.is_counted) return []
  const { number, are, them } = coverage.is_counted ? numbered(left) : { ...numbered(0), number: 'Some' }
  return [
    `${number} ${are} not embedded in "${name}" yet${is_default ? ', and found by words alone' : ''}. To embed ${them} now: heirloom embed --drain`,
  ]
}

function heldNotices({ name, coverage: { taken, taken_until } }: SpaceState): string[] {
  if (taken === 0) return []
  const { number, are, them } = numbered(taken)
  return [
    `${number} ${are} being embedded in "${name}" by a process that holds ${them} until ${taken_until}.`,
  ]
}

function failureNotices({ name, coverage }: SpaceState): string[] {
  const { failed, set_aside, reasons } = coverage
  const why = `(${reasons.join('; ')})`
  const notices: string[] = []
  if (failed > 0) {
    const { number, are, them } = numbered(failed)
    notices.push(
      `${number} could not be embedded in "${name}" so far ${why}, and ${are} tried again later. To try ${them} now: heirloom embed --drain`,
    )
  }
  if (set_aside > 0) {
    const { number, were, them } = numbered(set_aside)
    notices.push(
      `${number} could not be embedded in "${name}" and ${were} set aside ${why}. To try ${them} again: heirloom embed --retry`,
    )
  }
  return notices
}

function numbered(count: number) {
  const number = count.toLocaleString('en')
  return count === 1
    ? { number, are: 'is', were: 'was', them: 'it' }
    : { number, are: 'are', were: 'were', them: 'them' }
}

/** What follows begins a new one. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
