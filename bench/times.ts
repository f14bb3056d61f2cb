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

/**
 * To which power of the size a time grows: the slope of the least-squares line through their logarithms. 0 is not at
 * all, 1 is as the size does; null with fewer than two sizes.
 */
export function growthExponent(sizes: readonly number[], times: readonly number[]): number | null {
  if (sizes.length < 2) return null
  const [x, y] = [sizes.map(Math.log), times.map(Math.log)]
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middle, height] = [mean(x), mean(y)]
  const spread = mean(x.map(value => (value - middle) ** 2))
  return round(mean(x.map((value, at) => (value - middle) * (y[at]! - height))) / spread)
}
