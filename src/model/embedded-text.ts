/** What is embedded of a memory or an entity. Vectors made from another text of it do not count as its own. */
import { sha256 } from './digest.ts'
import { type Entity, textOf } from './entity.ts'

/** In UTF-16 units. Models read some hundred words; what comes later would only cost time, or money. */
export const MAX_EMBEDDED_TEXT = 4096

export interface EmbeddedFields {
  readonly content: string
  readonly title?: string | null
}

/**
 * `title`, a new line and the content; at most MAX_EMBEDDED_TEXT units, cut between characters. A title that the
 * content begins with is not said twice. The author is left out: a name that a question and a text share is near to
 * nothing else, whoever says it, and the ranker knows who said what (measured: +0 to +1 point of recall@10 on
 * conversations, with a small model and a larger one). Dates, labels, the turn before, and several vectors for a long
 * passage gave nothing beyond noise.
 */
export function toEmbeddedText({ content, title }: EmbeddedFields): string {
  const said = content.trim()
  const heading = title?.trim() ?? ''
  return cut(heading === '' || said.startsWith(heading) ? said : `${heading}\n${said}`)
}

/** As of a memory: the name for a title, and what else it is found by. */
export function toEmbeddedEntity(entity: Pick<Entity, 'name' | 'description' | 'aliases'>): string {
  return toEmbeddedText({ title: entity.name, content: textOf(entity) })
}

/** By which a vector tells of what text it is: the first 128 bits of SHA-256, in hexadecimal. */
export function textHash(text: string): string {
  return sha256(text).slice(0, 32)
}

/** A query is embedded as it is asked. */
export function toEmbeddedQuery(query: string): string {
  return cut(query.trim())
}

function cut(text: string): string {
  if (text.length <= MAX_EMBEDDED_TEXT) return text
  const end = text.charCodeAt(MAX_EMBEDDED_TEXT - 1)
  const splitsPair = end >= 0xd800 && end <= 0xdbff
  return text.slice(0, splitsPair ? MAX_EMBEDDED_TEXT - 1 : MAX_EMBEDDED_TEXT)
}
