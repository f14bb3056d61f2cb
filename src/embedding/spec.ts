/** What people write to name an embedder, and what it means. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { invalid } from './failures.ts'
import { parseEndpoint } from './http/endpoint.ts'

export interface EmbedderSpec {
  /** As in `SpaceDescription`: folders absolute, URLs with their path to the end. */
  readonly provider: string
  /** For `http:` alone: the name by which the server knows the model. */
  readonly model?: string
  readonly query_prefix?: string
  readonly document_prefix?: string
  /** Refused where the model has others; for `http:` learnt where not given. */
  readonly dimensions?: number
}

/** A provider by its kind, and what stands behind the colon. */
export type Provider =
  | { readonly kind: 'static' }
  | { readonly kind: 'model2vec'; readonly folder: string }
  | { readonly kind: 'transformers'; readonly source: TransformersSource }
  | { readonly kind: 'http'; readonly url: string }

/** A folder, absolute, or the id under which models are published. */
export type TransformersSource = { readonly folder: string } | { readonly id: string }

const FORMS =
  'none, static, model2vec:<folder>, transformers:<model id or folder>, http:<url>#<model> (such as http:https://api.example.com/v1#name)'

/**
 * Null for `none`. Folders come out absolute.
 * @throws INVALID_INPUT naming the forms that are known.
 */
export function parseEmbedder(text: string): EmbedderSpec | null {
  const trimmed = text.trim()
  if (trimmed === 'none') return null
  // http://host is meant as http:http://host: nothing else can begin so.
  const written = /^https?:\/\//i.test(trimmed) ? `http:${trimmed}` : trimmed
  if (!written.startsWith('http:')) return { provider: nameOfProvider(parseProvider(written)) }
  const [url, model] = splitAt(written.slice('http:'.length), '#')
  if (model.trim() === '')
    throw invalid('An embedder on a server needs its model behind the URL: http:<url>#<model>.')
  return { provider: nameOfProvider(parseProvider(`http:${url}`)), model: model.trim() }
}

/** @throws INVALID_INPUT */
export function parseProvider(text: string): Provider {
  const [kind, rest] = splitAt(text, ':')
  if (kind === 'static' && text === 'static') return { kind }
  if (kind === 'http') return { kind, url: parseEndpoint(rest).href }
  if (rest.trim() === '' || rest.includes('\0')) throw unknown(text)
  if (kind === 'model2vec') return { kind, folder: toFolder(rest) }
  if (kind === 'transformers') return { kind, source: isPath(rest) ? { folder: toFolder(rest) } : toId(rest) }
  throw unknown(text)
}

/** As `parseProvider` reads it, folders absolute. */
export function nameOfProvider(provider: Provider): string {
  switch (provider.kind) {
    case 'static':
      return 'static'
    case 'model2vec':
      return `model2vec:${provider.folder}`
    case 'transformers':
      return `transformers:${'id' in provider.source ? provider.source.id : provider.source.folder}`
    case 'http':
      return `http:${provider.url}`
  }
}

/** Before and behind the first mark; all and nothing where there is none. */
function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** A shell does not expand ~ behind a colon. */
function toFolder(text: string): string {
  return /^~(?=[\\/]|$)/.test(text) ? join(homedir(), text.slice(1)) : resolve(text)
}

/** Whether it can only be a folder: an id is one name, or two with a slash between. */
function isPath(text: string): boolean {
  return /^(\.{1,2}|~|[a-z]:)?[\\/]|^(\.{1,2}|~)$/i.test(text)
}

function toId(text: string): { id: string } {
  if (/^[\w.-]{1,96}(\/[\w.-]{1,96})?$/.test(text) && !text.includes('..')) return { id: text }
  throw invalid(
    `transformers:${text.slice(0, 80)} is neither a model's id (such as Xenova/all-MiniLM-L6-v2) nor a folder (written ./folder or /folder).`,
  )
}

/** A URL under a misspelt name may hold a password. */
function unknown(text: string): Error {
  const shown = text.replace(/\/\/.*@/, '//…@').slice(0, 80)
  return invalid(`Unknown embedder ${JSON.stringify(shown)}. Known: ${FORMS}.`)
}
