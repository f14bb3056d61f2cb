import { describe } from 'vitest'
import type { TestEngine } from '../kit/engines.ts'
import { backfilling } from './backfill.ts'
import { passing } from './backfill-passes.ts'
import { sharing } from './concurrency.ts'
import { consolidating } from './consolidating.ts'
import { ingesting } from './documents.ts'
import { filtering } from './filters.ts'
import { handling } from './handles.ts'
import { journalling } from './journal.ts'
import { living } from './lifecycle.ts'
import { tracing } from './lineage.ts'
import { limiting } from './lineage-limits.ts'
import { keepingLinks } from './link-ends.ts'
import { linking } from './links.ts'
import { readingAgain } from './reading-again.ts'
import { recalling } from './recall.ts'
import { remembering } from './remember.ts'
import { revising } from './revisions.ts'
import { sharingMemories } from './sharing.ts'
import { sharingBeyond } from './sharing-beyond.ts'
import { keepingCopies } from './snapshots.ts'

/** The contract of a store, on one engine. */
export function conforms(engine: TestEngine): void {
  describe(engine.name, () => {
    remembering(engine)
    revising(engine)
    living(engine)
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
    tracing(engine)
    limiting(engine)
    consolidating(engine)
    if (engine.shared) sharing(engine)
  })
}
