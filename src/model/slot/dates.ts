/** Dates that can be read in one way only. 03/04/2026 is April in Rome and March in Boston, and is no date here. */

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)

const WEEKDAY = '(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,? )?'
const MONTH = '([a-z]{3,9})\\.?'
const YEAR = '([1-9]\\d{3})'
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?'

const DAY_FIRST = new RegExp(`^${WEEKDAY}${DAY}[ -](?:of )?${MONTH},?[ -]${YEAR}$`)
const MONTH_FIRST = new RegExp(`^${WEEKDAY}${MONTH} ${DAY},? ${YEAR}$`)
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.([1-9]\d{3})$/
const ISO =
  /^([1-9]\d{3})([-/])(\d\d)\2(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(z|utc|[+-]\d\d(?::?\d\d)?))?)?$/

/**
 * The normal form of a date, or null where the text is none. A time with an offset becomes a UTC instant
 * `2026-03-31T08:00:00Z`; one without stays a time of its unnamed place, `2026-03-31T10:00:00`.
 */
export function readDate(text: string): string | null {
  // The longest date is far shorter, and the patterns need not see more.
  if (text.length > 50) return null
  const lower = text.toLowerCase()
  const named = DAY_FIRST.exec(lower)
  if (named !== null) return toDay(named[3], monthOf(named[2]), named[1])
  const american = MONTH_FIRST.exec(lower)
  if (american !== null) return toDay(american[3], monthOf(american[1]), american[2])
  const dotted = DOTTED.exec(lower)
  if (dotted !== null) return toDay(dotted[3], Number(dotted[2]), dotted[1])
  const iso = ISO.exec(lower)
  return iso === null ? null : readIso(iso)
}

function readIso([
  ,
  year,
  ,
  month,
  date,
  hour,
  minute,
  second = '00',
  fraction = '',
  offset,
]: RegExpExecArray) {
  const day = toDay(year, Number(month), date)
  if (day === null || hour === undefined) return day
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const parts = trimZeros(fraction)
  const rest = parts === '' ? '' : `.${parts}`
  const time = `${day}T${hour}:${minute}:${second}`
  if (offset === undefined) return time + rest
  const minutes = minutesOf(offset)
  if (minutes === null) return null
  const instant = new Date(Date.parse(`${time}Z`) - minutes * 60_000)
  return `${instant.toISOString().slice(0, -5)}${rest}Z`
}

function minutesOf(offset: string): number | null {
  if (offset === 'z' || offset === 'utc') return 0
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', '') || '0')]
  if (hours > 14 || minutes > 59) return null
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** 0 where no month is called so. "Sept" and full names are as good as three letters. */
function monthOf(name = ''): number {
  return MONTHS.findIndex(month => month.startsWith(name)) + 1
}

function toDay(year = '', month = 0, day = ''): string | null {
  const [wanted, date] = [Number(day), new Date(Date.UTC(Number(year), month - 1, Number(day)))]
  if (month < 1 || month > 12 || wanted < 1 || date.getUTCDate() !== wanted) return null
  return date.toISOString().slice(0, 10)
}

function trimZeros(fraction: string): string {
  let end = fraction.length
  while (end > 0 && fraction[end - 1] === '0') end--
  return fraction.slice(0, end)
}
