/** Reads and prints the rule of a location: conditions on nodes' attributes and on the date, under `any` or `all`. */
import { isRange, parseMoment, SPEC, SPEC_NAMES } from './dates.js'
import { LIMITS } from './defaults.js'
import type { ConditionDoc, RuleDoc } from './document.js'
import { ATTRIBUTE, isEmpty, type Reader } from './read.js'
import type { MapAt, NodeAt } from './source.js'

type AttributeDoc = Extract<ConditionDoc, { attribute: string }>
type DateDoc = Extract<ConditionDoc, { date: string }>

const OPS = ['lt', 'gt', 'lte', 'gte', 'eq', 'ne', 'defined', 'not_defined'] as const
const TYPES = ['string', 'integer', 'number', 'version'] as const
const DATES = ['lt', 'gt', 'in_range', 'date_spec'] as const
const RULE = ['any', 'all'] as const
const BY_ATTRIBUTE = ['attribute', 'op', 'value', 'type'] as const
const BY_DATE = ['date', 'start', 'end', 'spec'] as const

export function readRule(r: Reader, node: NodeAt): RuleDoc | undefined {
  if (isEmpty(node)) return r.refuse(node, 'config.rule-form')
  const { at } = r.fields(node, RULE)
  if (!at) return undefined
  const seen = { conditions: 0, tooDeep: false }
  const rule = readParts(r, at, 1, seen)
  const limit = LIMITS.conditions
  if (seen.conditions > limit) return r.refuse(node, 'config.rule-many', { count: seen.conditions, limit })
  return rule
}

interface Seen {
  conditions: number
  tooDeep: boolean
}

function readParts(r: Reader, at: MapAt, depth: number, seen: Seen): RuleDoc | undefined {
  const [all, any] = [at.entries.get('all'), at.entries.get('any')]
  const list = all ?? any
  if (!list || (all && any)) return r.refuse(at, 'config.rule-form')
  if (depth > LIMITS.ruleDepth) {
    if (!seen.tooDeep) r.refuse(at, 'config.rule-deep', { limit: LIMITS.ruleDepth })
    seen.tooDeep = true
    return undefined
  }
  if (isEmpty(list)) return r.refuse(list, 'config.empty-list', { field: all ? 'all' : 'any' })
  const parts = r.list(list, Number.POSITIVE_INFINITY).flatMap((part) => readPart(r, part, depth, seen) ?? [])
  return { all: all !== undefined, parts }
}

/** A condition, or a rule in the rule. */
function readPart(r: Reader, node: NodeAt, depth: number, seen: Seen): RuleDoc | ConditionDoc | undefined {
  if (isEmpty(node)) return r.refuse(node, 'config.condition-form')
  const at = r.map(node)
  if (!at) return undefined
  const says = (words: readonly string[]): boolean => words.some((word) => at.entries.has(word))
  const forms = [RULE, BY_ATTRIBUTE, BY_DATE].filter(says)
  if (forms.length > 1) return r.refuse(node, 'config.condition-form')
  if (says(RULE)) {
    r.fields(at, RULE)
    return readParts(r, at, depth + 1, seen)
  }
  seen.conditions++
  if (seen.conditions > LIMITS.conditions) return undefined
  if (says(BY_DATE)) return readDate(r, at)
  if (says(BY_ATTRIBUTE)) return readAttribute(r, at)
  r.fields(at, [...BY_ATTRIBUTE, ...BY_DATE, ...RULE]) // all of its keys are unknown
  return undefined
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i
const INTEGER = /^[+-]?\d{1,15}$/

function readAttribute(r: Reader, at: MapAt): AttributeDoc | undefined {
  const { get } = r.fields(at, BY_ATTRIBUTE)
  const attribute = r.matching(get('attribute'), ATTRIBUTE, 'config.bad-attribute')
  const op = r.oneOf(get('op'), OPS)
  const value = r.text(get('value'))
  const type = r.oneOf(get('type'), TYPES)
  if (!get('attribute')) return r.refuse(at, 'config.missing', { field: 'attribute', example: 'attribute: rack' })
  if (!get('op')) return r.refuse(at, 'config.missing', { field: 'op', example: 'op: eq' })
  if (attribute === undefined || op === undefined) return undefined
  if (op === 'defined' || op === 'not_defined')
    return get('value') || get('type') ? r.refuse(at, 'config.condition-no-value', { op }) : { attribute, op }
  if (!get('value')) return r.refuse(at, 'config.condition-value', { op, attribute })
  if (value === undefined) return undefined
  if ((type === 'integer' && !INTEGER.test(value)) || (type === 'number' && !NUMBER.test(value)))
    return r.refuse(get('value') ?? at, 'config.condition-number', { attribute, value, type })
  return { attribute, op, value, ...(type === undefined ? {} : { type }) }
}

/** What each kind of date condition needs; anything else beside it would say nothing. */
const NEEDS = { lt: ['end'], gt: ['start'], in_range: ['start', 'end'], date_spec: ['spec'] } as const

function readDate(r: Reader, at: MapAt): DateDoc | undefined {
  const { get } = r.fields(at, BY_DATE)
  if (!get('date')) return r.refuse(at, 'config.missing', { field: 'date', example: 'date: in_range' })
  const date = r.oneOf(get('date'), DATES)
  if (date === undefined) return undefined
  const given = (['start', 'end', 'spec'] as const).filter((word) => get(word))
  const needs = NEEDS[date]
  if (given.join() !== needs.join()) return r.refuse(at, 'config.date-form', { date, needs: needs.join(', ') })
  const spec = get('spec')
  if (spec) {
    const read = readSpec(r, spec)
    return read && { date, spec: read }
  }
  const [start, end] = [readMoment(r, get('start')), readMoment(r, get('end'))]
  if ((get('start') && !start) || (get('end') && !end)) return undefined
  if (start && end && start.s >= end.s) return r.refuse(at, 'config.date-order', { start: start.text, end: end.text })
  return { date, ...(start ? { start: start.text } : {}), ...(end ? { end: end.text } : {}) }
}

function readMoment(r: Reader, node: NodeAt | undefined): { readonly text: string; readonly s: number } | undefined {
  const text = r.text(node, 64)
  if (text === undefined || node === undefined) return undefined
  const s = parseMoment(text)
  return s === undefined ? r.refuse(node, 'config.date-unreadable', { value: text }) : { text, s }
}

function readSpec(r: Reader, node: NodeAt): Record<string, string> | undefined {
  if (isEmpty(node)) return r.refuse(node, 'config.empty-list', { field: 'spec' })
  const { at, get } = r.fields(node, SPEC_NAMES)
  if (!at) return undefined
  const out: Record<string, string> = {}
  for (const name of [...at.entries.keys()].flatMap((key) => SPEC_NAMES.find((known) => known === key) ?? [])) {
    const text = r.text(get(name), 16)
    const [min, max] = SPEC[name]
    if (text === undefined) continue
    if (isRange(name, text)) out[name] = text
    else r.refuse(get(name) ?? node, 'config.spec-range', { name, value: text, min, max })
  }
  return out
}

export const plainRule = (rule: RuleDoc): { readonly [key: string]: unknown } => ({
  [rule.all ? 'all' : 'any']: rule.parts.map((part) => ('parts' in part ? plainRule(part) : { ...part })),
})
