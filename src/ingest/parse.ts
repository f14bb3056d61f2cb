import { parseConversations, parseJsonLines } from './conversation.ts'
import { decode } from './decode.ts'
import type { ParsedDocument, Source } from './document.ts'
import { parseMarkdown } from './markdown.ts'
import { parseText } from './text.ts'

/** The extensions whose files a folder is searched for, with how each is read. */
export const FORMATS: ReadonlyMap<string, 'markdown' | 'json' | 'lines' | 'text'> = new Map([
  ['md', 'markdown'],
  ['markdown', 'markdown'],
  ['mdx', 'markdown'],
  ['json', 'json'],
  ['jsonl', 'lines'],
  ['ndjson', 'lines'],
  ['txt', 'text'],
  ['text', 'text'],
  ['rst', 'text'],
  ['adoc', 'text'],
  ['org', 'text'],
  ['log', 'text'],
])

/** The extension of a name in lower case, without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  return /[^\\/]\.([^.\\/]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
}

/**
 * The documents of a source: one, but several for a JSON file with a list of conversations. An extension that is not
 * in FORMATS is read as plain text. All or nothing: a source that is malformed anywhere gives no document.
 * @throws SOURCE_UNREADABLE when it is binary, not UTF-8 (or UTF-16 with a byte order mark), or over 64 MiB.
 * @throws SOURCE_MALFORMED naming the line or the item that breaks its form.
 */
export function parseSource(source: Source): ParsedDocument[] {
  const text = decode(source)
  switch (FORMATS.get(extensionOf(source.name)) ?? 'text') {
    case 'markdown':
      return [parseMarkdown(source.name, text)]
    case 'json':
      return parseConversations(source.name, text)
    case 'lines':
      return [parseJsonLines(source.name, text)]
    case 'text':
      return [parseText(text)]
  }
}
