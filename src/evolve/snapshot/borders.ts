/**
 * Where one part of a table ends and the next begins. A border hangs on a row's key and, roughly, its place, never on
 * what rows say: an edit moves no border, and rows appended at the end move none before them.
 */

/** Rows of a part on average: a share of all rows before it, so that the last part of a table is a small part of it. */
const SHARE = 16
const FEWEST = 32
const MOST = 1024

/** Characters at which a part of fat rows ends early. */
const FULL = 1024 * 1024

export class Borders {
  #place = 0
  #rows = 0
  #characters = 0

  /** Whether the part ends after this row. Rows are told in the order of their keys. */
  after(key: string, characters: number): boolean {
    this.#place++
    this.#rows++
    this.#characters += characters
    const average = averageAt(this.#place)
    const isBorder = this.#rows >= average / 4 && spread(key) % average === 0
    if (!isBorder && this.#rows < average * 1.5 && this.#characters < FULL) return false
    this.#rows = 0
    this.#characters = 0
    return true
  }
}

/** A power of two, so that borders of a coarser place are borders of a finer one too. */
function averageAt(place: number): number {
  const wanted = Math.min(MOST, Math.max(FEWEST, place / SHARE))
  return 2 ** Math.floor(Math.log2(wanted))
}

/** 32 bits that keys in sequence spread evenly over: FNV-1a, ended as MurmurHash3 ends. */
function spread(key: string): number {
  let bits = 0x811c9dc5
  for (let at = 0; at < key.length; at++) bits = Math.imul(bits ^ key.charCodeAt(at), 0x01000193)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
