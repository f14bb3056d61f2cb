import { HeirloomError } from '../model/errors.ts'
import type { Source } from './document.ts'

/** The largest file that is read, in bytes. */
const FILE_BYTES = 64 * 1024 * 1024

/** @throws SOURCE_UNREADABLE when a file of that size would not be read. */
export function mustFit(name: string, size: number): void {
  if (size <= FILE_BYTES) return
  throw new HeirloomError(
    'SOURCE_UNREADABLE',
    `${name} is too large: ${size} bytes, and at most ${FILE_BYTES} (64 MiB) are read. Split it into several files.`,
  )
}

/**
 * The text of a source: UTF-8, or UTF-16 with a byte order mark. The mark is gone and every line ends in `\n`, so
 * that a file checked out on another system has the same passages.
 * @throws SOURCE_UNREADABLE when it is binary, in another encoding, or over FILE_BYTES.
 */
export function decode({ name, bytes }: Source): string {
  mustFit(name, bytes.length)
  const encoding = encodingOf(bytes)
  if (encoding === 'utf-8' && bytes.includes(0)) throw binary(name)
  const text = decodeAs(encoding, name, bytes)
  if (encoding !== 'utf-8' && text.includes('\0')) throw binary(name)
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

function encodingOf(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}

function decodeAs(encoding: Encoding, name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new HeirloomError(
      'SOURCE_UNREADABLE',
      `${name} is not valid ${encoding.toUpperCase()} text. If it is text, convert it: iconv -f WINDOWS-1252 -t UTF-8`,
      { cause },
    )
  }
}

function binary(name: string): HeirloomError {
  return new HeirloomError(
    'SOURCE_UNREADABLE',
    `${name} is binary: it contains NUL bytes. Extract its text first, and ingest that.`,
  )
}
