/** Filing a parsed document: what is new, what changed, what is gone, in one transaction. */
import type { ParsedDocument, ParsedPassage } from '../ingest/document.ts'
import { type Reconciliation, reconcile } from '../ingest/reconcile.ts'
import { contentHash } from '../model/digest.ts'
import { mustMove } from '../model/lifecycle.ts'
import type { DocumentId, Memory, MemoryDraft } from '../model/memory.ts'
import type { StoredDocument } from '../store/documents.ts'
import type { WriteHandle } from '../store/store.ts'
import { newMemory, nextVersion } from './drafting.ts'
import type { Context } from './operation.ts'

export interface FilingOptions {
  readonly codebase?: string | undefined
  readonly kind?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly third_party?: boolean | undefined
}

interface Filing {
  /** What the document is known by from one ingest to the next. */
  readonly key: string
  readonly file: string | null
  readonly hash: string
  readonly project: string | null
  readonly options: FilingOptions
  readonly context: Context
  readonly at: string
}

export interface Filed {
  readonly passages: number
  readonly added: number
  readonly unchanged: number
  readonly revised: number
  readonly superseded: number
  readonly restored: number
}

export async function fileDocument(tx: WriteHandle, parsed: ParsedDocument, filing: Filing): Promise<Filed> {
  const before = await tx.documents.bySource(filing.key)
  const project = await projectOf(tx, parsed, { filing, before })
  const document = toDocument(parsed, before, { ...filing, project })
  if (before !== null && before.hash === filing.hash && before.project === project)
    return unchanged(await tx.memories.countPassages(before.id))
  if (before === null) await tx.documents.create(document)
  else await tx.documents.change(before, document)
  const drafts = parsed.passages.map((passage, position) =>
    toDraft(passage, parsed, { document, position, filing }),
  )
  const stored = before === null ? [] : await tx.memories.ofDocument(document.id)
  const ofAll = before === null ? {} : changedForAll(before, document)
  return apply(tx, { drafts, stored, ofAll }, filing)
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

/** Fields of every passage that change with the document's own; passages keep what was changed on them alone. */
function changedForAll(before: StoredDocument, document: StoredDocument): Partial<Memory> {
  return {
    ...(before.project === document.project ? {} : { project: document.project }),
    ...(before.tags.join('\n') === document.tags.join('\n') ? {} : { tags: document.tags }),
  }
}

/** Takes what is no longer in its file out of recall; it stays readable. */
export async function vanishDocument(tx: WriteHandle, document: StoredDocument, at: string): Promise<number> {
  const passages = (await tx.memories.ofDocument(document.id)).filter(({ status }) => status === 'active')
  for (const passage of passages) await vanish(tx, passage, at)
  return passages.length
}

interface Contents {
  readonly drafts: readonly MemoryDraft[]
  readonly stored: readonly Memory[]
  /** What changes on every passage that stays. */
  readonly ofAll: Partial<Memory>
}

function unchanged(passages: number): Filed {
  return { passages, added: 0, unchanged: passages, revised: 0, superseded: 0, restored: 0 }
}

async function apply(
  tx: WriteHandle,
  { drafts, stored, ofAll }: Contents,
  { context, at }: Filing,
): Promise<Filed> {
  const plan = plannedFor(drafts, stored)
  const byId = new Map<string, Memory>(stored.map(memory => [memory.id, memory]))
  await tx.memories.create(plan.added.map(({ position }) => newMemory(drafts[position]!, context, at)))
  let restored = 0
  for (const { id, position, moved } of plan.kept) {
    const memory = byId.get(id)!
    // What a person forgot, invalidated or replaced stays so: reading the file again does not bring it back.
    if (memory.status === 'superseded' && memory.superseded_by === null) {
      restored++
      await change(tx, memory, { ...drafts[position]!, status: 'active', earlier_statuses: [] }, at)
    } else if (moved || Object.keys(ofAll).length > 0) {
      await change(tx, memory, { ...ofAll, position, label: drafts[position]!.label }, at)
    }
  }
  for (const { id, position } of plan.revised) {
    const old = byId.get(id)!
    await change(tx, old, { ...drafts[position]!, revision: old.revision + 1 }, at)
  }
  for (const { id } of plan.vanished) await vanish(tx, byId.get(id)!, at)
  return {
    passages: drafts.length,
    added: plan.added.length,
    unchanged: plan.kept.length - restored,
    revised: plan.revised.length,
    superseded: plan.vanished.length,
    restored,
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
    contentHash: memory.content_hash,
    live: memory.status === 'active',
  }))
  return reconcile(
    known,
    drafts.map(({ content, label, author }) => ({ contentHash: contentHash(content), label, author })),
  )
}

async function change(tx: WriteHandle, memory: Memory, next: Partial<Memory>, at: string): Promise<void> {
  await tx.memories.change(memory, nextVersion(memory, next, at))
}

async function vanish(tx: WriteHandle, memory: Memory, at: string): Promise<void> {
  const standing = mustMove(
    memory.id,
    { status: memory.status, earlier: memory.earlier_statuses },
    'supersede',
  )
  await change(tx, memory, { status: standing.status, earlier_statuses: standing.earlier }, at)
}

function toDocument(
  parsed: ParsedDocument,
  before: StoredDocument | null,
  { key, hash, project, options, context, at }: Filing,
): StoredDocument {
  return {
    id: before?.id ?? (context.newId() as DocumentId),
    source: key,
    type: parsed.type,
    hash,
    title: parsed.title,
    project,
    tags: tagsOf(parsed, options),
    metadata: parsed.metadata,
    ingested_at: before?.ingested_at ?? at,
    updated_at: at,
  }
}

function tagsOf({ fields }: ParsedDocument, { tags = [] }: FilingOptions): string[] {
  return [...new Set([...tags, ...(fields.tags ?? []).map(tag => tag.toLowerCase())])]
}

function toDraft(
  passage: ParsedPassage,
  parsed: ParsedDocument,
  { document, position, filing }: { document: StoredDocument; position: number; filing: Filing },
): MemoryDraft {
  const { fields } = parsed
  const { options, context, file } = filing
  return {
    content: passage.content,
    kind: options.kind ?? fields.kind ?? 'passage',
    title: passage.title,
    tags: document.tags,
    metadata: {},
    project: document.project,
    codebase: options.codebase ?? fields.codebase ?? null,
    file,
    topics: fields.topics ?? [],
    client_id: fields.client ?? context.client,
    session_id: fields.session ?? context.session,
    author: passage.author ?? fields.author ?? null,
    trust: options.third_party ? 'untrusted' : 'observed',
    confidence: null,
    slot: null,
    valid_from: passage.at ?? fields.valid_from ?? fields.at ?? null,
    valid_until: fields.valid_until ?? null,
    document_id: document.id,
    position,
    label: passage.label,
  }
}
