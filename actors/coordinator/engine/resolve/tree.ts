/**
 * The resource tree: templates merged, meta attributes inherited and defaulted, clones opened into instances, bundles into their parts. After
 * this stage every resource that can ever run is a `Res` with its candidates at score 0 (or none, where the cluster is opt-in).
 */
import { verdict } from '../../../../runtime/verdict.js'
import { HostSet, Places } from '../places.js'
import type { OperationSpec, ResourceSpec } from '../scene.js'
import { flag, INF, parseMs, parseScore, Role, truthy } from '../score.js'
import { type CloneData, placeOf, type Res, type World } from '../world.js'
import { openBundle } from './bundle.js'
import { unpack } from './values.js'

export function buildTree(w: World): void {
  for (const given of w.scene.resources) {
    const spec = possible(w, given)
    if (spec) w.resources.push(build(w, spec, undefined))
  }
  for (const implicit of guestConnections(w)) w.resources.push(implicit)
  for (const r of w.tree()) if (unfences(w, r)) w.enableUnfencing = true
  for (const r of w.tree()) settle(w, r)
  link(w)
  w.resources.sort((a, b) => b.priority - a.priority)
}

const isDevice = (r: Res): boolean => r.agent.class === 'stonith'

/** Builds `spec` with everything below it. `instance` is the number within a clone. */
export function build(w: World, given: ResourceSpec, parent: Res | undefined, instance?: number): Res {
  const spec = merged(w, given)
  const asked = { nowS: w.scene.nowS, agent: spec.agent }
  const meta = unpack(spec.meta, asked)
  if (parent) for (const [k, v] of parent.meta) if (!meta.has(k)) meta.set(k, v)
  unpack(w.scene.resourceDefaults, asked, meta)
  if (spec.kind === 'clone' && !meta.has('resource-stickiness')) meta.set('resource-stickiness', '1')
  const res = blank(w, spec, parent, meta, instance)
  register(w, res)
  if (spec.kind === 'clone') openClone(w, res)
  else if (spec.kind === 'bundle') openBundle(w, res)
  else for (const c of spec.children) res.children.push(build(w, c, res, instance))
  return res
}

function register(w: World, res: Res): void {
  if (!w.byId.has(res.id)) w.byId.set(res.id, res)
  if (res.base !== res.id && !w.byId.has(res.base)) w.byId.set(res.base, res)
}

/** A resource with what its template lends: own sets and operations win. */
function merged(w: World, spec: ResourceSpec): ResourceSpec {
  const t = spec.template === undefined ? undefined : w.scene.templates.find((x) => x.id === spec.template)
  if (!t?.agent) return spec
  const ids = w.templates.get(t.id) ?? []
  if (!ids.includes(spec.id)) ids.push(spec.id)
  w.templates.set(t.id, ids)
  const own = new Set(spec.operations.map((o) => `${o.name} ${parseMs(o.interval) ?? 0}`))
  const operations: OperationSpec[] = [...t.operations.filter((o) => !own.has(`${o.name} ${parseMs(o.interval) ?? 0}`)), ...spec.operations]
  return {
    ...spec,
    agent: t.agent,
    operations,
    params: [...t.params, ...spec.params],
    meta: [...t.meta, ...spec.meta],
    utilization: [...t.utilization, ...spec.utilization],
  }
}

/** More instances than this are of no use to anybody, and would only fill the memory. */
export const instancesMax = 1000

export function bounded(w: World, id: string, asked: number): number {
  if (asked <= instancesMax) return asked
  w.notes.push(verdict('note', 'engine.too-many-instances', { id, asked, max: instancesMax }, 'warning'))
  return instancesMax
}

function cloneData(
  w: World,
  meta: ReadonlyMap<string, string>,
  spec: ResourceSpec,
): { data: CloneData; unique: boolean; promotable: boolean } {
  const n = (name: string, old: string, otherwise: number): number => {
    const v = Number.parseInt(meta.get(name) ?? meta.get(old) ?? '', 10)
    return Number.isNaN(v) || v < 0 ? otherwise : v
  }
  const promotable = truthy(meta.get('promotable'))
  const asked = flag(meta.get('globally-unique'), false)
  const unique = asked && distinct(w, spec)
  const nodeMax = n('clone-node-max', 'clone-node-max', 1)
  const data: CloneData = {
    max: Math.min(
      bounded(w, spec.id, n('clone-max', 'clone-max', Math.max(1, w.hosts.length))),
      asked && !unique ? w.hosts.length : Number.POSITIVE_INFINITY,
    ),
    nodeMax: unique ? nodeMax : Math.min(1, nodeMax),
    promotedMax: promotable ? n('promoted-max', 'master-max', 1) : 0,
    promotedNodeMax: promotable ? n('promoted-node-max', 'master-node-max', 1) : 0,
    min: n('clone-min', 'clone-min', 0),
    ordered: flag(meta.get('ordered'), false),
    interleave: flag(meta.get('interleave'), false),
    notify: flag(meta.get('notify'), false),
  }
  return { data, unique, promotable }
}

/** Only OCF agents know roles: in a promotable clone anything else is no resource at all. Undefined where that leaves nothing. */
function possible(w: World, spec: ResourceSpec): ResourceSpec | undefined {
  const child = spec.children[0]
  if (spec.kind !== 'clone' || !child || !truthy(unpack(spec.meta, { nowS: w.scene.nowS }).get('promotable'))) return spec
  const fits = (r: ResourceSpec): boolean => !/^(lsb|systemd|upstart|service|nagios|stonith)$/.test(merged(w, r).agent?.class ?? '')
  if (child.kind === 'primitive' ? fits(child) : child.children.every(fits)) return spec
  w.notes.push(verdict('note', 'engine.not-promotable', { id: spec.id }, 'warning'))
  const rest = child.children.filter(fits)
  return rest.length > 0 ? { ...spec, children: [{ ...child, children: rest }] } : undefined
}

/** Only agents that take parameters can tell one instance from another. */
function distinct(w: World, spec: ResourceSpec): boolean {
  if (spec.kind !== 'primitive') return spec.children.every((c) => distinct(w, c))
  const agent = spec.template ? w.scene.templates.find((t) => t.id === spec.template)?.agent : spec.agent
  return !/^(lsb|systemd|upstart|service|nagios)$/.test(agent?.class ?? '')
}

function openClone(w: World, res: Res): void {
  const child = res.spec.children[0]
  if (!child || !res.clone) return
  for (let i = 0; i < Math.max(1, res.clone.max); i++) res.children.push(build(w, child, res, i))
}

const agentless = { class: '', provider: '', type: '' }

function blank(w: World, spec: ResourceSpec, parent: Res | undefined, meta: Map<string, string>, instance: number | undefined): Res {
  const c = spec.kind === 'clone' ? cloneData(w, meta, spec) : undefined
  const id = instance === undefined ? spec.id : `${spec.id}:${instance}`
  const res: Res = {
    id,
    base: spec.id,
    historyId: id,
    kind: spec.kind,
    spec,
    parent,
    children: [],
    agent: spec.agent ?? agentless,
    meta,
    operations: spec.operations,
    params: spec.params,
    implicitParams: new Map(),
    utilization: new Map(),
    index: w.counter++,
    clone: c?.data,
    bundle: spec.bundle,
    replicas: [],
    colocated: spec.kind === 'group' && flag(meta.get('collocated'), true),
    sequential: spec.kind === 'group' && flag(meta.get('ordered'), true),
    container: undefined,
    fillers: [],
    remoteHost: undefined,
    unique: c?.unique ?? false,
    promotable: c?.promotable ?? false,
    ...settings(w, meta),
    requires: 'nothing',
    failed: false,
    stopIfFailed: false,
    failureIgnored: false,
    orphan: false,
    orphanInstance: false,
    startPending: false,
    reloadOnly: false,
    exclusiveDiscovery: false,
    stopUnexpected: false,
    detach: false,
    role: Role.stopped,
    nextRole: Role.unknown,
    nextRoleWhy: '',
    ...placement(),
  }
  if (parent && (parent.kind === 'clone' || parent.kind === 'group')) {
    res.unique = res.unique || parent.unique
    res.promotable = res.promotable || parent.promotable
  }
  for (const [k, v] of unpack(spec.utilization, { nowS: w.scene.nowS })) res.utilization.set(k, Number.parseInt(v, 10) || 0)
  if (w.options.symmetric) for (const h of w.hosts) placeOf(res, h)
  return res
}

function settings(w: World, meta: ReadonlyMap<string, string>) {
  const { options, scene } = w
  const maintenance = flag(meta.get('maintenance'), options.maintenance)
  const multiple = meta.get('multiple-active')
  return {
    consecutive: (meta.get('failure-counting') ?? (scene.own ? 'consecutive' : 'window')) === 'consecutive',
    priority: parseScore(meta.get('priority')) ?? 0,
    stickiness: parseScore(meta.get('resource-stickiness')) ?? options.stickinessDefault ?? 0,
    threshold: threshold(meta.get('migration-threshold')),
    failureTimeoutS: Math.trunc((parseMs(meta.get('failure-timeout')) ?? 0) / 1000),
    multiple: (multiple === 'stop_only' || multiple === 'block' || multiple === 'stop_unexpected'
      ? multiple
      : 'stop_start') as Res['multiple'],
    critical: flag(meta.get('critical'), true),
    restartOnOrder: meta.get('restart-type') === 'restart',
    allowMigrate: truthy(meta.get('allow-migrate')),
    managed: !maintenance && !options.maintenance && flag(meta.get('is-managed'), options.managedDefault),
    maintenance: maintenance || options.maintenance,
    blocked: false,
  }
}

const placement = () => ({
  known: new HostSet(),
  active: [],
  pendingTask: '',
  pendingHost: undefined,
  migrateFrom: undefined,
  migrateTo: undefined,
  dangling: [],
  lockedTo: undefined,
  places: new Places(),
  assigned: undefined,
  provisional: true,
  busy: false,
  merging: false,
  promotion: 0,
  promotionScore: 0,
  thisWith: [],
  withThis: [],
  locations: [],
  tickets: [],
  actions: [],
  notices: new Map(),
})

/** 0 and below mean no limit. */
function threshold(text: string | undefined): number {
  const n = parseScore(text)
  return n === undefined || n < 0 ? INF : n
}

/** A device that says so, or anything that asks for it, makes unfencing part of the plan. */
const unfences = (w: World, r: Res): boolean =>
  (isDevice(r) && r.meta.get('provides') === 'unfencing') || (w.options.fencing && r.meta.get('requires')?.toLowerCase() === 'unfencing')

/** What needs the whole tree: `requires`, and group scores that come from members. */
function settle(w: World, r: Res): void {
  const { fencing, noQuorum } = w.options
  const text = r.meta.get('requires')?.toLowerCase()
  const connection = r.agent.class === 'ocf' && r.agent.provider === 'pacemaker' && r.agent.type === 'remote'
  const usual =
    isDevice(r) || connection
      ? 'quorum'
      : fencing && w.enableUnfencing
        ? 'unfencing'
        : fencing
          ? 'fencing'
          : noQuorum === 'ignore'
            ? 'nothing'
            : 'quorum'
  if (connection && !r.meta.has('allow-migrate')) r.allowMigrate = true // a connection moves without disturbing what is behind it
  r.requires = text === 'nothing' || text === 'quorum' || text === 'fencing' || text === 'unfencing' ? text : usual
  if (r.requires === 'unfencing' && isDevice(r)) r.requires = 'quorum'
  if (r.requires === 'unfencing' && !fencing) r.requires = 'quorum'
}

/** Guest nodes' own connections: one implicit resource for each `remote-node`. */
function guestConnections(w: World): Res[] {
  return [...w.primitives()].flatMap((r) => {
    const name = r.meta.get('remote-node')
    if (name === undefined || w.byId.has(name) || r.parent?.kind === 'bundle') return []
    const timeout = r.meta.get('remote-connect-timeout')
    return [build(w, connectionSpec(name, r.id, r.meta.get('remote-allow-migrate'), timeout), undefined)]
  })
}

export function connectionSpec(name: string, container: string, migrate?: string, timeout?: string): ResourceSpec {
  const values: (readonly [string, string])[] = [
    ['container', container],
    ['internal', 'true'],
    ...(migrate === undefined ? [] : [['allow-migrate', migrate] as const]),
  ]
  const op = (opName: string, interval: string, limit: string): OperationSpec => ({
    id: `${name}-${opName}`,
    name: opName,
    interval,
    attributes: { timeout: limit },
    meta: [],
  })
  return {
    id: name,
    kind: 'primitive',
    agent: { class: 'ocf', provider: 'pacemaker', type: 'remote' },
    params: [],
    meta: [{ id: `${name}-meta`, score: 0, values }],
    utilization: [],
    operations: [op('monitor', '30s', '30s'), op('start', '0', timeout ?? '60s')],
    children: [],
  }
}

/** Is `outer` inside `inner`, or the same? Then `inner` cannot be in it. */
function holds(inner: Res, outer: Res): boolean {
  for (let r: Res | undefined = outer; r; r = r.container) if (r === inner) return true
  return false
}

/** Who holds whose machine, and which resource reaches which node. */
function link(w: World): void {
  for (const r of w.primitives()) {
    const { agent } = r
    if (agent.class === 'ocf' && agent.provider === 'pacemaker' && agent.type === 'remote') {
      const host = w.hosts.find((h) => h.name === r.id)
      if (host) {
        r.remoteHost = host
        host.connection = r
        r.failureTimeoutS =
          Math.trunc((parseMs(unpack(r.params, { nowS: w.scene.nowS, agent }).get('reconnect_interval')) ?? 0) / 1000) || r.failureTimeoutS
      }
    }
    const container = r.container ?? w.byId.get(r.meta.get('container') ?? '')
    if (container && !holds(r, container)) {
      r.container = container
      container.fillers.push(r)
    }
  }
}
