/** Stores to take snapshots of and to restore into, with a clock and ids of the test's own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll } from 'vitest'
import { dropArtefact } from '../../../src/evolve/rebuild.ts'
import { type CreateOptions, createSnapshot } from '../../../src/evolve/snapshot/create.ts'
import { partName } from '../../../src/evolve/snapshot/folder.ts'
import type { Manifest, Part } from '../../../src/evolve/snapshot/manifest.ts'
import { type RestoreOptions, restoreRows } from '../../../src/evolve/snapshot/restore.ts'
import { type Heirloom, toHeirloom } from '../../../src/heirloom.ts'
import { type OpenOptions, openStore } from '../../../src/open.ts'
import { ARTEFACTS } from '../../../src/store/artefacts/artefact.ts'
import { type StoreDigest, storeDigest } from '../../../src/store/digest/digest.ts'
import type { Engine } from '../../../src/store/engine.ts'
import { type FixedClock, fixedClock, fixedSurroundings } from '../../../src/testing.ts'
import { full, NOTES } from '../../kit/samples.ts'

export interface Subject extends AsyncDisposable {
  readonly memory: Heirloom
  readonly engine: Engine
  readonly clock: FixedClock
  digest(): Promise<StoreDigest>
  snapshot(folder: string, options?: Partial<CreateOptions>): Promise<Manifest>
  restore(options: Omit<RestoreOptions, 'replace'> & { replace?: boolean }): Promise<Manifest>
}

// Ids of all subjects of a file differ, so that stores of a test can be told apart.
const surroundings = fixedSurroundings()

export async function open(options: Partial<OpenOptions> = {}): Promise<Subject> {
  const clock = fixedClock()
  const { now } = clock
  const opened = await openStore({ store: 'memory:', mode: 'initialise', ...surroundings, now, ...options })
  const { engine } = opened.store
  const memory = toHeirloom(opened)
  const context = { ...surroundings, now, elapsed: () => 0, build: 'a test' }
  return {
    memory,
    engine,
    clock,
    digest: () => engine.read(async db => storeDigest(db, await engine.tableNames(db))),
    snapshot: (folder, wanted = {}) =>
      createSnapshot(
        { engine, read: work => engine.read(work) },
        { folder, kind: 'rows', now, newId: surroundings.newId, build: 'a test', ...wanted },
      ),
    restore: wanted =>
      engine.exclusively('restore', held => {
        const emptyDerived = async (change: Parameters<typeof dropArtefact>[0]['change']) => {
          for (const artefact of ARTEFACTS)
            await dropArtefact({ engine, change, permit: held }, artefact, context)
        }
        const target = { engine, held, emptyDerived, demandRebuild: async () => {} }
        return restoreRows(target, { replace: false, ...wanted })
      }),
    [Symbol.asyncDispose]: () => memory.close(),
  }
}

/** Opens stores on one instance, a schema each. */
export function onPglite(): () => Promise<Subject> {
  let instance: Promise<PGlite> | undefined
  let count = 0
  afterAll(async () => (await instance)?.close())
  return async () => {
    instance ??= PGlite.create()
    return open({ store: `pglite:?schema=snapshot_${++count}`, pglite: await instance })
  }
}

/** Every table and every kind of value in use. */
export async function fill({ memory, clock }: Subject): Promise<void> {
  const first = await memory.remember(full())
  for (const content of NOTES.slice(1)) await memory.remember({ content, tags: ['note', 'zulu'] })
  clock.advance(1000)
  await memory.revise({ id: first.id, content: 'The staging API listens on port 9090', tags: ['api'] })
  await memory.project({ action: 'alias', name: 'apollo', alias: 'moonshot' })
  await memory.ingest({
    text: '# Guide\n\nTurn the lamp on at dusk.\n',
    name: 'guide.md',
  })
  await memory.remember({
    content: 'A torn \u{1F600} line \u2028 and "quotes"\n\tand tabs',
    project: 'Übung',
  })
}

let told = 0

/** No two alike. */
export async function rememberMany({ memory, clock }: Subject, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    clock.advance(1)
    ids.push((await memory.remember({ content: `${++told}: ${words(told)}` })).id)
  }
  return ids
}

/** Text that compresses about as notes do. */
function words(seed: number): string {
  let state = seed + 1
  const word = () => {
    state = Math.imul(state, 1664525) + 1013904223
    return ((state >>> 8) % 5000).toString(36)
  }
  return Array.from({ length: 30 }, word).join(' ')
}

export function partPath(folder: string, part: Part, kind: Manifest['kind'] = 'rows'): string {
  return join(folder, partName(part.hash, kind))
}

export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0)
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

/** Changes a file in place. */
export function tamper(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)))
}

export function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
