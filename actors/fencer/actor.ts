/**
 * Turns a machine off and says whether that is proven. Only a device's agent that exited with 0 after `off` confirms (Fence Agent API);
 * a time-out, an error, a refusal, a signal do not (S5): then the next level is tried, then the whole round again with a growing wait,
 * for as long as the node's life is not settled in the log. All devices of a level must confirm.
 *
 * Who sends: coordinator of this node (FenceOrder, after the intent is committed; in two-node mode before), log (state, committed), guard.
 * It gives: FenceResult to whoever ordered.
 */
import type { Actor, Address, AgentResult, Effect, Env, NodeId, OpId, Step } from '../../runtime/actor.js'
import { send } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { token } from '../../runtime/ids.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import type { FenceOrder, FenceResult } from '../coordinator/messages.js'
import { apply } from '../log/apply.js'
import type { ClusterState } from '../log/state.js'
import { levelsFor, runOf, type Target } from './devices.js'
import type { FencerIn } from './messages.js'

const waitMsMin = 1000
const waitMsMax = 30_000
const ordersMax = 64

/** One node that is to be turned off. */
interface Work {
  readonly order: FenceOrder
  readonly from: Address
  readonly target: Target
  readonly startedMs: Instant
  readonly round: number
  readonly level: number
  /** Runs of the present level that have not ended, by op id -> device. */
  readonly flying: Readonly<Record<OpId, string>>
  readonly confirmed: readonly string[]
  readonly failed: readonly string[]
}

interface State {
  readonly cluster?: ClusterState
  readonly works: Readonly<Record<NodeId, Work>>
}

export const actor: Actor<State, FencerIn> = {
  kind: 'fencer',
  mailbox: { limit: 4096, full: 'fault' },
  init: () => ({ state: { works: {} }, effects: [send({ path: 'log' }, { type: 'hello' })] }),
  receive(state, msg, env) {
    switch (msg.type) {
      case 'state':
        return settle({ ...state, cluster: msg.state })
      case 'committed':
        if (!state.cluster || msg.entry.index !== state.cluster.index + 1) return { state, effects: [] }
        return settle({ ...state, cluster: apply(state.cluster, msg.entry).state })
      case 'fence':
        return ordered(state, msg, env)
      case 'next': {
        const work = Object.values(state.works).find((w) => w.order.intent === msg.intent)
        return work ? level(state, { ...work, round: work.round + 1, level: 0, confirmed: [], failed: [] }, env) : { state, effects: [] }
      }
      case 'agent-result':
        return ended(state, msg, env)
      case 'agent-inventory':
      case 'leadership':
        return { state, effects: [] }
      default:
        return unreachable(msg)
    }
  },
}

const put = (state: State, work: Work): State => ({ ...state, works: { ...state.works, [work.order.node]: work } })
function without(state: State, node: NodeId): State {
  const { [node]: _, ...works } = state.works
  return { ...state, works }
}

/** Drops what the log has settled: fenced, left, or another life meanwhile. */
function settle(state: State): Step<State> {
  const effects: Effect[] = []
  let next = state
  for (const work of Object.values(state.works)) {
    const life = state.cluster?.lives[work.order.node]
    if (life?.boot === work.order.boot && (life.state === 'admitted' || life.state === 'intent')) continue
    next = without(next, work.order.node)
    const args = { node: work.target.nodeName, boot: work.order.boot, state: life?.state ?? 'unknown' }
    effects.push(...over(work), { do: 'say', verdict: verdict('settle', 'fencer.over', args, 'debug') })
  }
  return { state: next, effects }
}
const over = (work: Work): Effect[] => [
  { do: 'cancel', key: `next-${work.order.node}` },
  ...(Object.keys(work.flying) as OpId[]).sort().map((id): Effect => ({ do: 'agent-kill', id })),
]

function ordered(state: State, order: FenceOrder, env: Env): Step<State> {
  const old = state.works[order.node]
  if (old && old.order.boot === order.boot)
    return { state: put(state, { ...old, order: { ...order, intent: order.intent }, from: env.from }), effects: [] }
  if (Object.keys(state.works).length >= ordersMax) return { state, effects: [] }
  const nodeName = state.cluster?.members.find((m) => m.node === order.node)?.name ?? order.node
  const target: Target = { nodeName, boot: order.boot, intent: order.intent }
  const work: Work = { order, from: env.from, target, startedMs: env.now, round: 1, level: 0, flying: {}, confirmed: [], failed: [] }
  const turn = level(state, work, env)
  return { state: turn.state, effects: [...(old ? over(old) : []), ...turn.effects] }
}

/** Asks every device of the work's present level. */
function level(state: State, work: Work, env: Env): Step<State> {
  const levels = state.cluster ? levelsFor(state.cluster.config, work.target.nodeName) : []
  const devices = levels[work.level]
  if (!devices) return roundFailed(state, work, levels.length === 0, env)
  const runs = devices.map((device) => ({ device, op: runOf(device, 'off', work.target, work.round) }))
  const flying = Object.fromEntries(runs.map(({ device, op }) => [op.id, device.name]))
  const effects = runs.flatMap(({ device, op }): Effect[] => {
    const args = { node: work.target.nodeName, boot: work.order.boot, device: device.name, level: device.level, attempt: work.round }
    return [
      { do: 'say', verdict: verdict('fence', 'fencer.asked', args, 'notice') },
      { do: 'agent', op, token: token(0) },
    ]
  })
  return { state: put(state, { ...work, flying, confirmed: [], failed: [] }), effects }
}

function ended(state: State, result: AgentResult, env: Env): Step<State> {
  const ack: Effect = { do: 'agent-ack', id: result.id }
  const work = Object.values(state.works).find((w) => result.id in w.flying)
  const device = work?.flying[result.id]
  if (!work || device === undefined) return { state, effects: [ack] }
  const { [result.id]: _, ...flying } = work.flying
  const good = result.end === 'exited' && result.rc === 0
  const now: Work = {
    ...work,
    flying,
    confirmed: good ? [...work.confirmed, device] : work.confirmed,
    failed: good ? work.failed : [...work.failed, device],
  }
  const effects: Effect[] = [ack]
  if (!good) {
    const detail = result.end === 'exited' ? `exit ${result.rc}: ${lastLine(result.stderr)}` : `${result.end} ${result.detail}`.trim()
    effects.push({ do: 'say', verdict: verdict('fence', 'fencer.device-failed', { device, node: work.target.nodeName, detail }, 'error') })
  }
  if (Object.keys(flying).length > 0) return { state: put(state, now), effects }
  if (now.failed.length > 0) {
    const turn = level(state, { ...now, level: now.level + 1 }, env)
    return { state: turn.state, effects: [...effects, ...turn.effects] }
  }
  const turn = proven(state, now, env)
  return { state: turn.state, effects: [...effects, ...turn.effects] }
}
const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

function proven(state: State, work: Work, env: Env): Step<State> {
  const device = work.confirmed.join(' + ')
  const ms = elapsed(work.startedMs, env.now)
  const effects: Effect[] = [
    answer(work, env, true, device, `off confirmed by ${device}`),
    { do: 'say', verdict: verdict('fence', 'fencer.confirmed', { node: work.target.nodeName, device, ms }, 'notice') },
  ]
  const config = state.cluster?.config
  if (config?.properties.fencingAction === 'reboot') {
    const devices = levelsFor(config, work.target.nodeName)[work.level] ?? []
    for (const d of devices) effects.push({ do: 'agent', op: runOf(d, 'on', work.target, work.round), token: token(0) })
  }
  return { state: without(state, work.order.node), effects }
}

function roundFailed(state: State, work: Work, none: boolean, env: Env): Step<State> {
  const waitMs = Math.min(waitMsMax, waitMsMin * 2 ** Math.min(10, work.round - 1))
  const node = work.target.nodeName
  const because = none
    ? verdict('fence', 'fencer.no-device', { node }, 'error')
    : verdict('fence', 'fencer.round-failed', { node, waitMs }, 'error')
  return {
    state: put(state, { ...work, flying: {} }),
    effects: [
      answer(work, env, false, '', none ? 'no device knows the node' : 'no level confirmed'),
      { do: 'say', verdict: because },
      {
        do: 'timer',
        key: `next-${work.order.node}`,
        atMs: after(env.now, waitMs),
        msg: { type: 'next', intent: work.order.intent } as FencerIn,
      },
    ],
  }
}

function answer(work: Work, env: Env, confirmed: boolean, device: string, detail: string): Effect {
  const { intent, node, boot } = work.order
  const result: FenceResult = {
    type: 'fence-result',
    intent,
    node,
    boot,
    confirmed,
    device,
    detail,
    durationMs: elapsed(work.startedMs, env.now),
  }
  return send(work.from, result)
}
