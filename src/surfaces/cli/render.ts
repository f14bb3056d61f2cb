import type * as z from 'zod'
import { parseReceipt } from '../../model/receipt.ts'
import type { OperationName, Operations } from '../../operations/index.ts'
import { printableAll } from './printable.ts'
import type { Ink } from './terminal.ts'

export type OutputOf<Name extends OperationName> = z.output<Operations[Name]['output']>

/** Makes an answer readable. Its texts are printable already. */
export type Renderer<Output> = (output: Output, ink: Ink) => string

// Each is loaded when its verb is called; a verb without one shows its fields.
const RENDERERS: { readonly [Name in OperationName]?: () => Promise<Renderer<OutputOf<Name>>> } = {
  init: async () => (await import('./render/store.ts')).renderInit,
  status: async () => (await import('./render/store.ts')).renderStatus,
  doctor: async () => (await import('./render/store.ts')).renderDoctor,
  digest: async () => (await import('./render/store.ts')).renderDigest,
  migrate: async () => (await import('./render/upgrade.ts')).renderMigrate,
  space_list: async () => (await import('./render/space.ts')).renderSpaces,
  space_add: async () => (await import('./render/space.ts')).renderAdded,
  space_default: async () => (await import('./render/space.ts')).renderChosen,
  space_drop: async () => (await import('./render/space.ts')).renderDropped,
  space_check: async () => (await import('./render/space.ts')).renderChecks,
  embed: async () => (await import('./render/space.ts')).renderEmbed,
  snapshot_create: async () => (await import('./render/snapshot.ts')).renderCreate,
  snapshot_list: async () => (await import('./render/snapshot.ts')).renderList,
  snapshot_verify: async () => (await import('./render/snapshot.ts')).renderVerify,
  snapshot_restore: async () => (await import('./render/snapshot.ts')).renderRestore,
  snapshot_prune: async () => (await import('./render/snapshot.ts')).renderPrune,
  snapshot_diff: async () => (await import('./render/snapshot.ts')).renderDiff,
  runs: async () => (await import('./render/runs.ts')).renderRuns,
  remember: async () => (await import('./render/change.ts')).renderRemember,
  revise: async () => (await import('./render/change.ts')).renderRevise,
  supersede: async () => (await import('./render/change.ts')).renderSupersede,
  invalidate: async () => (await import('./render/change.ts')).renderMove,
  forget: async () => (await import('./render/change.ts')).renderMove,
  restore: async () => (await import('./render/change.ts')).renderMove,
  promote: async () => (await import('./render/change.ts')).renderMove,
  reject: async () => (await import('./render/change.ts')).renderMove,
  undo: async () => (await import('./render/change.ts')).renderUndo,
  review: async () => (await import('./render/review.ts')).renderReview,
  expiring: async () => (await import('./render/review.ts')).renderExpiring,
  conflicts: async () => (await import('./render/conflict.ts')).renderConflicts,
  conflict: async () => (await import('./render/conflict.ts')).renderConflict,
  resolve: async () => (await import('./render/conflict.ts')).renderResolve,
  suggestions: async () => (await import('./render/conflict.ts')).renderSuggestions,
  recall: async () => (await import('./render/recall.ts')).renderRecall,
  context: async () => (await import('./render/context.ts')).renderContext,
  capture: async () => (await import('./render/context.ts')).renderCapture,
  interactions: async () => (await import('./render/context.ts')).renderInteractions,
  replay: async () => (await import('./render/context.ts')).renderReplay,
  shred: async () => (await import('./render/context.ts')).renderShred,
  pin: async () => (await import('./render/context.ts')).renderPin,
  unpin: async () => (await import('./render/context.ts')).renderUnpin,
  due: async () => (await import('./render/context.ts')).renderDue,
  grade: async () => (await import('./render/context.ts')).renderGrade,
  settings: async () => (await import('./render/context.ts')).renderSettings,
  get: async () => (await import('./render/memory.ts')).renderGet,
  list: async () => (await import('./render/table.ts')).renderList,
  project: async () => (await import('./render/table.ts')).renderProjects,
  ingest: async () => (await import('./render/ingest.ts')).renderIngest,
  import_memtomem: async () => (await import('./render/ingest.ts')).renderImport,
  share: async () => (await import('./render/lineage.ts')).renderShare,
  lineage: async () => (await import('./render/lineage.ts')).renderLineage,
  consolidate: async () => (await import('./render/lineage.ts')).renderConsolidate,
  link: async () => (await import('./render/lineage.ts')).renderLink,
  unlink: async () => (await import('./render/lineage.ts')).renderUnlink,
  links: async () => (await import('./render/lineage.ts')).renderLinks,
  backfill_shared_from: async () => (await import('./render/lineage.ts')).renderBackfill,
  entity_create: async () => (await import('./render/entity.ts')).renderCreated,
  entity_get: async () => (await import('./render/entity.ts')).renderEntity,
  entity_list: async () => (await import('./render/entity.ts')).renderEntities,
  entity_update: async () => (await import('./render/entity.ts')).renderUpdated,
  entity_merge: async () => (await import('./render/entity.ts')).renderMerge,
  relate: async () => (await import('./render/entity.ts')).renderRelate,
  unrelate: async () => (await import('./render/entity.ts')).renderUnrelate,
  graduate: async () => (await import('./render/entity.ts')).renderGraduate,
  graph_show: async () => (await import('./render/graph.ts')).renderGraph,
  graph_contents: async () => (await import('./render/graph.ts')).renderGraph,
  graph_usage: async () => (await import('./render/graph.ts')).renderGraph,
  graph_interfaces: async () => (await import('./render/graph.ts')).renderGraph,
  graph_decisions: async () => (await import('./render/graph.ts')).renderGraph,
  graph_assumptions: async () => (await import('./render/graph.ts')).renderGraph,
  graph_orphans: async () => (await import('./render/graph.ts')).renderOrphans,
  graph_unsupported: async () => (await import('./render/graph.ts')).renderUnsupported,
  graph_shaky: async () => (await import('./render/graph.ts')).renderShaky,
  graph_changes: async () => (await import('./render/graph.ts')).renderChanges,
  graph_path: async () => (await import('./render/graph.ts')).renderPath,
  history: async () => (await import('./render/timeline.ts')).renderHistory,
  journal: async () => (await import('./render/timeline.ts')).renderJournal,
}

/** An answer for people. */
export async function render(name: string, output: unknown, ink: Ink): Promise<string> {
  const load = RENDERERS[name as OperationName] as (() => Promise<Renderer<unknown>>) | undefined
  const renderer = load === undefined ? (await import('./render/fields.ts')).renderFields : await load()
  return `${renderer(printableAll(output), ink).trimEnd()}${wayBack(output, ink)}`
}

/** What takes a change back, where it is one that can be. */
function wayBack(output: unknown, { dim }: Ink): string {
  const receipt = typeof output === 'object' && output !== null && 'receipt' in output ? output.receipt : null
  if (typeof receipt !== 'string' || parseReceipt(receipt) === null) return ''
  return dim(`\nUndo: heirloom undo ${receipt}`)
}
