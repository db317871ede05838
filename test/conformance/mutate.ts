/**
 * Changes that a CIB can see in its life, one of each kind at a place drawn at random: what an administrator sets, what nodes and resources do. A
 * change that finds no place gives false. Whether the outcome is a CIB at all is for the simulator to say.
 */
import { all, type Element, one } from '../../console/cib/xml.js'
import type { Random } from '../../runtime/random.js'

type At = Record<string, string>
export type Mutation = (root: Element, random: Random) => boolean

const at = (e: Element): At => e.at as At
const flat = (e: Element | undefined, ...names: readonly string[]): Element[] =>
  e ? e.children.flatMap((c) => [...(names.includes(c.name) ? [c] : []), ...flat(c, ...names)]) : []
const section = (root: Element, name: string): Element | undefined => one(one(root, 'configuration'), name)
const resourceKinds = ['primitive', 'group', 'clone', 'master', 'bundle']
const resources = (root: Element, ...kinds: readonly string[]): Element[] =>
  flat(section(root, 'resources'), ...(kinds.length > 0 ? kinds : resourceKinds))
const nodes = (root: Element): Element[] => all(section(root, 'nodes'), 'node')
const states = (root: Element): Element[] => all(one(root, 'status'), 'node_state')
const constraints = (root: Element, ...names: readonly string[]): Element[] =>
  all(section(root, 'constraints'), ...(names.length > 0 ? names : ['rsc_location', 'rsc_colocation', 'rsc_order', 'rsc_ticket']))
const history = (root: Element): Element[] => flat(one(root, 'status'), 'lrm_resource')
const entries = (root: Element): Element[] => flat(one(root, 'status'), 'lrm_rsc_op')

const pick = <T>(random: Random, list: readonly T[]): T | undefined => (list.length > 0 ? list[random.int(list.length)] : undefined)
const from = (random: Random, text: string): string => pick(random, text.split(' ')) ?? ''

function child(parent: Element, name: string, attributes: At, first = false): Element {
  const known = one(parent, name)
  if (known && !known.at['id-ref']) return known
  const made = { name, at: attributes, children: [] }
  if (first) parent.children.unshift(made)
  else parent.children.push(made)
  return made
}
/** Sets `name` in a set of values below `parent`, which is made where there is none. */
function put(parent: Element, set: string, name: string, value: string): void {
  const values = child(
    parent,
    set,
    { id: `new-${set}-${parent.at.id ?? parent.name}` },
    parent.name !== 'clone' || set === 'meta_attributes',
  )
  const pairs = one(values, 'attributes') ?? values
  const pair = all(pairs, 'nvpair').find((p) => p.at.name === name)
  if (pair) at(pair).value = value
  else
    pairs.children.push({ name: 'nvpair', at: { id: `new-${values.at.id}-${name.replace(/[^\w.-]/g, '-')}`, name, value }, children: [] })
}
function transient(state: Element, name: string, value: string): void {
  const id = state.at.id ?? ''
  put(child(state, 'transient_attributes', { id }), 'instance_attributes', name, value)
}

const scores = '0 1 10 50 100 -1 -10 -50 INFINITY -INFINITY'
/** A meta attribute of a resource of one of `kinds`, with one of the blank-separated `values`. */
const meta =
  (name: string, values: string, ...kinds: readonly string[]): Mutation =>
  (root, random) => {
    const r = pick(random, resources(root, ...kinds))
    if (!r) return false
    put(r, 'meta_attributes', name, from(random, values))
    return true
  }
/** A cluster option. */
const option =
  (name: string, values: string): Mutation =>
  (root, random) => {
    const crm = section(root, 'crm_config')
    if (!crm) return false
    put(crm, 'cluster_property_set', name, from(random, values))
    return true
  }
/** An attribute of one of the elements that `of` gives. */
const attribute =
  (of: (root: Element) => readonly Element[], name: string, values: string): Mutation =>
  (root, random) => {
    const e = pick(random, of(root))
    if (!e) return false
    at(e)[name] = from(random, values)
    return true
  }
const nodeAttribute =
  (name: string, values: string): Mutation =>
  (root, random) => {
    const n = pick(random, nodes(root))
    if (!n) return false
    put(n, 'instance_attributes', name, from(random, values))
    return true
  }
/** Takes one of the elements that `of` gives out of the tree. */
const drop =
  (of: (root: Element) => readonly Element[]): Mutation =>
  (root, random) => {
    const e = pick(random, of(root))
    const parent = e && around(root, e)
    if (!e || !parent) return false
    parent.children.splice(parent.children.indexOf(e), 1)
    return true
  }
const around = (root: Element, e: Element): Element | undefined =>
  root.children.includes(e) ? root : root.children.map((c) => around(c, e)).find((p) => p !== undefined)

const standings: readonly At[] = [
  { in_ccm: 'false', crmd: 'offline', join: 'down', expected: 'down' },
  { in_ccm: 'false', crmd: 'offline', join: 'down', expected: 'member' },
  { in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' },
  { in_ccm: 'true', crmd: 'online', join: 'down', expected: 'member' },
  { in_ccm: 'true', crmd: 'offline', join: 'member', expected: 'member' },
  { in_ccm: 'true', crmd: 'online', join: 'pending', expected: 'member' },
]
const standing: Mutation = (root, random) => {
  const s = pick(
    random,
    states(root).filter((x) => x.at.remote_node === undefined),
  )
  if (!s) return false
  const set = pick(random, standings)
  for (const old of ['ha', 'shutdown']) delete at(s)[old]
  Object.assign(at(s), set)
  return true
}
const shutdown: Mutation = (root, random) => {
  const s = pick(random, states(root))
  if (s) transient(s, 'shutdown', '1700000000')
  return s !== undefined
}
const remoteState: Mutation = (root, random) => {
  const s = pick(
    random,
    states(root).filter((x) => x.at.remote_node !== undefined),
  )
  if (!s) return false
  const what = from(random, 'node_fenced in_ccm maintenance')
  at(s)[what === 'maintenance' ? 'node_in_maintenance' : what] = from(random, what === 'in_ccm' ? 'true false' : '1 0')
  return true
}

const place = (root: Element): Element[] =>
  constraints(root, 'rsc_location', 'rsc_colocation')
    .flatMap((c) => [c, ...flat(c, 'rule', 'resource_set')])
    .filter((e) => e.at.score !== undefined)
const swapNode: Mutation = (root, random) => {
  const c = pick(
    random,
    constraints(root, 'rsc_location').filter((x) => x.at.node !== undefined),
  )
  const n = pick(random, nodes(root))
  if (!c || !n) return false
  at(c).node = n.at.uname ?? ''
  return true
}
/** Which resources a new constraint may name: not what lives inside clones and bundles. */
const outer = (root: Element): string[] => {
  const open = (e: Element): Element[] => [e, ...(e.name === 'group' ? all(e, 'primitive') : [])]
  return all(section(root, 'resources'), ...resourceKinds)
    .flatMap(open)
    .map((e) => e.at.id ?? '')
}
const addConstraint =
  (make: (ids: readonly [string, string], root: Element, random: Random) => Element): Mutation =>
  (root, random) => {
    const [a, b] = [pick(random, outer(root)), pick(random, outer(root))]
    const list = section(root, 'constraints')
    if (!a || !b || !list || a === b) return false
    list.children.push(make([a, b], root, random))
    return true
  }
const addLocation = addConstraint(([rsc], root, random) => ({
  name: 'rsc_location',
  at: { id: 'new-location', rsc, node: pick(random, nodes(root))?.at.uname ?? '', score: from(random, scores) },
  children: [],
}))
const addColocation = addConstraint(([rsc, other], _root, random) => ({
  name: 'rsc_colocation',
  at: { id: 'new-colocation', rsc, 'with-rsc': other, score: from(random, scores) },
  children: [],
}))
const addOrder = addConstraint(([first, then], _root, random) => ({
  name: 'rsc_order',
  at: { id: 'new-order', first, then, kind: from(random, 'Mandatory Optional Serialize') },
  children: [],
}))

const operation =
  (name: string, values: string): Mutation =>
  (root, random) => {
    const r = pick(random, resources(root, 'primitive'))
    if (!r) return false
    const ops = child(r, 'operations', {})
    const task = from(random, 'monitor start stop promote demote')
    const known = all(ops, 'op').filter((o) => o.at.name === task)
    const op = pick(random, known) ?? {
      name: 'op',
      at: { id: `new-${r.at.id}-${task}`, name: task, interval: task === 'monitor' ? '10s' : '0' },
      children: [],
    }
    if (known.length === 0) ops.children.push(op)
    at(op)[name] = from(random, values)
    return true
  }

const result: Mutation = (root, random) => {
  const e = pick(random, entries(root))
  if (!e) return false
  const rc = from(random, '0 1 2 5 6 7 8 9 190 193 198')
  at(e)['rc-code'] = rc
  at(e)['op-status'] = rc === '193' ? '-1' : from(random, rc === '0' || rc === '7' || rc === '8' ? '0' : '4 4 2')
  if (e.at['transition-magic']) at(e)['transition-magic'] = e.at['transition-magic'].replace(/^-?\d+:\d+;/, `${e.at['op-status']}:${rc};`)
  return true
}
const task: Mutation = (root, random) => {
  const e = pick(
    random,
    entries(root).filter((x) => !x.at.interval || x.at.interval === '0'),
  )
  if (!e) return false
  at(e).operation = from(random, 'start stop monitor promote demote')
  return true
}
const twice: Mutation = (root, random) => {
  const e = pick(random, history(root))
  const s = pick(random, states(root))
  const list = one(one(s, 'lrm'), 'lrm_resources')
  if (!e || !list || list.children.includes(e)) return false
  const known = list.children.findIndex((x) => x.at.id === e.at.id)
  if (known >= 0) list.children.splice(known, 1)
  list.children.push(structuredClone(e))
  return true
}
const failures: Mutation = (root, random) => {
  const r = pick(random, resources(root, 'primitive'))
  const s = pick(random, states(root))
  if (!r || !s) return false
  const op = from(random, 'monitor_10000 start_0 stop_0')
  transient(s, `fail-count-${r.at.id}#${op}`, from(random, '1 2 3 INFINITY'))
  transient(s, `last-failure-${r.at.id}#${op}`, from(random, '1600000000 1790000000'))
  if (random.chance(0.6)) put(r, 'meta_attributes', 'migration-threshold', from(random, '1 2 3'))
  if (random.chance(0.3)) put(r, 'meta_attributes', 'failure-timeout', from(random, '60s 1000d'))
  return true
}
/** A number that is already there as an attribute of a node, transient or not. */
const valueThere: Mutation = (root, random) => {
  const p = pick(
    random,
    [...nodes(root), ...flat(one(root, 'status'), 'transient_attributes')].flatMap((n) => flat(n, 'nvpair')),
  )
  if (!p) return false
  at(p).value = from(random, '0 1 5 100 1000 -1 INFINITY -INFINITY true')
  return true
}
const promotion: Mutation = (root, random) => {
  const clone = pick(random, resources(root, 'clone', 'master', 'bundle'))
  const r = pick(random, flat(clone, 'primitive'))
  const s = pick(random, states(root))
  if (!r || !s) return false
  transient(s, `master-${r.at.id}`, from(random, '-1 0 5 10 100 INFINITY -INFINITY'))
  return true
}
const room: Mutation = (root, random) => {
  const e = pick(random, [...nodes(root), ...resources(root, 'primitive')])
  const crm = section(root, 'crm_config')
  if (!e || !crm) return false
  put(e, 'utilization', 'cpu', from(random, '0 1 2 4 8'))
  for (const n of nodes(root)) if (random.chance(0.5)) put(n, 'utilization', 'cpu', from(random, '1 2 4'))
  put(crm, 'cluster_property_set', 'placement-strategy', from(random, 'utilization balanced minimal'))
  return true
}
const quorum: Mutation = (root, random) => {
  at(root)['have-quorum'] = '0'
  return option('no-quorum-policy', 'stop freeze ignore demote suicide')(root, random)
}
const ticket: Mutation = (root, random) => {
  const names = constraints(root, 'rsc_ticket').map((c) => c.at.ticket ?? '')
  const id = pick(random, names)
  const status = one(root, 'status')
  if (id === undefined || !status) return false
  const list = child(status, 'tickets', {})
  const known = all(list, 'ticket_state').find((t) => t.at.id === id)
  const state = known ?? { name: 'ticket_state', at: { id }, children: [] }
  if (!known) list.children.push(state)
  at(state).granted = from(random, 'true false')
  at(state).standby = from(random, 'true false')
  return true
}
const member: Mutation = (root, random) => {
  const g = pick(random, resources(root, 'group'))
  if (!g) return false
  const of = all(g, 'primitive')
  const m = pick(random, of)
  const what = m && of.length > 1 ? from(random, 'drop last new') : 'new'
  if (m && what !== 'new') g.children.splice(g.children.indexOf(m), 1)
  if (m && what === 'last') g.children.push(m)
  if (what === 'new')
    g.children.push({ name: 'primitive', at: { id: 'new-member', class: 'ocf', provider: 'pacemaker', type: 'Dummy' }, children: [] })
  return true
}
const health: Mutation = (root, random) => {
  const s = pick(random, states(root))
  if (!s) return false
  transient(s, '#health-x', from(random, 'red yellow green -50'))
  return option('node-health-strategy', 'migrate-on-red only-green progressive custom none')(root, random)
}
const clones = ['clone', 'master']
const orders = (root: Element): Element[] => constraints(root, 'rsc_order')
const pairs = (root: Element): Element[] => constraints(root, 'rsc_colocation').filter((c) => c.at.rsc !== undefined)
const sets = (root: Element): Element[] => flat(section(root, 'constraints'), 'resource_set')

export const mutations: Readonly<Record<string, Mutation>> = {
  score: attribute(place, 'score', scores),
  'swap-node': swapNode,
  'add-location': addLocation,
  'add-colocation': addColocation,
  'add-order': addOrder,
  stickiness: meta('resource-stickiness', scores),
  standby: nodeAttribute('standby', 'on off true false'),
  'node-maintenance': nodeAttribute('maintenance', 'true false'),
  'node-state': standing,
  'remote-state': remoteState,
  shutdown,
  'target-role': meta('target-role', 'Started Stopped Promoted Unpromoted'),
  'is-managed': meta('is-managed', 'true false false'),
  maintenance: meta('maintenance', 'true'),
  'clone-max': meta('clone-max', '0 1 2 3 4', ...clones),
  'clone-node-max': meta('clone-node-max', '1 2 3', ...clones),
  'clone-min': meta('clone-min', '0 1 2 3', ...clones),
  interleave: meta('interleave', 'true false', ...clones),
  ordered: meta('ordered', 'true false', ...clones),
  notify: meta('notify', 'true false', ...clones),
  unique: meta('globally-unique', 'true false', ...clones),
  promotable: meta('promotable', 'true false', 'clone'),
  'promoted-max': meta('promoted-max', '0 1 2', ...clones),
  'promoted-node-max': meta('promoted-node-max', '0 1 2', ...clones),
  'promotion-score': promotion,
  failures,
  'migration-threshold': meta('migration-threshold', '0 1 2', 'primitive'),
  'on-fail': operation('on-fail', 'ignore block stop restart standby fence demote'),
  'op-role': operation('role', 'Started Promoted Unpromoted Stopped'),
  'op-enabled': operation('enabled', 'true false'),
  'op-interval': operation('interval', '0 10s 20s'),
  'order-kind': attribute(orders, 'kind', 'Mandatory Optional Serialize'),
  'order-symmetrical': attribute(orders, 'symmetrical', 'true false'),
  'order-first-action': attribute((root) => orders(root).filter((o) => o.at.first), 'first-action', 'start stop promote demote'),
  'order-then-action': attribute((root) => orders(root).filter((o) => o.at.then), 'then-action', 'start stop promote demote'),
  'require-all': attribute((root) => [...sets(root), ...orders(root).filter((o) => o.at.first)], 'require-all', 'true false'),
  sequential: attribute(sets, 'sequential', 'true false'),
  'set-role': attribute(sets, 'role', 'Started Promoted Unpromoted Stopped'),
  'colocation-role': attribute(pairs, 'rsc-role', 'Started Promoted Unpromoted'),
  'with-role': attribute(pairs, 'with-rsc-role', 'Started Promoted Unpromoted'),
  influence: attribute(pairs, 'influence', 'true false'),
  'node-attribute': attribute(pairs, 'node-attribute', '#uname zone'),
  critical: meta('critical', 'true false'),
  'drop-constraint': drop((root) => constraints(root)),
  'drop-resource': drop((root) => resources(root)),
  'drop-history': drop(history),
  'drop-entry': drop(entries),
  'drop-state': drop(states),
  'drop-node': drop(nodes),
  'twice-active': twice,
  result,
  task,
  'node-value': valueThere,
  utilization: room,
  quorum,
  'stop-all': option('stop-all-resources', 'true'),
  symmetric: option('symmetric-cluster', 'true false'),
  'startup-probes': option('enable-startup-probes', 'true false'),
  fencing: option('stonith-enabled', 'true false'),
  'fence-action': option('stonith-action', 'reboot off'),
  'startup-fencing': option('startup-fencing', 'true false'),
  'concurrent-fencing': option('concurrent-fencing', 'true false'),
  'start-fatal': option('start-failure-is-fatal', 'true false'),
  'maintenance-mode': option('maintenance-mode', 'true'),
  'stop-orphans': option('stop-orphan-resources', 'true false'),
  'orphan-actions': option('stop-orphan-actions', 'true false'),
  'shutdown-lock': option('shutdown-lock', 'true'),
  priority: meta('priority', '0 1 10 -5 100'),
  ticket,
  'loss-policy': attribute((root) => constraints(root, 'rsc_ticket'), 'loss-policy', 'stop demote fence freeze'),
  member,
  'allow-migrate': meta('allow-migrate', 'true false'),
  requires: meta('requires', 'nothing quorum fencing unfencing', 'primitive'),
  'multiple-active': meta('multiple-active', 'stop_start stop_only block stop_unexpected'),
  discovery: attribute((root) => constraints(root, 'rsc_location'), 'resource-discovery', 'always never exclusive'),
  'location-role': attribute(
    (root) => constraints(root, 'rsc_location').flatMap((c) => [...all(c, 'rule'), ...(c.at.node ? [c] : [])]),
    'role',
    'Promoted Unpromoted',
  ),
  replicas: attribute((root) => flat(section(root, 'resources'), 'docker', 'podman', 'rkt'), 'replicas', '1 2 3 4'),
  'replicas-per-host': attribute((root) => flat(section(root, 'resources'), 'docker', 'podman', 'rkt'), 'replicas-per-host', '1 2 3'),
  'bundle-promoted-max': attribute((root) => flat(section(root, 'resources'), 'docker', 'podman', 'rkt'), 'promoted-max', '0 1 2'),
  health,
}
