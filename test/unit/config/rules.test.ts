/** Rules, dates and patterns of locations: what is understood, and that the planner understands the same. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseTime } from '../../../actors/coordinator/engine/resolve/calendar.js'
import { isRange, parseMoment, SPEC, SPEC_NAMES } from '../../../runtime/config/dates.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { sentence } from '../../../runtime/config/problem.js'

const t = suite('config: rules')

const head = 'apiVersion: kyha/v1\nname: x\nnodes: {n1: {}}\nresources: [{name: a, agent: kyha:Dummy}]\nlocation:\n'
const location = (text: string): string => `${head}  - {${text}}\n`
const rule = (text: string): string => location(`resource: a, score: 1, rule: ${text}`)
const any = (text: string): string => rule(`{any: [${text}]}`)
const deep = (depth: number, inner = '{attribute: rack, op: defined}'): string =>
  depth === 0 ? inner : `{all: [${deep(depth - 1, inner)}, {date: date_spec, spec: {hours: 1-2}}]}`

const said = (text: string): string[] => {
  const parsed = parseConfig(text)
  if (parsed.ok) {
    const again = parseConfig(printDoc(parsed.doc))
    assert.ok(again.ok && JSON.stringify(again.doc) === JSON.stringify(parsed.doc), text)
    return []
  }
  for (const p of parsed.problems) {
    assert.is(p.line, 6, text)
    for (const lang of ['en', 'zh'] as const) assert.not.match(sentence(lang, p), /\{[a-z]\w*\}|undefined/, p.because.key)
  }
  return parsed.problems.map((p) => p.because.key)
}
const table = (rows: readonly (readonly [text: string, ...keys: string[]])[]): void => {
  for (const [text, ...keys] of rows) assert.equal(said(text), keys, text)
}

t('a location is of one thing or one pattern, by levels, node or rule', () => {
  table([
    [location('pattern: "^a", node: n1, score: 1')],
    [location('pattern: "^a", levels: [n1]')],
    [location('pattern: "^a", score: 5, rule: {all: [{attribute: rack, op: defined}]}')],
    [location('resource: a, pattern: "^a", node: n1, score: 1'), 'config.location-thing'],
    [location('node: n1, score: 1'), 'config.missing'],
    [location('resource: a, rule: {all: [{attribute: rack, op: defined}]}'), 'config.location-form'],
    [location('resource: a, node: n1, score: 1, rule: {all: [{attribute: rack, op: defined}]}'), 'config.location-form'],
    [location('resource: a, levels: [n1], rule: {all: [{attribute: rack, op: defined}]}'), 'config.location-form'],
    [location('pattern: "^a", levels: [n1], score: 1'), 'config.location-form'],
    [location('resource: a, levels: []'), 'config.empty-list'],
  ])
})

t('a pattern is a regular expression that ends in time', () => {
  const pattern = (text: string): string => location(`pattern: ${JSON.stringify(text)}, node: n1, score: 1`)
  const good = [
    '^a',
    '^(a|b)$',
    'a.*',
    '^(?!web)',
    '[a(+]+',
    '\\+a?',
    '(a+)(b*)',
    '^(a)+',
    'a{2}',
    '(?:a|b)c+',
    '[^]',
    'a+?',
    '.*.*.*',
    '^a*a*a*a*b',
    '(a*)\\1\\1',
    'a{b',
    '\\(a?\\)+',
  ]
  good.push('^(web|app|db|mail|shop|erp|crm)-[0-9]+[.](prod|test)[.].*$', 'a{60}', '[|?*]{3}', '(?<x>a)\\k<x>')
  for (const text of good) assert.equal(said(pattern(text)), [], text)
  const slow = Math.max(
    ...good.map((text) => {
      const expression = new RegExp(text)
      const from = performance.now()
      for (const name of ['a'.repeat(63), 'ab'.repeat(31)]) expression.test(name)
      return performance.now() - from
    }),
  )
  assert.ok(slow < 2_000, `one took ${slow} ms`)
  table([
    [pattern(''), 'config.pattern-empty'],
    [pattern('!^a'), 'config.pattern-negated'],
    [pattern('a('), 'config.pattern-syntax'],
    [pattern('[b-a]'), 'config.pattern-syntax'],
    [pattern('a'.repeat(201)), 'config.too-long'],
    [pattern('(a+)+'), 'config.pattern-nested'],
    [pattern('((a)*)*'), 'config.pattern-nested'],
    [pattern('(a|a)*b'), 'config.pattern-nested'],
    [pattern('(a?){9}'), 'config.pattern-nested'],
    [pattern('(?:x(a{1,3})y)*'), 'config.pattern-nested'],
    [pattern(`${'.*'.repeat(30)}!`), 'config.pattern-ways'],
    [pattern('a*a*a*a*b'), 'config.pattern-ways'],
    [pattern(`${'a?'.repeat(60)}b`), 'config.pattern-ways'],
    [pattern(`${'(a|a)'.repeat(30)}b`), 'config.pattern-ways'],
    [pattern(`^${'(?:a|b)'.repeat(25)}b`), 'config.pattern-ways'],
    [pattern('^a|a{1,}a{1,40}a*?a+b'), 'config.pattern-ways'],
  ])
  const missed = parseConfig(pattern('^zebra'))
  assert.ok(missed.ok && missed.warnings.some((w) => w.because.key === 'config.pattern-nothing' && w.line === 6))
})

t('a rule has parts, not too many and not too deep', () => {
  const many = (n: number): string => any(Array.from({ length: n }, () => '{attribute: rack, op: defined}').join(', '))
  table([
    [rule(deep(4))],
    [rule(deep(5)), 'config.rule-deep'],
    [rule(deep(6)), 'config.rule-deep'],
    [many(64)],
    [many(65), 'config.rule-many'],
    [rule('{}'), 'config.rule-form'],
    [rule(''), 'config.rule-form'],
    [rule('[]'), 'config.rule-form'],
    [rule('7'), 'config.want-map'],
    [rule('{any: []}'), 'config.empty-list'],
    [rule('{all: }'), 'config.empty-list'],
    [rule('{all: 5}'), 'config.want-list'],
    [rule('{any: [{attribute: rack, op: defined}], all: [{attribute: rack, op: defined}]}'), 'config.rule-form'],
    [rule('{any: [{attribute: rack, op: defined}], score: 1}'), 'config.unknown-key'],
    [any('{all: []}'), 'config.empty-list'],
    [any('{all: [{attribute: rack, op: defined}], any: [{attribute: rack, op: defined}]}'), 'config.rule-form'],
    [any('x'), 'config.want-map'],
    [any('{}'), 'config.condition-form'],
    [any('{attribute: rack, date: lt}'), 'config.condition-form'],
    [any('{attribute: rack, op: defined, all: []}'), 'config.condition-form'],
    [any('{foo: 1}'), 'config.unknown-key'],
    [any('{attribute: rack, op: defined, foo: 1}'), 'config.unknown-key'],
  ])
})

t('the deepest and longest rule reads back from its printed form', () => {
  const full = `{all: [${Array.from({ length: 20 }, () => '{attribute: rack, op: defined}').join(', ')}, ${deep(3, '{date: date_spec, spec: {hours: 9-16, moon: 4}}')}]}`
  assert.equal(said(rule(full)), [])
})

t('a condition on an attribute compares with what it can be compared with', () => {
  table([
    [any('{attribute: rack, op: eq, value: ""}')],
    [any('{attribute: "#uname", op: ne, value: n1}')],
    [any('{attribute: "#health-disk", op: not_defined}')],
    [any('{attribute: cores, op: gte, value: 8, type: integer}')],
    [any('{attribute: load, op: lt, value: -1.5e3, type: number}')],
    [any('{attribute: kernel, op: gt, value: 6.1.0, type: version}')],
    [any('{op: eq, value: a}'), 'config.missing'],
    [any('{attribute: rack, value: a}'), 'config.missing'],
    [any('{attribute: "#", op: defined}'), 'config.bad-attribute'],
    [any('{attribute: __proto__, op: defined}'), 'config.bad-attribute'],
    [any('{attribute: rack, op: equals, value: a}'), 'config.want-one-of'],
    [any('{attribute: rack, op: eq}'), 'config.condition-value'],
    [any('{attribute: rack, op: lt, type: integer}'), 'config.condition-value'],
    [any('{attribute: rack, op: eq, value: }'), 'config.want-text'],
    [any('{attribute: rack, op: defined, value: a}'), 'config.condition-no-value'],
    [any('{attribute: rack, op: not_defined, type: string}'), 'config.condition-no-value'],
    [any('{attribute: cores, op: gte, value: 8.5, type: integer}'), 'config.condition-number'],
    [any('{attribute: load, op: lt, value: high, type: number}'), 'config.condition-number'],
    [any('{attribute: load, op: lt, value: 1, type: float}'), 'config.want-one-of'],
  ])
})

t('a date says exactly what it needs, and says it readably', () => {
  table([
    [any('{date: lt, end: 2026-12-24}')],
    [any('{date: gt, start: "2026-12-24 18:00:00Z"}')],
    [any('{date: in_range, start: 20261224, end: "2026-12-24T18:30+01:00"}')],
    [any('{date: date_spec, spec: {hours: 9-16, weekdays: 6-, years: -2030, moon: 0}}')],
    [any('{start: 2026-12-24}'), 'config.missing'],
    [any('{date: before, end: 2026-12-24}'), 'config.want-one-of'],
    [any('{date: lt}'), 'config.date-form'],
    [any('{date: lt, start: 2026-12-24}'), 'config.date-form'],
    [any('{date: gt, end: 2026-12-24}'), 'config.date-form'],
    [any('{date: gt, start: 2026-12-24, end: 2026-12-25}'), 'config.date-form'],
    [any('{date: in_range, start: 2026-12-24}'), 'config.date-form'],
    [any('{date: date_spec}'), 'config.date-form'],
    [any('{date: date_spec, spec: {hours: 1}, start: 2026-12-24}'), 'config.date-form'],
    [any('{date: lt, end: tomorrow}'), 'config.date-unreadable'],
    [any('{date: lt, end: 2026-02-30}'), 'config.date-unreadable'],
    [any('{date: in_range, start: 2026-12-24, end: 2026-12-24}'), 'config.date-order'],
    [any('{date: in_range, start: "2026-12-24 10:00:00", end: "2026-12-24 10:30:00+01:00"}'), 'config.date-order'],
    [any('{date: date_spec, spec: {}}'), 'config.empty-list'],
    [any('{date: date_spec, spec: []}'), 'config.empty-list'],
    [any('{date: date_spec, spec: 5}'), 'config.want-map'],
    [any('{date: date_spec, spec: {hour: 9}}'), 'config.unknown-key-near'],
    [any('{date: date_spec, spec: {yearsdays: 9}}'), 'config.unknown-key-near'],
    [any('{date: date_spec, spec: {hours: 9-24}}'), 'config.spec-range'],
    [any('{date: date_spec, spec: {hours: 22-6}}'), 'config.spec-range'],
    [any('{date: date_spec, spec: {hours: "-"}}'), 'config.spec-range'],
    [any('{date: date_spec, spec: {weekdays: Mon}}'), 'config.spec-range'],
  ])
})

t('what is read as a date is the same moment to the planner', () => {
  const known: readonly (readonly [string, number | undefined])[] = [
    ['1970-01-01', 0],
    ['2026', 1_767_225_600],
    ['2026-12', 1_796_083_200],
    ['20261224', 1_798_070_400],
    ['2026-W53-5', 1_798_761_600],
    ['2025-W53-1', undefined],
    ['2024-366', 1_735_603_200],
    ['2026-366', undefined],
    ['2026-12-24T18:30:15.5+0130', 1_798_070_400 + 17 * 3600 + 15],
    ['1798070400', 1_798_070_400],
    ['2026-13-01', undefined],
    ['2026-12-24 24:00', undefined],
    ['2026-12-24T', undefined],
    ['0999-01-01', undefined],
    ['', undefined],
  ]
  for (const [text, s] of known) assert.is(parseMoment(text), s, text)
  const two = fc.integer({ min: 0, max: 70 }).map((n) => String(n).padStart(2, '0'))
  const day = fc.oneof(
    fc.tuple(two, two).map(([m, d]) => `-${m}-${d}`),
    fc.tuple(two, two).map(([m, d]) => `${m}${d}`),
    fc.tuple(two, fc.nat(9)).map(([w, d]) => `-W${w}-${d}`),
    fc.nat(400).map((n) => `-${String(n).padStart(3, '0')}`),
  )
  const zone = fc.oneof(
    fc.constantFrom('', 'Z', ' Z'),
    fc.tuple(fc.constantFrom('+', '-'), two, two).map((parts) => parts.join('')),
  )
  const time = fc.oneof(
    fc.constant(''),
    fc.tuple(two, two, two, zone).map(([h, m, s, z]) => `T${h}:${m}:${s}${z}`),
    fc.tuple(two, two).map(([h, m]) => ` ${h}${m}`),
  )
  let read = 0
  fc.assert(
    fc.property(fc.integer({ min: 900, max: 9999 }), day, time, (y, d, at) => {
      const text = `${String(y).padStart(4, '0')}${d}${at}`
      const s = parseMoment(text)
      if (s === undefined) return
      read++
      assert.is(s, parseTime(text), text)
    }),
    { numRuns: 3000, seed: 11 },
  )
  assert.ok(read > 200, `only ${read} were read`)
})

t('a part of a date_spec is a number or a range of what it can have', () => {
  for (const name of SPEC_NAMES) {
    const [min, max] = SPEC[name]
    for (const text of [`${min}`, `${max}`, `${min}-${max}`, `${min}-`, `-${max}`]) assert.ok(isRange(name, text), `${name}: ${text}`)
    for (const text of [`${max + 1}`, `${min}-${max + 1}`, `${max}-${min}`, '', '-', 'x', `${min},${max}`, ' 1'])
      assert.not.ok(isRange(name, text), `${name}: ${text}`)
  }
})

t.run()
