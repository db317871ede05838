/**
 * `coordinator`: on every node, deciding only beside a ready leader with quorum (S13). Promises:
 *  - level-triggered: any change of state, view, rows, quorum or results leads to one new plan (coalesced), of which it does what can be done;
 *  - no start without a grant in the log, no grant without evidence, evidence being a certificate, this leader's own good stop, or the probe
 *    of a newer life (S2); no certificate without a device's confirmation (S5);
 *  - an order is sent at most once per op id, a resource has at most one under way (S18).
 * Senders: log, membership, quorum, resource directors of all members, fencer, console.
 */
import { type Actor, type Effect, type Env, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { after } from '../../runtime/time.js'
import { SLOW_BEATS } from '../heartbeat-link/messages.js'
import { apply, fromTheDead } from '../log/apply.js'
import type { Committed } from '../log/messages.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import { decide } from './decide.js'
import { onFenced } from './fences.js'
import { type Coordinator, type Out, without } from './lead.js'
import type { CoordinatorIn } from './messages.js'
import { onResult } from './orders.js'
import { onProposed } from './propose.js'
import { askRows, onRows } from './rows.js'
import { matrixFrom, onMatrixPlease, onPlanPlease } from './whatif.js'

export const actor: Actor<Coordinator, CoordinatorIn> = {
  kind: 'coordinator',
  mailbox: { limit: 8_192, full: 'fault' },
  init(boot, env) {
    const hello = { type: 'hello' }
    const state: Coordinator = {
      self: boot.node,
      name: boot.name,
      boot: boot.incarnation.boot,
      prefix: `${boot.incarnation.boot}:${boot.incarnation.counter}:c${env.now}`,
      hearMs: boot.timing.limitMsFloor,
      hearSlowMs: (SLOW_BEATS + 1) * boot.timing.beatMs,
      yieldMs: boot.timing.fenceDelayMs,
      chanceMs: boot.timing.rankMs,
      rows: {},
      queued: false,
      heldUntil: {},
      faults: {},
      lived: {},
      failed: {},
    }
    return step(state, [
      send({ path: 'log' }, hello),
      send({ path: 'membership' }, hello),
      send({ path: 'quorum' }, hello),
      send({ path: 'resource' }, { type: 'rows-please' }),
    ])
  },
  receive(before, msg, env) {
    if (fromTheDead(before.cluster, env)) return step(before)
    const out: Effect[] = []
    const s = hear(before, msg, env, out)
    if (s === before || s.queued || msg.type === 'replan') return step(s, out)
    out.push(send({ path: env.self.path }, { type: 'replan' }))
    return step({ ...s, queued: true }, out)
  },
}

/** True for messages that only this node's own actors may send. */
const local = (env: Env, s: Coordinator): boolean => env.from.node === undefined || env.from.node === s.self

function hear(s: Coordinator, msg: CoordinatorIn, env: Env, out: Out): Coordinator {
  switch (msg.type) {
    case 'rows':
      return onRows(s, msg, env, out)
    case 'order-result':
      return onResult(s, msg, env)
    case 'fence-result':
      return onFenced(s, msg, env, out)
    default:
      return local(env, s) ? hearLocal(s, msg, env, out) : s
  }
}

function hearLocal(
  s: Coordinator,
  msg: Exclude<CoordinatorIn, { type: 'rows' | 'order-result' | 'fence-result' }>,
  env: Env,
  out: Out,
): Coordinator {
  switch (msg.type) {
    case 'state':
      return !s.cluster || msg.state.index >= s.cluster.index ? { ...s, cluster: msg.state } : s
    case 'committed':
      return onCommitted(s, msg, env, out)
    case 'leadership':
      return { ...s, leadership: msg }
    case 'view':
      return onView(s, msg, env, out)
    case 'quorum':
      return onQuorum(s, msg, env)
    case 'proposed':
      return onProposed(s, msg, env, out)
    case 'plan-please':
      onPlanPlease(s, msg, env, out)
      return s
    case 'matrix-please':
      onMatrixPlease(s, msg, env, out)
      return s
    case 'job-result':
      out.push(matrixFrom(msg))
      return s
    case 'replan':
      return decide({ ...s, queued: false }, env, out)
    default:
      return unreachable(msg)
  }
}

function onCommitted(s: Coordinator, msg: Committed, env: Env, out: Out): Coordinator {
  if (!s.cluster || msg.entry.index <= s.cluster.index) return s
  if (msg.entry.index !== s.cluster.index + 1) {
    out.push(send({ path: 'log' }, { type: 'hello' }))
    return s
  }
  const { entry } = msg.entry
  const lived = entry.type === 'admit' ? { ...s.lived, [entry.node]: env.now } : s.lived
  return { ...s, lived, cluster: apply(s.cluster, msg.entry).state }
}

function onQuorum(s: Coordinator, msg: Quorum, env: Env): Coordinator {
  const { quorateMs, ...rest } = s
  if (!msg.quorate) return { ...rest, quorum: msg }
  // Going on alone hears nobody back, so there is nothing to wait for (fences.ts).
  const alone = msg.mode === 'solo' && s.quorum?.mode === 'two-node' && !s.quorum.quorate
  return { ...rest, quorum: msg, quorateMs: quorateMs ?? (alone ? after(env.now, -s.hearMs) : env.now) }
}

/** A newer view; and since when each peer is not heard well. What a node did while it was silent is asked for: its rows of before are old. */
function onView(s: Coordinator, msg: View, env: Env, out: Out): Coordinator {
  let { faults, heldUntil, rows } = s
  for (const p of msg.peers) {
    if (p.state !== 'silent' && rows[p.node] && s.view?.peers.some((old) => old.node === p.node && old.state === 'silent')) {
      out.push(askRows(s, p.node))
      rows = without(rows, p.node)
    }
    const hold = p.state === 'suspect' && p.because?.key === 'membership.hold-down' ? p.because.args : undefined
    const said = JSON.stringify(hold)
    if (!hold) heldUntil = without(heldUntil, p.node)
    else if (heldUntil[p.node]?.said !== said) heldUntil = { ...heldUntil, [p.node]: { ms: after(env.now, Number(hold['waitMs'])), said } }
    const bad = p.state === 'suspect' || p.state === 'silent'
    if (bad && !(p.node in faults)) faults = { ...faults, [p.node]: env.now }
    else if (!bad) faults = without(faults, p.node)
  }
  return { ...s, view: msg, faults, heldUntil, rows }
}
