/**
 * What can be recreated from authoritative rows. Each artefact carries a stamp of its own: the version of its form and
 * the digest of what made it, so that a build can tell whether it fits without looking inside.
 */
import { ANALYSER_VERSION } from '../../model/analysis.ts'
import { canonicalJson, sha256 } from '../../model/digest.ts'
import { MENTION_VERSION } from '../../model/mention.ts'
import { SIGNATURE_VERSION } from '../../model/similarity.ts'
import { SLOT_VERSION } from '../../model/slot.ts'

export type ArtefactName = 'keyword' | 'near_duplicates' | 'names' | 'claims' | 'mentions'

/** A change of an artefact's form. `inPlace` brings what is there along; `rebuild` cannot. */
export type ArtefactStep =
  | {
      readonly version: number
      readonly strategy: 'inPlace'
      readonly sqlite: string
      readonly postgres: string
    }
  | { readonly version: number; readonly strategy: 'rebuild' }

export interface Artefact {
  readonly name: ArtefactName
  /** What it is for, in words for people. */
  readonly title: string
  /** SHA-256 of what its rows depend on besides the memories. */
  readonly digest: string
  /** Every change of its form, oldest first, from version 1 on. Append only. */
  readonly steps: readonly ArtefactStep[]
}

/** A stamp as a store keeps it; version 0 is "never stamped". */
export interface ArtefactStamp {
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly needs_rebuild: number
}

const keyword: Artefact = {
  name: 'keyword',
  title: 'keyword index',
  digest: sha256(canonicalJson({ analyser: ANALYSER_VERSION })),
  steps: [{ version: 1, strategy: 'rebuild' }],
}

const nearDuplicates: Artefact = {
  name: 'near_duplicates',
  title: 'index of near-duplicates',
  digest: sha256(canonicalJson({ analyser: ANALYSER_VERSION, minhash: SIGNATURE_VERSION })),
  steps: [{ version: 1, strategy: 'rebuild' }],
}

const names: Artefact = {
  name: 'names',
  title: 'index of names',
  digest: sha256(canonicalJson({ mentions: MENTION_VERSION })),
  steps: [{ version: 1, strategy: 'rebuild' }],
}

const claims: Artefact = {
  name: 'claims',
  title: 'index of claims',
  digest: sha256(canonicalJson({ slots: SLOT_VERSION, mentions: MENTION_VERSION })),
  steps: [{ version: 1, strategy: 'rebuild' }],
}

const mentions: Artefact = {
  name: 'mentions',
  title: 'index of mentions',
  digest: sha256(canonicalJson({ mentions: MENTION_VERSION })),
  steps: [{ version: 1, strategy: 'rebuild' }],
}

/** In the order in which they are rebuilt: some are made from others before them. */
export const ARTEFACTS: readonly Artefact[] = [keyword, nearDuplicates, names, claims, mentions]

/** What else is made anew with a part: while that is not whole, writers would make these from half of it. */
const MADE_FROM: Readonly<Record<ArtefactName, readonly ArtefactName[]>> = {
  keyword: [],
  // Its rows come back with those of the keyword index.
  near_duplicates: [],
  names: [],
  claims: ['names'],
  mentions: ['names', 'keyword'],
}

/** The artefacts of these names and all that are made from them, in the order in which they are rebuilt. */
export function withDependents(
  names: ReadonlySet<ArtefactName>,
  artefacts: readonly Artefact[] = ARTEFACTS,
): Artefact[] {
  const wanted = new Set(names)
  return artefacts.filter(({ name }) => {
    if (MADE_FROM[name].some(part => wanted.has(part))) wanted.add(name)
    return wanted.has(name)
  })
}

/** The version of an artefact's form that this build reads and writes. */
export function versionOf(artefact: Pick<Artefact, 'steps'>): number {
  return artefact.steps.length
}
