/**
 * Orders to the directors of resources: what the plan allows now is sent once, with an op id that a repeat keeps (S18). A resource has at
 * most one order under way. A good stop is this leader's proof that its owner no longer runs it (S2); nothing else is.
 */
import { type Env, type NodeId, type ResourceId, say, send, type Token } from '../../runtime/actor.js'
import { token } from '../../runtime/ids.js'
import { elapsed } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import { isPromotion, rightsOf } from '../log/right.js'
import type { ClusterState } from '../log/state.js'
import { type Coordinator, type Flight, type Lead, nextOp, type Out, without } from './lead.js'
import type { Order, OrderResult, Row } from './messages.js'
import type { PlannedAction } from './order.js'
import type { Plan } from './plan.js'
import { askRows } from './rows.js'
import { isAnnounced, noticesOf, onTold, tell } from './tell.js'

/** Orders under way at once, in the cluster and on one node. */
const FLIGHTS_MAX = 64
const NODE_FLIGHTS_MAX = 16
export const RESEND_MS = 1_000
/** A bad result waits so long for its row. */
export const ROW_WAIT_MS = 500

export function sendOrders(s: Coordinator, cluster: ClusterState, p: Plan, env: Env, out: Out): Coordinator {
  let at = s
  const waiting: PlannedAction[] = []
  // Where the limits hold something back, it is what is least important.
  for (const action of [...p.actions].sort((a, b) => b.priority - a.priority)) {
    if (!at.lead || !executable(at, at.lead, cluster, action)) continue
    if (isAnnounced(at.lead, p, action)) at = order(at, at.lead, cluster, action, env, out, noticesOf(p, action.notify)?.lists)
    else waiting.push(action)
  }
  return tell(at, cluster, p, waiting, env, out)
}

/** One more may be under way. */
export function hasRoom(lead: Lead, { config }: ClusterState, node: NodeId): boolean {
  const asked = Object.values(lead.tellings).flatMap((t) => t.asks.filter((a) => a.sentMs !== undefined))
  const { batchLimit = FLIGHTS_MAX, nodeActionLimit = NODE_FLIGHTS_MAX } = config.properties
  const flights = [...Object.values(lead.flights), ...asked]
  return flights.length < batchLimit && flights.filter((f) => f.node === node).length < nodeActionLimit
}

function executable(s: Coordinator, lead: Lead, cluster: ClusterState, a: PlannedAction): boolean {
  if (a.busy || a.after.length > 0 || a.action === 'fence' || lead.flights[a.right]) return false
  if (!hasRoom(lead, cluster, a.node)) return false
  const boot = bootOf(s, a.node)
  if (boot === undefined) return false
  if (a.action !== 'start' && a.action !== 'promote') return true
  if (lead.releasing[a.right]) return false
  const grant = cluster.grants[a.right]
  return grant !== undefined && !grant.released && grant.node === a.node && grant.boot === boot
}

export const bootOf = (s: Coordinator, node: NodeId) =>
  node === s.self ? s.boot : s.view?.peers.find((p) => p.node === node)?.incarnation?.boot

function order(
  s: Coordinator,
  lead: Lead,
  cluster: ClusterState,
  a: PlannedAction,
  env: Env,
  out: Out,
  notify: Order['notify'] | undefined,
): Coordinator {
  const boot = bootOf(s, a.node)
  if (boot === undefined || a.action === 'fence') return s
  const grant = cluster.grants[a.right]
  const right: Token = grant && !grant.released && grant.node === a.node && grant.boot === boot ? grant.token : token(0)
  const msg: Order = {
    type: 'order',
    op: nextOp(lead, cluster.index),
    term: lead.term,
    resource: a.resource,
    ...(a.resource !== a.right && { right: a.right }),
    action: a.action,
    ...(notify && { notify }),
    token: right,
    minIndex: cluster.index,
    boot,
  }
  out.push(say(a.because), send(a.node === s.self ? { path: 'resource' } : { node: a.node, path: 'resource' }, msg))
  const flights = { ...lead.flights, [a.right]: { order: msg, node: a.node, sentMs: env.now } }
  const proofs = a.action === 'start' || a.action === 'promote' ? without(lead.proofs, a.right) : lead.proofs
  return figures({ ...s, lead: { ...lead, n: lead.n + 1, flights, proofs, told: without(lead.told, a.right) } }, a, env, out)
}

/** Manager time, as the bench reads it. */
function figures(s: Coordinator, a: PlannedAction, env: Env, out: Out): Coordinator {
  let { lead, failed } = s
  const failedMs = failed[a.resource]
  if (failedMs !== undefined) {
    const node = s.cluster?.members.find((m) => m.node === a.node)?.name ?? a.node
    out.push(say(verdict('recover', 'coordinator.recover-timing', { resource: a.name, node, ms: elapsed(failedMs, env.now) }, 'info')))
    failed = without(failed, a.resource)
  }
  if (!lead || a.action !== 'start') return { ...s, failed }
  for (const f of lead.failovers) {
    const args = { node: f.name, fenceMs: elapsed(f.faultMs, f.provenMs), ms: elapsed(f.faultMs, env.now) }
    out.push(say(verdict('failover', 'coordinator.failover-timing', args, 'notice')))
  }
  const stoppedMs = lead.moved[a.right]
  if (stoppedMs !== undefined) {
    const node = s.cluster?.members.find((m) => m.node === a.node)?.name ?? a.node
    out.push(say(verdict('move', 'coordinator.move-timing', { resource: a.name, node, ms: elapsed(stoppedMs, env.now) }, 'info')))
  }
  lead = { ...lead, failovers: [], moved: without(lead.moved, a.right) }
  return { ...s, failed, lead }
}

/** The answer to an order of this leadership; any other is ignored: rows tell what it changed. */
export function onResult(s: Coordinator, msg: OrderResult, env: Env): Coordinator {
  const { lead } = s
  if (lead && msg.action === 'notify') return onTold(s, lead, msg, env.from.node ?? s.self)
  const found = Object.entries(lead?.flights ?? {}).find(([, f]) => f.order.op === msg.op)
  if (!lead || !found || found[1].endedMs !== undefined) return s
  const [right, flight] = [found[0] as ResourceId, found[1]]
  if ((env.from.node ?? s.self) !== flight.node || msg.boot !== flight.order.boot) return s
  if (!msg.ok) return { ...s, lead: { ...lead, flights: { ...lead.flights, [right]: { ...flight, endedMs: env.now } } } }
  const flights = without(lead.flights, right)
  const next = overlaid({ ...s, lead: { ...lead, flights } }, flight, msg)
  if ((msg.action !== 'stop' && msg.action !== 'demote') || !next.lead) return next
  const { order, node } = flight
  const proof = { node, boot: order.boot, op: order.op, atMs: env.now }
  const ended = msg.action === 'stop' ? promotionsEnded(s, flight) : []
  const proofs = {
    ...next.lead.proofs,
    ...Object.fromEntries(ended.map((g) => [g.resource, { ...proof, token: g.token }])),
    [right]: { ...proof, token: order.token },
  }
  return { ...next, lead: { ...next.lead, proofs, moved: { ...next.lead.moved, [right]: env.now } } }
}

/** What has stopped is not promoted either. */
const promotionsEnded = (s: Coordinator, { order, node }: Flight) =>
  rightsOf(s.cluster?.grants ?? {}, order.resource).filter(
    (g) => isPromotion(g.resource) && g.node === node && g.boot === order.boot && g.token <= order.minIndex,
  )

const leaves: Readonly<Record<Order['action'], Row['state'] | undefined>> = {
  start: 'running',
  promote: 'promoted',
  demote: 'running',
  stop: 'stopped',
  monitor: undefined,
  notify: undefined,
}

/** A good result says what the row will say; it may be a few ms ahead of it. */
function overlaid(s: Coordinator, flight: Flight, msg: OrderResult): Coordinator {
  const of = s.rows[flight.node]
  const row = of?.rows[msg.resource]
  const state = leaves[msg.action]
  if (!of || !row || of.boot !== msg.boot || state === undefined) return s
  const { pending: _, ...rest } = row
  const under = msg.action === 'start' ? msg.token : msg.action === 'stop' ? token(0) : row.token
  const untold = flight.order.notify &&
    msg.action !== 'monitor' &&
    msg.action !== 'notify' && { untold: { op: msg.op, action: msg.action } }
  const put: Row = { ...rest, state, token: under, ...untold }
  return { ...s, rows: { ...s.rows, [flight.node]: { ...of, rows: { ...of.rows, [msg.resource]: put } } } }
}

/**
 * Repeats what has no answer, gives up what is meant for an ended life or was answered badly and never explained by a row. Where another node
 * has the right already, its start needs no further decision: there the certificate in the log ends the wait, not the device's word (S2).
 */
export function tendFlights(s: Coordinator, cluster: ClusterState, env: Env, out: Out): Coordinator {
  const { lead } = s
  if (!lead) return s
  let flights = lead.flights
  for (const id of (Object.keys(flights) as ResourceId[]).sort()) {
    const flight = flights[id]
    if (!flight) continue
    const life = cluster.lives[flight.node]
    const fence = lead.fences[flight.node]
    const grant = cluster.grants[id]
    const granted = grant !== undefined && !grant.released && grant.node !== flight.node
    const proven = fence?.state === 'confirmed' && fence.boot === flight.order.boot && !granted
    const ended = life?.boot === flight.order.boot && life.state === 'fenced'
    const over = proven || ended || bootOf(s, flight.node) !== flight.order.boot
    if (over) flights = without(flights, id)
    else if (flight.endedMs !== undefined) {
      if (elapsed(flight.endedMs, env.now) < ROW_WAIT_MS) continue
      flights = without(flights, id)
      out.push(askRows(s, flight.node))
    } else if (elapsed(flight.sentMs, env.now) >= RESEND_MS) {
      flights = { ...flights, [id]: { ...flight, sentMs: env.now } }
      out.push(send(flight.node === s.self ? { path: 'resource' } : { node: flight.node, path: 'resource' }, flight.order))
    }
  }
  return flights === lead.flights ? s : { ...s, lead: { ...lead, flights } }
}
