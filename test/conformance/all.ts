import { describe } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { backfilling } from './backfill.ts'
import { passing } from './backfill-passes.ts'
import { capturing } from './capturing.ts'
import { circling } from './circles.ts'
import { sharing } from './concurrency.ts'
import { lookingBack } from './conflict-backfill.ts'
import { contradicting } from './conflicts.ts'
import { contradictingAtOnce } from './conflicts-at-once.ts'
import { endingByThemselves } from './conflicts-ending.ts'
import { contradictingProperties } from './conflicts-of-entities.ts'
import { keepingWhatIsStated } from './conflicts-stated.ts'
import { tellingOfConflicts } from './conflicts-told.ts'
import { consolidating } from './consolidating.ts'
import { givingContext } from './context.ts'
import { ingesting } from './documents.ts'
import { queueing } from './embedding-queue.ts'
import { naming } from './entities.ts'
import { updatingEntities } from './entity-changes.ts'
import { telling } from './entity-texts.ts'
import { filtering } from './filters.ts'
import { graduation } from './graduating.ts'
import { graphing } from './graph.ts'
import { wayfinding } from './graph-ways.ts'
import { handling } from './handles.ts'
import { journalling } from './journal.ts'
import { living } from './lifecycle.ts'
import { livingOfAllKinds } from './lifecycle-kinds.ts'
import { tracing } from './lineage.ts'
import { limiting } from './lineage-limits.ts'
import { keepingLinks } from './link-ends.ts'
import { linking } from './links.ts'
import { meaning } from './meaning.ts'
import { mentioning } from './mentions.ts'
import { merging } from './merging.ts'
import { pinning } from './pins.ts'
import { readingAgain } from './reading-again.ts'
import { recalling } from './recall.ts'
import { relatingAtOnce } from './relating-at-once.ts'
import { relating } from './relationships.ts'
import { remembering } from './remember.ts'
import { settling } from './resolving.ts'
import { returning } from './returning.ts'
import { reviewing } from './review.ts'
import { guarding } from './reviewed-projects.ts'
import { revising } from './revisions.ts'
import { settingUp } from './settings.ts'
import { sharingMemories } from './sharing.ts'
import { sharingBeyond } from './sharing-beyond.ts'
import { slotting } from './slots.ts'
import { keepingCopies } from './snapshots.ts'
import { spacing } from './spaces.ts'
import { strengthening } from './strength.ts'
import { suggesting } from './suggestions.ts'
import { trusting } from './trust.ts'
import { undoing } from './undo.ts'
import { ending } from './validity.ts'

/** The contract of a store, on one engine. */
export function conforms(engine: TestEngine): void {
  conformsInMemories(engine)
  conformsInKnowledge(engine)
  conformsInMeaning(engine)
}

/** Memories, documents and what is told of them. */
export function conformsInMemories(engine: TestEngine): void {
  describe(engine.name, () => {
    remembering(engine)
    revising(engine)
    living(engine)
    livingOfAllKinds(engine)
    filtering(engine)
    journalling(engine)
    ingesting(engine)
    readingAgain(engine)
    recalling(engine)
    handling(engine)
    keepingCopies(engine)
    linking(engine)
    keepingLinks(engine)
    sharingMemories(engine)
    sharingBeyond(engine)
    backfilling(engine)
    passing(engine)
    lookingBack(engine)
    tracing(engine)
    limiting(engine)
    consolidating(engine)
    if (engine.shared) sharing(engine)
  })
}

/** What memories claim, the things that they tell of, and what is done with them. */
export function conformsInKnowledge(engine: TestEngine): void {
  describe(engine.name, () => {
    contradicting(engine)
    endingByThemselves(engine)
    contradictingProperties(engine)
    keepingWhatIsStated(engine)
    tellingOfConflicts(engine)
    settling(engine)
    slotting(engine)
    suggesting(engine)
    mentioning(engine)
    naming(engine)
    updatingEntities(engine)
    telling(engine)
    relating(engine)
    circling(engine)
    merging(engine)
    graduation(engine)
    returning(engine)
    graphing(engine)
    wayfinding(engine)
    undoing(engine)
    reviewing(engine)
    guarding(engine)
    trusting(engine)
    ending(engine)
    givingContext(engine)
    capturing(engine)
    strengthening(engine)
    pinning(engine)
    settingUp(engine)
    if (engine.shared) contradictingAtOnce(engine)
    if (engine.shared) relatingAtOnce(engine)
  })
}

/** What memories mean: embedding spaces, their vectors, and recall by them. */
export function conformsInMeaning(engine: TestEngine): void {
  describe(engine.name, () => {
    spacing(engine)
    queueing(engine)
    meaning(engine)
  })
}
