/** Filing a parsed document: what is new, what changed, what is gone, in one transaction. */
import type { ParsedDocument } from '../ingest/document.ts'
import { type Reconciliation, reconcile } from '../ingest/reconcile.ts'
import { lesserTrust } from '../model/access.ts'
import { canonicalJson, contentHash } from '../model/digest.ts'
import { nameSome, quoted } from '../model/excerpt.ts'
import { mustMove } from '../model/lifecycle.ts'
import type { Memory, MemoryDraft } from '../model/memory.ts'
import type { StoredDocument } from '../store/documents.ts'
import type { WriteHandle } from '../store/store.ts'
import { newMemory, nextVersion } from './drafting.ts'
import { isReviewed } from './entering.ts'
import {
  type Filing,
  isSameReading,
  metadataNotices,
  passageMetadata,
  toDocument,
  toDraft,
} from './passage-drafts.ts'

export interface Counts {
  readonly passages: number
  readonly added: number
  readonly unchanged: number
  readonly revised: number
  readonly superseded: number
  readonly restored: number
}

interface Filed {
  readonly counts: Counts
  /** Of those that were added, how many wait for a person's review. */
  readonly waiting: number
  readonly notices: readonly string[]
}

export async function fileDocument(tx: WriteHandle, parsed: ParsedDocument, filing: Filing): Promise<Filed> {
  const before = await tx.documents.bySource(filing.key)
  const project = await projectOf(tx, parsed, { filing, before })
  const document = toDocument(parsed, before, { ...filing, project })
  if (before !== null && isSameReading(before, document))
    return unchanged(await tx.memories.countPassages(before.id))
  if (before === null) await tx.documents.create(document)
  else await tx.documents.change(before, document)
  const drafts = parsed.passages.map((passage, position) =>
    toDraft(passage, parsed, { document, position, filing }),
  )
  const stored = before === null ? [] : await tx.memories.ofDocumentForChange(document.id)
  const forAll = before === null ? () => ({}) : changeForAll(before, document)
  const { notices, ...filed } = await apply(tx, { drafts, stored, forAll }, filing)
  return { ...filed, notices: [...notices, ...metadataNotices(document)] }
}

/** What the caller names; else what the document says of itself; else where it was before. */
async function projectOf(
  tx: WriteHandle,
  parsed: ParsedDocument,
  { filing, before }: { filing: Filing; before: StoredDocument | null },
): Promise<string | null> {
  if (filing.project !== null) return filing.project
  if (parsed.fields.project !== undefined) return (await tx.projects.ensure(parsed.fields.project)).name
  return before?.project ?? null
}

type Change = (memory: Memory) => Partial<Memory>

/** What changes on each passage with the document itself; passages keep what was changed on them alone. */
function changeForAll(before: StoredDocument, document: StoredDocument): Change {
  const { kind, codebase, third_party } = document.options
  const fields: Partial<Memory> = {
    ...(before.project === document.project ? {} : { project: document.project }),
    ...(before.tags.join('\n') === document.tags.join('\n') ? {} : { tags: document.tags }),
    ...(kind === undefined || kind === before.options.kind ? {} : { kind }),
    ...(codebase === undefined || codebase === before.options.codebase ? {} : { codebase }),
    ...(third_party && !before.options.third_party ? { trust: 'untrusted' } : {}),
  }
  const metadata = passageMetadata(document)
  const old = canonicalJson(passageMetadata(before))
  if (old === canonicalJson(metadata)) return () => fields
  return memory => (canonicalJson(memory.metadata) === old ? { ...fields, metadata } : fields)
}

/** Takes what is no longer in its file out of recall; it stays readable. */
export async function vanishDocument(tx: WriteHandle, document: StoredDocument, at: string): Promise<number> {
  const passages = await tx.memories.ofDocumentForChange(document.id)
  const living = passages.filter(isLiving)
  for (const passage of [...living, ...passages.filter(mayReturn)]) await vanish(tx, passage, at)
  return living.length
}

interface Contents {
  readonly drafts: readonly MemoryDraft[]
  readonly stored: readonly Memory[]
  readonly forAll: Change
}

function unchanged(passages: number): Filed {
  const counts = { passages, added: 0, unchanged: passages, revised: 0, superseded: 0, restored: 0 }
  return { counts, waiting: 0, notices: [] }
}

async function apply(tx: WriteHandle, contents: Contents, { context, at }: Filing): Promise<Filed> {
  const { drafts, stored } = contents
  const plan = plannedFor(drafts, stored)
  const settings = await tx.projects.settings(drafts[0]?.project ?? null)
  const entering = { isCandidate: isReviewed(settings, context.principal) }
  const added = plan.added.map(({ position }) => newMemory(drafts[position]!, context, at, entering))
  await tx.memories.create(added)
  const restored = await keep(tx, plan, contents, at)
  const overruled = await revise(tx, plan, contents, at)
  await leave(tx, plan, contents, at)
  return {
    counts: {
      passages: drafts.length,
      added: plan.added.length,
      unchanged: plan.kept.length - restored,
      revised: plan.revised.length,
      superseded: plan.vanished.length,
      restored,
    },
    waiting: added.filter(({ status }) => status === 'candidate').length,
    notices: overruled.length === 0 ? [] : [overruling(overruled)],
  }
}

function plannedFor(drafts: readonly MemoryDraft[], stored: readonly Memory[]): Reconciliation {
  if (stored.length === 0) {
    return { kept: [], revised: [], added: drafts.map((_, position) => ({ position })), vanished: [] }
  }
  const known = stored.map(memory => ({
    id: memory.id,
    position: memory.position ?? 0,
    label: memory.label,
    author: memory.author,
    contentHash: memory.source_hash ?? memory.content_hash,
    live: isLiving(memory),
  }))
  return reconcile(
    known,
    drafts.map(({ content, label, author }) => ({ contentHash: contentHash(content), label, author })),
  )
}

/** Passages whose text in the file is what it was, as people left them. Gives how many came back. */
async function keep(
  tx: WriteHandle,
  plan: Reconciliation,
  { drafts, stored, forAll }: Contents,
  at: string,
): Promise<number> {
  const byId = new Map<string, Memory>(stored.map(memory => [memory.id, memory]))
  let restored = 0
  for (const { id, position } of plan.kept) {
    const memory = byId.get(id)!
    const draft = drafts[position]!
    // What a person forgot, invalidated or replaced stays so: reading the file again does not bring it back.
    if (memory.status === 'superseded' && memory.superseded_by === null) {
      restored++
      const trust = lesserTrust(memory.trust, draft.trust)
      const { content } = memory
      await change(tx, memory, { ...draft, content, trust, ...moved(memory, 'restore') }, at)
    } else await change(tx, memory, { ...forAll(memory), ...back(memory), position, label: draft.label }, at)
  }
  return restored
}

/** Passages with other text than before. Gives those where that replaces what a person had written. */
async function revise(
  tx: WriteHandle,
  plan: Reconciliation,
  { drafts, stored }: Contents,
  at: string,
): Promise<Memory[]> {
  const byId = new Map<string, Memory>(stored.map(memory => [memory.id, memory]))
  const overruled: Memory[] = []
  for (const { id, position } of plan.revised) {
    const old = byId.get(id)!
    const draft = drafts[position]!
    const source_hash = contentHash(draft.content)
    if (old.content_hash !== old.source_hash && old.content_hash !== source_hash) overruled.push(old)
    const trust = lesserTrust(old.trust, draft.trust)
    await change(tx, old, { ...draft, trust, source_hash, revision: old.revision + 1 }, at)
  }
  return overruled
}

/** Passages that are not in the file. Quarantine reaches those that had left it too: they may be restored. */
async function leave(
  tx: WriteHandle,
  plan: Reconciliation,
  { stored, forAll }: Contents,
  at: string,
): Promise<void> {
  const vanished = new Set(plan.vanished.map(({ id }) => id))
  const there = new Set([...plan.kept, ...plan.revised].map(({ id }) => id))
  for (const memory of stored) {
    const { trust } = forAll(memory)
    const lowered = trust === undefined ? {} : { trust }
    if (there.has(memory.id)) continue
    if (vanished.has(memory.id) || mayReturn(memory)) await vanish(tx, memory, at, lowered)
    else await change(tx, memory, lowered, at)
  }
}

function overruling(memories: readonly Memory[]): string {
  const named = memories.map(({ id, label }) => (label === null ? id : `${id} (${quoted(label)})`))
  return `${nameSome(named)} had been revised by hand; the file's text is now the present one, the other is in its history.`
}

/** The next version, unless it would say the same. */
async function change(tx: WriteHandle, memory: Memory, next: Partial<Memory>, at: string): Promise<void> {
  const differs = Object.entries(next).some(
    ([field, value]) => canonicalJson(value) !== canonicalJson(memory[field as keyof Memory]),
  )
  if (differs) await tx.memories.change(memory, nextVersion(memory, next, at))
}

async function vanish(
  tx: WriteHandle,
  memory: Memory,
  at: string,
  also: Partial<Memory> = {},
): Promise<void> {
  await change(tx, memory, { ...also, ...moved(memory, 'vanish') }, at)
}

function moved({ id, status: is, earlier_statuses }: Memory, step: 'vanish' | 'restore'): Partial<Memory> {
  const { status, earlier } = mustMove(
    { kind: 'memory', id },
    { status: is, earlier: earlier_statuses },
    step,
  )
  return { status, earlier_statuses: earlier }
}

/** A passage that graduated, is in its file and would be active again if nobody wanted the entity. */
function mayReturn({ status, earlier_statuses }: Memory): boolean {
  return status === 'graduated' && earlier_statuses.at(-1) !== 'superseded'
}

/** What graduated and had left its file, and is in it again. */
function back({ status, earlier_statuses: earlier }: Memory): Partial<Memory> {
  const hadLeft = status === 'graduated' && earlier.at(-1) === 'superseded'
  return hadLeft ? { earlier_statuses: earlier.slice(0, -1) } : {}
}

/** Whether it stands for what is in its file: agreed, or waiting for review. */
function isLiving({ status }: Memory): boolean {
  return status === 'active' || status === 'candidate'
}
