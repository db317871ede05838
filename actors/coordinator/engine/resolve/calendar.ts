/**
 * Calendar arithmetic without a clock: ISO 8601 texts to seconds since 1970 (UTC) and back to fields, as far as date rules need it. Days are
 * counted with the proleptic Gregorian calendar.
 */
export interface Fields {
  years: number
  months: number
  monthdays: number
  hours: number
  minutes: number
  seconds: number
  weekdays: number // 1 = Monday
  yeardays: number
  weeks: number // ISO week
  weekyears: number
  moon: number // 0..7
}

const div = (a: number, b: number): number => Math.floor(a / b)

/** Days from 1970-01-01 to the given date. */
export function days(y: number, m: number, d: number): number {
  const yy = m <= 2 ? y - 1 : y
  const era = div(yy, 400)
  const yoe = yy - era * 400
  const doy = div(153 * (m + (m > 2 ? -3 : 9)) + 2, 5) + d - 1
  return era * 146_097 + yoe * 365 + div(yoe, 4) - div(yoe, 100) + doy - 719_468
}

function civil(day: number): [y: number, m: number, d: number] {
  const z = day + 719_468
  const era = div(z, 146_097)
  const doe = z - era * 146_097
  const yoe = div(doe - div(doe, 1460) + div(doe, 36_524) - div(doe, 146_096), 365)
  const doy = doe - (365 * yoe + div(yoe, 4) - div(yoe, 100))
  const mp = div(5 * doy + 2, 153)
  const m = mp < 10 ? mp + 3 : mp - 9
  return [yoe + era * 400 + (m <= 2 ? 1 : 0), m, doy - div(153 * mp + 2, 5) + 1]
}

const weekday = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

/** The fields of a moment (seconds since 1970, UTC). */
export function fields(s: number): Fields {
  const day = div(s, 86_400)
  const rest = s - day * 86_400
  const [y, m, d] = civil(day)
  const wd = weekday(day)
  const [wy] = civil(day + 4 - wd)
  const yearday = day - days(y, 1, 1) + 1
  const epact = (11 * (y % 19) + 29) % 30
  const full = (epact === 25 && y % 19 > 10) || epact === 24 ? epact + 1 : epact
  return {
    years: y,
    months: m,
    monthdays: d,
    hours: div(rest, 3600),
    minutes: div(rest % 3600, 60),
    seconds: rest % 60,
    weekdays: wd,
    yeardays: yearday,
    weeks: div(day + 4 - wd - days(wy, 1, 1), 7) + 1,
    weekyears: wy,
    moon: div(((yearday + full) * 6 + 11) % 177, 22) & 7,
  }
}

/** Seconds since 1970 of an ISO 8601 date with or without time and offset; undefined when it is none. A bare number counts as epoch seconds. */
export function parseTime(text: string): number | undefined {
  const t = text.trim()
  if (/^\d{9,}$/.test(t)) return Number(t)
  const m = /^(\d{4})(?:-?W(\d\d)(?:-?(\d))?|-(\d{3})(?!\d)|-?(\d\d)(?:-?(\d\d))?)?(?:[T ]+(.*))?$/.exec(t)
  if (!m) return undefined
  const year = Number(m[1])
  let day: number
  if (m[2] !== undefined) {
    const jan4 = days(year, 1, 4)
    day = jan4 - weekday(jan4) + 1 + (Number(m[2]) - 1) * 7 + Number(m[3] ?? 1) - 1
  } else if (m[4] !== undefined) day = days(year, 1, 1) + Number(m[4]) - 1
  else day = days(year, Number(m[5] ?? 1), Number(m[6] ?? 1))
  const clock = m[7] === undefined ? 0 : parseClock(m[7])
  return clock === undefined ? undefined : day * 86_400 + clock
}

function parseClock(text: string): number | undefined {
  const m = /^(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.\d+)?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?$/.exec(text.trim())
  if (!m) return undefined
  const offset = m[5] ? (m[5] === '-' ? -1 : 1) * (Number(m[6]) * 3600 + Number(m[7] ?? 0) * 60) : 0
  return Number(m[1]) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3] ?? 0) - offset
}

/** `s` moved on by a duration element's attributes (years, months, weeks, days, hours, minutes, seconds). */
export function advance(s: number, by: Readonly<Record<string, string>>): number {
  const n = (k: string): number => Number.parseInt(by[k] ?? '0', 10) || 0
  const f = fields(s)
  const months = (f.years + n('years')) * 12 + f.months - 1 + n('months')
  const y = div(months, 12)
  const m = months - y * 12 + 1
  const last = days(m === 12 ? y + 1 : y, m === 12 ? 1 : m + 1, 1) - days(y, m, 1)
  const day = days(y, m, Math.min(f.monthdays, last)) + n('days') + 7 * n('weeks')
  return day * 86_400 + f.hours * 3600 + f.minutes * 60 + f.seconds + n('hours') * 3600 + n('minutes') * 60 + n('seconds')
}
