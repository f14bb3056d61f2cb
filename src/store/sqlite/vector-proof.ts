/** Whether a file is the one that its manifest describes, byte for byte: asked before the library sees it. */
import { promises, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { generationName } from './vector-folder.ts'
import type { ProvedPath } from './vector-graph.ts'
import type { VectorManifest } from './vector-manifest.ts'

/** Bytes a step: half a millisecond between turns of the event loop. */
const STEP = 1 << 20

/** Eight hexadecimal digits. Every damage of up to 32 bits in a row is found, of others all but one in 4 thousand million. */
export async function crc32Of(file: promises.FileHandle): Promise<{ bytes: number; crc32: string }> {
  const buffer = Buffer.allocUnsafeSlow(STEP)
  let [bytes, sum] = [0, 0]
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, STEP, bytes)
    if (bytesRead === 0) return { bytes, crc32: sum.toString(16).padStart(8, '0') }
    sum = crc32(buffer.subarray(0, bytesRead), sum)
    bytes += bytesRead
  }
}

/**
 * Lets `use` have the file that a manifest names once it is proved to be whole.
 * @returns what `use` gives, or why the file is of no use.
 */
export async function withProved<T>(
  folder: string,
  manifest: VectorManifest,
  use: (path: ProvedPath) => T,
): Promise<{ readonly result: T } | { readonly why: string }> {
  const path = join(folder, generationName(manifest.space, manifest.generation))
  const unusable = (what: string) => ({ why: `${path} ${what}` })
  let file: promises.FileHandle
  try {
    file = await promises.open(path, 'r')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return unusable(code === 'ENOENT' ? 'is missing' : `cannot be read: ${message}`)
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) return unusable('is no file')
    if (found.size !== manifest.bytes) return unusable(`has ${found.size} bytes, not ${manifest.bytes}`)
    const { bytes, crc32 } = await crc32Of(file)
    if (bytes !== manifest.bytes || crc32 !== manifest.crc32)
      return unusable('is damaged: its sum is another')
    return { result: use(pathOf(file.fd, found, path)) }
  } catch (error) {
    return unusable(`cannot be read: ${(error as Error).message}`)
  } finally {
    await file.close()
  }
}

/**
 * A path to the open file itself, which leads to it also when its name is gone, where the system has one. Whoever folds
 * may delete the name at any moment, and the library closes standard input when there is no file.
 */
function pathOf(descriptor: number, { dev, ino }: { dev: number; ino: number }, path: string): ProvedPath {
  for (const open of [`/proc/self/fd/${descriptor}`, `/dev/fd/${descriptor}`]) {
    const found = statSync(open, { throwIfNoEntry: false })
    if (found?.dev === dev && found.ino === ino) return open as ProvedPath
  }
  return path as ProvedPath
}
