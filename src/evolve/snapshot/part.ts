/**
 * One part on the disk: gzip, and behind it an empty gzip member whose comment is the CRC-32 of all before it. Any
 * gunzip reads the whole; the member finds flipped bits in which decompressing would see no difference, since some
 * of a header's fields and the bits that fill the last byte carry nothing.
 */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, crc32, gunzip, gzip } from 'node:zlib'
import { sha256OfBytes } from '../../model/digest.ts'
import { HeirloomError } from '../../model/errors.ts'
import { mustNotBeAborted } from '../../store/waiting.ts'
import { codeOf } from './disk.ts'
import { partName } from './folder.ts'
import type { Part } from './manifest.ts'

/** Text of one kind compresses to a fourth at the first level; higher ones take several times as long for a tenth. */
const LEVEL = { level: constants.Z_BEST_SPEED }

/** A gzip header that announces a comment: no name, no time, no system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff])
/** Nothing, deflated; its CRC-32 and its length. */
const EMPTY = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])

const LARGEST_CHUNK = 4 * 1024 * 1024

function sealOf(packed: Uint8Array): Buffer {
  const comment = `crc32:${crc32(packed).toString(16).padStart(8, '0')}\0`
  return Buffer.concat([HEADER, Buffer.from(comment, 'latin1'), EMPTY])
}

const SEAL = sealOf(new Uint8Array()).length

export async function pack(bytes: Uint8Array): Promise<Buffer> {
  // Room for most answers at once: by default they come in pieces of 16 KiB, each with a turn of the event loop.
  const options = { ...LEVEL, chunkSize: roomFor(bytes.length / 3) }
  const packed = await onAnotherThread(done => gzip(bytes, options, done))
  const sealed = Buffer.concat([packed, sealOf(packed)])
  release(packed)
  return sealed
}

/**
 * Gives memory back at once that nobody looks at any more: the collector would let 64 MB of such bytes come together
 * before it began. Small ones share their memory with others and are left to it.
 */
export function release(bytes: Buffer): void {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0)
}

/** Whether a file is what `pack` once gave, to the bit. */
function isSealed(stored: Buffer): boolean {
  const packed = stored.subarray(0, Math.max(0, stored.length - SEAL))
  return sealOf(packed).equals(stored.subarray(packed.length))
}

/** The bytes that were packed; null where the file was altered since, or holds more than `length`. */
export async function unpack(stored: Buffer, length: number): Promise<Buffer | null> {
  if (!isSealed(stored)) return null
  const packed = stored.subarray(0, stored.length - SEAL)
  const options = { maxOutputLength: Math.max(1, length), chunkSize: roomFor(length) }
  return onAnotherThread(done => gunzip(packed, options, done)).catch(() => null)
}

function roomFor(length: number): number {
  return Math.min(Math.max(Math.ceil(length) + 64, constants.Z_MIN_CHUNK), LARGEST_CHUNK)
}

function onAnotherThread(
  work: (done: (error: Error | null, bytes: Buffer) => void) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    work((error, bytes) => (error === null ? resolve(bytes) : reject(error))),
  )
}

/** A part that is not what its manifest says. The message names it. */
export class PartProblem extends Error {
  constructor(part: Part, what: string) {
    super(`part ${nameOf(part)} ${what}`)
  }
}

/** For people: its table and its file. */
function nameOf(part: Part): string {
  return `${part.table ?? 'database'} ${partName(part.hash, part.table === null ? 'file' : 'rows')}`
}

/**
 * The text of a part of rows, once it is sure that it is what the manifest says. For `linesOf`, and then to `release`.
 * @throws PartProblem
 */
export async function readPart(folder: string, part: Part): Promise<Buffer> {
  // At once: see `writeWhole`.
  const stored = await mustRead(part, async () => readFileSync(join(folder, partName(part.hash, 'rows'))))
  if (stored.length === 0) throw new PartProblem(part, 'is empty')
  if (!isSealed(stored)) throw new PartProblem(part, 'is torn or altered: it does not give its checksum')
  const bytes = await unpack(stored, part.bytes)
  release(stored)
  if (bytes === null || bytes.length !== part.bytes || sha256OfBytes(bytes) !== part.hash)
    throw new PartProblem(part, 'is another part or altered: it does not give its hash')
  return bytes
}

/**
 * Reads the one part of a snapshot of the kind `file`, without keeping it.
 * @throws PartProblem
 */
export async function mustBeSoundFile(folder: string, part: Part, signal?: AbortSignal): Promise<void> {
  const found = await mustRead(part, () => hashOfFile(join(folder, partName(part.hash, 'file')), signal))
  if (found.bytes !== part.bytes)
    throw new PartProblem(part, `is torn or altered: ${found.bytes} bytes of ${part.bytes}`)
  if (found.hash !== part.hash) throw new PartProblem(part, 'is altered: it does not give its hash')
}

async function mustRead<T>(part: Part, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') throw new PartProblem(part, 'is missing')
    if (error instanceof HeirloomError) throw error
    throw new PartProblem(part, `cannot be read (${(error as Error).message})`)
  }
}

export async function hashOfFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ hash: string; bytes: number }> {
  const sum = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    mustNotBeAborted(signal)
    sum.update(chunk)
    bytes += chunk.length
  }
  return { hash: sum.digest('hex'), bytes }
}
