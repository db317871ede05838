/**
 * Does a rule hold? It is asked about one moment and, where it applies, one node's attributes, one resource's agent and parameters, one
 * operation. A part that cannot be judged (a node attribute where no node is meant, an unreadable date) does not hold.
 */
import type { Agent, Expression, Rule } from '../scene.js'
import { parseMs } from '../score.js'
import { advance, type Fields, fields, parseTime } from './calendar.js'

export interface Asked {
  readonly nowS: number
  readonly attrs?: ReadonlyMap<string, string> | undefined
  readonly agent?: Agent | undefined
  readonly operation?: { readonly name: string; readonly intervalMs: number } | undefined
  readonly params?: ReadonlyMap<string, string> | undefined
  readonly meta?: ReadonlyMap<string, string> | undefined
}

export function holds(rule: Rule, asked: Asked): boolean {
  if (rule.parts.length === 0) return true
  const part = (p: Rule | Expression): boolean => ('parts' in p ? holds(p, asked) : expression(p, asked))
  return rule.all ? rule.parts.every(part) : rule.parts.some(part)
}

function expression(e: Expression, asked: Asked): boolean {
  switch (e.on) {
    case 'attribute':
      return attribute(e, asked)
    case 'date':
      return date(e, asked.nowS)
    case 'resource':
      return (
        asked.agent !== undefined &&
        (e.class === undefined || e.class === asked.agent.class) &&
        (e.provider === undefined || e.provider === asked.agent.provider) &&
        (e.type === undefined || e.type === asked.agent.type)
      )
    case 'operation':
      return (
        asked.operation !== undefined &&
        e.name === asked.operation.name &&
        (e.interval === undefined || parseMs(e.interval) === asked.operation.intervalMs)
      )
  }
}

function attribute(e: Extract<Expression, { on: 'attribute' }>, asked: Asked): boolean {
  if (!asked.attrs) return false
  const have = asked.attrs.get(e.attribute)
  const other = e.valueSource === 'param' ? asked.params : e.valueSource === 'meta' ? asked.meta : undefined
  const want = other && e.value !== undefined ? other.get(e.value) : e.value
  switch (e.operation) {
    case 'defined':
      return have !== undefined
    case 'not_defined':
      return have === undefined
    case 'eq':
      return have === undefined || want === undefined ? have === want : compare(have, want, e) === 0
    case 'ne':
      return have === undefined || want === undefined ? have !== want : compare(have, want, e) !== 0
  }
  if (have === undefined || want === undefined) return false
  const c = compare(have, want, e)
  return e.operation === 'lt'
    ? c < 0
    : e.operation === 'lte'
      ? c <= 0
      : e.operation === 'gt'
        ? c > 0
        : e.operation === 'gte'
          ? c >= 0
          : false
}

/** Compares as the declared type; without one, order asks for numbers and equality for texts. What is no number compares as text. */
function compare(a: string, b: string, e: { readonly type: string; readonly operation: string }): number {
  const ordered = /^(lt|lte|gt|gte)$/.test(e.operation)
  const type = e.type || (ordered ? (/\./.test(a + b) ? 'number' : 'integer') : 'string')
  if (type === 'version') return version(a, b)
  if (type === 'number' || type === 'integer') {
    const numeric = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i
    if (numeric.test(a) && numeric.test(b)) {
      const [x, y] = type === 'integer' ? [Math.trunc(Number(a)), Math.trunc(Number(b))] : [Number(a), Number(b)]
      return x < y ? -1 : x > y ? 1 : 0
    }
  }
  const [x, y] = [a.toLowerCase(), b.toLowerCase()]
  return x < y ? -1 : x > y ? 1 : 0
}

function version(a: string, b: string): number {
  const [x, y] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const d = (Number.parseInt(x[i] ?? '0', 10) || 0) - (Number.parseInt(y[i] ?? '0', 10) || 0)
    if (d !== 0) return Math.sign(d)
  }
  return 0
}

function date(e: Extract<Expression, { on: 'date' }>, nowS: number): boolean {
  const start = e.start === undefined ? undefined : parseTime(e.start)
  const end = e.end !== undefined ? parseTime(e.end) : start !== undefined && e.duration ? advance(start, e.duration) : undefined
  switch (e.operation) {
    case 'lt':
      return end !== undefined && nowS < end
    case 'gt':
      return start !== undefined && nowS > start
    case 'date_spec':
      return e.spec !== undefined && inSpec(e.spec, fields(nowS))
    default:
      return (start !== undefined || end !== undefined) && (start === undefined || nowS >= start) && (end === undefined || nowS <= end)
  }
}

function inSpec(spec: Readonly<Record<string, string>>, now: Fields): boolean {
  return Object.entries(spec).every(([k, range]) => {
    const value = now[k as keyof Fields] as number | undefined
    if (value === undefined) return true
    const m = /^\s*(\d*)\s*(-?)\s*(\d*)/.exec(range)
    const low = m?.[1] ? Number(m[1]) : undefined
    const high = m?.[3] ? Number(m[3]) : m?.[2] ? undefined : low
    return (low === undefined || value >= low) && (high === undefined || value <= high)
  })
}
