/** Child processes that share, and what must hold of the stores that they leave. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import type { RealStore } from '../kit/child.ts'
import { expectSound } from '../kit/invariants.ts'

const CHILD = join(import.meta.dirname, 'share-child.ts')
const POINTS = join(import.meta.dirname, 'evolution/points.ts')

/** Children start in half the time where what they load is compiled already. */
const CACHE = mkdtempSync(join(tmpdir(), 'heirloom-compiled-'))
process.once('exit', () => rmSync(CACHE, { recursive: true, force: true }))

/** A line of a child. */
export interface Told {
  readonly ready?: true
  readonly source?: string
  readonly copy?: string
  readonly to?: string
  readonly outcome?: string
  readonly refused?: true
  readonly changed?: string
  /** The steps that can write, of a child that lived. */
  readonly steps?: readonly string[]
}

/** Where a child is killed: at its step with that number, from 1; at 0 it lives, and tells its steps. */
export interface Point {
  readonly at: number
  readonly mode: 'before' | 'during'
}

interface Sharing {
  readonly process: ChildProcess
  readonly lines: readonly Told[]
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>
}

interface Watching {
  readonly point?: Point
  readonly onLine?: (line: Told, count: number) => void
}

export function startSharing(args: readonly string[], { point, onLine = () => {} }: Watching = {}): Sharing {
  const preload = point === undefined ? [] : ['--import', POINTS]
  const fault = { HEIRLOOM_FAULT_POINT: `${point?.at ?? 0}`, HEIRLOOM_FAULT_MODE: point?.mode ?? 'before' }
  const env = { ...process.env, NODE_COMPILE_CACHE: CACHE, ...fault }
  const child = spawn(process.execPath, [...preload, CHILD, ...args], { env })
  const lines: Told[] = []
  let errors = ''
  const reader = createInterface({ input: child.stdout })
  const read = new Promise<void>(resolve => reader.on('close', resolve))
  reader.on('line', text => {
    const line = JSON.parse(text) as Told
    lines.push(line)
    onLine(line, lines.length)
  })
  child.stderr.on('data', data => {
    errors += data
  })
  const ended = new Promise<Awaited<Sharing['ended']>>(resolve =>
    child.on('close', async (code, signal) => {
      await read
      resolve({ code, signal, errors })
    }),
  )
  return { process: child, lines, ended }
}

/** Starts children that all begin when the last one is ready. @returns what each of them told, in their order. */
export async function together(works: readonly (readonly string[])[]): Promise<readonly (readonly Told[])[]> {
  let waiting = works.length
  const children = works.map(args =>
    startSharing(args, {
      onLine: ({ ready }) => {
        if (ready && --waiting === 0) for (const { process } of children) process.stdin?.write('now\n')
      },
    }),
  )
  const ended = await Promise.all(children.map(child => child.ended))
  for (const end of ended) expect(end).toEqual({ code: 0, signal: null, errors: '' })
  return children.map(({ lines }) => lines.filter(({ ready }) => !ready))
}

/** Every copy has its link, every link its copy, and nothing was copied twice to one place. */
export async function expectWhole({ memory, raw }: RealStore): Promise<void> {
  const tags = await raw(`select memory_id, tag from memory_tags where tag like 'shared-from=%'`)
  const links = await raw(`select m.id, m.project, m.status, l.source_ref from links as l
    join memories as m on m.tenant_id = l.tenant_id and m.id = l.target_id where l.type = 'shared_from'`)
  expect(links.map(row => `${row.id} shared-from=${row.source_ref}`).sort()).toEqual(
    tags.map(row => `${row.memory_id} ${row.tag}`).sort(),
  )
  const places = links
    .filter(({ status }) => status === 'active')
    .map(row => `${row.source_ref} ${row.project}`)
  expect(places.length - new Set(places).size, 'copies too many').toBe(0)
  await expectSound({ memory, raw })
}

/** The living copies of a memory in a store. */
export async function copiesOf({ raw }: RealStore, source: string): Promise<string[]> {
  const rows = await raw(`select m.id from links as l join memories as m
    on m.tenant_id = l.tenant_id and m.id = l.target_id
    where l.type = 'shared_from' and l.source_ref = '${source}' and m.status = 'active'`)
  return rows.map(row => String(row.id))
}
