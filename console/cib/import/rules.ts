/** A rule of a location in the words of the document; undefined where one of its parts says what kyha's rules cannot. */

import { advance, fields, parseTime } from '../../../actors/coordinator/engine/resolve/calendar.js'
import type { Expression, Rule } from '../../../actors/coordinator/engine/scene.js'
import { parseMoment, SPEC_NAMES } from '../../../runtime/config/dates.js'
import type { TextKey } from '../../../runtime/text/index.js'
import { filled, type Plain } from './draft.js'

export type RuleRead = { readonly rule: Plain } | { readonly why: TextKey }

export function ruleOf(rule: Rule): RuleRead {
  // A rule without parts holds everywhere.
  if (rule.parts.length === 0) return { rule: { all: [{ attribute: '#uname', op: 'defined' }] } }
  const parts: Plain[] = []
  for (const part of rule.parts) {
    const read = 'parts' in part ? ruleOf(part) : conditionOf(part)
    if ('why' in read) return read
    parts.push(read.rule)
  }
  return { rule: { [rule.all ? 'all' : 'any']: parts } }
}

function conditionOf(e: Expression): RuleRead {
  switch (e.on) {
    case 'attribute':
      return attributeOf(e)
    case 'date':
      return dateOf(e)
    default:
      return { why: 'cib.rule-expression' }
  }
}

const numeric = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** Without a type, Pacemaker compares by order as numbers and for equality as texts; kyha as texts. */
function attributeOf(e: Extract<Expression, { on: 'attribute' }>): RuleRead {
  if (e.valueSource !== 'literal') return { why: 'cib.rule-value-source' }
  const { attribute, operation: op, value } = e
  if (op === 'defined' || op === 'not_defined') return { rule: { attribute, op } }
  const ordered = /^(?:lt|lte|gt|gte)$/.test(op)
  const type = e.type !== '' ? e.type : ordered && numeric.test(value ?? '') ? 'number' : 'string'
  return { rule: filled({ attribute, op, value, type: type === 'string' ? undefined : type }) }
}

const two = (n: number): string => String(n).padStart(2, '0')
function iso(s: number): string {
  const f = fields(s)
  return `${f.years}-${two(f.months)}-${two(f.monthdays)} ${two(f.hours)}:${two(f.minutes)}:${two(f.seconds)}Z`
}
/** As it was written, where both read the same; else the moment that Pacemaker means. */
function momentOf(text: string | undefined): { readonly text: string; readonly s: number } | undefined {
  const s = text === undefined ? undefined : parseTime(text)
  if (text === undefined || s === undefined) return undefined
  return { text: parseMoment(text) === s ? text : iso(s), s }
}

function dateOf(e: Extract<Expression, { on: 'date' }>): RuleRead {
  if (e.operation === 'date_spec') {
    const spec = Object.fromEntries(Object.entries(e.spec ?? {}).filter(([k]) => k !== 'id'))
    const strange = Object.keys(spec).some((k) => !SPEC_NAMES.some((known) => known === k))
    return strange || Object.keys(spec).length === 0 ? { why: 'cib.rule-date' } : { rule: { date: 'date_spec', spec } }
  }
  const [start, end] = [momentOf(e.start), momentOf(e.end)]
  if ((e.start !== undefined && !start) || (e.end !== undefined && !end)) return { why: 'cib.rule-date' }
  if (e.operation === 'lt') return end ? { rule: { date: 'lt', end: end.text } } : { why: 'cib.rule-date' }
  if (e.operation === 'gt') return start ? { rule: { date: 'gt', start: start.text } } : { why: 'cib.rule-date' }
  if (e.operation !== 'in_range') return { why: 'cib.rule-date' }
  const until = end?.text ?? (start && e.duration ? iso(advance(start.s, e.duration)) : undefined)
  if (!start && until === undefined) return { why: 'cib.rule-date' }
  // The document's ranges have two ends: what is open goes to where no date is meant any more.
  return { rule: { date: 'in_range', start: start?.text ?? '1970-01-01', end: until ?? '9999-12-31' } }
}
