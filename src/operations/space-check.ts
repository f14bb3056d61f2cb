import * as z from 'zod'
import { PROBE } from '../evolve/draining.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Space } from '../model/space.ts'
import { cosine, fromHalves } from '../model/vector.ts'
import { type Context, defineOperation } from './operation.ts'
import { noDefault } from './space-list.ts'
import { isOnTheWay, type SpaceState, stateOf, untried } from './space-view.ts'

const check = z.object({
  space: z.string(),
  name: z.enum(['provider', 'vectors', 'queue', 'index']),
  ok: z.boolean(),
  detail: z.string(),
  remedy: z.string().nullable(),
})

type Check = z.infer<typeof check>

/** Cosine below which what a provider gives for the known text is no longer what it gave. */
const SAME = 0.99

export const spaceCheck = defineOperation({
  name: 'space_check',
  summary: 'Ask the provider of each embedding space for a vector, and hold it against the space.',
  example: 'space check',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: ['name'],
  opens: 'existing',
  input: z.object({ name: z.string().min(1).max(64).optional().describe('Only this one.') }),
  output: z.object({ ok: z.boolean(), checks: z.array(check), notices: z.array(z.string()) }),
  run: async ({ name }, context) => {
    const { store, principal, now, signal } = context
    const found = await store.read(
      principal,
      async tx => {
        const spaces = name === undefined ? await tx.spaces.all() : [await tx.spaces.mustFind(name)]
        const states = []
        for (const space of spaces)
          states.push({ space, state: await stateOf(tx, space, now()), probe: await tx.spaces.probe(space) })
        return {
          states,
          hasDefault: (await tx.spaces.default()) !== null,
          obstacle: await tx.vectors.obstacle(),
        }
      },
      signal,
    )
    context.embedders.retry()
    const checks: Check[] = []
    for (const { space, state, probe } of found.states) {
      const provider = await providerCheck(space, probe, context)
      checks.push(provider, vectorsCheck(state, { obstacle: found.obstacle, works: provider.ok }))
      checks.push(queueCheck(state), indexCheck(state))
    }
    const ok = checks.every(one => one.ok)
    return { ok, checks, notices: found.hasDefault ? [] : [noDefault(context.drainer)] }
  },
})

async function providerCheck(
  space: Space,
  probe: Uint8Array | null,
  { embedders, signal }: Context,
): Promise<Check> {
  const about = { space: space.name, name: 'provider' } as const
  try {
    const [vector = null] = await embedders.embed(space, [PROBE], { purpose: 'document', signal })
    const isSame = probe === null || (vector !== null && cosine(vector, fromHalves(probe)) >= SAME)
    if (isSame)
      return {
        ...about,
        ok: true,
        detail: `${space.provider} gives ${space.dimensions} dimensions`,
        remedy: null,
      }
    const remedy = `Bring that model back, or make a space for this one: heirloom space add ${space.provider}`
    const detail = `${space.provider} gives another vector for a known text than when the space was added: its model was changed`
    return { ...about, ok: false, detail, remedy }
  } catch (error) {
    if (!(error instanceof HeirloomError) || error.code === 'ABORTED') throw error
    const remedy = 'Until it works recall goes by words alone, and what is written waits in the queue'
    return { ...about, ok: false, detail: error.message, remedy }
  }
}

interface Found {
  /** Why vectors cannot be searched at all. */
  readonly obstacle: string | null
  /** Whether the provider does. */
  readonly works: boolean
}

function vectorsCheck(state: SpaceState, { obstacle, works }: Found): Check {
  const about = { space: state.name, name: 'vectors' } as const
  if (obstacle !== null) return { ...about, ok: false, detail: obstacle, remedy: null }
  const { embedded, waiting, set_aside, is_counted } = state.coverage
  const left = waiting - set_aside
  const number = is_counted ? left.toLocaleString('en') : 'some not yet counted'
  const told = `${embedded.toLocaleString('en')} embedded, ${number} waiting`
  if (is_counted && left === 0) return { ...about, ok: true, detail: told, remedy: null }
  if (!works) return { ...about, ok: false, detail: `${told} for the provider`, remedy: null }
  if (isOnTheWay(state))
    return { ...about, ok: true, detail: `${told}, which recall embeds on its way`, remedy: null }
  const { problem } = state
  const detail = problem === null ? told : `${told}; the last attempt failed: ${problem.replace(/\.$/, '')}`
  return { ...about, ok: false, detail, remedy: remedyFor(state) }
}

function remedyFor({ coverage }: SpaceState): string {
  const { taken, taken_until, is_counted } = coverage
  return is_counted && taken > 0 && untried(coverage) === 0
    ? `A process holds ${taken === 1 ? 'one' : taken.toLocaleString('en')} until ${taken_until} to embed ${taken === 1 ? 'it' : 'them'}`
    : 'Embed them: heirloom embed --drain'
}

function queueCheck({ name: space, coverage }: SpaceState): Check {
  const { set_aside, failed, reasons } = coverage
  const about = { space, name: 'queue' } as const
  if (set_aside + failed === 0) return { ...about, ok: true, detail: 'nothing was set aside', remedy: null }
  const told = [
    ...(failed === 0 ? [] : [`${failed} failed so far`]),
    ...(set_aside === 0 ? [] : [`${set_aside} set aside`]),
  ]
  const detail = `${told.join(', ')}: ${reasons.join('; ')}`
  const remedy =
    set_aside > 0 ? 'Try them again: heirloom embed --retry' : 'Try them again now: heirloom embed --drain'
  return { ...about, ok: false, detail, remedy }
}

function indexCheck({ name: space, index }: SpaceState): Check {
  const { indexed, tail, problem } = index
  const about = { space, name: 'index' } as const
  if (problem !== null)
    return {
      ...about,
      ok: false,
      detail: problem,
      remedy: 'It costs only speed. To try again: heirloom embed --drain',
    }
  const detail = `${(indexed ?? 0).toLocaleString('en')} indexed, ${tail.toLocaleString('en')} compared one by one`
  return { ...about, ok: true, detail, remedy: null }
}
