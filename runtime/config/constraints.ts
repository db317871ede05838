/** Reads `location:`, `colocation:` and `order:`, and gives an id to each that has none: `location-web`, `order-a-b`, then `-2`, `-3`. */

import { LIMITS } from './defaults.js'
import { type ColocationDoc, INFINITY, type LocationDoc, type OrderDoc } from './document.js'
import { readPattern } from './pattern.js'
import { ATTRIBUTE, isEmpty, NAME, type Reader } from './read.js'
import { readRule } from './rules.js'
import type { NodeAt } from './source.js'

/** Where each part of the document was written. */
export type Lines = Map<object, NodeAt>

export const locationId = (one: Pick<LocationDoc, 'resource' | 'pattern' | 'node'>): string =>
  `location-${one.pattern === undefined ? one.resource : 'pattern'}${one.node ? `-${one.node}` : ''}`
export const colocationId = (one: Pick<ColocationDoc, 'resource' | 'with'>): string => `colocation-${one.resource}-${one.with}`
export const orderId = (one: Pick<OrderDoc, 'first' | 'then'>): string => `order-${one.first}-${one.then}`

interface Constraints {
  readonly locations: readonly LocationDoc[]
  readonly colocations: readonly ColocationDoc[]
  readonly orders: readonly OrderDoc[]
}
type Loose<T> = Omit<T, 'id'> & { readonly id: string | undefined }

export function readConstraints(
  r: Reader,
  from: { readonly location: NodeAt | undefined; readonly colocation: NodeAt | undefined; readonly order: NodeAt | undefined },
  lines: Lines,
): Constraints {
  const taken = new Set<string>()
  const read = <T>(node: NodeAt | undefined, one: (r: Reader, at: NodeAt) => T | undefined): (readonly [T, NodeAt])[] =>
    r.list(node, LIMITS.constraints).flatMap((at) => {
      const made = one(r, at)
      return made === undefined ? [] : [[made, at] as const]
    })
  const locations = read(from.location, readLocation)
  const colocations = read(from.colocation, readColocation)
  const orders = read(from.order, readOrder)
  for (const [{ id }, at] of [...locations, ...colocations, ...orders]) {
    if (id === undefined) continue
    if (taken.has(id)) r.refuse(at, 'config.duplicate-name', { name: id })
    taken.add(id)
  }
  const named = <L extends { readonly id: string | undefined }>(list: readonly (readonly [L, NodeAt])[], base: (one: L) => string) =>
    list.map(([one, at]) => {
      const made = { ...one, id: one.id ?? free(base(one), taken) }
      lines.set(made, at)
      return made
    })
  return {
    locations: named(locations, locationId),
    colocations: named(colocations, colocationId),
    orders: named(orders, orderId),
  }
}

function free(base: string, taken: Set<string>): string {
  let id = base
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`
  taken.add(id)
  return id
}

const ROLES = ['Promoted', 'Unpromoted'] as const
/** `start` is what is meant without a word. */
const ACTIONS = ['start', 'promote'] as const
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,150}$/

function readLocation(r: Reader, at: NodeAt): Loose<LocationDoc> | undefined {
  const { at: map, get } = r.fields(at, ['id', 'resource', 'pattern', 'role', 'levels', 'node', 'rule', 'score'])
  const id = r.matching(get('id'), ID, 'config.bad-name')
  const resource = r.matching(get('resource'), NAME, 'config.bad-name')
  const pattern = readPattern(r, get('pattern'))
  const role = r.oneOf(get('role'), ROLES)
  const levels = r.list(get('levels'), LIMITS.levels).flatMap((level) => r.matching(level, NAME, 'config.bad-name') ?? [])
  const node = r.matching(get('node'), NAME, 'config.bad-name')
  const [ruleAt, levelsAt] = [get('rule'), get('levels')]
  const rule = ruleAt && readRule(r, ruleAt)
  const score = r.score(get('score'))
  if (!map) return undefined
  if (get('resource') && get('pattern')) return r.refuse(at, 'config.location-thing')
  if (!get('resource') && !get('pattern')) r.refuse(at, 'config.missing', { field: 'resource', example: 'resource: web' })
  const forms = [levelsAt, get('node'), ruleAt].filter((form) => form !== undefined)
  if (forms.length !== 1 || (levelsAt !== undefined) === (get('score') !== undefined)) return r.refuse(at, 'config.location-form')
  if (levelsAt && isEmpty(levelsAt)) return r.refuse(at, 'config.empty-list', { field: 'levels' })
  const twice = levels.find((level, i) => levels.indexOf(level) < i)
  if (twice) r.refuse(at, 'config.level-twice', { node: twice })
  if (resource === undefined && pattern === undefined) return undefined
  const thing = { id, resource: resource ?? '', ...(pattern === undefined ? {} : { pattern }), ...(role ? { role } : {}) }
  if (levelsAt) return { ...thing, levels }
  if (score === undefined) return undefined
  if (node !== undefined) return { ...thing, node, score }
  return rule && { ...thing, rule, score }
}

function readColocation(r: Reader, at: NodeAt): Loose<ColocationDoc> | undefined {
  const { at: map, get } = r.fields(at, ['id', 'resource', 'with', 'score', 'role', 'with-role', 'node-attribute', 'influence'])
  const id = r.matching(get('id'), ID, 'config.bad-name')
  const resource = r.matching(get('resource'), NAME, 'config.bad-name')
  const other = r.matching(get('with'), NAME, 'config.bad-name')
  const score = r.score(get('score')) ?? INFINITY
  const role = r.oneOf(get('role'), ROLES)
  const withRole = r.oneOf(get('with-role'), ROLES)
  const nodeAttribute = r.matching(get('node-attribute'), ATTRIBUTE, 'config.bad-attribute')
  const influence = r.boolean(get('influence'))
  if (map && !get('resource')) r.refuse(at, 'config.missing', { field: 'resource', example: 'resource: nginx' })
  if (map && !get('with')) r.refuse(at, 'config.missing', { field: 'with', example: 'with: vip' })
  if (resource === undefined || other === undefined) return undefined
  return {
    ...{ id, resource, with: other, score },
    ...(role ? { role } : {}),
    ...(withRole ? { withRole } : {}),
    ...(nodeAttribute === undefined ? {} : { nodeAttribute }),
    ...(influence === false ? { influence } : {}),
  }
}

function readOrder(r: Reader, at: NodeAt): Loose<OrderDoc> | undefined {
  const { at: map, get } = r.fields(at, ['id', 'first', 'then', 'first-action', 'then-action', 'require-all', 'kind', 'symmetrical'])
  const id = r.matching(get('id'), ID, 'config.bad-name')
  const first = r.matching(get('first'), NAME, 'config.bad-name')
  const then = r.matching(get('then'), NAME, 'config.bad-name')
  const kind = r.oneOf(get('kind'), ['Mandatory', 'Optional', 'Serialize']) ?? 'Mandatory'
  const symmetrical = r.boolean(get('symmetrical')) ?? kind !== 'Serialize'
  const firstAction = r.oneOf(get('first-action'), ACTIONS)
  const thenAction = r.oneOf(get('then-action'), ACTIONS)
  const requireAll = r.boolean(get('require-all'))
  if (map && !get('first')) r.refuse(at, 'config.missing', { field: 'first', example: 'first: vip' })
  if (map && !get('then')) r.refuse(at, 'config.missing', { field: 'then', example: 'then: nginx' })
  if (first === undefined || then === undefined) return undefined
  return {
    ...{ id, first, then, kind, symmetrical },
    ...(firstAction === 'promote' ? { firstAction } : {}),
    ...(thenAction === 'promote' ? { thenAction } : {}),
    ...(requireAll === false ? { requireAll } : {}),
  }
}
