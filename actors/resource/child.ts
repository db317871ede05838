/**
 * `resource/<id>`: one resource on this node. Promises:
 *  - one operation at a time; nothing runs before the director said what the guard holds from before (Adopt);
 *  - it starts only by an order with a token, and raises the guard's token first (S3); stop needs none;
 *  - the death of a process is a hint: the monitor decides. A stop waits at most 100 ms for a monitor in its way, then ends it;
 *  - what cannot be known is probed, never assumed: after adoption, cleanup and a change of configuration.
 * The director (`resource`) alone sends to it. Results: settle.ts. Failures: history.ts. What may run when: `next` below.
 */
import { type Actor, type Boot, type Effect, type Env, type Step, send, step, timer } from '../../runtime/actor.js'
import { assert, unreachable } from '../../runtime/assert.js'
import { definitionOf, type OpDoc } from '../../runtime/config/document.js'
import { opId, token } from '../../runtime/ids.js'
import { after, elapsed } from '../../runtime/time.js'
import type { Order } from '../coordinator/messages.js'
import { adopt } from './adopt.js'
import { expiresAt, forget, noHistory, voided } from './history.js'
import {
  type AgentAction,
  type Current,
  differs,
  docInForce,
  essence,
  type Instance,
  isUp,
  mayRun,
  ORDERS_WAITING_MAX,
  rowOf,
  superseded,
} from './instance.js'
import type { Granted, Reconfigure, ResourceArgs, ResourceIn } from './messages.js'
import { arm, disarm, monitorKey, probeOp, recurring } from './monitor.js'
import { agentOp, boundedMs, NOTIFY } from './ops.js'
import { begins, isDue, mayReload, noteOf, reloadOp, step as reloadStep, restarts } from './reload.js'
import { DIRECTOR, notBegun, passedOver, refuse, settle, tell } from './settle.js'

const HURRY_MS = 100
const OVERDUE_MS = 10_000
const HINTS_MAX = 5
const HINT_REFILL_MS = 1_000

export const actor: Actor<Instance, ResourceIn> = {
  kind: 'resource-child',
  mailbox: { limit: 256, full: 'fault' },
  init(boot, env) {
    return step(fresh(boot, env), [send(DIRECTOR, { type: 'hello' })])
  },
  receive(before, msg, env) {
    const out: Effect[] = []
    const heard = hear(before, msg, env, out)
    const s = next(heard, env, out)
    return show(s, env, out)
  },
}

function fresh(boot: Boot, env: Env): Instance {
  const args = boot.args as ResourceArgs
  assert(args?.resource && args.doc, 'a resource child needs its resource and doc')
  return {
    id: args.resource,
    nodeName: boot.name,
    boot: boot.incarnation.boot,
    opPrefix: `${boot.incarnation.boot.slice(0, 12)}:${boot.incarnation.counter}:${args.resource}.${env.now.toString(36)}`,
    opCount: 0,
    doc: args.doc,
    maintenance: args.maintenance,
    clone: args.clone,
    noted: false,
    adopted: false,
    state: 'unknown',
    token: token(0),
    degraded: false,
    orders: [],
    stopWanted: false,
    retiring: false,
    probeDue: false,
    monitorsDue: [],
    hint: { due: false, credit: HINTS_MAX, atMs: env.now },
    history: noHistory,
    took: {},
    keep: false,
    busy: { tries: 0, waiting: false },
    shown: '',
  }
}

/** Takes in one message. What follows from it is begun by `next`. */
function hear(s: Instance, msg: ResourceIn, env: Env, out: Effect[]): Instance {
  switch (msg.type) {
    case 'adopt':
      return adopt(s, msg, env, out)
    case 'order':
      return queue(s, msg, env, out)
    case 'reconfigure':
      return reconfigure(s, msg, env, out)
    case 'granted':
      return withdrawn(s, msg, out)
    case 'stop-for-quorum':
      return wantStop(s, out)
    case 'retire':
      return { ...wantStop(s, out), retiring: true, stopWanted: s.doc.meta.managed && !s.maintenance }
    case 'cleanup':
      return { ...s, history: noHistory, probeDue: s.adopted }
    case 'agent-result':
      return s.current?.id === msg.id ? settle(s, s.current, msg, env, out) : stale(s, msg.id, out)
    case 'agent-death':
      return hinted(s, env, out)
    case 'hint-due':
      return isUp(s) ? { ...s, hint: { ...s.hint, due: true } } : s
    case 'again':
      return { ...s, busy: { ...s.busy, waiting: false } }
    case 'monitor-due':
      return isUp(s) && !s.maintenance && !s.monitorsDue.includes(msg.key) ? { ...s, monitorsDue: [...s.monitorsDue, msg.key] } : s
    case 'hurry':
      return s.current?.id === msg.id ? kill(s, s.current, out) : s
    case 'overdue':
      if (s.current?.id === msg.id) out.push({ do: 'agent-kill', id: msg.id }, tell({ type: 'missing', resource: s.id }))
      return s
    case 'failure-expires':
      return expire(s, env, out)
    default:
      return unreachable(msg)
  }
}

/** Begins the next operation when none is under way: local stop, orders, probe, hint, monitors. */
function next(s: Instance, env: Env, out: Effect[]): Instance {
  if (!s.adopted || s.current || s.busy.waiting) return s
  const stoppable = mayRun(s) && s.state !== 'stop-failed'
  if (s.stopWanted && stoppable) return begin(s, 'stop', 'local', docInForce(s).ops.stop, env, out)
  if (s.stopWanted && !(s.state === 'unknown' && s.probeDue)) return next({ ...s, stopWanted: false }, env, out)
  const [order, ...orders] = s.orders
  if (order && superseded(order.op, s.lastOp))
    return next(refuse({ ...s, orders }, order, `operation ${s.lastOp} was ordered later and is done`, out), env, out)
  if (order?.action === 'promote' && !isUp(s))
    return next(
      refuse({ ...s, orders }, order, 'while it waited it was found not to run here, and only what runs can be promoted', out),
      env,
      out,
    )
  if (order?.action === 'notify' && !mayRun(s)) return next(passedOver({ ...s, orders }, order, out), env, out)
  if (order) return begin({ ...s, orders }, order.action, 'order', opFor(s, order.action), env, out, order)
  if (s.probeDue) return begin({ ...s, probeDue: false }, 'monitor', 'probe', probeOp(docInForce(s)), env, out)
  if (s.retiring) {
    const hands = s.doc.meta.managed && !s.maintenance
    if (hands && stoppable) return begin(s, 'stop', 'local', docInForce(s).ops.stop, env, out)
    if (hands && mayRun(s)) return s
    out.push(tell({ type: 'retired', resource: s.id }))
    return release(s, out)
  }
  if (!isUp(s) || s.maintenance) return { ...s, monitorsDue: [], hint: { ...s.hint, due: false } }
  if (isDue(s)) {
    const action = reloadStep(s)
    if (action === 'restart') return next(restarts(s, out), env, out)
    return begin(action === 'reload-agent' ? begins(s, out) : s, action, 'reload', reloadOp(action, s.doc), env, out)
  }
  const monitors = recurring(docInForce(s), s.state === 'promoted' ? 'promoted' : 'running')
  if (s.hint.due)
    return begin({ ...s, hint: { ...s.hint, due: false } }, 'monitor', 'monitor', monitors[0] ?? probeOp(docInForce(s)), env, out)
  const [key, ...monitorsDue] = s.monitorsDue
  if (key === undefined) return s
  const op = monitors.find((m) => monitorKey(m) === key)
  return op ? begin({ ...s, monitorsDue }, 'monitor', 'monitor', op, env, out) : next({ ...s, monitorsDue }, env, out)
}

/** Asks the guard for one operation. Parameters that no program can be given end it at once as `not configured`. */
function begin(s: Instance, action: AgentAction, cause: Current['cause'], op: OpDoc, env: Env, out: Effect[], order?: Order): Instance {
  const id = order?.op ?? opId(`${s.opPrefix}.${s.opCount}`)
  const doc = action === 'start' || action === 'reload-agent' ? s.doc : docInForce(s)
  // A promoted role has a right of its own, which the director has looked at; to the guard it is one with the instance.
  const tok = action === 'promote' || action === 'demote' || action === 'notify' ? s.token : (order?.token ?? s.token)
  const current: Current = {
    id,
    action,
    cause,
    op,
    of: definitionOf(doc),
    idle: s.state === 'stopped' && s.token === 0,
    sinceMs: env.now,
    killed: false,
    ...(order && { order }),
  }
  const { reloadable: _, ...idle } = s
  const at: Instance = { ...idle, opCount: s.opCount + 1, current }
  const run = agentOp({ id, resource: s.id, doc, action, op, node: s.nodeName, token: tok, clone: { ...s.clone, ...order?.notify } })
  if ('problem' in run) return next(settle(at, current, notConfigured(s, id, action, run.problem), env, out), env, out)
  if (run.changes) {
    assert(tok > 0, `${action} of ${doc.name} needs a token`)
    out.push({ do: 'token', resource: s.id, token: tok })
  }
  if (action === 'start') out.push(noteOf(s, doc))
  const overdue: ResourceIn = { type: 'overdue', id }
  out.push({ do: 'agent', op: run, token: tok }, timer('overdue', after(env.now, boundedMs(op.timeoutMs) + OVERDUE_MS), overdue))
  if (action === 'monitor' || action === 'notify' || cause === 'reload') return at
  out.push(...disarm(doc))
  const waiting = {
    ...at,
    monitorsDue: [],
    state: action === 'stop' ? ('stopping' as const) : action === 'start' ? ('starting' as const) : s.state,
  }
  if (action !== 'start') return waiting
  const { half: __, ...anew } = waiting
  return { ...anew, active: s.doc, token: tok, noted: true }
}

const notConfigured = (s: Instance, id: Current['id'], action: string, problem: string) =>
  ({
    type: 'agent-result',
    id,
    resource: s.id,
    action,
    rc: 6,
    end: 'exited',
    detail: '',
    stdout: '',
    stderr: `ocf-exit-reason:${problem}`,
    durationMs: 0,
  }) as const

function opFor(s: Instance, action: Order['action']): OpDoc {
  if (action === 'monitor') return probeOp(docInForce(s))
  if (action === 'stop') return docInForce(s).ops.stop
  if (action === 'notify') return docInForce(s).ops.notify ?? NOTIFY
  if (action === 'demote') return docInForce(s).ops.demote ?? docInForce(s).ops.stop
  return action === 'promote' ? (docInForce(s).ops.promote ?? docInForce(s).ops.start) : s.doc.ops.start
}

function queue(s: Instance, order: Order, env: Env, out: Effect[]): Instance {
  if (s.current?.id === order.op || s.orders.some((o) => o.op === order.op)) return s
  const barred = s.retiring || s.stopWanted
  if (barred && order.action !== 'stop' && order.action !== 'monitor') return refuse(s, order, 'it is being stopped on this node', out)
  if (s.orders.length >= ORDERS_WAITING_MAX) return refuse(s, order, `${ORDERS_WAITING_MAX} orders wait already`, out)
  if ((s.current?.action === 'monitor' || s.current?.action === 'meta-data') && !s.current.killed) {
    const hurry: ResourceIn = { type: 'hurry', id: s.current.id }
    out.push(timer('hurry', after(env.now, HURRY_MS), hurry))
  }
  return { ...s, orders: [...s.orders, order] }
}

function withdrawn(s: Instance, { tokens, lost }: Granted, out: Effect[]): Instance {
  const all = lost === 'term' && s.state !== 'stopping'
  const isVoid = (o: Order): boolean => all || ((o.action === 'start' || o.action === 'promote') && !tokens.includes(o.token))
  const said = {
    quorum: 'the quorum of this node was lost',
    configuration: 'the configuration was changed',
    term: 'a later term has come',
    below: 'what it stands on was stopped, or failed,',
  }
  const why = (o: Order): string => `${lost ? said[lost] : `its grant ${o.token} was replaced`} while it waited`
  for (const order of s.orders) if (isVoid(order)) refuse(s, order, why(order), out)
  const left: Instance = { ...s, orders: s.orders.filter((o) => !isVoid(o)) }
  // It was to be tried again with the guard, and is not: nothing is starting any more.
  return s.state === 'starting' && !s.current && left.orders.length < s.orders.length ? notBegun(left) : left
}

/** Waiting starts are refused, a start or monitor under way is ended, then the stop runs. */
function wantStop(s: Instance, out: Effect[]): Instance {
  for (const order of s.orders) if (order.action !== 'stop') refuse(s, order, 'it is being stopped on this node', out)
  const wanted = { ...s, orders: s.orders.filter((o) => o.action === 'stop'), stopWanted: true }
  return s.current && s.current.action !== 'stop' ? kill(wanted, s.current, out) : wanted
}

function kill(s: Instance, current: Current, out: Effect[]): Instance {
  if (current.killed) return s
  out.push({ do: 'agent-kill', id: current.id })
  return { ...s, current: { ...current, killed: true } }
}

function stale(s: Instance, id: Current['id'], out: Effect[]): Instance {
  if (id !== s.lastOp) out.push({ do: 'agent-ack', id })
  return s
}

/** The guard need not keep the last ordered result any longer. */
function release(s: Instance, out: Effect[]): Instance {
  if (s.lastOp && s.keep) out.push({ do: 'agent-ack', id: s.lastOp })
  return s
}

function hinted(s: Instance, env: Env, out: Effect[]): Instance {
  if (!isUp(s) && s.state !== 'starting') return s
  const credit = Math.min(HINTS_MAX, s.hint.credit + elapsed(s.hint.atMs, env.now) / HINT_REFILL_MS)
  if (credit >= 1) return { ...s, hint: { due: true, credit: credit - 1, atMs: env.now } }
  out.push(timer('hint', after(env.now, HINT_REFILL_MS), { type: 'hint-due' }))
  return { ...s, hint: { ...s.hint, credit, atMs: env.now } }
}

function reconfigure(s: Instance, msg: Reconfigure, env: Env, out: Effect[]): Instance {
  const ended = s.maintenance && !msg.maintenance
  const changed = differs(s.doc, msg.doc)
  const monitorsChanged = JSON.stringify(s.doc.ops.monitors) !== JSON.stringify(msg.doc.ops.monitors)
  const history = changed ? voided(s.history, definitionOf(msg.doc)) : s.history
  const now: Instance = { ...s, history, doc: msg.doc, maintenance: msg.maintenance, clone: msg.clone, retiring: false }
  const restart = now.active !== undefined && differs(now.active, msg.doc)
  // Same parameters: the new monitors and limits hold at once. Other parameters: the old ones stay in force until it is reloaded or stopped.
  const next = restart || now.active === undefined ? now : { ...now, active: msg.doc }
  if (isUp(s) && (monitorsChanged || ended || msg.maintenance !== s.maintenance)) {
    out.push(...disarm(docInForce(s)))
    if (!msg.maintenance) out.push(...arm(docInForce(next), s.state === 'promoted' ? 'promoted' : 'running', env.now, env.random))
  }
  if (isDue(next) && !mayReload(next)) return restarts(next, out)
  return { ...next, probeDue: s.probeDue || (s.adopted && (ended || (changed && !mayRun(s)))) }
}

function expire(s: Instance, env: Env, out: Effect[]): Instance {
  const history = forget(s.history, s.doc.meta, env.now)
  const due = expiresAt(history, s.doc.meta)
  if (due !== undefined) out.push(timer('failures', due, { type: 'failure-expires' }))
  return { ...s, history }
}

/** Sends the row when something in it changed that is not just an age; it goes out before the result of an order. */
function show(s: Instance, env: Env, out: readonly Effect[]): Step<Instance> {
  const row = rowOf(s, env.now)
  const shown = essence(s, row)
  if (shown === s.shown) return step(s, out)
  return step({ ...s, shown }, [tell({ type: 'row', row }), ...out])
}
