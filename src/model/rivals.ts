/**
 * What holds when, so that whether anything of another value holds at the same time is found without comparing pairs: for
 * each in the order in which they begin, which of it and those before it holds longest.
 */

/** ISO 8601, UTC; null where it has no beginning, or no end. */
interface Span {
  readonly value_key: string
  readonly valid_from: string | null
  readonly valid_until: string | null
}

export function byBeginning<T extends Span>(spans: readonly T[]): T[] {
  return spans.toSorted((a, b) => order(beginOf(a), beginOf(b)))
}

interface End {
  readonly value_key: string
  readonly until: string
}

export class Rivals {
  readonly #begins: string[] = []
  /** The longest, and the longest with another value than that. */
  readonly #longest: (readonly [End, End | null])[] = []

  /** `sorted` as `byBeginning` gives them. */
  constructor(sorted: readonly Span[]) {
    for (const claim of sorted) {
      const [first, second] = this.#longest.at(-1) ?? [null, null]
      this.#begins.push(beginOf(claim))
      this.#longest.push(longestOf({ value_key: claim.value_key, until: endOf(claim) }, first, second))
    }
  }

  /** Whether one of them has another value and a time in common with the claim. */
  contradict(claim: Span): boolean {
    const end = endOf(claim)
    const [first = null, second = null] = this.#longest[firstAt(this.#begins, end) - 1] ?? []
    const other = first?.value_key === claim.value_key ? second : first
    return other !== null && other.until > beginOf(claim)
  }
}

function longestOf(next: End, first: End | null, second: End | null): readonly [End, End | null] {
  if (first === null) return [next, null]
  if (next.value_key === first.value_key) return [next.until > first.until ? next : first, second]
  if (next.until > first.until) return [next, first]
  return [first, second === null || next.until > second.until ? next : second]
}

/** How many of the sorted texts come before another one. */
function firstAt(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}

function beginOf({ valid_from }: Span): string {
  return valid_from ?? ''
}

/** Behind every time that can be written. */
const NEVER = '\uffff'

function endOf({ valid_until }: Span): string {
  return valid_until ?? NEVER
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
