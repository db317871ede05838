/** The words of single values: durations, booleans and scores as Pacemaker spells them. Undefined = not such a value. */
import { INFINITY, type Score } from './document.js'

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  '': 1000,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
}

/** `500ms`, `10s`, `10` (seconds), `5min`, `1h`, `PT1M30S`, in whole milliseconds. */
export function parseDuration(text: string): number | undefined {
  const plain = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim())
  if (plain) {
    const unit = UNIT_MS[plain[2]?.toLowerCase() ?? '']
    return unit === undefined ? undefined : Math.round(Number(plain[1]) * unit)
  }
  const iso = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?$/i.exec(text.trim())
  if (!iso || iso.slice(1).every((part) => part === undefined)) return undefined
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number]
  return Math.round(days * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1000)
}

/** The shortest spelling that parseDuration reads back as the same. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s'
  for (const unit of ['h', 'min', 's'] as const) {
    const size = UNIT_MS[unit] as number
    if (ms % size === 0) return `${ms / size}${unit}`
  }
  return `${ms}ms`
}

/** true/on/yes/y/1 and false/off/no/n/0 in any case. */
export function parseBoolean(text: string): boolean | undefined {
  const lower = text.trim().toLowerCase()
  if (['true', 'on', 'yes', 'y', '1'].includes(lower)) return true
  if (['false', 'off', 'no', 'n', '0'].includes(lower)) return false
  return undefined
}

/** A whole number or +-INFINITY; what lies beyond is INFINITY. */
export function parseScore(text: string): Score | undefined {
  const found = /^([+-]?)(?:(\d{1,15})|INFINITY|inf)$/i.exec(text.trim())
  if (!found) return undefined
  const size = found[2] === undefined ? INFINITY : Math.min(Number(found[2]), INFINITY)
  return found[1] === '-' && size !== 0 ? -size : size
}

export const printScore = (score: Score): number | string => (score >= INFINITY ? 'INFINITY' : score <= -INFINITY ? '-INFINITY' : score)
