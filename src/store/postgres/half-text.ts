/**
 * 16-bit floats as the text that the server reads as a `halfvec`. There are only 65,536 of them, so each is written once
 * and looked up ever after, which is some ten times as fast as writing numbers.
 */

/** Five digits tell any two 16-bit floats apart: they have eleven bits. */
const DIGITS = 5

/** What is neither infinite nor no number has another exponent. */
const EXPONENT = 0x7c00

const texts: (string | undefined)[] = new Array(65_536)

/** Of 16-bit floats, little-endian; null where one of them is not finite, which the server refuses. */
export function toHalfvecText(bytes: Uint8Array): string | null {
  const parts = new Array<string>(bytes.length >> 1)
  for (let at = 0; at < parts.length; at++) {
    const bits = bytes[2 * at]! | (bytes[2 * at + 1]! << 8)
    if ((bits & EXPONENT) === EXPONENT) return null
    texts[bits] ??= textOf(bits)
    parts[at] = texts[bits]!
  }
  return `[${parts.join(',')}]`
}

/** IEEE 754: a sign, 5 bits of exponent, 10 of fraction. */
function textOf(bits: number): string {
  const exponent = (bits & EXPONENT) >> 10
  const fraction = bits & 0x3ff
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  const number = bits & 0x8000 ? -size : size
  return String(Number(number.toPrecision(DIGITS)))
}
