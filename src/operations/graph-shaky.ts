import * as z from 'zod'
import type { Entity } from '../model/entity.ts'
import { isValidAt } from '../model/memory.ts'
import type { ReadHandle } from '../store/store.ts'
import { edgesOf, findGaps, gapInput, gapOutput } from './graph-gaps.ts'
import { defineOperation } from './operation.ts'
import { type EndView, endView, entityEnd, type KnownEnds, lookUpEnds } from './relationship-ends.ts'

/** Assumptions may rest on others; so many deep is followed. */
const DEEPEST = 10

/** So many of them, for the decisions that are looked at together. */
const MOST = 500

/** Decisions for one answer: each may lead to many assumptions. */
const LOOKED_AT = 1000

const REASONS = [
  'contested',
  'expired',
  'candidate',
  'superseded',
  'invalid',
  'retired',
  'hidden',
  'erased',
] as const
type Reason = (typeof REASONS)[number]

const broken = endView.extend({
  why: z.enum(REASONS),
  conflict: z.string().nullable().describe('The open conflict about it.'),
  through: z.array(z.string()).describe('The assumptions between the decision and this one.'),
})

const shaky = endView.extend({ assumptions: z.array(broken) })

type Broken = z.infer<typeof broken>

export const graphShaky = defineOperation({
  name: 'graph_shaky',
  summary: 'List the decisions that rest on an assumption which is contested, or does not hold any more.',
  example: 'graph shaky --project apollo',
  effects: 'read',
  idempotent: true,
  scope: 'read',
  positional: [],
  opens: 'existing',
  input: gapInput,
  output: z.object({ results: z.array(shaky), ...gapOutput }),
  run: async (input, context) => {
    let isCut = false
    const find = async (tx: ReadHandle, decisions: readonly Entity[], now: string) => {
      const found = await findShaky(tx, decisions, now)
      isCut ||= found.isCut
      return found.shaky
    }
    const answer = await findGaps(
      { operation: 'graph_shaky', type: 'decision', lookedAt: LOOKED_AT, find },
      input,
      context,
    )
    return isCut ? { ...answer, notices: [...answer.notices, FARTHER] } : answer
  },
})

const FARTHER = 'Assumptions on which assumptions rest were not followed any farther.'

type Shaky = z.infer<typeof shaky>

async function findShaky(tx: ReadHandle, decisions: readonly Entity[], now: string) {
  const { bases, isCut } = await basesOf(
    tx,
    decisions.map(({ id }) => id),
    now,
  )
  const assumptions = [...new Set([...bases.values()].flat())]
  const ends = await lookUpEnds(
    tx,
    assumptions.map(id => ({ kind: 'entity', id })),
  )
  const disputed = await disputes(tx, assumptions)
  const judged = new Map(assumptions.map(id => [id, reasonFor(id, { ends, disputed, now })]))
  const found = new Map<string, Shaky>()
  for (const decision of decisions) {
    const brokenOnes = brokenBelow(decision.id, bases, id => {
      const why = judged.get(id) ?? null
      return why === null
        ? null
        : { ...ends.view({ kind: 'entity', id }), why, conflict: disputed.get(id) ?? null }
    })
    if (brokenOnes.length > 0) found.set(decision.id, { ...entityEnd(decision), assumptions: brokenOnes })
  }
  return { shaky: found, isCut }
}

interface Bases {
  /** What each of the decisions and assumptions is based on, by its id; whatever state that is in. */
  readonly bases: ReadonlyMap<string, readonly string[]>
  /** Whether assumptions were left out that others rest on. */
  readonly isCut: boolean
}

async function basesOf(tx: ReadHandle, decisions: readonly string[], now: string): Promise<Bases> {
  const bases = new Map<string, string[]>()
  const seen = new Set(decisions)
  let level = decisions
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEEPEST || seen.size > decisions.length + MOST) return { bases, isCut: true }
    const next: string[] = []
    for (const { source_id, target_id } of await edgesOf(tx, level, {
      side: 'source',
      type: 'based_on_assumption',
      now,
    })) {
      bases.set(source_id, [...(bases.get(source_id) ?? []), target_id])
      if (seen.has(target_id)) continue
      seen.add(target_id)
      next.push(target_id)
    }
    level = next
  }
  return { bases, isCut: false }
}

/** The open conflicts of the assumptions: those that they are members of, and those about what they are. */
async function disputes(tx: ReadHandle, ids: readonly string[]): Promise<Map<string, string>> {
  return new Map([...(await tx.conflicts.openAbout(ids)), ...(await tx.conflicts.contested(ids))])
}

interface Known {
  readonly ends: KnownEnds
  readonly disputed: ReadonlyMap<string, string>
  readonly now: string
}

function reasonFor(id: string, { ends, disputed, now }: Known): Reason | null {
  const { state } = ends.view({ kind: 'entity', id })
  const entity = ends.entities.get(id)
  if (state !== 'active') return state as Reason
  if (disputed.has(id)) return 'contested'
  return entity !== undefined && !isValidAt(entity, now) ? 'expired' : null
}

/** Each once, by the shortest way. */
function brokenBelow(
  decision: string,
  bases: ReadonlyMap<string, readonly string[]>,
  judge: (id: string) => (EndView & Pick<Broken, 'why' | 'conflict'>) | null,
): Broken[] {
  const found: Broken[] = []
  const seen = new Set([decision])
  let level = [{ id: decision, through: [] as string[] }]
  while (level.length > 0) {
    const next: typeof level = []
    for (const { id, through } of level) {
      for (const base of bases.get(id) ?? []) {
        if (seen.has(base)) continue
        seen.add(base)
        const verdict = judge(base)
        if (verdict !== null) found.push({ ...verdict, through })
        next.push({ id: base, through: [...through, base] })
      }
    }
    level = next
  }
  return found
}
