/**
 * Exact decimals of any length. Floating point would make 0.1 + 0.2 of two equal values, and big integers take more
 * than linear time to read.
 */

/** `digits` times ten to the `exponent`. Digits have no zeros at either end; zero is no digits at all. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly exponent: number
}

/** Beyond this many characters a number is written with its exponent: `1e9000` must not become a page of zeros. */
const PLAIN = 40

// Groups of three behind one kind of separator, or plain digits. A leading zero is a code's, not a number's.
const NUMBER =
  /^([+\-−]?)(?:((?:[1-9]\d{0,2}([,_ ])\d{3}(?:\3\d{3})*(?!\d)|0(?!\d)|[1-9]\d*))(?:\.(\d+))?|\.(\d+))(?:e([+-]?\d{1,6})(?!\d))?/i

/** The number that the text begins with, and where it ends; null where it begins with none. */
export function readDecimal(text: string): { number: Decimal; end: number } | null {
  const match = NUMBER.exec(text)
  if (match === null) return null
  const [whole, sign, integer = '', , fraction = match[5] ?? '', , exponent = '0'] = match
  const digits = integer.replace(/[,_ ]/g, '') + fraction
  return {
    number: trim(sign !== '' && sign !== '+', digits, Number(exponent) - fraction.length),
    end: whole.length,
  }
}

/** The number times `factor` times ten to the `exponent`; the factor is a whole number below 10 to the 13th. */
export function scale(number: Decimal, factor: number, exponent: number): Decimal {
  let carry = 0
  const product: number[] = []
  for (let place = number.digits.length - 1; place >= 0; place--) {
    const sum = Number(number.digits[place]) * factor + carry
    product.push(sum % 10)
    carry = Math.floor(sum / 10)
  }
  const low = product.reverse().join('')
  return trim(number.negative, (carry === 0 ? '' : String(carry)) + low, number.exponent + exponent)
}

export function writeDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  const point = digits.length + exponent
  if (exponent >= 0 && point <= Math.max(PLAIN, digits.length)) return sign + digits + '0'.repeat(exponent)
  if (exponent < 0 && point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  if (exponent < 0 && point > -PLAIN) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits}e${exponent}`
}

/** A pattern such as /0+$/ would take quadratic time on zeros that are not at the end. */
function trim(negative: boolean, digits: string, exponent: number): Decimal {
  let start = 0
  let end = digits.length
  while (start < end && digits[start] === '0') start++
  while (end > start && digits[end - 1] === '0') end--
  if (start === end) return { negative: false, digits: '', exponent: 0 }
  return { negative, digits: digits.slice(start, end), exponent: exponent + digits.length - end }
}
