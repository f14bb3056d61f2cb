/**
 * The safetensors format: eight bytes that say how long the header is, the header in JSON, and the tensors' bytes one
 * after the other. Nothing of a file is believed before it fits: its header is checked against the file's length
 * before the rest is read. https://github.com/huggingface/safetensors#format
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { unavailable } from '../failures.ts'

/** Bytes of a number of each kind. */
const SIZES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const

export type Dtype = keyof typeof SIZES

export interface Tensor {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Bytes from the beginning of the data, and the first byte behind the tensor. */
  readonly start: number
  readonly end: number
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly data: ArrayBuffer
  /** SHA-256 of the whole file. */
  readonly hash: string
}

const LENGTH_BYTES = 8
/** A model has a handful of tensors; its header is some hundred bytes. */
const LARGEST_HEADER = 1024 * 1024
const LARGEST_FILE = 2 * 1024 ** 3
/** What one call of the operating system reads at most. */
const LARGEST_READ = 256 * 1024 * 1024

/** @throws EMBEDDER_UNAVAILABLE naming the file and what is wrong with it. */
export async function readTensors(path: string): Promise<TensorFile> {
  const size = await sizeOf(path)
  await using file = await onDisk(path, () => open(path))
  const first = await read(file, { path, at: 0, length: LENGTH_BYTES })
  const declared = new DataView(first).getBigUint64(0, true)
  const room = Math.min(size - LENGTH_BYTES, LARGEST_HEADER)
  if (declared > BigInt(room))
    throw unsound(path, `says that its header has ${declared} bytes, and there is room for ${room}`)
  const length = Number(declared)
  const header = await read(file, { path, at: LENGTH_BYTES, length })
  const start = LENGTH_BYTES + length
  const tensors = parseHeader(new Uint8Array(header), size - start, path)
  const data = await read(file, { path, at: start, length: size - start })
  const sum = createHash('sha256')
  for (const part of [first, header, data]) sum.update(new Uint8Array(part))
  return { tensors, data, hash: sum.digest('hex') }
}

export function unsound(path: string, what: string, cause?: unknown): Error {
  return unavailable(`${path} ${what}. Copy the model into its folder again.`, cause)
}

async function sizeOf(path: string): Promise<number> {
  const size = await mustBeFile(path, LARGEST_FILE)
  if (size < LENGTH_BYTES) throw unsound(path, `is cut off: it has ${size} bytes`)
  return size
}

/** @returns its bytes. @throws EMBEDDER_UNAVAILABLE where it is none, as a pipe, or too large. */
export async function mustBeFile(path: string, largest: number): Promise<number> {
  const found = await onDisk(path, () => stat(path))
  if (!found.isFile()) throw unsound(path, 'is not a file')
  if (found.size > largest)
    throw unsound(path, `has ${found.size} bytes, more than the ${largest} that are read`)
  return found.size
}

/** Runs what reads a file of a model, and says in our words why it cannot be read. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    if (code === 'ENOENT' || code === 'ENOTDIR') throw unsound(path, 'is not there', cause)
    throw unsound(path, `cannot be read (${code})`, cause)
  }
}

interface Stretch {
  readonly path: string
  readonly at: number
  readonly length: number
}

/** Into memory of its own, so that what begins there is aligned for numbers of any size. */
async function read(file: FileHandle, { path, at, length }: Stretch): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const wanted = Math.min(length - done, LARGEST_READ)
    const { bytesRead } = await onDisk(path, () => file.read(bytes, done, wanted, at + done))
    if (bytesRead === 0) throw unsound(path, `became shorter while it was read, at byte ${at + done}`)
    done += bytesRead
  }
  return bytes.buffer
}

function parseHeader(bytes: Uint8Array, room: number, path: string): ReadonlyMap<string, Tensor> {
  const header = parseJson(bytes)
  if (header === null) throw unsound(path, 'is damaged: its header is not a JSON object')
  const tensors = new Map<string, Tensor>()
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const tensor = toTensor(entry, room)
    if (typeof tensor === 'string') throw unsound(path, `is damaged: tensor ${shown(name)} ${tensor}`)
    tensors.set(name, tensor)
  }
  mustFillTheFile(tensors, room, path)
  return tensors
}

function parseJson(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 40))
}

/** The tensor of an entry of the header, or what is wrong with it. */
function toTensor(entry: unknown, room: number): Tensor | string {
  if (!isRecord(entry)) return 'is not described'
  const { dtype, shape, data_offsets } = entry
  if (typeof dtype !== 'string' || !Object.hasOwn(SIZES, dtype)) return 'has an unknown type of numbers'
  if (!isWholeNumbers(shape) || shape.length > 8) return 'has no shape'
  if (!isWholeNumbers(data_offsets) || data_offsets.length !== 2) return 'does not say where it is'
  const [start, end] = data_offsets as [number, number]
  if (start > end || end > room) return `lies outside the file: bytes ${start} to ${end} of ${room}`
  const size = shape.reduce((product, length) => product * length, SIZES[dtype as Dtype])
  if (size !== end - start) return `has ${end - start} bytes, and its shape says ${size}`
  return { dtype: dtype as Dtype, shape, start, end }
}

function isWholeNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(part => Number.isSafeInteger(part) && part >= 0)
}

/** Tensors lie one after the other up to the end: otherwise some of the file was lost, or is somebody else's. */
function mustFillTheFile(tensors: ReadonlyMap<string, Tensor>, room: number, path: string): void {
  let end = 0
  const inOrder = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  for (const [name, tensor] of inOrder) {
    if (tensor.start !== end)
      throw unsound(path, `is damaged: tensor ${shown(name)} begins at byte ${tensor.start}, not at ${end}`)
    end = tensor.end
  }
  if (end !== room) throw unsound(path, `is damaged: its tensors end at byte ${end} of ${room}`)
}
