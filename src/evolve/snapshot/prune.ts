/** Removes snapshots by rule, and the parts that no snapshot needs any more. */
import { promises, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { ahead } from './ahead.ts'
import { codeOf, onDisk, sizeOf, syncFolder } from './disk.ts'
import { isMarker, manifestPath, namesIn, partName, type SnapshotKind } from './folder.ts'
import { type Candidate, type KeepRules, mustBeRules, planKeeping, type Verdict } from './keep.ts'
import { type Listed, listSnapshots } from './list.ts'
import type { Part } from './manifest.ts'
import { mustBeSoundFile, PartProblem, readPart, release } from './part.ts'
import type { Watched } from './watched.ts'

const { rm, stat } = promises

export interface PruneOptions extends Watched {
  readonly now: () => string
  /** Whether it is done; else it is only planned. */
  readonly apply: boolean
}

export interface Pruned {
  readonly applied: boolean
  /** Newest first, each with the rule that keeps it. */
  readonly keep: readonly Verdict[]
  readonly remove: readonly Verdict[]
  readonly parts_removed: number
  /** Of manifests, parts and what interrupted snapshots left. */
  readonly bytes_freed: number
}

/** What an interrupted snapshot has left is that old; one that is being made has touched its parts since. */
const HOUR = 3_600_000

/**
 * Reads every part first, once each: a snapshot that would not come back fills no place of a rule.
 * @throws INVALID_INPUT as `planKeeping` does; nothing is removed then.
 */
export async function pruneSnapshots(
  folder: string,
  rules: KeepRules,
  options: PruneOptions,
): Promise<Pruned> {
  // Before every part is read.
  mustBeRules(rules)
  return onDisk(folder, async () => {
    const listed = await listSnapshots(folder)
    const { keep, remove } = planKeeping(await candidatesOf(folder, listed, options), rules)
    const goes = new Set(remove.map(({ id }) => id))
    const kept = listed.filter(({ id }) => !goes.has(id))
    let bytes_freed = 0
    for (const id of goes) bytes_freed += (await sizeOf(manifestPath(folder, id))) ?? 0
    const rubbish = await rubbishOf(folder, kept, options.now)
    if (!options.apply) return { applied: false, keep, remove, ...sumOf(rubbish, bytes_freed) }
    mustNotBeAborted(options.signal)
    // Manifests before parts: an end between the two leaves parts that nobody needs, and no snapshot without its parts.
    for (const id of goes) await rm(manifestPath(folder, id), { force: true })
    if (goes.size > 0) await syncFolder(folder)
    const gone: Rubbish[] = []
    for (const one of rubbish) if (await removeUntouched(folder, one, options.now)) gone.push(one)
    return { applied: true, keep, remove, ...sumOf(gone, bytes_freed) }
  })
}

interface Rubbish {
  readonly path: string
  readonly bytes: number
  readonly touched: number
  readonly isPart: boolean
}

function sumOf(rubbish: readonly Rubbish[], manifests: number) {
  return {
    parts_removed: rubbish.filter(({ isPart }) => isPart).length,
    bytes_freed: rubbish.reduce((sum, { bytes }) => sum + bytes, manifests),
  }
}

async function candidatesOf(
  folder: string,
  listed: readonly Listed[],
  watched: Watched,
): Promise<Candidate[]> {
  const known = new Map<string, string | null>()
  const candidates: Candidate[] = []
  for (const one of listed) {
    mustNotBeAborted(watched.signal)
    watched.progress?.({ done: candidates.length, total: listed.length, item: one.id })
    candidates.push(
      one.status === 'damaged'
        ? { id: one.id, created_at: timeOf(one.id), tag: null, problem: one.problem }
        : {
            id: one.id,
            created_at: one.manifest.created_at,
            tag: one.manifest.tag,
            problem: await firstProblem(folder, one, { known, signal: watched.signal }),
          },
    )
  }
  return candidates
}

/** When a snapshot was made whose manifest cannot say so. */
function timeOf(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6.000Z')
}

/** `known` has what was found of parts that snapshots share. */
async function firstProblem(
  folder: string,
  { manifest }: Listed & { status: 'ok' },
  { known, signal }: { known: Map<string, string | null>; signal: AbortSignal | undefined },
): Promise<string | null> {
  const unread = manifest.parts.filter(part => !known.has(nameOf(part, manifest.kind)))
  const results = ahead(unread, async part => [part, await problemOf(folder, part)] as const)
  for await (const [part, problem] of results) {
    mustNotBeAborted(signal)
    known.set(nameOf(part, manifest.kind), problem)
  }
  const problems = manifest.parts.map(part => known.get(nameOf(part, manifest.kind)))
  return problems.find(problem => typeof problem === 'string') ?? null
}

function nameOf(part: Part, kind: SnapshotKind): string {
  return partName(part.hash, kind)
}

async function problemOf(folder: string, part: Part): Promise<string | null> {
  try {
    if (part.table === null) await mustBeSoundFile(folder, part)
    else release(await readPart(folder, part))
    return null
  } catch (error) {
    if (error instanceof PartProblem) return error.message
    throw error
  }
}

/** What no snapshot that stays needs. */
async function rubbishOf(
  folder: string,
  kept: readonly Listed[],
  now: () => string,
): Promise<readonly Rubbish[]> {
  const files = [...(await filesIn(folder)), ...(await filesIn(folder, 'parts'))]
  const found = files.filter(({ path }) => isTemporary(path) || isMarker(path))
  const old = found.filter(({ touched }) => Date.parse(now()) - touched > HOUR)
  // What a manifest that cannot be read needs is not known.
  const parts = kept.some(({ status }) => status === 'damaged') ? [] : await looseParts(folder, kept)
  const young = await isBeingMade(folder, now)
  return [...old, ...parts.filter(part => !young || Date.parse(now()) - part.touched > HOUR)]
}

async function looseParts(folder: string, kept: readonly Listed[]): Promise<Rubbish[]> {
  const needed = new Set<string>()
  for (const one of kept) {
    if (one.status === 'damaged') continue
    for (const part of one.manifest.parts) needed.add(nameOf(part, one.manifest.kind))
  }
  return (await filesIn(folder, 'parts')).filter(({ path, isPart }) => isPart && !needed.has(path))
}

const PART = /^[0-9a-f]{64}\.(gz|db)$/

/** With what SQLite keeps beside a file that it is writing. */
function isTemporary(path: string): boolean {
  return /\.tmp(-journal|-wal|-shm)?$/.test(path)
}

/** The files of a folder below the snapshots', with paths relative to the latter. */
async function filesIn(folder: string, below = ''): Promise<Rubbish[]> {
  const files: Rubbish[] = []
  for (const name of await namesIn(join(folder, below))) {
    const path = join(below, name)
    const found = await stat(join(folder, path)).catch(() => null)
    if (found === null || !found.isFile()) continue
    files.push({ path, bytes: found.size, touched: found.mtimeMs, isPart: PART.test(name) })
  }
  return files
}

async function isBeingMade(folder: string, now: () => string): Promise<boolean> {
  for (const name of (await namesIn(folder)).filter(isMarker)) {
    const found = await stat(join(folder, name)).catch(() => null)
    if (found !== null && Date.parse(now()) - found.mtimeMs <= HOUR) return true
  }
  return false
}

/** @returns whether it is gone; not where somebody came to need it since it was found. */
async function removeUntouched(folder: string, found: Rubbish, now: () => string): Promise<boolean> {
  const young = Date.parse(now()) - found.touched <= HOUR
  if (young && (await isBeingMade(folder, now))) return false
  try {
    // Nothing of this process may come between the look and the removal.
    if (statSync(join(folder, found.path)).mtimeMs !== found.touched) return false
    unlinkSync(join(folder, found.path))
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
