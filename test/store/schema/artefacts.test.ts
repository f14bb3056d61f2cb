import { describe, expect, it } from 'vitest'
import type { Artefact, ArtefactStep } from '../../../src/store/artefacts/artefact.ts'
import { planArtefact } from '../../../src/store/artefacts/plan.ts'
import { IS_THOROUGH } from '../../kit/engines.ts'
import { filePlaces, memoryPlaces, pglitePlaces } from '../../kit/places.ts'
import { artefactCases } from './artefact-cases.ts'

const inPlace = (version: number): ArtefactStep => ({
  version,
  strategy: 'inPlace',
  sqlite: 'a',
  postgres: 'b',
})
const rebuild = (version: number): ArtefactStep => ({ version, strategy: 'rebuild' })

function artefact(...later: readonly ArtefactStep[]): Artefact {
  return { name: 'keyword', title: 'keyword index', digest: 'ours', steps: [rebuild(1), ...later] }
}

const stamp = (version: number, digest = 'ours', needs_rebuild = 0) => ({
  name: 'keyword',
  version,
  digest,
  needs_rebuild,
})

describe('the decision table of derived parts, planned', () => {
  const rows: readonly [string, Artefact, ReturnType<typeof stamp> | null, string, (readonly number[])?][] = [
    ['equal', artefact(), stamp(1), 'nothing'],
    ['equal, and not whole yet', artefact(), stamp(1, 'ours', 1), 'nothing'],
    ['equal, after steps of both kinds', artefact(inPlace(2), rebuild(3)), stamp(3), 'nothing'],
    ['unstamped', artefact(), stamp(0, ''), 'stamp'],
    ['unstamped, later steps in place', artefact(inPlace(2), inPlace(3)), stamp(0, ''), 'steps', [2, 3]],
    ['unstamped, a later step would be skipped', artefact(inPlace(2), rebuild(3)), stamp(0, ''), 'rebuild'],
    ['unstamped, and made in a way that it names', artefact(), stamp(0, 'theirs'), 'rebuild'],
    ['not there', artefact(), null, 'rebuild'],
    ['newer', artefact(), stamp(2), 'rebuild'],
    ['newer, made in another way', artefact(), stamp(2, 'theirs'), 'rebuild'],
    ['lower, steps in place', artefact(inPlace(2), inPlace(3), inPlace(4)), stamp(2), 'steps', [3, 4]],
    ['lower, the last step rebuilds', artefact(inPlace(2), rebuild(3)), stamp(1), 'rebuild'],
    ['lower, a step in between rebuilds', artefact(inPlace(2), rebuild(3), inPlace(4)), stamp(1), 'rebuild'],
    ['lower, past the step that rebuilds', artefact(rebuild(2), inPlace(3)), stamp(2), 'steps', [3]],
    ['lower, made in another way', artefact(inPlace(2)), stamp(1, 'theirs'), 'rebuild'],
    ['of this version, made in another way', artefact(), stamp(1, 'theirs'), 'rebuild'],
  ]
  it.each(rows)('%s', (_row, wanted, stored, action, steps) => {
    const plan = planArtefact(wanted, stored)
    expect(plan.action).toBe(action)
    if (plan.action === 'steps') expect(plan.steps.map(({ version }) => version)).toEqual(steps)
    if (plan.action === 'rebuild') expect(plan.why).not.toBe('')
  })
})

artefactCases(filePlaces())
artefactCases(memoryPlaces)
if (IS_THOROUGH) artefactCases(pglitePlaces())
