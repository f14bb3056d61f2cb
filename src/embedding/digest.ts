import { sha256 } from '../model/digest.ts'

/** The digest of a space: SHA-256 over a line for each thing that makes the vectors, its name and its value. */
export function spaceDigest(parts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(parts).map(([name, value]) => `${name} ${value}\n`)
  return sha256(lines.join(''))
}
