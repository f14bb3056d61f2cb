/** What an artefact's stamp means for this build: the decision table of a cache. */
import { ARTEFACTS, type Artefact, type ArtefactStamp, type ArtefactStep, versionOf } from './artefact.ts'

export type ArtefactPlan =
  | { readonly action: 'nothing' }
  /** It fits; only the stamp is missing. */
  | { readonly action: 'stamp' }
  | { readonly action: 'steps'; readonly steps: readonly (ArtefactStep & { strategy: 'inPlace' })[] }
  | { readonly action: 'rebuild'; readonly why: string }

/**
 * Pure. `stored` is null where the store has no row for the artefact. An artefact is only a cache: what does not fit
 * is dropped, whichever build made it.
 */
export function planArtefact(artefact: Artefact, stored: ArtefactStamp | null): ArtefactPlan {
  const wanted = versionOf(artefact)
  if (stored === null) return rebuild(`there is no ${artefact.title} yet`)
  if (stored.version > wanted) return rebuild(`version ${stored.version} was made by a newer build`)
  const pending = artefact.steps.filter(step => step.version > Math.max(1, stored.version))
  const skipped = pending.find(step => step.strategy === 'rebuild')
  if (skipped !== undefined) return rebuild(`version ${skipped.version} cannot be reached in place`)
  if (stored.version === 0 && stored.digest === '') return unstamped(pending)
  if (stored.digest !== artefact.digest) return rebuild('it was made in another way than this build makes it')
  const steps = pending.filter(step => step.strategy === 'inPlace')
  return steps.length === 0 ? { action: 'nothing' } : { action: 'steps', steps }
}

export interface PlannedArtefact {
  readonly artefact: Artefact
  readonly plan: ArtefactPlan
  /** Whether its stamp says that it is still to be filled. */
  readonly isPending: boolean
}

/** Each artefact with what its stamp means, in the order in which they are rebuilt. */
export function planArtefacts(
  stamps: readonly ArtefactStamp[],
  artefacts: readonly Artefact[] = ARTEFACTS,
): PlannedArtefact[] {
  return artefacts.map(artefact => {
    const stamp = stamps.find(({ name }) => name === artefact.name) ?? null
    return { artefact, plan: planArtefact(artefact, stamp), isPending: stamp?.needs_rebuild === 1 }
  })
}

/** What was never stamped is taken to be of the first form, made as this build makes it. */
function unstamped(pending: readonly ArtefactStep[]): ArtefactPlan {
  const steps = pending.filter(step => step.strategy === 'inPlace')
  return steps.length === 0 ? { action: 'stamp' } : { action: 'steps', steps }
}

function rebuild(why: string): ArtefactPlan {
  return { action: 'rebuild', why }
}
