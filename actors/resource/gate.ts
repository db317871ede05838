/**
 * The director's state, and the gate that every order passes: right life, not seen before, log applied, grant held, quorum there.
 * An order that has to wait is kept (at most 1,024, the next is refused); one that fails the gate is answered with the reason.
 */
import {
  type Address,
  type BootId,
  type Effect,
  type NodeId,
  type OpId,
  type ResourceId,
  send,
  type Term,
  type Token,
} from '../../runtime/actor.js'
import type { ResourceDoc } from '../../runtime/config/document.js'
import type { Order, OrderResult, Row } from '../coordinator/messages.js'
import { isPromotion, resourceOf, rightsOf, runGrant } from '../log/right.js'
import type { ClusterState } from '../log/state.js'
import { isUp } from './instance.js'
import type { Held } from './inventory.js'
import type { CloneMeta, Granted } from './messages.js'
import { Ocf } from './ocf.js'
import { type Below, below } from './order.js'
import { voidWaiting } from './quorum-stop.js'
import { mark, type Source, type Stream } from './rows.js'
import { announce } from './settle.js'

export interface Child {
  readonly doc: ResourceDoc
  readonly maintenance: boolean
  readonly clone: CloneMeta
  readonly retiring: boolean
  /** It left the configuration, is stopped, and begins nothing any more. */
  readonly retired: boolean
  readonly row: Row
  /** It waits for the guard's answer of this number; 0 = it does not wait. */
  readonly adoptAt: number
}
export interface Waiting {
  readonly order: Order
  readonly from: Address
}
/** An order with a child, and all who asked for it. */
export interface Open {
  readonly resource: ResourceId
  /** Absent: an earlier life of kyhad gave it to its child, and it has begun. */
  readonly order?: Order
  readonly to: readonly Address[]
  /** Its child began anew since: unless the guard holds it, it is lost with the child's earlier life. */
  readonly doubt?: boolean
}
export interface Director {
  readonly node: NodeId
  readonly name: string
  readonly boot: BootId
  readonly graceMs: number
  readonly cluster?: ClusterState
  /** A configuration came since those that left it were last looked for. */
  readonly orphans: boolean
  /** The latest term that the log or an order has named here. */
  readonly term: Term
  /** `ever`: it was quorate once in this life of kyhad. `acting`: lost, and the grace is over. `paired`: one of two that both are needed. */
  readonly quorum?: { readonly quorate: boolean; readonly paired: boolean; readonly ever: boolean; readonly acting: boolean }
  readonly children: Readonly<Record<ResourceId, Child>>
  readonly listSent: number
  readonly listGot: number
  /** What the guard held at its last answer. */
  readonly held: Readonly<Record<ResourceId, Held>>
  readonly deferred: readonly Waiting[]
  /** Orders given to children, until they answer. */
  readonly open: Readonly<Record<OpId, Open>>
  /** Newest last, at most 512. */
  readonly results: readonly OrderResult[]
  /** Resources that quorum loss makes stop; `told`: asked to. */
  readonly stopping?: readonly { readonly id: ResourceId; readonly told: boolean }[]
  readonly toCoordinators: Stream
  readonly toConsoles: Stream
}

const DEFERRED_MAX = 1_024
const RESULTS_MAX = 512
const ASKERS_MAX = 8

export const sourceOf = (s: Director): Source => ({
  node: s.node,
  boot: s.boot,
  members: s.cluster?.members.map((m) => m.node) ?? [],
  rows: Object.fromEntries(Object.entries(s.children).map(([id, { row, retired }]) => [id, retired ? { ...row, retired } : row])),
})

/** An order of the coordinator at `from`. */
export function direct(before: Director, order: Order, from: Address, out: Effect[]): Director {
  if (order.boot !== before.boot) return before
  const s = inTerm(before, order.term, out)
  const known = s.results.find((r) => r.op === order.op)
  if (known) {
    out.push(send(from, known))
    return rowFollows(s, known)
  }
  const open = s.open[order.op]
  if (open) return { ...s, open: { ...s.open, [order.op]: { ...open, to: withAsker(open.to, from) } } }
  if (mustWait(s, order)) {
    const others = s.deferred.filter((w) => w.order.op !== order.op)
    if (others.length >= DEFERRED_MAX) return refused(s, order, from, `${DEFERRED_MAX} orders wait already for the log`, out)
    return { ...s, deferred: [...others, { order, from }] }
  }
  const why = barrier(s, order)
  if (why !== undefined) return refused(s, order, from, why, out)
  out.push(send({ path: `resource/${order.resource}` }, order))
  return { ...s, open: { ...s.open, [order.op]: { resource: order.resource, order, to: [from] } } }
}

/** A later term was named: what the leaders before it ordered is void, also where it waits, here or with a child. */
export function inTerm(s: Director, term: Term, out: Effect[]): Director {
  if (term <= s.term) return s
  if (Object.keys(s.open).length > 0) voidWaiting(s, 'term', out)
  return { ...s, term }
}

/** Starts that wait with their children, for the guard or behind another operation, are judged again: something that they stand on is not as it was. */
export function judgeWaiting(s: Director, out: Effect[]): void {
  const msg: Granted = { type: 'granted', tokens: [], lost: 'below' }
  for (const { order } of Object.values(s.open))
    if (order && starts(order) && barrier(s, order) !== undefined) out.push(send({ path: `resource/${order.resource}` }, msg))
}

/** Orders that waited for the log or for the first word of quorum. */
export function retryDeferred(s: Director, out: Effect[]): Director {
  if (s.deferred.length === 0) return s
  return s.deferred.reduce((at, w) => direct(at, w.order, w.from, out), { ...s, deferred: [] as readonly Waiting[] })
}

export const starts = (order: Order): boolean => order.action === 'start' || order.action === 'promote'

const mustWait = (s: Director, order: Order): boolean =>
  !s.cluster || s.cluster.index < order.minIndex || (starts(order) && s.quorum === undefined)

/** Why this order may not be carried out here and now; undefined = it may. */
function barrier(s: Director, order: Order): string | undefined {
  const child = s.children[order.resource]
  if (!child) return 'the resource is not configured on this node'
  // Also a stop: who was deposed may not know what has been started since on top of it.
  if (order.term < s.term) return `its leader was that of term ${order.term}, and term ${s.term} has come`
  if (!starts(order)) return undefined
  if (child.retiring) return 'the resource left the configuration'
  const changed = s.cluster?.configIndex ?? order.minIndex
  if (order.minIndex < changed)
    return `it was ordered at entry ${order.minIndex} of the log, and the configuration of entry ${changed} has come`
  const policy = s.cluster?.config.properties.noQuorumPolicy
  if (!s.quorum?.quorate && policy !== 'ignore') return `this node has no quorum (no-quorum-policy ${policy ?? 'unknown'})`
  const right = order.right ?? order.resource
  if (resourceOf(right) !== order.resource || isPromotion(right) !== (order.action === 'promote'))
    return `the right ${right} is not one to ${order.action === 'promote' ? 'its promoted role' : 'run it'}`
  if (order.action === 'promote' && !isUp(child.row)) return 'it does not run here, and only what runs can be promoted'
  const grant = s.cluster?.grants[right]
  if (!grant) return 'the log holds no grant for it'
  if (grant.released) return `its grant ${grant.token} was released`
  if (grant.node !== s.node || grant.boot !== s.boot)
    return `its grant ${grant.token} belongs to another node or an earlier life of this one`
  if (grant.token !== order.token) return `the order has token ${order.token}, the log has ${grant.token}`
  const first = missingBelow(s, child.doc.name, order.action)
  return first === undefined ? undefined : `${first}, which comes before it, is not known to run here`
}

/**
 * An order that was long on its way may be older than what has been stopped, demoted or has died here since: what it would stand on (order.ts).
 * So is one beside which an order for that goes to its child: the row does not say yet that it is being started anew or stopped.
 */
function missingBelow(s: Director, name: string, action: Order['action']): string | undefined {
  if (!s.cluster) return undefined
  const { config, ids } = s.cluster
  return below(config, name).find((first) => {
    const id = ids[first.name]
    if (!id || !(first.beside || (action === 'start' && hasToBe(s, id, first)))) return false
    if (Object.values(s.open).some((o) => o.resource === id && o.order?.action !== 'notify')) return true
    const state = s.children[id]?.row.state
    if (first.promoted) return state !== 'promoted'
    return state === 'stopped' || state === 'stopping' || state === 'failed' || state === 'unknown' || state === 'starting'
  })?.name
}

/** What may be on any node has to be here if this node has the right to it, and is in our hands; unless enough others have one. */
function hasToBe(s: Director, id: ResourceId, { promoted, needed }: Below): boolean {
  const child = s.children[id]
  if (!child || child.maintenance || !child.doc.meta.managed) return false
  const rights = rightsOf(s.cluster?.grants ?? {}, id).filter((g) => isPromotion(g.resource) === promoted)
  const others = rights.filter((g) => g.node !== s.node).length
  return rights.some((g) => g.node === s.node && g.boot === s.boot) && (needed === 0 || others < needed)
}

function refused(s: Director, order: Order, from: Address, why: string, out: Effect[]): Director {
  const name = s.children[order.resource]?.doc.name ?? order.resource
  out.push(
    announce(
      'refuse',
      'resource.order-refused',
      { resource: name, action: order.action, reason: why },
      starts(order) ? 'safety' : 'warning',
    ),
  )
  const { op, resource, action, boot, token } = order
  out.push(
    send(from, {
      type: 'order-result',
      op,
      resource,
      action,
      boot,
      token,
      ok: false,
      rc: Ocf.generic,
      exitReason: why,
      durationMs: 0,
    } as OrderResult),
  )
  return s
}

/** An answer may be an old one (S18), and whoever reads it takes it for the state of the resource: then the row behind it says how it is now. */
function rowFollows(s: Director, { ok, action, resource }: OrderResult): Director {
  const state = s.children[resource]?.row.state
  const agrees =
    action === 'stop' ? state === 'stopped' : action === 'promote' ? state === 'promoted' : state === 'running' || state === 'promoted'
  return ok && !agrees ? { ...s, toCoordinators: mark(s.toCoordinators, resource) } : s
}

/** An operation ended: its answer is kept for those who ask again, and sent to those who asked. */
export function recorded(s: Director, result: OrderResult, out: Effect[]): Director {
  for (const to of s.open[result.op]?.to ?? []) out.push(send(to, result))
  const { [result.op]: _, ...open } = s.open
  const results = [...s.results.filter((r) => r.op !== result.op), result].slice(-RESULTS_MAX)
  return rowFollows({ ...s, open, results }, result)
}

const withAsker = (open: readonly Address[], from: Address): readonly Address[] =>
  open.some((a) => a.node === from.node && a.path === from.path) ? open : [...open, from].slice(-ASKERS_MAX)

/** The token of this life's right to run a resource on this node, as far as the log is applied here; else what the guard was given later. */
export function tokenHere(s: Director, id: ResourceId): Token {
  const grant = runGrant(s.cluster?.grants ?? {}, id, s.node)
  if (grant && grant.node === s.node && grant.boot === s.boot && !grant.released) return grant.token
  const held = s.held[id]?.token ?? (0 as Token)
  return s.cluster && held > s.cluster.index ? held : (0 as Token)
}
