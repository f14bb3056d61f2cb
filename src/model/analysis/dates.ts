const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const ISO_DAY = /^(\d{4})-(\d\d)-(\d\d)/

/** Whether two digits and two digits can be a month and a day of it. */
export function isMonthDay(month: string, day: string): boolean {
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31
}

/** The English name of the month with this number, two digits from 01. */
export function monthName(month: string): string {
  return MONTHS[Number(month) - 1] ?? ''
}

/** The day of an ISO-8601 time in words, "8 May 2023"; empty when it is no such time. */
export function toDateWords(iso: string): string {
  const day = ISO_DAY.exec(iso)
  if (day === null || !isMonthDay(day[2]!, day[3]!)) return ''
  return `${Number(day[3])} ${monthName(day[2]!)} ${day[1]}`
}
