/** What a parsed document is to be in the store: the document itself, and a draft of each passage. */
import type { ParsedDocument, ParsedPassage } from '../ingest/document.ts'
import { canonicalJson } from '../model/digest.ts'
import { type DocumentId, LIMITS, type MemoryDraft } from '../model/memory.ts'
import type { DocumentOptions, StoredDocument } from '../store/documents.ts'
import type { Context } from './operation.ts'

export interface Filing {
  /** What the document is known by from one ingest to the next. */
  readonly key: string
  readonly file: string | null
  readonly hash: string
  readonly project: string | null
  readonly options: DocumentOptions
  readonly context: Context
  readonly at: string
}

export function toDocument(
  parsed: ParsedDocument,
  before: StoredDocument | null,
  { key, hash, project, options: asked, context, at }: Filing,
): StoredDocument {
  const options = optionsAfter(before?.options ?? {}, asked)
  return {
    id: before?.id ?? (context.newId() as DocumentId),
    source: key,
    type: parsed.type,
    hash,
    title: parsed.title,
    project,
    tags: tagsOf(parsed, options),
    metadata: parsed.metadata,
    options,
    ingested_at: before?.ingested_at ?? at,
    updated_at: at,
  }
}

/** What is asked for now, else what was before. Quarantine stays: reading a source again does not make it trusted. */
export function optionsAfter(before: DocumentOptions, asked: DocumentOptions): DocumentOptions {
  const codebase = asked.codebase ?? before.codebase
  const kind = asked.kind ?? before.kind
  const tags = asked.tags ?? before.tags
  return {
    ...(codebase === undefined ? {} : { codebase }),
    ...(kind === undefined ? {} : { kind }),
    ...(tags === undefined ? {} : { tags }),
    ...(asked.third_party || before.third_party ? { third_party: true } : {}),
  }
}

type Reading = Pick<StoredDocument, 'hash' | 'project' | 'options'>

/** Whether reading it would change nothing. */
export function isSameReading(before: Reading, now: Reading): boolean {
  return (
    before.hash === now.hash &&
    before.project === now.project &&
    canonicalJson(before.options) === canonicalJson(now.options)
  )
}

function tagsOf({ fields }: ParsedDocument, { tags = [] }: DocumentOptions): string[] {
  return [...new Set([...tags, ...(fields.tags ?? []).map(tag => tag.toLowerCase())])]
}

/** The front matter that is no field, where it fits a memory. A conversation's own, which grows, stays with it. */
export function passageMetadata({ type, metadata }: Pick<StoredDocument, 'type' | 'metadata'>) {
  return type === 'markdown' && metadataBytes(metadata) <= LIMITS.metadataBytes ? metadata : {}
}

/** What a person is told of front matter that has no place, or nothing. */
export function metadataNotices({ type, metadata }: Pick<StoredDocument, 'type' | 'metadata'>): string[] {
  const bytes = metadataBytes(metadata)
  if (type !== 'markdown' || bytes <= LIMITS.metadataBytes) return []
  const limit = LIMITS.metadataBytes / 1024
  return [`front matter that is no field was left out: ${bytes} bytes of JSON, at most ${limit} KiB are kept`]
}

function metadataBytes(metadata: Readonly<Record<string, unknown>>): number {
  return Buffer.byteLength(JSON.stringify(metadata))
}

export function toDraft(
  passage: ParsedPassage,
  { fields }: ParsedDocument,
  { document, position, filing }: { document: StoredDocument; position: number; filing: Filing },
): MemoryDraft {
  const { context, file } = filing
  const { options } = document
  return {
    content: passage.content,
    kind: options.kind ?? fields.kind ?? 'passage',
    title: passage.title,
    tags: document.tags,
    metadata: passageMetadata(document),
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
    slot_pattern: null,
    valid_from: passage.at ?? fields.valid_from ?? fields.at ?? null,
    valid_until: fields.valid_until ?? null,
    document_id: document.id,
    position,
    label: passage.label,
  }
}
