/** Times in milliseconds, and what is told of them. */

export async function timed<T>(work: () => T | Promise<T>): Promise<[ms: number, result: T]> {
  const begun = performance.now()
  const result = await work()
  return [performance.now() - begun, result]
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

/** To three digits: what is looked up takes some hundredths of a millisecond, what is scanned hundreds of them. */
export function round(value: number): number {
  return Number(value.toPrecision(3))
}
