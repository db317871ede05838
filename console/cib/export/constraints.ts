/** Locations, colocations and orders as elements of a CIB. Levels become locations with the scores that the planner gives them. */
import { levelScore } from '../../../actors/coordinator/ledger.js'
import type { ConditionDoc, ConfigDoc, LocationDoc, OrderDoc, RuleDoc } from '../../../runtime/config/document.js'
import { printScore } from '../../../runtime/config/values.js'
import type { Notes } from '../import/notes.js'
import { element } from '../write.js'
import type { Element } from '../xml.js'
import type { Ids } from './ids.js'

export function constraintElements(doc: ConfigDoc, ids: Ids, notes: Notes): Element[] {
  return [
    ...doc.locations.flatMap((l) => location(ids, notes, l)),
    ...doc.colocations.map((c) =>
      element('rsc_colocation', {
        id: ids.free(c.id),
        rsc: c.resource,
        'with-rsc': c.with,
        score: printScore(c.score),
        'rsc-role': c.role,
        'with-rsc-role': c.withRole,
        'node-attribute': c.nodeAttribute,
        influence: c.influence,
      }),
    ),
    ...doc.orders.map((o) => order(ids, notes, o)),
  ]
}

function location(ids: Ids, notes: Notes, l: LocationDoc): Element[] {
  const who = l.pattern === undefined ? { rsc: l.resource } : { 'rsc-pattern': l.pattern }
  const one = (id: string, node: string, score: number): Element =>
    element('rsc_location', { id, ...who, role: l.role, node, score: printScore(score) })
  if (l.levels) {
    notes.note({ element: 'location', id: l.id }, 'cib.to-levels')
    return l.levels.map((node, k) => one(ids.free(`${l.id}-${node}`), node, levelScore(k)))
  }
  const id = ids.free(l.id)
  if (l.node !== undefined) return [one(id, l.node, l.score ?? 0)]
  if (!l.rule) return []
  return [element('rsc_location', { id, ...who, role: l.role }, [rule(ids, `${id}-rule`, l.rule, l.score ?? 0)])]
}

function rule(ids: Ids, wish: string, r: RuleDoc, score?: number): Element {
  const id = ids.free(wish)
  const parts = r.parts.map((p, i) => ('parts' in p ? rule(ids, `${id}-${i}`, p) : condition(ids, `${id}-${i}`, p)))
  return element('rule', { id, 'boolean-op': r.all ? 'and' : 'or', score: score === undefined ? undefined : printScore(score) }, parts)
}

const byOrder = /^(?:lt|lte|gt|gte)$/
function condition(ids: Ids, wish: string, c: ConditionDoc): Element {
  const id = ids.free(wish)
  if ('date' in c) {
    const at = { id, operation: c.date, start: moment(c.start), end: moment(c.end) }
    return element('date_expression', at, c.spec ? [element('date_spec', { id: ids.free(`${id}-spec`), ...c.spec })] : [])
  }
  // Without a type Pacemaker compares by order as numbers, kyha as texts.
  const type = c.type ?? (byOrder.test(c.op) ? 'string' : undefined)
  return element('expression', { id, attribute: c.attribute, operation: c.op, value: c.value, type })
}

/** Seconds since 1970 are no date in a CIB. */
const moment = (text: string | undefined): string | undefined =>
  text !== undefined && /^\d{9,12}$/.test(text) ? new Date(Number(text) * 1000).toISOString().replace(/\.\d+Z$/, 'Z') : text

function order(ids: Ids, notes: Notes, o: OrderDoc): Element {
  const serialize = o.kind === 'Serialize'
  if (serialize && o.symmetrical) notes.partly({ element: 'order', id: o.id }, 'symmetrical', 'cib.to-serialize')
  const roles = o.firstAction !== undefined || o.thenAction !== undefined
  return element('rsc_order', {
    id: ids.free(o.id),
    first: o.first,
    // biome-ignore lint/suspicious/noThenProperty: a word of the CIB; nobody awaits it
    then: o.then,
    'first-action': roles ? (o.firstAction ?? 'start') : undefined,
    'then-action': roles ? (o.thenAction ?? 'start') : undefined,
    'require-all': o.requireAll,
    kind: o.kind === 'Mandatory' ? undefined : o.kind,
    symmetrical: o.symmetrical || serialize ? undefined : false,
  })
}
