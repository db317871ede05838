/**
 * `fencer`: ends one life of a machine through fence devices, and says so only when a device said so. Promises:
 *  - confirmed means: exit code 0 of `off` from every device of one level (with verify: and exit code 2 of `status`). A time-out, an error,
 *    a refusal, a killed run, a missing device is unconfirmed (S5);
 *  - nothing is run before this node's own log shows the intent; nothing is begun for a life that is over;
 *  - a round that failed is answered, and tried again after 1, 2, 4 .. 30 s until it succeeds or is cancelled.
 * Senders: coordinators of members, log, the guard by way of the host. What devices are told: topology.ts.
 */
import {
  type Actor,
  type Address,
  type AgentResult,
  type BootId,
  type Effect,
  type Env,
  type Index,
  type Instant,
  type NodeId,
  say,
  send,
  step,
  timer,
} from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import type { FenceDoc } from '../../runtime/config/document.js'
import { token } from '../../runtime/ids.js'
import type { TextKey } from '../../runtime/text/index.js'
import { after, elapsed } from '../../runtime/time.js'
import { type Args, type Severity, verdict } from '../../runtime/verdict.js'
import type { FenceCancel, FenceOrder, FenceResult } from '../coordinator/messages.js'
import { apply, fromTheDead } from '../log/apply.js'
import type { ClusterState } from '../log/state.js'
import type { FencerIn } from './messages.js'
import { type FenceAction, fenceOp, isSelfFence, leaseOf, levelsFor, selfFenceMs, verifies } from './topology.js'

/** One order: where it stands in its round. */
export interface Task {
  readonly order: FenceOrder
  readonly from: Address
  readonly level: number
  readonly device: number
  readonly action: 'off' | 'status'
  /** The run under way; absent while it waits for the log or for the next round. */
  readonly op?: string
  readonly round: number
  readonly beganMs: Instant
  /** No device is asked: the node ends itself. */
  readonly waits?: true
  /** What went wrong in this round, one part a device. */
  readonly trouble: readonly string[]
}
export interface Past extends FenceResult {
  readonly atMs: Instant
}
export interface Fencer {
  readonly self: NodeId
  readonly name: string
  readonly cluster?: ClusterState
  readonly leader?: NodeId | undefined
  readonly tasks: Readonly<Record<NodeId, Task>>
  /** Newest last, at most 64. */
  readonly history: readonly Past[]
  readonly n: number
}

const HISTORY_MAX = 64
const BACKOFF_MS_MAX = 30_000
/** The guard ends a run at its limit; when it says nothing so long after it, the run counts as unconfirmed. */
const OVERDUE_MS = 10_000
const DETAIL_CHARS_MAX = 400

export const actor: Actor<Fencer, FencerIn> = {
  kind: 'fencer',
  mailbox: { limit: 1_024, full: 'fault' },
  init(boot, env) {
    return step({ self: boot.node, name: boot.name, tasks: {}, history: [], n: env.now * 1024 }, [
      send({ path: 'log' }, { type: 'hello' }),
      { do: 'agent-list' },
    ])
  },
  receive(s, msg, env) {
    if (fromTheDead(s.cluster, env)) return step(s)
    const out: Effect[] = []
    return step(hear(s, msg, env, out), out)
  },
}

function hear(s: Fencer, msg: FencerIn, env: Env, out: Effect[]): Fencer {
  switch (msg.type) {
    case 'fence':
      return ordered(s, msg, env, out)
    case 'fence-cancel':
      return calledBack(s, msg, env, out)
    case 'state':
      return !s.cluster || msg.state.index >= s.cluster.index ? advanced({ ...s, cluster: msg.state }, env, out) : s
    case 'committed':
      if (!s.cluster || msg.entry.index <= s.cluster.index) return s
      if (msg.entry.index === s.cluster.index + 1) return advanced({ ...s, cluster: apply(s.cluster, msg.entry).state }, env, out)
      out.push(send({ path: 'log' }, { type: 'hello' }))
      return s
    case 'leadership':
      return { ...s, leader: msg.leader }
    case 'agent-result':
      return ended(s, msg, env, out)
    case 'agent-inventory':
      for (const r of msg.resources)
        if (r.resource.startsWith('fence/')) for (const past of r.finished) out.push({ do: 'agent-ack', id: past.id })
      return s
    case 'next':
      return isLeaderless(s, msg.node) ? drop(s, msg.node) : began(s, msg.node, env, out)
    case 'overdue':
      return s.tasks[msg.node]?.op === msg.op ? failed(s, msg.node, 'the guard gave no answer', env, out) : s
    case 'outwaited':
      return outwaited(s, msg.node, msg.op, env, out)
    default:
      return unreachable(msg)
  }
}

function ordered(s: Fencer, order: FenceOrder, env: Env, out: Effect[]): Fencer {
  const past = s.history.findLast((h) => h.confirmed && h.node === order.node && h.boot === order.boot && h.intent === order.intent)
  if (past) {
    const { atMs: _, ...result } = past
    out.push(send(env.from, result))
    return s
  }
  const same = s.tasks[order.node]
  if (same && same.order.boot === order.boot && same.order.intent === order.intent)
    return waiting(put(s, { ...same, from: env.from }), order.node, out)
  const task: Task = { order, from: env.from, level: 0, device: 0, action: 'off', round: 0, beganMs: env.now, trouble: [] }
  return began(put(s, task), order.node, env, out)
}

const put = (s: Fencer, task: Task): Fencer => ({ ...s, tasks: { ...s.tasks, [task.order.node]: task } })

function drop(s: Fencer, node: NodeId): Fencer {
  const { [node]: _, ...tasks } = s.tasks
  return { ...s, tasks }
}

/** The leader that had its own node fenced from here leads no more, as far as this node knows: the next one decides anew (S13). */
const isLeaderless = (s: Fencer, node: NodeId): boolean => {
  const by = s.tasks[node]?.from.node
  return by !== undefined && by !== s.leader
}

/** Who asks for the fate of its order is told that nothing is done to the node; while a device is at it, the end of the round is the answer. */
function calledBack(s: Fencer, { node, boot, intent }: FenceCancel, env: Env, out: Effect[]): Fencer {
  const task = s.tasks[node]
  const same = task?.order.boot === boot
  if (intent === undefined) return same ? drop(s, node) : s
  if (same && task.op !== undefined && !task.waits) return s
  out.push(send(env.from, nothingDone(intent, node, boot)))
  return same ? drop(s, node) : s
}

const nothingDone = (intent: Index, node: NodeId, boot: BootId): FenceResult => ({
  type: 'fence-result',
  intent,
  node,
  boot,
  confirmed: false,
  waits: true,
  device: '',
  detail: '',
  durationMs: 0,
})

/** The log went on: orders for lives that are over are dropped, those that waited for it begin. */
function advanced(s: Fencer, env: Env, out: Effect[]): Fencer {
  let at = s
  for (const node of (Object.keys(s.tasks) as NodeId[]).sort()) {
    const task = at.tasks[node]
    if (!task || !s.cluster) continue
    const standing = stands(s.cluster, task.order, s.self)
    if (standing === 'over') at = drop(at, node)
    else if (standing === 'now' && task.op === undefined && task.round === 0) at = began(at, node, env, out)
  }
  return at
}

/**
 * Whether the log shows that this life is to end. With two voters (intent 0) it cannot: then the life must not be over. Whoever was removed fences
 * nobody any more: it hears no more of what the others have decided since.
 */
function stands(cluster: ClusterState, order: FenceOrder, self: NodeId): 'now' | 'later' | 'over' {
  const life = cluster.lives[order.node]
  if (order.intent > cluster.index) return 'later'
  if (!cluster.members.some((m) => m.node === self)) return 'over'
  if (life?.boot !== order.boot || life.state === 'fenced' || life.state === 'left') return 'over'
  return order.intent === 0 || (life.state === 'intent' && life.since === order.intent) ? 'now' : 'over'
}

/** Begins a round, if the log allows it. */
function began(s: Fencer, node: NodeId, env: Env, out: Effect[]): Fencer {
  const task = s.tasks[node]
  if (!task || task.op !== undefined || !s.cluster) return s
  const standing = stands(s.cluster, task.order, s.self)
  if (standing === 'later') return s
  if (standing === 'over') return drop(s, node)
  return run(s, { ...task, level: 0, device: 0, action: 'off', trouble: [], beganMs: env.now }, env, out)
}

const nameOf = (s: Fencer, node: NodeId): string => s.cluster?.members.find((m) => m.node === node)?.name ?? node

function deviceOf(s: Fencer, task: Task): FenceDoc | undefined {
  return s.cluster && levelsFor(s.cluster.config, nameOf(s, task.order.node))[task.level]?.[task.device]
}

/** Runs the action of the device where the task stands; without one the round has failed. */
function run(s: Fencer, task: Task, env: Env, out: Effect[]): Fencer {
  const { node } = task.order
  const device = deviceOf(s, task)
  if (!device) return finish(s, task, false, '', task.trouble.join('; ') || `no fence device lists ${nameOf(s, node)}`, env, out)
  const id = `fence.${task.order.intent}.${task.order.boot}.${device.name}.${s.n}`
  if (isSelfFence(device)) return waitFor({ ...s, n: s.n + 1 }, task, device, id, env, out)
  const op = fenceOp(device, nameOf(s, node), task.action, id)
  const next: Fencer = { ...s, n: s.n + 1 }
  if ('problem' in op) return failed(put(next, task), node, op.problem, env, out)
  const overdue: FencerIn = { type: 'overdue', node, op: id }
  tell(out, 'fencer.trying', { node: nameOf(s, node), device: device.name, action: task.action }, 'notice')
  out.push({ do: 'agent', op, token: token(0) }, timer(`overdue ${node}`, after(env.now, op.timeoutMs + OVERDUE_MS), overdue))
  return put(next, { ...task, op: id })
}

function ended(s: Fencer, msg: AgentResult, env: Env, out: Effect[]): Fencer {
  if (!msg.resource.startsWith('fence/')) return s
  out.push({ do: 'agent-ack', id: msg.id })
  const task = Object.values(s.tasks).find((t) => t.op === msg.id)
  if (!task) {
    if (msg.action === 'on' && !(msg.end === 'exited' && msg.rc === 0))
      tell(out, 'fencer.not-on', { device: msg.resource.slice(6), detail: why(msg) }, 'warning')
    return s
  }
  const device = deviceOf(s, task)
  const { op: _, ...free } = task
  out.push({ do: 'cancel', key: `overdue ${task.order.node}` })
  const done = device && msg.end === 'exited' && msg.rc === (task.action === 'off' ? 0 : 2)
  if (!done) return failed(put(s, free), task.order.node, `${device?.name ?? 'a removed device'}: ${why(msg)}`, env, out)
  if (task.action === 'off' && verifies(device)) return run(s, { ...free, action: 'status' }, env, out)
  return confirmed(s, free, device, `off confirmed by ${device.agent}`, env, out)
}

/** This device has done its part: the next of its level, or all of them have. */
function confirmed(s: Fencer, task: Task, device: FenceDoc, detail: string, env: Env, out: Effect[]): Fencer {
  const more = s.cluster && levelsFor(s.cluster.config, nameOf(s, task.order.node))[task.level]?.[task.device + 1]
  if (more) return run(s, { ...task, device: task.device + 1, action: 'off' }, env, out)
  return finish(s, task, true, device.name, detail, env, out)
}

/** Nothing is asked: after this time the node has ended itself. Counted from now, when this node's own log shows the intent committed. */
function waitFor(s: Fencer, task: Task, device: FenceDoc, id: string, env: Env, out: Effect[]): Fencer {
  const { node } = task.order
  const lease = s.cluster && task.order.intent > 0 ? leaseOf(s.cluster, node) : 'no intent is committed that its lease would end by'
  if (lease === undefined || typeof lease === 'string') return failed(put(s, task), node, `${device.name}: ${lease}`, env, out)
  const waitMs = selfFenceMs(lease)
  tell(out, 'fencer.waits', { node: nameOf(s, node), waitMs, leaseMs: lease.leaseMs, watchdogMs: lease.watchdogMs }, 'notice')
  const due: FencerIn = { type: 'outwaited', node, op: id }
  out.push(timer(`wait ${node}`, after(env.now, waitMs), due))
  return waiting(put(s, { ...task, op: id, waits: true }), node, out)
}

/** Whoever ordered it may call it back: nothing was done to the node. */
function waiting(s: Fencer, node: NodeId, out: Effect[]): Fencer {
  const task = s.tasks[node]
  if (!task?.waits) return s
  out.push(send(task.from, nothingDone(task.order.intent, node, task.order.boot)))
  return s
}

function outwaited(s: Fencer, node: NodeId, op: string, env: Env, out: Effect[]): Fencer {
  const task = s.tasks[node]
  const device = task && deviceOf(s, task)
  if (task?.op !== op || !s.cluster) return s
  const { op: _, waits: __, ...free } = task
  const lease = leaseOf(s.cluster, node)
  if (stands(s.cluster, task.order, s.self) !== 'now') return drop(s, node)
  if (!device || !isSelfFence(device) || typeof lease === 'string')
    return failed(put(s, free), node, 'its lease is no longer what it was', env, out)
  return confirmed(
    put(s, free),
    free,
    device,
    `its lease of ${lease.leaseMs} ms and its watchdog of ${lease.watchdogMs} ms are over`,
    env,
    out,
  )
}

/** What a run that does not count was, in one printable line. */
function why(msg: AgentResult): string {
  const line = msg.stderr.trim().split('\n').at(-1) ?? ''
  const end = msg.end === 'exited' ? `${msg.action} ended with exit code ${msg.rc ?? '?'}` : `${msg.action}: ${msg.end}`
  return [end, msg.detail, line]
    .filter((part) => part !== '')
    .join(', ')
    .replace(/[^\x20-\x7e\u00a0-\u2027\u2030-\uffff]/g, ' ')
    .slice(0, DETAIL_CHARS_MAX)
}

/** The device where the task stands did not do it: the next level is tried. */
function failed(s: Fencer, node: NodeId, trouble: string, env: Env, out: Effect[]): Fencer {
  const task = s.tasks[node]
  if (!task) return s
  const { op: _, ...free } = task
  return run(s, { ...free, level: task.level + 1, device: 0, action: 'off', trouble: [...task.trouble, trouble] }, env, out)
}

/** A round is over: answered, remembered, and after a failure tried again later. */
function finish(s: Fencer, task: Task, confirmed: boolean, device: string, detail: string, env: Env, out: Effect[]): Fencer {
  const { intent, node, boot } = task.order
  const durationMs = elapsed(task.beganMs, env.now)
  const result: FenceResult = { type: 'fence-result', intent, node, boot, confirmed, device, detail, durationMs }
  out.push(send(task.from, result))
  const history = [...s.history, { ...result, atMs: env.now }].slice(-HISTORY_MAX)
  const args = { node: nameOf(s, node), device, ms: durationMs, detail }
  if (confirmed) {
    tell(out, 'fencer.off', args, 'notice')
    return turnOn(drop({ ...s, history }, node), task, out)
  }
  const waitMs = Math.min(BACKOFF_MS_MAX, 1_000 * 2 ** Math.min(task.round, 5))
  const again: FencerIn = { type: 'next', node }
  tell(out, 'fencer.unconfirmed', { ...args, waitMs }, 'safety')
  out.push(timer(`next ${node}`, after(env.now, waitMs), again))
  return put({ ...s, history }, { ...task, round: task.round + 1 })
}

/** fencing-action reboot: the machine is proven off, so that whatever boots now is another life. Nobody waits for it. */
function turnOn(s: Fencer, task: Task, out: Effect[]): Fencer {
  if (s.cluster?.config.properties.fencingAction !== 'reboot') return s
  const name = nameOf(s, task.order.node)
  let { n } = s
  for (const device of (levelsFor(s.cluster.config, name)[task.level] ?? []).filter((d) => !isSelfFence(d))) {
    const op = fenceOp(device, name, 'on' satisfies FenceAction, `unfence.${task.order.intent}.${task.order.boot}.${device.name}.${n}`)
    n += 1
    if (!('problem' in op)) out.push({ do: 'agent', op, token: token(0) })
  }
  return { ...s, n }
}

const tell = (out: Effect[], key: TextKey, args: Args, severity: Severity): void =>
  void out.push(say(verdict('fence', key, args, severity)))
