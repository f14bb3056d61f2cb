/** The table of operations. Every surface is made from it. */
import { backfillSharedFrom } from './backfill-shared-from.ts'
import { capture } from './capture.ts'
import { conflict } from './conflict.ts'
import { conflicts } from './conflicts.ts'
import { consolidate } from './consolidate.ts'
import { context } from './context.ts'
import { digest } from './digest.ts'
import { doctor } from './doctor.ts'
import { due } from './due.ts'
import { embed } from './embed.ts'
import { entityCreate } from './entity-create.ts'
import { entityGet } from './entity-get.ts'
import { entityList } from './entity-list.ts'
import { entityMerge } from './entity-merge.ts'
import { entityUpdate } from './entity-update.ts'
import { expiring } from './expiring.ts'
import { forget } from './forget.ts'
import { get } from './get.ts'
import { grade } from './grade.ts'
import { graduate } from './graduate.ts'
import { graphAssumptions } from './graph-assumptions.ts'
import { graphChanges } from './graph-changes.ts'
import { graphContents } from './graph-contents.ts'
import { graphDecisions } from './graph-decisions.ts'
import { graphInterfaces } from './graph-interfaces.ts'
import { graphOrphans } from './graph-orphans.ts'
import { graphPath } from './graph-path.ts'
import { graphShaky } from './graph-shaky.ts'
import { graphShow } from './graph-show.ts'
import { graphUnsupported } from './graph-unsupported.ts'
import { graphUsage } from './graph-usage.ts'
import { history } from './history.ts'
import { importMemtomem } from './import-memtomem.ts'
import { ingest } from './ingest.ts'
import { init } from './init.ts'
import { interactions } from './interactions.ts'
import { invalidate } from './invalidate.ts'
import { journal } from './journal.ts'
import { lineage } from './lineage.ts'
import { link } from './link.ts'
import { links } from './links.ts'
import { list } from './list.ts'
import { migrate } from './migrate.ts'
import { pin } from './pin.ts'
import { project } from './project.ts'
import { promote } from './promote.ts'
import { recall } from './recall.ts'
import { reject } from './reject.ts'
import { relate } from './relate.ts'
import { remember } from './remember.ts'
import { replay } from './replay.ts'
import { resolve } from './resolve.ts'
import { restore } from './restore.ts'
import { review } from './review.ts'
import { revise } from './revise.ts'
import { runs } from './runs.ts'
import { settings } from './settings.ts'
import { share } from './share.ts'
import { shred } from './shred.ts'
import { snapshotCreate } from './snapshot-create.ts'
import { snapshotDiff } from './snapshot-diff.ts'
import { snapshotList } from './snapshot-list.ts'
import { snapshotPrune } from './snapshot-prune.ts'
import { snapshotRestore } from './snapshot-restore.ts'
import { snapshotVerify } from './snapshot-verify.ts'
import { spaceAdd } from './space-add.ts'
import { spaceCheck } from './space-check.ts'
import { spaceDefault } from './space-default.ts'
import { spaceDrop } from './space-drop.ts'
import { spaceList } from './space-list.ts'
import { status } from './status.ts'
import { suggestions } from './suggestions.ts'
import { supersede } from './supersede.ts'
import { undo } from './undo.ts'
import { unlink } from './unlink.ts'
import { unpin } from './unpin.ts'
import { unrelate } from './unrelate.ts'

export const OPERATIONS = {
  init,
  remember,
  recall,
  context,
  capture,
  interactions,
  replay,
  shred,
  pin,
  unpin,
  due,
  grade,
  get,
  list,
  revise,
  supersede,
  invalidate,
  forget,
  restore,
  promote,
  reject,
  review,
  expiring,
  undo,
  conflicts,
  conflict,
  resolve,
  suggestions,
  ingest,
  import_memtomem: importMemtomem,
  share,
  lineage,
  consolidate,
  link,
  unlink,
  links,
  entity_create: entityCreate,
  entity_get: entityGet,
  entity_list: entityList,
  entity_update: entityUpdate,
  entity_merge: entityMerge,
  relate,
  unrelate,
  graduate,
  graph_show: graphShow,
  graph_contents: graphContents,
  graph_usage: graphUsage,
  graph_interfaces: graphInterfaces,
  graph_decisions: graphDecisions,
  graph_assumptions: graphAssumptions,
  graph_orphans: graphOrphans,
  graph_unsupported: graphUnsupported,
  graph_shaky: graphShaky,
  graph_changes: graphChanges,
  graph_path: graphPath,
  history,
  journal,
  project,
  settings,
  space_list: spaceList,
  space_add: spaceAdd,
  space_check: spaceCheck,
  space_default: spaceDefault,
  space_drop: spaceDrop,
  embed,
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
