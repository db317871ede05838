/**
 * `resource`: the director of this node's resources. It keeps one child per configured resource, hands orders to them, and owns the rows.
 * Promises:
 *  - an order is for this life of the machine, at most once per op id (S18), and waits until this node has applied its minIndex;
 *  - an order is carried out only of a leader of the latest term that was named here: what a deposed leader had queued comes too late (S17);
 *  - start and promote only with a grant that the log shows here: this node, this boot, this token, not released (S2, S3);
 *  - a start takes its turn behind all that stands in the mailbox: after a stall of this thread it may be that quorum was lost meanwhile;
 *  - without quorum nothing starts (S13); with no-quorum-policy=stop everything stops, last started first (S17);
 *  - after a restart of kyhad children are told what the guard holds; nothing that runs is restarted.
 * Senders: log, quorum, coordinators of any member, its children, the guard by way of the host. Orders: gate.ts. Rows: rows.ts.
 */
import { type Actor, type Boot, type Effect, type Env, type ResourceId, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { cloneOf } from '../../runtime/config/document.js'
import { resourceId, term, token } from '../../runtime/ids.js'
import type { Order } from '../coordinator/messages.js'
import { apply, fromTheDead } from '../log/apply.js'
import type { Committed } from '../log/messages.js'
import { resourceOf, rightsOf } from '../log/right.js'
import type { ClusterState } from '../log/state.js'
import { type Child, type Director, direct, inTerm, judgeWaiting, recorded, retryDeferred, sourceOf, starts } from './gate.js'
import { adoptWaiting, asked, begun, inventoried, isAhead, listEffects } from './inventory.js'
import type { CloneMeta, DirectorIn, Granted, ResourceArgs, RowChanged, Turn } from './messages.js'
import { membersOf } from './order.js'
import { advanceStop, graceOver, quorumHeard, voidWaiting } from './quorum-stop.js'
import { flush, mark, markWhole, stream, whole } from './rows.js'
import { announce } from './settle.js'

export const actor: Actor<Director, DirectorIn> = {
  kind: 'resource',
  mailbox: { limit: 8_192, full: 'fault' },
  init(boot, env) {
    return step(fresh(boot, env), [
      ...listEffects(env),
      send({ path: 'log' }, { type: 'hello' }),
      send({ path: 'quorum' }, { type: 'hello' }),
    ])
  },
  receive(before, msg, env) {
    if (fromTheDead(before.cluster, env)) return step(before)
    const out: Effect[] = []
    const s = advanceStop(hear(before, msg, env, out), out)
    if (!s.cluster) return step(s, out)
    const source = sourceOf(s)
    const toCoordinators = flush(s.toCoordinators, source, env.now, out)
    return step({ ...s, toCoordinators, toConsoles: flush(s.toConsoles, source, env.now, out) }, out)
  },
}

const fresh = (boot: Boot, env: Env): Director => ({
  node: boot.node,
  name: boot.name,
  boot: boot.incarnation.boot,
  graceMs: boot.timing.managerGraceMs,
  children: {},
  term: term(0),
  listSent: 1,
  listGot: 0,
  held: {},
  deferred: [],
  orphans: false,
  open: {},
  results: [],
  toCoordinators: stream('coordinator', env.now),
  toConsoles: stream('console', env.now),
})

function hear(s: Director, msg: DirectorIn, env: Env, out: Effect[]): Director {
  switch (msg.type) {
    case 'state':
      return applied(s, msg.state, env, out)
    case 'committed':
      return committed(s, msg, env, out)
    case 'quorum':
      return retryDeferred(quorumHeard(s, msg, env, out), out)
    case 'quorum-grace-over':
      return graceOver(s)
    case 'order':
      return starts(msg) ? takesItsTurn(s, msg, env, out) : direct(s, msg, env.from, out)
    case 'turn':
      return env.from.node === undefined && env.from.path === 'resource' ? direct(s, msg.order, msg.from, out) : s
    case 'missing':
      return asked(s, msg.resource, env, out)
    case 'child-result':
      return recorded(s, msg.result, out)
    case 'row':
      return rowChanged(s, msg, out)
    case 'retired':
      return retired(s, msg.resource, out)
    case 'hello':
      return greeted(s, env, out)
    case 'rows-please':
      if (s.cluster) out.push(whole(env.from.path === 'console' ? s.toConsoles : s.toCoordinators, sourceOf(s), env.from))
      return s
    case 'agent-inventory':
      return inventoried(s, msg, env, out)
    case 'agent-result':
    case 'agent-death':
      if (s.children[msg.resource]) out.push(send(childOf(msg.resource), msg))
      else if (msg.type === 'agent-result' && !isAhead(s, msg.id)) out.push({ do: 'agent-ack', id: msg.id })
      return s
    case 'list-due':
      if (s.listGot < s.listSent) out.push(...listEffects(env))
      return s
    case 'flush':
      return msg.to === 'console'
        ? { ...s, toConsoles: { ...s.toConsoles, armed: false } }
        : { ...s, toCoordinators: { ...s.toCoordinators, armed: false } }
    case 'leadership':
      return inTerm(s, msg.term, out)
    default:
      return unreachable(msg)
  }
}

function takesItsTurn(s: Director, order: Order, env: Env, out: Effect[]): Director {
  const turn: Turn = { type: 'turn', order, from: env.from }
  out.push(send({ path: 'resource' }, turn))
  return s
}

const NONE = token(0)
const childOf = (id: ResourceId) => ({ path: `resource/${id}` })

/** A child is there (again), or somebody else wants all rows. */
function greeted(s: Director, env: Env, out: Effect[]): Director {
  const id = resourceId(env.from.path.replace(/^resource\//, ''))
  if (env.from.path === `resource/${id}` && env.from.node === undefined) return begun(s, id, env, out)
  if (s.cluster) out.push(whole(s.toCoordinators, sourceOf(s), env.from))
  return s
}

function committed(s: Director, msg: Committed, env: Env, out: Effect[]): Director {
  if (!s.cluster || msg.entry.index <= s.cluster.index) return s
  if (msg.entry.index !== s.cluster.index + 1) {
    out.push(send({ path: 'log' }, { type: 'hello' }))
    return s
  }
  const next = applied(s, apply(s.cluster, msg.entry).state, env, out, msg.more)
  const entry = msg.entry.entry
  if (entry.type !== 'cleanup' || (entry.node !== undefined && entry.node !== s.node)) return next
  for (const name of next.cluster ? membersOf(next.cluster.config, entry.resource) : []) {
    const id = next.cluster?.ids[name]
    if (id && next.children[id]) out.push(send(childOf(id), { type: 'cleanup' }))
  }
  return next
}

/** A newer state: children follow the configuration; orders that waited for it go on, but not while the next entry may say something else at once. */
function applied(s: Director, cluster: ClusterState, env: Env, out: Effect[], more = false): Director {
  if (s.cluster && cluster.index < s.cluster.index) return s
  const membersChanged = s.cluster?.members !== cluster.members
  const same = s.cluster?.config === cluster.config && s.cluster.ids === cluster.ids && s.cluster.left === cluster.left
  const followed = leaveOrphans(same ? { ...s, cluster } : follow({ ...s, cluster, orphans: true }, cluster, out), more, out)
  const next = membersChanged ? { ...followed, toCoordinators: markWhole(s.toCoordinators), toConsoles: markWhole(s.toConsoles) } : followed
  if (s.cluster && s.cluster.grants !== cluster.grants) tellGrants(next, s.cluster.grants, out)
  if (s.cluster && s.cluster.config !== cluster.config) voidWaiting(next, 'configuration', out)
  const adopted = adoptWaiting(reaped(next, out), env, out)
  return more ? adopted : retryDeferred(adopted, out)
}

/** What was granted, released or replaced: a child must not begin an older start that still waits with it. */
function tellGrants(s: Director, before: ClusterState['grants'], out: Effect[]): void {
  const grants = s.cluster?.grants ?? {}
  const changed = new Set<ResourceId>()
  for (const right of new Set([...Object.keys(before), ...Object.keys(grants)] as ResourceId[])) {
    const [old, now] = [before[right], grants[right]]
    if (old?.token !== now?.token || old?.released !== now?.released) changed.add(resourceOf(right))
  }
  for (const id of [...changed].sort()) {
    if (!s.children[id]) continue
    const tokens = rightsOf(grants, id).flatMap((g) => (g.boot === s.boot ? [g.token] : []))
    const msg: Granted = { type: 'granted', tokens }
    out.push(send(childOf(id), msg))
  }
}

const alike = (child: Child, { doc, clone }: ResourceArgs): boolean =>
  JSON.stringify([child.doc, child.clone]) === JSON.stringify([doc, clone])

/** What an agent learns of the clone that it is an instance of (OCF 1.1). */
function cloneMeta({ config, members }: ClusterState, name: string): CloneMeta {
  const clone = cloneOf(config, name)
  if (!clone) return {}
  const roles = clone.promoted === undefined ? {} : { promotable: 'true', promoted_max: String(clone.promoted), promoted_node_max: '1' }
  return {
    clone: '0',
    clone_max: String(clone.max ?? members.length),
    clone_node_max: '1',
    globally_unique: 'false',
    interleave: String(clone.interleave),
    notify: String(clone.notify),
    ...roles,
  }
}

/** One child per configured resource, and one for each that left the configuration before this life could see to it that it stops here. */
function follow(s: Director, cluster: ClusterState, out: Effect[]): Director {
  const children = { ...s.children }
  const { config } = cluster
  const all = config.properties.maintenanceMode || (config.nodes[s.name]?.maintenance ?? false)
  for (const doc of config.resources) {
    const id = cluster.ids[doc.name]
    if (id === undefined) continue
    const maintenance = all || doc.meta.maintenance
    const child = children[id]
    const args: ResourceArgs = { resource: id, doc, maintenance, clone: cloneMeta(cluster, doc.name) }
    const same = child && !child.retiring && child.maintenance === maintenance && alike(child, args)
    if (!child) out.push({ do: 'child', op: 'start', kind: 'resource-child', path: childOf(id).path, args })
    else if (!same) {
      out.push(send(childOf(id), { ...args, type: 'reconfigure' }))
    }
    children[id] = { row: unknownRow(id), adoptAt: 0, ...child, doc, maintenance, clone: args.clone, retiring: false, retired: false }
  }
  for (const [id, child] of leaving(children, cluster)) {
    const maintenance = all || child.doc.meta.maintenance
    if (child.maintenance === maintenance) continue
    const args: ResourceArgs = { resource: id, doc: child.doc, maintenance, clone: child.clone }
    out.push(send(childOf(id), { ...args, type: 'reconfigure' }))
    children[id] = { ...child, maintenance, retiring: false, retired: false }
  }
  for (const [key, doc] of Object.entries(cluster.left ?? {})) {
    const id = resourceId(key)
    if (children[id] || !rightsOf(cluster.grants, id).some((g) => g.node === s.node)) continue
    const maintenance = all || doc.meta.maintenance
    const args: ResourceArgs = { resource: id, doc, maintenance, clone: {} }
    out.push({ do: 'child', op: 'start', kind: 'resource-child', path: childOf(id).path, args })
    children[id] = { row: unknownRow(id), adoptAt: 0, doc, maintenance, clone: {}, retiring: false, retired: false }
  }
  return { ...s, children }
}

/** Those that left the configuration and are still here: maintenance that ends, or begins, is theirs, too; they are told to retire again then. */
const leaving = (children: Director['children'], { config, ids }: ClusterState): readonly (readonly [ResourceId, Child])[] => {
  const wanted = new Set(config.resources.map((r) => ids[r.name]))
  return (Object.entries(children) as [ResourceId, Child][]).filter(([id]) => !wanted.has(id))
}

/** Those that left the configuration are stopped, then ended. A configuration that the next entry may replace is none to stop anything for. */
function leaveOrphans(s: Director, more: boolean, out: Effect[]): Director {
  if (!s.orphans || more || !s.cluster) return s
  const { config, ids } = s.cluster
  const wanted = new Set(config.resources.map((r) => ids[r.name]))
  const children = { ...s.children }
  for (const id of (Object.keys(children) as ResourceId[]).sort()) {
    const child = children[id]
    if (!child || child.retiring || wanted.has(id)) continue
    out.push(announce('stop', 'resource.orphan', { resource: child.doc.name }, 'notice'), send(childOf(id), { type: 'retire' }))
    children[id] = { ...child, retiring: true }
  }
  return { ...s, children, orphans: false }
}

const unknownRow = (id: ResourceId): RowChanged['row'] => ({
  resource: id,
  state: 'unknown',
  token: NONE,
  failCount: 0,
  took: {},
})

function rowChanged(s: Director, msg: RowChanged, out: Effect[]): Director {
  const id = msg.row.resource
  const child = s.children[id]
  if (!child) return s
  const children = { ...s.children, [id]: { ...child, row: msg.row } }
  const at = { ...s, children, toCoordinators: mark(s.toCoordinators, id), toConsoles: mark(s.toConsoles, id) }
  if (msg.row.state !== child.row.state) judgeWaiting(at, out)
  return at
}

/** Nothing of it runs here any more, and its row says so until the log no longer holds this node's grant of it: that is what releases it. */
function retired(s: Director, id: ResourceId, out: Effect[]): Director {
  const held = rightsOf(s.cluster?.grants ?? {}, id).some((g) => g.node === s.node)
  const child = s.children[id]
  if (!child?.retiring) return s
  if (held && child.row.state !== 'stopped') return s
  if (held) {
    const children = { ...s.children, [id]: { ...child, retired: true } }
    return child.retired ? s : { ...s, children, toCoordinators: mark(s.toCoordinators, id), toConsoles: mark(s.toConsoles, id) }
  }
  out.push({ do: 'child', op: 'stop', path: childOf(id).path })
  const { [id]: _, ...children } = s.children
  return { ...s, children, toCoordinators: markWhole(s.toCoordinators), toConsoles: markWhole(s.toConsoles) }
}

const reaped = (s: Director, out: Effect[]): Director =>
  (Object.keys(s.children) as ResourceId[])
    .filter((id) => s.children[id]?.retiring && s.children[id]?.row.state === 'stopped')
    .sort()
    .reduce((at, id) => retired(at, id, out), s)
