/**
 * Memories of another tool's store, taken over batch by batch: each batch with its links is one transaction, so that
 * stopping leaves whole batches, and the same command goes on.
 */
import * as z from 'zod'
import {
  type ForeignMemory,
  type ForeignStore,
  type LinkReading,
  Tally,
} from '../ingest/importers/foreign-store.ts'
import { HeirloomError } from '../model/errors.ts'
import { quoted } from '../model/excerpt.ts'
import { LIMITS, type Memory } from '../model/memory.ts'
import { canonicalProject, nearProjects } from '../model/project.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { isReviewed } from './entering.ts'
import { claimsOf, linksByTarget, type OwnLinks, type Sorted, type Target } from './import-claims.ts'
import { toImported } from './imported-draft.ts'
import { type Context, stampFor } from './operation.ts'

/** Memories a transaction. */
const BATCH = 256

/** After so many new memories the keyword index is put in order. */
const MANY = 1000

export const importReport = z.object({
  plan: z.boolean().describe('Whether nothing was kept yet.'),
  from: z.string().describe('What was read.'),
  read: z.int(),
  kept: z.int(),
  already_known: z.int(),
  skipped: z.record(z.string(), z.int()).describe('What could not be kept, by the reason.'),
  links: z.object({
    linked: z.int(),
    source_missing: z
      .int()
      .nullable()
      .describe('Of these, those whose source is not in the store; null in a plan.'),
    skipped: z.record(z.string(), z.int()),
  }),
  projects: z
    .array(z.object({ namespace: z.string(), project: z.string().nullable(), memories: z.int() }))
    .describe('Which project each namespace becomes.'),
  notices: z.array(z.string()),
})

type Report = z.infer<typeof importReport>

export interface ImportOptions {
  readonly context: Context
  readonly links: LinkReading
  /** The other tool, for people. */
  readonly tool: string
  /** The project of a namespace, null for none, where it is not the namespace's own name. */
  readonly map?: ReadonlyMap<string, string | null> | undefined
  readonly third_party?: boolean | undefined
  /** Whether all of them wait for review. */
  readonly candidates?: boolean | undefined
  readonly note?: string | undefined
}

type Reading = Pick<ReadHandle, 'memories' | 'projects' | 'links'>

export class Import {
  readonly #foreign: ForeignStore
  readonly #options: ImportOptions
  readonly #links: OwnLinks
  readonly #faults = new Tally()
  readonly #twins = new Map<string, string>()
  #read = 0
  #kept = 0
  #changed = 0
  #linked = 0
  #conflicts = 0
  /** Links of this import whose source has not come yet, by their keys. */
  readonly #missing = new Set<string>()

  /** @throws INVALID_INPUT for a mapping of a namespace that is not there. */
  constructor(foreign: ForeignStore, options: ImportOptions) {
    this.#foreign = foreign
    this.#options = options
    mustBeThere([...(options.map?.keys() ?? [])], foreign)
    this.#links = linksByTarget(foreign, options.links, this.#faults)
  }

  /** What `carryOut` would do. Writes nothing. */
  look(): Promise<Report> {
    const { store, principal, signal, now } = this.#options.context
    return store.read(
      principal,
      async tx => {
        const seen = new Set<string>()
        for (const rows of this.#foreign.batches(BATCH)) {
          this.#mustGoOn()
          const sorted = await this.#sort(tx, rows, { at: now(), seen, projectOf: knownProject })
          const plan: Claiming = (type, list) => tx.links.planClaims(type, list)
          this.#count(rows, sorted, await this.#link(sorted, plan))
        }
        return this.#report(true, await this.#nearNames(tx))
      },
      signal,
    )
  }

  /** @throws ABORTED saying how far it came; what was kept is whole batches. */
  async carryOut(): Promise<Report> {
    const { context, tool } = this.#options
    for (const rows of this.#foreign.batches(BATCH)) {
      this.#mustGoOn()
      await this.#take(rows)
      context.progress?.({ done: this.#read, total: this.#foreign.memories, item: tool })
    }
    const { engine } = context.store
    if (this.#kept >= MANY) await engine.keyword.putInOrder(work => engine.write(work))
    return this.#report(false, [])
  }

  #mustGoOn(): void {
    const { signal } = this.#options.context
    if (!signal?.aborted) return
    throw new HeirloomError(
      'ABORTED',
      `Stopped after ${this.#read} of ${this.#foreign.memories} memories; what was kept is whole. Run the same command again to go on.`,
      { cause: signal.reason },
    )
  }

  /** One batch, whole or not at all. It is counted once it is committed: a transaction may be run again. */
  async #take(rows: readonly ForeignMemory[]): Promise<void> {
    const { context, note } = this.#options
    const stamp = stampFor(context, 'import', note ?? `from ${this.#foreign.format}`)
    const { sorted, done } = await context.store.write(context.principal, stamp, async tx => {
      const ensured: ProjectOf = async name => (await tx.projects.ensure(name)).name
      const sorted = await this.#sort(tx, rows, { at: stamp.at, seen: new Set(), projectOf: ensured })
      await tx.memories.create([...sorted.kept.values()])
      for (const [origin_id, twin] of sorted.twins) {
        const source = await tx.links.source(twin)
        if (source !== null) await tx.links.arrive({ ...source, origin_id })
      }
      const claim: Claiming = (type, list) => tx.links.claim(type, list)
      const done = await this.#link(sorted, claim)
      const conflicts = (await tx.conflicts.settle()).length
      return { sorted, done: { ...done, arrived: [...tx.links.arrived], conflicts } }
    })
    this.#count(rows, sorted, done)
  }

  async #sort(
    tx: Reading,
    rows: readonly ForeignMemory[],
    { at, seen, projectOf }: { at: string; seen: Set<string>; projectOf: ProjectOf },
  ): Promise<Sorted> {
    const { context, third_party = false, candidates = false, tool } = this.#options
    const there = await tx.memories.imported(rows.map(({ id }) => id))
    const kept = new Map<ForeignMemory, Memory>()
    const known = new Map<ForeignMemory, Target>()
    const twins = new Map<string, string>()
    const byText = new Map<string, string>()
    let changed = 0
    for (const row of rows) {
      const name = this.#nameFor(row.namespace)
      const project = name === null ? null : await projectOf(name, tx)
      const settings = await tx.projects.settings(project)
      const isCandidate = candidates || isReviewed(settings, context.principal)
      const memory = toImported(row, { project, settings, third_party, isCandidate, tool, context, at })
      const found = there.get(row.id)
      const text = `${project} ${memory.content_hash}`
      if (found !== undefined) {
        known.set(row, found)
        if (found.content_hash !== memory.content_hash) changed++
        continue
      }
      const twin = byText.get(text) ?? (await tx.memories.twin(memory))?.id
      if (twin !== undefined) twins.set(row.id, twin)
      else if (!seen.has(text)) kept.set(row, memory)
      byText.set(text, twin ?? memory.id)
      seen.add(text)
    }
    // What somebody unlinked here stays so.
    const unlinked = await tx.links.unlinked([...known.values()].map(({ id }) => id))
    for (const [row, { id }] of known) if (unlinked.has(id)) known.delete(row)
    return { kept, known, twins, changed }
  }

  async #link(sorted: Sorted, claim: Claiming): Promise<LinksDone> {
    const { list, faults } = claimsOf(sorted, { links: this.#links, twins: this.#twins })
    const missing: string[] = []
    let linked = 0
    for (const [type, claims] of Map.groupBy(list, claimed => claimed.type)) {
      const done = await claim(type, claims)
      linked += done.linked
      missing.push(...done.missing)
    }
    return { linked, missing, faults, arrived: [], conflicts: 0 }
  }

  #count(rows: readonly ForeignMemory[], { kept, twins, changed }: Sorted, links: LinksDone): void {
    this.#read += rows.length
    this.#kept += kept.size
    this.#changed += changed
    this.#linked += links.linked
    this.#conflicts += links.conflicts
    for (const key of links.missing) this.#missing.add(key)
    for (const key of links.arrived) this.#missing.delete(key)
    for (const [id, twin] of twins) this.#twins.set(id, twin)
    for (const fault of links.faults) this.#faults.add(fault)
  }

  /** Projects that would be made although another of nearly that name is there. */
  async #nearNames(tx: Reading): Promise<string[]> {
    const names = await tx.projects.names()
    const notices: string[] = []
    for (const namespace of this.#foreign.namespaces.keys()) {
      const name = this.#nameFor(namespace)
      if (name === null || (await tx.projects.resolve(name)) !== null) continue
      const [near] = nearProjects(canonicalProject(name), names)
      if (near === undefined) continue
      const made = `Project "${canonicalProject(name)}" would be new. Did you mean ${near}?`
      notices.push(`${made} Then: --map "<namespace>=${near}", for the namespace ${quoted(namespace)}`)
    }
    return notices
  }

  #nameFor(namespace: string): string | null {
    const { map } = this.#options
    if (map?.has(namespace)) return map.get(namespace) ?? null
    const name = canonicalProject(namespace).slice(0, LIMITS.name).toWellFormed()
    return name === '' ? null : name
  }

  #report(plan: boolean, notices: readonly string[]): Report {
    const { format, namespaces, skipped } = this.#foreign
    const left = [...skipped.values()].reduce((sum, count) => sum + count, 0)
    return {
      plan,
      from: format,
      read: this.#read + left,
      kept: this.#kept,
      already_known: this.#read - this.#kept,
      skipped: Object.fromEntries(skipped),
      links: {
        linked: this.#linked,
        source_missing: plan ? null : this.#missing.size,
        skipped: Object.fromEntries(this.#faults.counts),
      },
      projects: [...namespaces].map(([namespace, memories]) => {
        const name = this.#nameFor(namespace)
        return { namespace, project: name === null ? null : canonicalProject(name), memories }
      }),
      notices: [
        ...notices,
        ...(this.#changed === 0 ? [] : [changedNotice(this.#changed)]),
        ...(this.#conflicts === 0 ? [] : [conflictNotice(this.#conflicts)]),
      ],
    }
  }
}

type ProjectOf = (name: string, tx: Reading) => Promise<string>
type Claiming = WriteHandle['links']['claim']

interface LinksDone {
  readonly linked: number
  readonly missing: readonly string[]
  readonly arrived: readonly string[]
  readonly faults: readonly string[]
  /** Conflicts that the batch opened or joined. */
  readonly conflicts: number
}

/** The project that a name leads to, or would lead to. */
const knownProject: ProjectOf = async (name, tx) =>
  (await tx.projects.resolve(name)) ?? canonicalProject(name)

function mustBeThere(mapped: readonly string[], { namespaces }: ForeignStore): void {
  const unknown = mapped.filter(name => !namespaces.has(name))
  if (unknown.length === 0) return
  throw new HeirloomError(
    'INVALID_INPUT',
    `map: there is no namespace ${unknown.join(', ')} in it. There are: ${[...namespaces.keys()].join(', ')}`,
  )
}

function conflictNotice(conflicts: number): string {
  return `${conflicts} ${conflicts === 1 ? 'contradiction was' : 'contradictions were'} found on the way. See: heirloom conflicts`
}

function changedNotice(changed: number): string {
  return `${changed} known memories say something else there by now. They stay as they are here; revise them by hand.`
}
