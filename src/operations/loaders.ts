/**
 * The table of operations, each loaded when it is asked for: a process that lives for one call need not make the
 * schemas of all.
 */
import type { OperationName, Operations } from './index.ts'

export const LOADERS: { readonly [Name in OperationName]: () => Promise<Operations[Name]> } = {
  init: async () => (await import('./init.ts')).init,
  remember: async () => (await import('./remember.ts')).remember,
  recall: async () => (await import('./recall.ts')).recall,
  context: async () => (await import('./context.ts')).context,
  capture: async () => (await import('./capture.ts')).capture,
  interactions: async () => (await import('./interactions.ts')).interactions,
  replay: async () => (await import('./replay.ts')).replay,
  shred: async () => (await import('./shred.ts')).shred,
  pin: async () => (await import('./pin.ts')).pin,
  unpin: async () => (await import('./unpin.ts')).unpin,
  due: async () => (await import('./due.ts')).due,
  grade: async () => (await import('./grade.ts')).grade,
  get: async () => (await import('./get.ts')).get,
  list: async () => (await import('./list.ts')).list,
  revise: async () => (await import('./revise.ts')).revise,
  supersede: async () => (await import('./supersede.ts')).supersede,
  invalidate: async () => (await import('./invalidate.ts')).invalidate,
  forget: async () => (await import('./forget.ts')).forget,
  restore: async () => (await import('./restore.ts')).restore,
  promote: async () => (await import('./promote.ts')).promote,
  reject: async () => (await import('./reject.ts')).reject,
  review: async () => (await import('./review.ts')).review,
  expiring: async () => (await import('./expiring.ts')).expiring,
  undo: async () => (await import('./undo.ts')).undo,
  conflicts: async () => (await import('./conflicts.ts')).conflicts,
  conflict: async () => (await import('./conflict.ts')).conflict,
  resolve: async () => (await import('./resolve.ts')).resolve,
  suggestions: async () => (await import('./suggestions.ts')).suggestions,
  ingest: async () => (await import('./ingest.ts')).ingest,
  import_memtomem: async () => (await import('./import-memtomem.ts')).importMemtomem,
  share: async () => (await import('./share.ts')).share,
  lineage: async () => (await import('./lineage.ts')).lineage,
  consolidate: async () => (await import('./consolidate.ts')).consolidate,
  link: async () => (await import('./link.ts')).link,
  unlink: async () => (await import('./unlink.ts')).unlink,
  links: async () => (await import('./links.ts')).links,
  entity_create: async () => (await import('./entity-create.ts')).entityCreate,
  entity_get: async () => (await import('./entity-get.ts')).entityGet,
  entity_list: async () => (await import('./entity-list.ts')).entityList,
  entity_update: async () => (await import('./entity-update.ts')).entityUpdate,
  entity_merge: async () => (await import('./entity-merge.ts')).entityMerge,
  relate: async () => (await import('./relate.ts')).relate,
  unrelate: async () => (await import('./unrelate.ts')).unrelate,
  graduate: async () => (await import('./graduate.ts')).graduate,
  graph_show: async () => (await import('./graph-show.ts')).graphShow,
  graph_contents: async () => (await import('./graph-contents.ts')).graphContents,
  graph_usage: async () => (await import('./graph-usage.ts')).graphUsage,
  graph_interfaces: async () => (await import('./graph-interfaces.ts')).graphInterfaces,
  graph_decisions: async () => (await import('./graph-decisions.ts')).graphDecisions,
  graph_assumptions: async () => (await import('./graph-assumptions.ts')).graphAssumptions,
  graph_orphans: async () => (await import('./graph-orphans.ts')).graphOrphans,
  graph_unsupported: async () => (await import('./graph-unsupported.ts')).graphUnsupported,
  graph_shaky: async () => (await import('./graph-shaky.ts')).graphShaky,
  graph_changes: async () => (await import('./graph-changes.ts')).graphChanges,
  graph_path: async () => (await import('./graph-path.ts')).graphPath,
  history: async () => (await import('./history.ts')).history,
  journal: async () => (await import('./journal.ts')).journal,
  project: async () => (await import('./project.ts')).project,
  settings: async () => (await import('./settings.ts')).settings,
  space_list: async () => (await import('./space-list.ts')).spaceList,
  space_add: async () => (await import('./space-add.ts')).spaceAdd,
  space_check: async () => (await import('./space-check.ts')).spaceCheck,
  space_default: async () => (await import('./space-default.ts')).spaceDefault,
  space_drop: async () => (await import('./space-drop.ts')).spaceDrop,
  embed: async () => (await import('./embed.ts')).embed,
  status: async () => (await import('./status.ts')).status,
  doctor: async () => (await import('./doctor.ts')).doctor,
  digest: async () => (await import('./digest.ts')).digest,
  migrate: async () => (await import('./migrate.ts')).migrate,
  snapshot_create: async () => (await import('./snapshot-create.ts')).snapshotCreate,
  snapshot_list: async () => (await import('./snapshot-list.ts')).snapshotList,
  snapshot_verify: async () => (await import('./snapshot-verify.ts')).snapshotVerify,
  snapshot_restore: async () => (await import('./snapshot-restore.ts')).snapshotRestore,
  snapshot_prune: async () => (await import('./snapshot-prune.ts')).snapshotPrune,
  snapshot_diff: async () => (await import('./snapshot-diff.ts')).snapshotDiff,
  backfill_shared_from: async () => (await import('./backfill-shared-from.ts')).backfillSharedFrom,
  runs: async () => (await import('./runs.ts')).runs,
}

/** Whether an operation has that name. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(LOADERS, name)
}

/** The words of an operation's name, as the command line has them: `snapshot_create` is `snapshot create`. */
export function wordsOf(name: string): readonly [string] | readonly [string, string] {
  const [group = name, ...rest] = name.split('_')
  return rest.length === 0 ? [group] : [group, rest.join('-')]
}

type GroupOf<Name> = Name extends `${infer Group}_${string}` ? Group : never
export type GroupName = GroupOf<OperationName>

/** Operations whose names begin with the same word, in the order of the table. None where it is no group. */
export function operationsOf(group: string): OperationName[] {
  return (Object.keys(LOADERS) as OperationName[]).filter(name => name.startsWith(`${group}_`))
}
