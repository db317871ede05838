/**
 * A child begins (or begins again) with what the guard holds: an operation in flight is awaited, finished ones are taken in by
 * their op id, and a probe decides the state. A running resource is never restarted for this.
 */
import type { AgentResult, Effect, Env, OpId, Token } from '../../runtime/actor.js'
import { index } from '../../runtime/ids.js'
import type { Order } from '../coordinator/messages.js'
import type { Current, Instance } from './instance.js'
import type { Adopt } from './messages.js'
import { probeOp } from './monitor.js'
import { settle } from './settle.js'

export function adopt(before: Instance, msg: Adopt, env: Env, out: Effect[]): Instance {
  if (before.current) return resume(before, before.current, msg, env, out)
  const s: Instance = { ...before, adopted: true, doc: msg.doc, maintenance: msg.maintenance, token: msg.token }
  const settled = msg.finished.reduce((at, result) => takeIn(at, result, env, out), s)
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

/** An operation that ended while nobody listened: what it says of the state is left to the probe, its failure counts. */
function takeIn(s: Instance, result: AgentResult, env: Env, out: Effect[]): Instance {
  const action = known(result.action)
  const current = currentOf(s, result.id, action, s.token, env)
  const at = settle({ ...s, active: s.doc }, { ...current, killed: action === 'monitor' }, result, env, out)
  return { ...at, adopted: true, token: s.token }
}

const awaiting = (s: Instance, id: OpId, action: string, token: Token, env: Env): Partial<Instance> => ({
  current: currentOf(s, id, known(action), token, env),
  active: s.doc,
  state: action === 'start' ? 'starting' : action === 'stop' ? 'stopping' : 'unknown',
  probeDue: action !== 'monitor',
})

function currentOf(s: Instance, id: OpId, action: Order['action'], token: Token, env: Env): Current {
  const order: Order = { type: 'order', op: id, resource: s.id, action, token, minIndex: index(0), boot: s.boot }
  const op = action === 'start' || action === 'promote' ? s.doc.ops.start : action === 'monitor' ? probeOp(s.doc) : s.doc.ops.stop
  const ordered = action !== 'monitor'
  return { id, action, cause: ordered ? 'order' : 'probe', op, sinceMs: env.now, killed: false, ...(ordered && { order }) }
}

const known = (action: string): Order['action'] =>
  action === 'start' || action === 'stop' || action === 'promote' || action === 'demote' ? action : 'monitor'
