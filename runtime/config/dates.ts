/**
 * Dates of rules, as the planner reads them (actors/coordinator/engine/resolve/calendar.ts) and a little stricter: a day that no calendar has is
 * none. Pure: no clock.
 */

/** Numbers that each part of a `date_spec` can have: all that the planner knows. */
export const SPEC = {
  years: [1000, 9999],
  months: [1, 12],
  monthdays: [1, 31],
  hours: [0, 23],
  minutes: [0, 59],
  seconds: [0, 59],
  weekdays: [1, 7],
  yeardays: [1, 366],
  weeks: [1, 53],
  weekyears: [1000, 9999],
  moon: [0, 7],
} as const satisfies Readonly<Record<string, readonly [min: number, max: number]>>
export type SpecName = keyof typeof SPEC
export const SPEC_NAMES = Object.keys(SPEC) as readonly SpecName[]

/** `9`, `9-16`, `9-` or `-16`, within what the part can have. */
export function isRange(name: SpecName, text: string): boolean {
  const found = /^(\d{1,4})?(-(\d{1,4})?)?$/.exec(text)
  if (!found || (found[1] === undefined && found[3] === undefined)) return false
  const [min, max] = SPEC[name]
  const low = Number(found[1] ?? min)
  const high = Number(found[3] ?? (found[2] === undefined ? low : max))
  return min <= low && low <= high && high <= max
}

const DAY_S = 86_400
/** Days since 1970 of a date of the years 1000 to 9999; undefined when there is no such day. */
function dayOf(year: number, month: number, day: number): number | undefined {
  const at = new Date(Date.UTC(year, month - 1, day))
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() / (DAY_S * 1000) : undefined
}
/** 1 = Monday. */
const weekday = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1
const yearOf = (day: number): number => new Date(day * DAY_S * 1000).getUTCFullYear()

const MOMENT = /^([1-9]\d{3})(?:-?W(\d\d)(?:-?(\d))?|-(\d{3})(?!\d)|-?(\d\d)(?:-?(\d\d))?)?(?:[T ]+(.+))?$/

/** Seconds since 1970 of an ISO 8601 date with or without time and offset (UTC without one), or of a number of them; undefined when it is none. */
export function parseMoment(text: string): number | undefined {
  if (/^\d{9,12}$/.test(text)) return Number(text)
  const found = MOMENT.exec(text)
  if (!found) return undefined
  const [, y, week, ofWeek, ofYear, month, ofMonth, time] = found
  const year = Number(y)
  const day =
    week !== undefined
      ? dayOfWeek(year, Number(week), Number(ofWeek ?? 1))
      : ofYear !== undefined
        ? dayOfYear(year, Number(ofYear))
        : dayOf(year, Number(month ?? 1), Number(ofMonth ?? 1))
  const clock = time === undefined ? 0 : parseClock(time)
  return day === undefined || clock === undefined ? undefined : day * DAY_S + clock
}

function dayOfWeek(year: number, week: number, ofWeek: number): number | undefined {
  const jan4 = dayOf(year, 1, 4) ?? 0
  const monday = jan4 - weekday(jan4) + 1 + (week - 1) * 7
  return week >= 1 && ofWeek >= 1 && ofWeek <= 7 && yearOf(monday + 3) === year ? monday + ofWeek - 1 : undefined
}

function dayOfYear(year: number, ofYear: number): number | undefined {
  const day = (dayOf(year, 1, 1) ?? 0) + ofYear - 1
  return yearOf(day) === year ? day : undefined
}

function parseClock(text: string): number | undefined {
  const found = /^(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.\d+)?)?)?\s*(?:Z|([+-])(\d\d):?(\d\d)?)?$/.exec(text)
  if (!found) return undefined
  const [hour, minute, second, offsetHour, offsetMinute] = [1, 2, 3, 5, 6].map((i) => Number(found[i] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined
  const offset = (found[4] === '-' ? -1 : 1) * (offsetHour * 3600 + offsetMinute * 60)
  return hour * 3600 + minute * 60 + second - offset
}
