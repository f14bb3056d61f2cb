/** The table of operations. Every surface is made from it. */
import { backfillSharedFrom } from './backfill-shared-from.ts'
import { consolidate } from './consolidate.ts'
import { digest } from './digest.ts'
import { doctor } from './doctor.ts'
import { forget } from './forget.ts'
import { get } from './get.ts'
import { history } from './history.ts'
import { importMemtomem } from './import-memtomem.ts'
import { ingest } from './ingest.ts'
import { init } from './init.ts'
import { invalidate } from './invalidate.ts'
import { journal } from './journal.ts'
import { lineage } from './lineage.ts'
import { link } from './link.ts'
import { links } from './links.ts'
import { list } from './list.ts'
import { migrate } from './migrate.ts'
import { project } from './project.ts'
import { recall } from './recall.ts'
import { remember } from './remember.ts'
import { restore } from './restore.ts'
import { revise } from './revise.ts'
import { runs } from './runs.ts'
import { share } from './share.ts'
import { snapshotCreate } from './snapshot-create.ts'
import { snapshotDiff } from './snapshot-diff.ts'
import { snapshotList } from './snapshot-list.ts'
import { snapshotPrune } from './snapshot-prune.ts'
import { snapshotRestore } from './snapshot-restore.ts'
import { snapshotVerify } from './snapshot-verify.ts'
import { status } from './status.ts'
import { supersede } from './supersede.ts'
import { unlink } from './unlink.ts'

export const OPERATIONS = {
  init,
  remember,
  recall,
  get,
  list,
  revise,
  supersede,
  invalidate,
  forget,
  restore,
  ingest,
  import_memtomem: importMemtomem,
  share,
  lineage,
  consolidate,
  link,
  unlink,
  links,
  history,
  journal,
  project,
  status,
  doctor,
  digest,
  migrate,
  snapshot_create: snapshotCreate,
  snapshot_list: snapshotList,
  snapshot_verify: snapshotVerify,
  snapshot_restore: snapshotRestore,
  snapshot_prune: snapshotPrune,
  snapshot_diff: snapshotDiff,
  backfill_shared_from: backfillSharedFrom,
  runs,
}

export type Operations = typeof OPERATIONS
export type OperationName = keyof Operations
