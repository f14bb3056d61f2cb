/** Writes the parts of one snapshot, or finds them there already. */
import { existsSync, promises } from 'node:fs'
import { join } from 'node:path'
import { sha256OfBytes } from '../../model/digest.ts'
import { Lanes } from './ahead.ts'
import { codeOf, writeForNow } from './disk.ts'
import { type Marker, partName, touch } from './folder.ts'
import type { Part } from './manifest.ts'
import { pack, release, unpack } from './part.ts'

const { readFile } = promises

export interface PartWriterOptions {
  readonly folder: string
  /** The snapshot that is being made. */
  readonly id: string
  readonly now: () => string
  readonly marker: Marker
}

/** Parts after which the snapshot says again that it is being made. */
const RENEWAL = 50

type Kept = { -readonly [field in keyof Part]: Part[field] }

export class PartWriter implements AsyncDisposable {
  readonly #options: PartWriterOptions
  readonly #parts: Kept[] = []
  readonly #written: string[] = []
  readonly #lanes = new Lanes()
  #text = new PartText()
  /** Those of parts that are written. */
  readonly #spare: PartText[] = []

  constructor(options: PartWriterOptions) {
    this.#options = options
  }

  /** Takes a row of the part under way, as canonical text. */
  add(row: string): void {
    this.#text.add(row)
  }

  /** Ends the part under way, if it has rows; at most a few parts are in memory. */
  async cut(table: string): Promise<void> {
    const text = this.#text
    if (text.rows === 0) return
    this.#text = this.#spare.pop() ?? new PartText()
    const { rows, bytes } = text
    const part: Kept = { table, rows, bytes: bytes.length, stored_bytes: 0, hash: sha256OfBytes(bytes) }
    this.#parts.push(part)
    await this.#lanes.begin(async () => {
      await this.#keep(part, bytes)
      text.clear()
      this.#spare.push(text)
    })
    // SQLite answers at once: without a pause here nobody else in this process would have a turn.
    await new Promise(resolve => setImmediate(resolve))
  }

  /** Waits until all of them are written, though not yet to the disk. */
  async end(): Promise<readonly Part[]> {
    await this.#lanes.end()
    return this.#parts
  }

  /** The files that were not there before, for `syncAll`. */
  get written(): readonly string[] {
    return this.#written
  }

  /** Nothing is written any more once the caller has given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lanes.settle()
  }

  async #keep(part: Kept, bytes: Buffer): Promise<void> {
    const { folder, id, now, marker } = this.#options
    const path = join(folder, partName(part.hash, 'rows'))
    if (this.#parts.length % RENEWAL === 0) await marker.renew()
    const found = await foundSound(path, bytes, now())
    if (found !== null) {
      part.stored_bytes = found
      return
    }
    const stored = await pack(bytes)
    await writeForNow(path, stored, id)
    this.#written.push(path)
    part.stored_bytes = stored.length
    release(stored)
  }
}

const FIRST_ROOM = 64 * 1024

/** The rows of one part, as the bytes that they become, in memory that is used for one part after the other. */
class PartText {
  #room = Buffer.allocUnsafeSlow(FIRST_ROOM)
  #length = 0
  rows = 0

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  add(row: string): void {
    // A character of UTF-16 takes three bytes at the most.
    this.#makeRoom(row.length * 3 + 1)
    this.#length += this.#room.write(row, this.#length)
    this.#length += this.#room.write('\n', this.#length)
    this.rows++
  }

  clear(): void {
    this.#length = 0
    this.rows = 0
  }

  #makeRoom(wanted: number): void {
    if (this.#length + wanted <= this.#room.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#room.length, this.#length + wanted))
    this.#room.copy(larger, 0, 0, this.#length)
    release(this.#room)
    this.#room = larger
  }
}

/** The size of a part that is there and whole; null where it is to be written, also over one that is damaged. */
async function foundSound(path: string, bytes: Buffer, now: string): Promise<number | null> {
  // Before it is relied on: prune leaves alone what was touched lately.
  if (!existsSync(path) || !(await touch(path, now))) return null
  try {
    const stored = await readFile(path)
    const { length } = stored
    const found = await unpack(stored, bytes.length)
    const isSame = found?.equals(bytes) === true
    for (const read of [stored, found]) if (read !== null) release(read)
    return isSame ? length : null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
