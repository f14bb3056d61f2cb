const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d{2}:?\d{2})?)?$/i
const SPOKEN = /^(\d{1,2}):(\d{2}) ?([ap])m on (\d{1,2}) ([a-z]+),? (\d{4})$/i
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const EPOCH = /^\d{9,10}(?:\.\d{1,9})?$|^\d{12,13}$/
// Below this a number counts seconds (up to the year 5138), above it milliseconds (from March 1973).
const FIRST_MILLISECONDS = 1e11

/**
 * A moment as ISO 8601 in UTC with milliseconds, or null when the value is not understood or no such day exists.
 * Understands ISO 8601 dates and times, `1:56 pm on 8 May, 2023`, and seconds or milliseconds since 1970 (as a number
 * or its digits). What names no zone is UTC; a date alone is its first moment.
 */
export function toTime(value: unknown): string | null {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string') return null
  const text = value.trim()
  return fromIso(text) ?? fromSpoken(text) ?? (EPOCH.test(text) ? fromEpoch(Number(text)) : null)
}

function fromEpoch(count: number): string | null {
  const milliseconds = Math.trunc(Math.abs(count) < FIRST_MILLISECONDS ? count * 1000 : count)
  return toIso(milliseconds)
}

function fromIso(text: string): string | null {
  const parts = ISO.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = parts
  const clock = [Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3))]
  return toMoment([Number(year), Number(month), Number(day)], clock, zoneMinutes(zone))
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

function fromSpoken(text: string): string | null {
  const parts = SPOKEN.exec(text)
  if (parts === null) return null
  const [, hour, minute, half, day, name = '', year] = parts
  const month = MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1
  if (Number(hour) < 1 || Number(hour) > 12) return null
  const hours = (Number(hour) % 12) + (half?.toLowerCase() === 'p' ? 12 : 0)
  return toMoment([Number(year), month, Number(day)], [hours, Number(minute), 0, 0], 0)
}

function toMoment(date: readonly number[], clock: readonly number[], zone: number): string | null {
  const [year = 0, month = 0, day = 0] = date
  const [hour = 0, minute = 0, second = 0, millisecond = 0] = clock
  const wall = new Date(0)
  wall.setUTCFullYear(year, month - 1, day)
  if (wall.getUTCMonth() !== month - 1 || wall.getUTCDate() !== day) return null
  if (hour > 23 || minute > 59 || second > 59) return null
  return toIso(wall.getTime() + ((hour * 60 + minute - zone) * 60 + second) * 1000 + millisecond)
}

function toIso(milliseconds: number): string | null {
  const moment = new Date(milliseconds)
  const year = moment.getUTCFullYear()
  return year >= 1 && year <= 9999 ? moment.toISOString() : null
}
