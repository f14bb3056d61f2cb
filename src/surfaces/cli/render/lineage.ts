import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { count, excerpt, joined, noticeLines } from './layout.ts'

type Lineage = OutputOf<'lineage'>
type LineageNode = Pick<Lineage['nodes'][number], 'id' | 'state' | 'kind' | 'project' | 'label' | 'summary'>

export function renderLineage(lineage: Lineage, ink: Ink): string {
  if (lineage.mermaid !== undefined) return lineage.mermaid
  const { id, nodes, edges, notices } = lineage
  const byId = new Map(nodes.map(node => [node.id, node]))
  const forward = edges.map(toStep)
  const before = Map.groupBy(forward, step => step.to)
  const after = Map.groupBy(forward, step => step.from)
  const up = (of: string) => (before.get(of) ?? []).map(({ type, from }) => ({ type, id: from }))
  const down = (of: string) => (after.get(of) ?? []).map(({ type, to }) => ({ type, id: to }))
  const about = (branch: Branch) => `${ink.cyan(branch.type)} ${nodeLine(byId.get(branch.id)!, ink)}`
  const shown = new Set([id])
  const came = treeOf(id, { branchesOf: up, about, shown }, ink)
  const went = treeOf(id, { branchesOf: down, about, shown }, ink)
  const beside = edges
    .filter(({ source, target }) => !(shown.has(source) && shown.has(target)))
    .map(
      ({ type, source, target }) => `  ${nodeLine(byId.get(target)!, ink)}\n    ${ink.cyan(type)} ${source}`,
    )
  return [
    nodeLine(byId.get(id)!, ink),
    ...section('Came from', came, 'nothing else', ink),
    ...section('Went to', went, 'nowhere', ink),
    ...(beside.length === 0 ? [] : section('Beside them', beside, '', ink)),
    '',
    ink.dim(`${count(nodes.length, 'memory', 'memories')}, ${count(edges.length, 'link')}`),
    noticeLines(notices, ink),
  ].join('\n')
}

/** In the order of events: what superseded a memory came after it, though its link names it as the source. */
function toStep({ type, source, target }: Lineage['edges'][number]) {
  return type === 'superseded_by' ? { type, from: target, to: source } : { type, from: source, to: target }
}

export function renderLinks(
  { sources, fan_out, cursor, notices, ...node }: OutputOf<'links'>,
  ink: Ink,
): string {
  const lines = (ends: typeof sources) => ends.map(end => `  ${ink.cyan(end.type)} ${nodeLine(end, ink)}`)
  const more = cursor === null ? [] : [ink.dim(`More: heirloom links ${node.id} --cursor ${cursor}`)]
  // What superseded it came after it.
  const isTurned = ({ type }: { readonly type: string }) => type === 'superseded_by'
  const isPlain = (end: { readonly type: string }) => !isTurned(end)
  const came = [...sources.filter(isPlain), ...fan_out.filter(isTurned)]
  const went = [...sources.filter(isTurned), ...fan_out.filter(isPlain)]
  return [
    nodeLine(node, ink),
    ...section('Came from', lines(came), 'nothing else', ink),
    ...section('Went to', lines(went), 'nowhere', ink),
    ...more,
    noticeLines(notices, ink),
  ].join('\n')
}

export function renderLink({ outcome, target, type, source }: OutputOf<'link'>, ink: Ink): string {
  const said = outcome === 'linked' ? ink.green('Linked') : ink.cyan('Linked already')
  return `${said}: ${ink.bold(target)} ${type} ${source}`
}

export function renderUnlink({ target, type, source }: OutputOf<'unlink'>, ink: Ink): string {
  return `${ink.green('Unlinked')}: ${ink.bold(target)} is no longer ${type} ${source}`
}

export function renderShare(shared: OutputOf<'share'>, ink: Ink): string {
  const { id, source, outcome, project, store, notices } = shared
  const said = outcome === 'shared' ? ink.green('Shared') : ink.cyan('Shared already')
  const place = joined([project, store])
  return `${said} ${source}\n  as ${ink.bold(id)}  ${ink.dim(place)}\n${noticeLines(notices, ink)}`
}

export function renderConsolidate(made: OutputOf<'consolidate'>, ink: Ink): string {
  const { id, kind, project, trust, from, superseded, notices } = made
  const place = ink.dim(joined([kind, project, trust]))
  const gone =
    superseded.length === 0 ? '' : `, which ${superseded.length === 1 ? 'is' : 'are'} superseded by it`
  return [
    `${ink.green('Consolidated')} ${ink.bold(id)}  ${place}`,
    `  from ${count(from.length, 'memory', 'memories')}${gone}`,
    noticeLines(notices, ink),
  ].join('\n')
}

export function renderBackfill(done: OutputOf<'backfill_shared_from'>, ink: Ink): string {
  const { plan, receipt, scanned, linked, source_missing, known, skipped } = done
  const would = plan ? 'Would link' : 'Linked'
  const reasons = Object.entries(skipped).map(
    ([reason, number]) => `  no link from ${number}: ${reason.replaceAll('_', ' ')}`,
  )
  return [
    `${plan ? ink.cyan(would) : ink.green(would)} ${linked} of ${count(scanned, 'memory', 'memories')} looked at`,
    `  ${count(source_missing, 'source')} not in the store; ${known} linked already`,
    ...reasons,
    ...(receipt === null ? [] : [ink.dim(`  Receipt: heirloom runs ${receipt}`)]),
  ].join('\n')
}

function section(title: string, lines: readonly string[], nothing: string, { bold, dim }: Ink): string[] {
  return ['', bold(title), ...(lines.length === 0 ? [dim(`  ${nothing}`)] : lines)]
}

function nodeLine({ id, state, kind, project, label, summary }: LineageNode, ink: Ink): string {
  const about = label ?? summary
  const quoted = about === null ? '' : ` “${excerpt(about, 60)}”`
  return `${ink.bold(id)} ${ink.dim(joined([state, project, kind]))}${quoted}`
}

interface Branch {
  readonly type: string
  readonly id: string
}

/** Deeper branches are not indented any further: a chain of thousands stays readable. */
const DEEPEST = 20

interface Pending {
  readonly branch: Branch
  readonly before: string
  readonly isLast: boolean
  readonly depth: number
}

interface Growing {
  readonly branchesOf: (id: string) => readonly Branch[]
  readonly about: (branch: Branch) => string
  /** Takes what the tree shows. */
  readonly shown: Set<string>
}

/** Lines of a tree without its root. A memory is followed once; a circle is shown as one. Not recursive: it may be deep. */
function treeOf(root: string, { branchesOf, about, shown: everywhere }: Growing, { dim }: Ink): string[] {
  const lines: string[] = []
  const path = new Set([root])
  const shown = new Set([root])
  const stack: (Pending | { readonly leave: string })[] = []
  const push = (id: string, before: string, depth: number) => {
    stack.push({ leave: id })
    const branches = branchesOf(id)
    for (const [index, branch] of [...branches].reverse().entries())
      stack.push({ branch, before, isLast: index === 0, depth })
  }
  push(root, '', 1)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('leave' in next) {
      path.delete(next.leave)
      continue
    }
    const { branch, before, isLast, depth } = next
    const isCircle = path.has(branch.id)
    const remark = isCircle ? ' (a circle: it is above)' : shown.has(branch.id) ? ' (shown above)' : ''
    lines.push(`${dim(before + (isLast ? '└─ ' : '├─ '))}${about(branch)}${remark}`)
    if (remark !== '') continue
    shown.add(branch.id)
    everywhere.add(branch.id)
    path.add(branch.id)
    push(branch.id, depth >= DEEPEST ? before : before + (isLast ? '   ' : '│  '), depth + 1)
  }
  return lines
}
