/**
 * Hashes. SHA-256 in lower-case hexadecimal everywhere, over bytes that every engine reproduces.
 */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { assertBug } from './errors.ts'

/** Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes, 64 characters. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** The digest that tells whether two memories say the same: SHA-256 of the NFC-normalised text. */
export function contentHash(content: string): string {
  return sha256(content.normalize('NFC'))
}

/** RFC 8785 JSON: one text for one value, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  assertBug(text !== undefined, 'a value without a JSON form was to be hashed')
  return text
}

/** Lower-case hexadecimal SHA-256 of bytes. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** SHA-256 of a text's UTF-8 bytes as 32 characters of one byte each: to compute with, faster than hexadecimal. */
export function sha256Binary(text: string): string {
  return hash('sha256', text, 'binary')
}
