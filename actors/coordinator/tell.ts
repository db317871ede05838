/**
 * Tells instances of clones what is about to be done and what was done (notify.ts says whom and what): one round at a time for a clone, to all its active
 * instances at once. Promises:
 *  - an operation is ordered when all who were asked before it have answered, however they answered, or their node is in doubt: the answer of a time-out or a
 *    failure is one, too, so that a notification never stops anything for longer than its time limit;
 *  - what is done is told before anything else is announced: post before pre, and in the order demote, stop, start, promote;
 *  - notifications are orders: they are repeated until answered, carried out once, and count in the limits of what may be under way.
 * The memory of it ends with the leadership. A new leader announces again what it orders, and tells again of each fenced life: at least once, not once.
 */
import { type Env, say, send } from '../../runtime/actor.js'
import { token } from '../../runtime/ids.js'
import { elapsed } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import type { ClusterState } from '../log/state.js'
import { type Coordinator, type Lead, nextOp, type Out, type Telling, without } from './lead.js'
import type { Noticed, Order, OrderResult } from './messages.js'
import { inTurn, type Listener, type Notices } from './notify.js'
import type { PlannedAction } from './order.js'
import { bootOf, hasRoom, RESEND_MS } from './orders.js'
import type { Plan } from './plan.js'

type Ask = Telling['asks'][number]

const sayOf = (a: PlannedAction): string => `${a.action} ${a.node}`

/** Nobody has to be told before it any more. */
export const isAnnounced = (lead: Lead, p: Plan, a: PlannedAction): boolean =>
  a.notify === undefined || lead.told[a.right] === sayOf(a) || noticesOf(p, a.notify)?.audience.length === 0

export const noticesOf = (p: Plan, clone: string | undefined): Notices | undefined => p.notices.find((n) => n.clone === clone)

/** The answer to a notification: whatever it is, the instance was asked. */
export function onTold(s: Coordinator, lead: Lead, msg: OrderResult, from: string): Coordinator {
  for (const [clone, telling] of Object.entries(lead.tellings)) {
    const asks = telling.asks.filter((a) => a.order.op !== msg.op || a.node !== from)
    if (asks.length < telling.asks.length) return { ...s, lead: { ...lead, tellings: { ...lead.tellings, [clone]: { ...telling, asks } } } }
  }
  return s
}

/** Repeats what has no answer, gives up whose node is in doubt, and ends the rounds in which nobody is left. Before the plan is made. */
export function tendTellings(s: Coordinator, cluster: ClusterState, env: Env, out: Out): Coordinator {
  let lead: Lead | undefined = s.lead
  if (!lead) return s
  for (const clone of Object.keys(lead.tellings).sort()) {
    const telling: Telling | undefined = lead.tellings[clone]
    if (!telling) continue
    const meant = cluster.config.clones?.some((c) => c.name === clone && c.notify)
    const asks: readonly Ask[] = meant ? telling.asks.filter((a) => isSure(s, cluster, a)).map((a) => repeated(s, a, env, out)) : []
    lead = asks.length > 0 ? { ...lead, tellings: { ...lead.tellings, [clone]: { ...telling, asks } } } : ended(lead, clone, telling)
  }
  return lead === s.lead ? s : { ...s, lead }
}

function ended(lead: Lead, clone: string, { type, of }: Telling): Lead {
  const tellings = without(lead.tellings, clone)
  return type === 'pre' ? { ...lead, tellings, told: { ...lead.told, ...of } } : { ...lead, tellings, spoken: { ...lead.spoken, ...of } }
}

function isSure(s: Coordinator, cluster: ClusterState, { node, order }: Ask): boolean {
  const life = cluster.lives[node]
  const state = node === s.self ? 'alive' : s.view?.peers.find((p) => p.node === node)?.state
  const heard = state === 'alive' || state === 'leaving'
  return heard && bootOf(s, node) === order.boot && life?.boot === order.boot && life.state === 'admitted'
}

function repeated(s: Coordinator, ask: Ask, env: Env, out: Out): Ask {
  if (ask.sentMs === undefined || elapsed(ask.sentMs, env.now) < RESEND_MS) return ask
  out.push(send(ask.node === s.self ? { path: 'resource' } : { node: ask.node, path: 'resource' }, ask.order))
  return { ...ask, sentMs: env.now }
}

/** Begins the next round of each clone that has none, and sends what there is room for. `waiting`: what is ready, and not announced. */
export function tell(s: Coordinator, cluster: ClusterState, p: Plan, waiting: readonly PlannedAction[], env: Env, out: Out): Coordinator {
  let { lead } = s
  if (!lead) return s
  const told = Object.fromEntries(
    Object.entries(lead.told).filter(([right, what]) => p.actions.some((a) => a.right === right && sayOf(a) === what)),
  )
  lead = Object.keys(told).length < Object.keys(lead.told).length ? { ...lead, told } : lead
  for (const notices of p.notices) {
    if (!lead.tellings[notices.clone]) lead = begun(s, lead, cluster, notices, waiting, out)
    const telling = lead.tellings[notices.clone]
    if (telling) lead = sent(s, lead, cluster, notices.clone, telling, env, out)
  }
  if (lead.spoken === s.lead?.spoken) return { ...s, lead }
  // There was nobody to tell it: the plan may go on.
  out.push(send({ path: env.self.path }, { type: 'replan' }))
  return { ...s, lead, queued: true }
}

interface Round {
  readonly type: Telling['type']
  readonly action: Noticed
  readonly of: Telling['of']
  readonly listeners: readonly Listener[]
}

function begun(s: Coordinator, before: Lead, cluster: ClusterState, notices: Notices, waiting: readonly PlannedAction[], out: Out): Lead {
  const round = nextRound(notices, waiting)
  if (!round) return before
  const { type, action, of } = round
  let lead = before
  const asks = round.listeners.flatMap(({ resource, node }): Ask[] => {
    const boot = bootOf(s, node)
    if (boot === undefined) return []
    const notify = { notify_type: type, notify_operation: action, ...notices.lists }
    const order: Order = {
      type: 'order',
      op: nextOp(lead, cluster.index),
      term: lead.term,
      resource,
      action: 'notify',
      notify,
      token: token(0),
      minIndex: cluster.index,
      boot,
    }
    lead = { ...lead, n: lead.n + 1 }
    return [{ order, node }]
  })
  const telling = { type, of, asks }
  if (asks.length === 0) return ended(lead, notices.clone, telling)
  const args = { clone: notices.clone, type, action, nodes: (notices.lists[`notify_${action}_uname`] ?? '').trim(), count: asks.length }
  out.push(say(verdict('notify', 'coordinator.notify', args, 'info')))
  return { ...lead, tellings: { ...lead.tellings, [notices.clone]: telling } }
}

function nextRound({ clone, due, audience }: Notices, waiting: readonly PlannedAction[]): Round | undefined {
  for (const action of inTurn) {
    const done = due.filter((d) => d.action === action)
    if (done.length === 0) continue
    const listens = (l: Listener): boolean => audience.some((a) => a.node === l.node && a.resource === l.resource)
    const selves = done.flatMap((d) => (d.self && !listens(d.self) ? [d.self] : []))
    return { type: 'post', action, of: Object.fromEntries(done.map((d) => [d.key, d.id])), listeners: [...audience, ...selves] }
  }
  for (const action of inTurn) {
    const ready = waiting.filter((a) => a.notify === clone && a.action === action)
    if (ready.length > 0) return { type: 'pre', action, of: Object.fromEntries(ready.map((a) => [a.right, sayOf(a)])), listeners: audience }
  }
  return undefined
}

function sent(s: Coordinator, before: Lead, cluster: ClusterState, clone: string, telling: Telling, env: Env, out: Out): Lead {
  let lead = before
  for (const [i, ask] of telling.asks.entries()) {
    if (ask.sentMs !== undefined || !hasRoom(lead, cluster, ask.node)) continue
    out.push(send(ask.node === s.self ? { path: 'resource' } : { node: ask.node, path: 'resource' }, ask.order))
    const asks = (lead.tellings[clone] ?? telling).asks.with(i, { ...ask, sentMs: env.now })
    lead = { ...lead, tellings: { ...lead.tellings, [clone]: { ...telling, asks } } }
  }
  return lead
}
