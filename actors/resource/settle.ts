/**
 * What an operation's end means for the resource. Reads only exit code, ending and exit reason; an agent's other output is for people.
 * Rules: a failed stop leaves `stop-failed` (it may still run: the coordinator fences or blocks). A failed start or monitor leaves `failed`.
 * A run that we ended ourselves is no failure. A run that the guard refused did not happen: probe.
 */
import { type AgentResult, cancel, type Effect, type Env, say, send, timer } from '../../runtime/actor.js'
import { definitionOf } from '../../runtime/config/document.js'
import { token } from '../../runtime/ids.js'
import type { TextKey } from '../../runtime/text/index.js'
import { after } from '../../runtime/time.js'
import { type Args, type Severity, verdict } from '../../runtime/verdict.js'
import type { Noticed, Order, OrderResult, Row } from '../coordinator/messages.js'
import { expiresAt, failed, healthy, voided } from './history.js'
import { type Current, docInForce, type Instance, isUp, outdated } from './instance.js'
import type { ChildResult, Missing, ResourceIn, Retired, RowChanged } from './messages.js'
import { arm, disarm, monitorKey, rearm } from './monitor.js'
import { effectiveRc, exitReason, failureClass, isDegraded, monitorSays, Ocf } from './ocf.js'
import { answered, isUnfit, reloaded } from './reload.js'

const BUSY_MS = 200
const BUSY_TRIES_MAX = 50
export const DIRECTOR = { path: 'resource' } as const
export const tell = (msg: RowChanged | Retired | Missing | ChildResult): Effect => send(DIRECTOR, msg)

export const announce = (what: string, key: TextKey, args: Args, severity: Severity): Effect => say(verdict(what, key, args, severity))

interface Outcome {
  readonly rc: number
  readonly reason: string
  readonly result: AgentResult
}

/** `current` ended with `result`. */
export function settle(before: Instance, current: Current, result: AgentResult, env: Env, out: Effect[]): Instance {
  out.push(cancel('overdue'), cancel('hurry'))
  const { current: _, ...rest } = acknowledged(before, current, result, out)
  const s: Instance = { ...rest, took: measured(before, current, result) }
  const outcome: Outcome = { rc: effectiveRc(result), reason: exitReason(result), result }
  if (result.end === 'refused' && passes(result) && s.busy.tries < BUSY_TRIES_MAX) return again(s, current, env, out)
  const free: Instance = { ...s, busy: { tries: 0, waiting: false } }
  const at = current.action === 'notify' ? notified(free, current, outcome, out) : noticed(ended(free, current, outcome, env, out), current)
  if (current.order) answer(at, current.order, outcome, out)
  return at
}

/** Tells the guard which results it may forget. The last ordered one stays, so that a later life knows what was done (S18). */
export function acknowledged(s: Instance, current: Current, result: AgentResult, out: Effect[]): Instance {
  if (!current.order || current.action === 'monitor' || current.action === 'notify' || result.end === 'refused') {
    out.push({ do: 'agent-ack', id: result.id })
    return s
  }
  if (s.keep && s.lastOp && s.lastOp !== result.id) out.push({ do: 'agent-ack', id: s.lastOp })
  if (!s.keep) out.push({ do: 'agent-ack', id: result.id })
  return { ...s, lastOp: result.id }
}

/** What the guard refuses now it may allow in a moment: it has its hands full, or its lease is about to be renewed. */
const passes = ({ detail }: AgentResult): boolean => detail.startsWith('busy') || detail.startsWith('the lease')

/** The same is tried again a little later, for 10 s at most. */
function again(s: Instance, current: Current, env: Env, out: Effect[]): Instance {
  const msg: ResourceIn = { type: 'again' }
  out.push(timer('again', after(env.now, BUSY_MS), msg))
  const at: Instance = { ...s, busy: { tries: s.busy.tries + 1, waiting: true } }
  if (current.killed && current.action !== 'stop') return { ...at, probeDue: true }
  if (current.order) return { ...at, orders: [current.order, ...s.orders] }
  if (current.cause === 'local') return { ...at, stopWanted: true, state: 'failed' }
  if (current.cause === 'reload') return at // it is still due
  return current.cause === 'probe' ? { ...at, probeDue: true } : { ...at, hint: { ...s.hint, due: true } }
}

/** Whatever came of it, the instance was told; an agent that knows no notifications has nothing to say to one. */
function notified(s: Instance, current: Current, o: Outcome, out: Effect[]): Instance {
  const { notify } = current.order ?? {}
  if (!isTold(o.rc) && !current.killed) {
    const what = `${notify?.['notify_type'] ?? '?'}-${notify?.['notify_operation'] ?? '?'}`
    const args = { resource: s.doc.name, what, rc: o.rc, reason: o.reason, ms: o.result.durationMs }
    out.push(announce('notify', 'resource.notify-failed', args, 'warning'))
  }
  return toldOf(s, current.order)
}

/** What is not active is told nothing; but that the others know of its stop. */
export function passedOver(s: Instance, order: Order, out: Effect[]): Instance {
  out.push(reply(order, { ok: true, rc: Ocf.success, exitReason: '', durationMs: 0 }))
  return toldOf(s, order)
}

const isTold = (rc: number): boolean => rc === Ocf.success || rc === Ocf.unimplemented

function toldOf(s: Instance, order: Order | undefined): Instance {
  const { untold, ...rest } = s
  const after = order?.notify?.['notify_type'] === 'post' && order.notify['notify_operation'] === untold?.action
  return after ? rest : s
}

const isNoticed = (action: string): action is Noticed => ['start', 'stop', 'promote', 'demote'].includes(action)

/** What ended well is to be told of, where its clone notifies: also a stop that nobody ordered. */
function noticed(s: Instance, { id, action, idle }: Current): Instance {
  if (s.clone['notify'] !== 'true' || !isNoticed(action) || (action === 'stop' && idle)) return s
  return okAfter(action, s) ? { ...s, untold: { op: id, action } } : s
}

/** A start that did not come to be run: what is there is looked at. */
export function notBegun({ active: _, half: __, ...rest }: Instance): Instance {
  return { ...rest, state: 'unknown', token: token(0), probeDue: true }
}

function ended(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  if (current.action === 'meta-data') return answered(s, current, o.result)
  if (current.action === 'reload-agent') {
    const at = reloaded(s, current, o.result, out)
    return isUp(at) && !current.killed ? up(at, at.state === 'promoted' ? 'promoted' : 'running', env, out) : at
  }
  if (o.result.end === 'refused' && current.action !== 'monitor') {
    // Nothing was started here since it was known to be stopped: there is nothing that the stop could have left.
    if (current.action === 'stop' && current.idle) return down(s, out)
    out.push(announce('refuse', 'resource.refused', { resource: s.doc.name, action: current.action, reason: o.reason }, 'safety'))
    if (current.action === 'stop' && s.token > 0) return { ...s, state: 'stop-failed', probeDue: true }
    return notBegun(s)
  }
  switch (current.action) {
    case 'start':
      return started(s, current, o, env, out)
    case 'stop':
      return stopped(s, current, o, env, out)
    case 'promote':
    case 'demote':
      if (o.rc !== Ocf.success) return failure(s, current, o, env, out)
      out.push(announce(current.action, `resource.${current.action}d`, { resource: s.doc.name, ms: o.result.durationMs }, 'info'))
      return up(s, current.action === 'promote' ? 'promoted' : 'running', env, out)
    case 'notify':
      return s
    case 'monitor':
      if (current.killed) return madeWay(s, current)
      return current.cause === 'monitor' || (isUp(s) && current.cause !== 'order')
        ? watched(s, current, o, env, out)
        : probed(s, current, o, env, out)
  }
}

function started(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  if (current.killed && o.rc !== Ocf.success) return { ...s, state: 'failed' }
  if (o.rc !== Ocf.success && o.rc !== Ocf.degraded && current.op.onFail !== 'ignore') return failure(s, current, o, env, out)
  out.push(announce('start', 'resource.started', { resource: s.doc.name, ms: o.result.durationMs, token: s.token }, 'info'))
  // Its parameters changed while it started: it has to be restarted.
  if (outdated(s)) return { ...s, state: 'failed', monitorsDue: [] }
  return up(noteDegraded(s, o, out), 'running', env, out)
}

function stopped(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  if (o.rc === Ocf.success) {
    out.push(announce('stop', 'resource.stopped', { resource: s.doc.name, ms: o.result.durationMs }, 'info'))
    return down(s, out)
  }
  const bad = note(s, current, o, env, out)
  out.push(announce('stop', 'resource.stop-failed', { resource: s.doc.name, rc: o.rc, reason: o.reason }, 'error'))
  return { ...bad, state: 'stop-failed' }
}

/** A monitor was ended for what is more urgent: it is due again after that, as long as the resource goes on. */
function madeWay(s: Instance, { cause, op }: Current): Instance {
  if (cause === 'probe') return { ...s, probeDue: true }
  if (cause !== 'monitor') return s
  if (op.intervalMs === 0) return { ...s, hint: { ...s.hint, due: true } }
  const key = monitorKey(op)
  return s.monitorsDue.includes(key) ? s : { ...s, monitorsDue: [key, ...s.monitorsDue] }
}

/** A monitor of a resource that is expected to run. */
function watched(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  const says = monitorSays(o.rc)
  if (current.op.intervalMs > 0) out.push(rearm(current.op, env.now))
  if (says === 'running' || says === 'promoted') {
    const history = healthy(s.history, s.doc.meta, env.now)
    if (says !== s.state && !s.maintenance) out.push(...disarm(docInForce(s)), ...arm(docInForce(s), says, env.now, env.random))
    return { ...noteDegraded(s, o, out), history, state: says }
  }
  if (current.op.onFail === 'ignore') return note(s, current, o, env, out)
  return failure(s, current, o, env, out)
}

/** A probe decides what is not known. A missing agent with no token here is a resource that cannot run here. */
function probed(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  const says = monitorSays(o.rc)
  if (says === 'stopped') return down(s, out)
  if (says === 'failed') {
    const bad = note(s, current, o, env, out)
    return (o.rc === Ocf.installed || o.result.end === 'refused') && s.token === 0
      ? down(bad, out)
      : { ...bad, state: 'failed', active: docInForce(s) }
  }
  if (s.state === 'unknown')
    out.push(announce('adopt', s.token === 0 ? 'resource.found' : 'resource.adopted', { resource: s.doc.name, token: s.token }, 'notice'))
  return up(noteDegraded({ ...s, active: docInForce(s) }, o, out), says, env, out)
}

function down(s: Instance, out: Effect[]): Instance {
  const { active: _, half: __, ...rest } = s
  if (s.noted) out.push({ do: 'note', resource: s.id, note: '' })
  return { ...rest, noted: false, state: 'stopped', token: token(0), degraded: false, monitorsDue: [], hint: { ...s.hint, due: false } }
}

function up(s: Instance, state: 'running' | 'promoted', env: Env, out: Effect[]): Instance {
  if (isUnfit(s)) return { ...s, state: 'failed', monitorsDue: [] }
  if (!s.maintenance) out.push(...arm(docInForce(s), state, env.now, env.random))
  return { ...s, state, monitorsDue: [] }
}

const failure = (s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance => ({
  ...note(s, current, o, env, out),
  state: 'failed',
  monitorsDue: [],
  hint: { ...s.hint, due: false },
})

/** Writes a failure down and says it with the count. */
function note(s: Instance, current: Current, o: Outcome, env: Env, out: Effect[]): Instance {
  const counts = current.op.onFail !== 'ignore' && current.cause !== 'probe'
  const cls = failureClass(o.rc)
  const failure = { action: current.action, rc: o.rc, exitReason: o.reason, class: cls, of: current.of, atMs: env.now }
  const history = voided(failed(s.history, failure, counts), definitionOf(s.doc))
  const due = expiresAt(history, s.doc.meta)
  if (due !== undefined) out.push(timer('failures', due, { type: 'failure-expires' }))
  const args = {
    resource: s.doc.name,
    action: current.action,
    rc: o.rc,
    reason: o.reason,
    count: history.counted.length,
    threshold: s.doc.meta.migrationThreshold,
  }
  const key: TextKey =
    o.result.end === 'timeout'
      ? 'resource.timed-out'
      : cls === 'fatal'
        ? 'resource.failed-fatal'
        : cls === 'hard'
          ? 'resource.failed-hard'
          : 'resource.failed'
  out.push(announce('fail', key, { ...args, ms: o.result.durationMs }, 'warning'))
  return { ...s, history }
}

function noteDegraded(s: Instance, o: Outcome, out: Effect[]): Instance {
  const degraded = isDegraded(o.rc)
  if (degraded && !s.degraded)
    out.push(announce('monitor', 'resource.degraded', { resource: s.doc.name, rc: o.rc, reason: o.reason }, 'warning'))
  return { ...s, degraded }
}

function measured(s: Instance, current: Current, result: AgentResult): Row['took'] {
  const name = current.action
  if (result.end !== 'exited' || (name !== 'start' && name !== 'stop' && name !== 'monitor')) return s.took
  const ms = Math.min(86_400_000, Math.max(0, Math.trunc(result.durationMs)))
  return { ...s.took, [name]: Number.isFinite(ms) ? ms : 0 }
}

const DETERMINED: readonly number[] = [Ocf.success, Ocf.notRunning, Ocf.promoted, Ocf.degraded, Ocf.degradedPromoted]

function answer(s: Instance, order: Order, o: Outcome, out: Effect[]): void {
  const ok = order.action === 'notify' ? isTold(o.rc) : order.action === 'monitor' ? DETERMINED.includes(o.rc) : okAfter(order.action, s)
  out.push(reply(order, { ok, rc: o.rc, exitReason: o.reason, durationMs: o.result.durationMs }))
}

function okAfter(action: Order['action'], s: Instance): boolean {
  if (action === 'stop') return s.state === 'stopped'
  if (action === 'promote') return s.state === 'promoted'
  return action === 'demote' ? s.state === 'running' : isUp(s)
}

export const reply = (order: Order, end: Pick<OrderResult, 'ok' | 'rc' | 'exitReason' | 'durationMs'>): Effect =>
  tell({
    type: 'child-result',
    result: {
      type: 'order-result',
      op: order.op,
      resource: order.resource,
      action: order.action,
      boot: order.boot,
      token: order.token,
      ...end,
    },
  })

/** An order that is not carried out; the state does not change. */
export function refuse(s: Instance, order: Order, why: string, out: Effect[]): Instance {
  out.push(reply(order, { ok: false, rc: Ocf.generic, exitReason: why, durationMs: 0 }))
  return s
}
