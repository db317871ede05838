/**
 * A child begins (or begins again) with what the guard holds: an operation in flight is awaited, finished ones are taken in by
 * their op id, and a probe decides the state. A running resource is never restarted for this. Which parameters it runs with says the note.
 */
import type { AgentResult, Effect, Env, OpId, Token } from '../../runtime/actor.js'
import { definitionOf } from '../../runtime/config/document.js'
import { index, term } from '../../runtime/ids.js'
import type { Order } from '../coordinator/messages.js'
import { failed } from './history.js'
import { type AgentAction, type Current, decisionOf, type Instance } from './instance.js'
import type { Adopt } from './messages.js'
import { probeOp } from './monitor.js'
import { effectiveRc, exitReason, failureClass, Ocf } from './ocf.js'
import { NOTIFY } from './ops.js'
import { noted, reloadOp } from './reload.js'
import { acknowledged, reply, settle } from './settle.js'

export function adopt(before: Instance, msg: Adopt, env: Env, out: Effect[]): Instance {
  if (before.current) return resume(before, before.current, msg, env, out)
  const s: Instance = {
    ...before,
    adopted: true,
    doc: msg.doc,
    maintenance: msg.maintenance,
    clone: msg.clone,
    token: msg.token,
    keep: msg.keep,
    noted: msg.note !== undefined,
    ...noted(msg.note, msg.doc),
  }
  const settled = msg.finished.reduce((at, result) => takeIn(at, msg, result, env, out), s)
  if (!msg.inFlight) return { ...settled, state: 'unknown', token: msg.token, probeDue: true }
  return { ...settled, ...awaiting(settled, msg.inFlight.id, msg.inFlight.action, msg.token, env) }
}

/** The result is overdue: the guard still works on it, or has it, or knows nothing of it (then it counts as failed). */
function resume(s: Instance, current: Current, msg: Adopt, env: Env, out: Effect[]): Instance {
  const result = msg.finished.find((r) => r.id === current.id)
  if (result) return settle(s, current, result, env, out)
  if (msg.inFlight?.id === current.id) return s
  const lost: AgentResult = {
    type: 'agent-result',
    id: current.id,
    resource: s.id,
    action: current.action,
    end: 'signalled',
    detail: 'the guard knows nothing of this operation: its result was lost',
    stdout: '',
    stderr: '',
    durationMs: 0,
  }
  return { ...settle(s, current, lost, env, out), probeDue: true }
}

/**
 * An operation that ended in an earlier life, perhaps unheard: its answer is there for who asks, its failure is shown but does not count
 * (the count lives and dies with this actor), and what it says of the state is left to the probe.
 */
function takeIn(s: Instance, msg: Adopt, result: AgentResult, env: Env, out: Effect[]): Instance {
  const current = currentOf(s, result.id, known(result.action), s.token, env)
  const at = acknowledged(s, current, result, out)
  if (!current.order) return at
  const [rc, exitReasonText] = [effectiveRc(result), exitReason(result)]
  const ok = rc === Ocf.success || rc === Ocf.degraded
  out.push(reply(current.order, { ok, rc, exitReason: exitReasonText, durationMs: result.durationMs }))
  if (ok || current.action === 'notify' || (decisionOf(result.id)?.index ?? 0) < msg.cleanedAt) return at
  const failure = { action: current.action, rc, exitReason: exitReasonText, class: failureClass(rc), of: current.of, atMs: env.now }
  return { ...at, history: failed(at.history, failure, false) }
}

const awaiting = (s: Instance, id: OpId, action: string, token: Token, env: Env): Partial<Instance> => ({
  current: currentOf(s, id, known(action), token, env),
  active: s.active ?? s.doc,
  state: action === 'start' ? 'starting' : action === 'stop' ? 'stopping' : 'unknown',
  probeDue: action !== 'monitor',
})

function currentOf(s: Instance, id: OpId, action: AgentAction, token: Token, env: Env): Current {
  const base = { id, action, of: definitionOf(s.doc), idle: false, sinceMs: env.now, killed: false } as const
  if (action === 'meta-data' || action === 'reload-agent') return { ...base, cause: 'reload', op: reloadOp(action, s.doc) }
  const order: Order = { type: 'order', op: id, term: term(0), resource: s.id, action, token, minIndex: index(0), boot: s.boot }
  const { start, stop, promote = start, demote = stop, notify = NOTIFY } = s.doc.ops
  const op = { start, stop, promote, demote, notify, monitor: probeOp(s.doc) }[action]
  // Ids that a node makes by itself hold a colon: a stop for lost quorum answers to nobody.
  const ordered = action !== 'monitor' && !id.includes(':')
  return { ...base, cause: ordered ? 'order' : action === 'monitor' ? 'probe' : 'local', op, ...(ordered && { order }) }
}

const actions: readonly AgentAction[] = ['start', 'stop', 'promote', 'demote', 'notify', 'meta-data', 'reload-agent']
const known = (action: string): AgentAction => actions.find((one) => one === action) ?? 'monitor'
