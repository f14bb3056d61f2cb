/**
 * Receipts: what names a change so that it can be taken back. A receipt is the place of the change's entries in the
 * journal, with the beginning of the first one's hash, so that one of another store is told from one of this.
 */

export interface Receipt {
  /** Sequence of the first entry. */
  readonly first: number
  readonly entries: number
  /** The first 12 hexadecimal digits of the first entry's hash. */
  readonly hash: string
}

export function toReceipt(
  first: { readonly sequence: number; readonly hash: string },
  entries: number,
): string {
  return `r${first.sequence}-${entries}-${first.hash.slice(0, 12)}`
}

/** Null where the text is no receipt. */
export function parseReceipt(text: string): Receipt | null {
  const match = /^r([1-9]\d{0,14})-([1-9]\d{0,6})-([0-9a-f]{12})$/.exec(text)
  return match === null ? null : { first: Number(match[1]), entries: Number(match[2]), hash: match[3]! }
}
