/** Texts that one request takes at most, and bytes of them. A longer text goes alone. */
export const LARGEST_BATCH = 64
const LARGEST_BATCH_BYTES = 256 * 1024

export function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = []
  let bytes = 0
  for (const text of texts) {
    const size = Buffer.byteLength(text)
    const last = batches.at(-1)
    if (last === undefined || last.length === LARGEST_BATCH || bytes + size > LARGEST_BATCH_BYTES) {
      batches.push([text])
      bytes = size
    } else {
      last.push(text)
      bytes += size
    }
  }
  return batches
}
