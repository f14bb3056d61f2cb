import Table from 'cli-table3'
import type { OutputOf } from '../render.ts'
import type { Ink } from '../terminal.ts'
import { day, excerpt, noticeLines } from './layout.ts'

export function renderList(list: OutputOf<'list'>, ink: Ink): string {
  const { results, total, total_is_capped, cursor, notices } = list
  if (results.length === 0) return `No memories.\n${noticeLines(notices, ink)}`
  const rows = results.map(memory => [
    memory.id,
    day(memory.recorded_at),
    memory.status === 'active' ? memory.kind : `${memory.kind}, ${memory.status}`,
    memory.project ?? '',
    memory.title ?? memory.content,
  ])
  const all = `${total.toLocaleString('en')}${total_is_capped ? ' or more' : ''}`
  const more = cursor === null ? '' : ` The next: the same with --cursor ${cursor}`
  return `${tableOf(['id', 'recorded', 'kind', 'project', 'content'], rows, ink)}\n${results.length} of ${all}.${more}\n${noticeLines(notices, ink)}`
}

export function renderProjects({ projects }: OutputOf<'project'>, ink: Ink): string {
  if (projects.length === 0) return 'No projects yet. The first memory with --project makes one.'
  const rows = projects.map(({ name, memories, created_at, review, read_slots, aliases }) => [
    name,
    String(memories),
    day(created_at),
    review,
    read_slots ? 'read' : 'given alone',
    aliases.join(', '),
  ])
  return tableOf(['project', 'memories', 'since', 'reviewed', 'slots', 'aliases'], rows, ink)
}

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Columns as wide as they need, the last as wide as there is room for. */
export function tableOf(head: string[], rows: string[][], { width, dim }: Ink): string {
  const taken = head.slice(0, -1).reduce((sum, name, column) => {
    return sum + 2 + Math.max(name.length, ...rows.map(row => row[column]!.length))
  }, 0)
  const room = Math.max(Math.min(width, 160) - taken, 20)
  const table = new Table({
    head: head.map(dim),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows)
    table.push([...row.slice(0, -1).map(cell => excerpt(cell, 60)), excerpt(row.at(-1)!, room)])
  return table.toString().replace(/ +$/gm, '')
}
