/** The field's arithmetic of scores and roles: INFINITY is 1,000,000, minus infinity beats plus infinity, a sum never leaves the range. */
export const INF = 1_000_000

export function add(a: number, b: number): number {
  if (a <= -INF || b <= -INF) return -INF
  if (a >= INF || b >= INF) return INF
  return Math.min(INF, Math.max(-INF, a + b))
}

/** A score as operators write it: a number, [+-]INFINITY, or red, yellow, green with the cluster's health scores. Undefined: no score. */
export function parseScore(text: string | undefined, health?: Readonly<Record<string, number>>): number | undefined {
  if (text === undefined) return undefined
  const t = text.trim()
  if (/^\+?INFINITY$/i.test(t)) return INF
  if (/^-INFINITY$/i.test(t)) return -INF
  const named = health?.[t.toLowerCase()]
  if (named !== undefined) return named
  const n = Number.parseInt(t, 10)
  return Number.isNaN(n) ? undefined : Math.min(INF, Math.max(-INF, n))
}

/** Rising order, as comparisons need it. */
export const Role = { unknown: 0, stopped: 1, started: 2, unpromoted: 3, promoted: 4 } as const
export type Role = (typeof Role)[keyof typeof Role]
export const roleName = ['Unknown', 'Stopped', 'Started', 'Unpromoted', 'Promoted'] as const

export function parseRole(text: string | undefined): Role {
  switch (text?.toLowerCase()) {
    case 'stopped':
      return Role.stopped
    case 'started':
      return Role.started
    case 'slave':
    case 'unpromoted':
      return Role.unpromoted
    case 'master':
    case 'promoted':
      return Role.promoted
    default:
      return Role.unknown
  }
}

export const truthy = (text: string | undefined): boolean => text !== undefined && /^(true|on|yes|y|1)$/i.test(text.trim())
/** A boolean option with its default; what is no boolean counts as not set. */
export const flag = (text: string | undefined, otherwise: boolean): boolean =>
  text === undefined || !/^(true|on|yes|y|1|false|off|no|n|0)$/i.test(text.trim()) ? otherwise : truthy(text)

const units: Readonly<Record<string, number>> = {
  '': 1000,
  s: 1000,
  sec: 1000,
  ms: 1,
  msec: 1,
  us: 0.001,
  usec: 0.001,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
}
/** Only an `M` needs the `T` before it: without one it means months. */
const isoParts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/
/** A duration in ms: a number with a unit (seconds without one) or ISO 8601 (`PT1H30M`). Undefined when it is neither. */
export function parseMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const iso = text.includes('P') && (text.includes('T') || !text.includes('M')) && isoParts.exec(text.trim().replace('T', ''))
  if (iso) {
    const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = iso.map((n) => Number(n ?? 0))
    return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000
  }
  const m = /^\s*(\d+)\s*([a-z]*)/i.exec(text)
  const unit = m ? units[(m[2] ?? '').toLowerCase()] : undefined
  return m && unit !== undefined ? Math.trunc(Number(m[1]) * unit) : undefined
}
