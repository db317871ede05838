/**
 * Fencing as the coordinator drives it: a committed intent is handed to a fencer, its confirmation becomes a certificate (decide.ts puts it
 * into one entry with the grants that it frees). Anything but a confirmation changes nothing (S5). Two voters: no intent can be committed
 * without the peer, so the survivor fences first and then asks the log to lead alone (rules T1-T5 of design 8.3).
 */
import { type Env, type NodeId, say, send } from '../../runtime/actor.js'
import { index } from '../../runtime/ids.js'
import type { TextKey } from '../../runtime/text/index.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import { type Args, verdict } from '../../runtime/verdict.js'
import type { Certificate, SoloPlease } from '../log/messages.js'
import type { ClusterState } from '../log/state.js'
import { FULL_MESH_MAX } from '../membership/messages.js'
import { type Coordinator, type FenceTry, type Lead, type Out, type Race, without } from './lead.js'
import type { FenceCancel, FenceOrder, FenceResult } from './messages.js'
import { before } from './model.js'
import { RESEND_MS } from './orders.js'
import type { Plan } from './plan.js'

const SOLO_MS = 1_000

const nameOf = (cluster: ClusterState, node: NodeId): string => cluster.members.find((m) => m.node === node)?.name ?? node
const peerOf = (s: Coordinator, node: NodeId) => s.view?.peers.find((p) => p.node === node)

/** Hands every committed intent to a fencer; forgets those whose life is over. */
export function orderFences(s: Coordinator, lead: Lead, cluster: ClusterState, p: Plan, env: Env, out: Out): Lead {
  let { fences } = lead
  for (const node of (Object.keys(fences) as NodeId[]).sort()) {
    const life = cluster.lives[node]
    if (life?.state !== 'intent' || life.boot !== fences[node]?.boot || life.since !== fences[node]?.intent) fences = without(fences, node)
  }
  for (const node of (Object.keys(fences) as NodeId[]).sort()) {
    const fence = fences[node]
    if (!fence || !isIdle(fence) || !heard(s, node) || condemned(p, node)) continue
    const cancelled: FenceCancel = { type: 'fence-cancel', node, boot: fence.boot }
    out.push(send(fence.by, cancelled))
    fences = without(fences, node)
  }
  if (!settledView(s, env)) return { ...lead, fences }
  for (const node of (Object.keys(cluster.lives) as NodeId[]).sort()) {
    const life = cluster.lives[node]
    const known = fences[node]
    if (life?.state !== 'intent' || (known && !isLost(known, env))) continue
    const peer = peerOf(s, node)
    const boot = node === s.self ? s.boot : peer?.incarnation?.boot
    if (heard(s, node) && (boot !== life.boot || !condemned(p, node))) {
      if (known) fences = { ...fences, [node]: callBack(known, node, env, out) }
      continue
    }
    const path = node === s.self ? helper(s, cluster) : { path: 'fencer' }
    if (!path) continue
    const order: FenceOrder = { type: 'fence', intent: life.since, node, boot: life.boot }
    out.push(send(path, order))
    const atMs = known?.atMs ?? env.now
    fences = { ...fences, [node]: { boot: life.boot, intent: life.since, state: 'ordered', atMs, sentMs: env.now, by: path } }
  }
  return { ...lead, fences }
}

/** There is no more reason for it, and the fencer that has it may have begun anew: it is asked, for nobody is let in while a device may be at it. */
function callBack(fence: FenceTry, node: NodeId, env: Env, out: Out): FenceTry {
  const asked: FenceCancel = { type: 'fence-cancel', node, boot: fence.boot, intent: fence.intent }
  out.push(send(fence.by, asked))
  return { ...fence, sentMs: env.now }
}

/** Handed over, and nothing heard of it for as long as a lost message is waited for. A fencer that has it already goes on. */
const isLost = (f: FenceTry, env: Env): boolean => (f.state === 'ordered' || f.state === 'waits') && elapsed(f.sentMs, env.now) >= RESEND_MS

/** No device is about to end the node. */
export const isIdle = (f: FenceTry): boolean => f.state === 'failed' || f.state === 'waits'

/** suspect: not confirmed yet, or heard again and held down for flapping. manager-down: its guard asks for the grace. */
function heard(s: Coordinator, node: NodeId): boolean {
  const state = peerOf(s, node)?.state ?? 'never-seen'
  return node === s.self || (state !== 'silent' && state !== 'never-seen')
}

/** A resource there cannot be stopped: being heard does not spare the node. */
export const condemned = (p: Plan, node: NodeId): boolean => p.actions.some((a) => a.action === 'fence' && a.node === node && a.condemned)

/** Who has just got quorum back may see as silent what a beat will show in a moment (L4): it fences nobody for as long as a beat may take. */
export function fenceFromMs(s: Coordinator): Instant | undefined {
  if (s.quorateMs === undefined) return undefined
  const isMesh = (s.cluster?.members.length ?? 0) <= FULL_MESH_MAX
  return after(s.quorateMs, isMesh ? s.hearMs : Math.max(s.hearMs, s.hearSlowMs))
}
export function settledView(s: Coordinator, env: Env): boolean {
  const fromMs = fenceFromMs(s)
  return fromMs !== undefined && elapsed(fromMs, env.now) >= 0
}

/** Another node's fencer, where this node is itself the target: the next leader takes the result. */
export const helper = (s: Coordinator, cluster: ClusterState) => {
  const others = cluster.members.filter(
    (m) => m.node !== s.self && peerOf(s, m.node)?.state === 'alive' && cluster.lives[m.node]?.state === 'admitted',
  )
  const first = others.sort((a, b) => before(a.name, b.name))[0]
  return first && { node: first.node, path: 'fencer' }
}

export function onFenced(s: Coordinator, msg: FenceResult, env: Env, out: Out): Coordinator {
  const { cluster } = s
  if (!cluster) return s
  const name = nameOf(cluster, msg.node)
  if (s.race?.node === msg.node && s.race.boot === msg.boot && msg.intent === 0) return raced(s, s.race, msg, name, env, out)
  const known = s.lead?.fences[msg.node]
  if (!s.lead || !known || known.boot !== msg.boot || known.intent !== msg.intent || known.state === 'confirmed') return s
  if (msg.waits) return { ...s, lead: { ...s.lead, fences: { ...s.lead.fences, [msg.node]: { ...known, state: 'waits' } } } }
  if (!msg.confirmed) {
    tell(out, 'coordinator.fence-unconfirmed', { node: name, boot: msg.boot, detail: msg.detail })
    return { ...s, lead: { ...s.lead, fences: { ...s.lead.fences, [msg.node]: { ...known, state: 'failed', atMs: env.now } } } }
  }
  const fence = { ...known, state: 'confirmed' as const, certificate: certificateOf(msg), atMs: env.now }
  const failovers = [...s.lead.failovers, { name, faultMs: s.faults[msg.node] ?? known.atMs, provenMs: env.now }]
  return { ...s, lead: { ...s.lead, fences: { ...s.lead.fences, [msg.node]: fence }, failovers } }
}

const certificateOf = (msg: FenceResult): Certificate => ({
  node: msg.node,
  boot: msg.boot,
  how: 'device',
  by: msg.device,
  intent: msg.intent,
  detail: msg.detail,
})

const tell = (out: Out, key: TextKey, args: Args): void => void out.push(say(verdict('fence', key, args, 'safety')))

/** Two voters, this node does not lead: fences the silent peer after a delay that decides a race, then asks to lead alone. */
export function race(s: Coordinator, cluster: ClusterState, env: Env, out: Out): Coordinator {
  const target = raceTarget(s, cluster)
  const { race: now } = s
  if (now?.certificate && peerOf(s, now.node)?.state !== 'alive') return askAgain(s, now, now.certificate, env, out)
  if (now && (!target || target.node !== now.node || target.boot !== now.boot)) {
    const { race: _, ...rest } = s
    const cancelled: FenceCancel = { type: 'fence-cancel', node: now.node, boot: now.boot }
    if (now.ordered) out.push(send({ path: 'fencer' }, cancelled))
    if (now.ordered) out.push(say(verdict('fence', 'coordinator.fence-dropped', { node: nameOf(cluster, now.node) }, 'notice')))
    return target ? race(rest, cluster, env, out) : rest
  }
  if (!target) return s
  if (!now) {
    const delayMs = delayOf(s, cluster, target.node, env)
    if (delayMs > 0) out.push(say(verdict('fence', 'coordinator.fence-race', { node: nameOf(cluster, target.node), delayMs }, 'notice')))
    const livedMs = s.lived[target.node]
    const freshMs = livedMs === undefined ? 0 : Math.max(0, elapsed(env.now, after(livedMs, 2 * s.hearMs)))
    return race(
      { ...s, race: { ...target, dueMs: after(env.now, Math.max(delayMs, freshMs)), ordered: false, failed: false } },
      cluster,
      env,
      out,
    )
  }
  if (now.ordered || elapsed(now.dueMs, env.now) < 0) return s
  const order: FenceOrder = { type: 'fence', intent: index(0), node: now.node, boot: now.boot }
  out.push(send({ path: 'fencer' }, order))
  return { ...s, race: { ...now, ordered: true } }
}

/** The log has not made this node leader yet: asks again every second. */
function askAgain(s: Coordinator, now: Race, certificate: Certificate, env: Env, out: Out): Coordinator {
  const over = s.quorum?.quorate === true || elapsed(now.dueMs, env.now) < 0
  return over ? s : askSolo(s, { ...now, dueMs: after(env.now, SOLO_MS) }, certificate, out)
}

function raceTarget(s: Coordinator, cluster: ClusterState): { node: NodeId; boot: Race['boot'] } | undefined {
  const voters = cluster.members.filter((m) => m.votes > 0)
  const other = voters.find((m) => m.node !== s.self)
  const own = cluster.lives[s.self]
  if (s.quorum?.mode !== 'two-node' || s.quorum.quorate || voters.length !== 2 || !other || !voters.some((m) => m.node === s.self))
    return undefined
  if (cluster.witness !== undefined) return undefined // it says who goes on, and whoever goes on fences
  if (own?.boot !== s.boot || own.state !== 'admitted' || !cluster.config.properties.fencingEnabled) return undefined
  const life = cluster.lives[other.node]
  const peer = peerOf(s, other.node)
  if (peer?.state !== 'silent' || !life || (life.state !== 'admitted' && life.state !== 'intent')) return undefined
  return { node: other.node, boot: life.boot }
}

/** The device's own delay; and for the side that should lose, the one that runs less (equal: the higher node id), timing's fenceDelayMs. */
function delayOf(s: Coordinator, cluster: ClusterState, target: NodeId, env: Env): number {
  const name = nameOf(cluster, target)
  const delays = cluster.config.fencing.filter((d) => Object.hasOwn(d.hosts, name)).map((d) => d.delayMs)
  const yields =
    weightOf(cluster, s.self) < weightOf(cluster, target) || (weightOf(cluster, s.self) === weightOf(cluster, target) && s.self > target)
  return Math.max(0, ...delays) + (yields ? s.yieldMs + env.random.int(s.chanceMs) : 0)
}

const weightOf = (cluster: ClusterState, node: NodeId): number =>
  cluster.config.resources.reduce((sum, r) => {
    const grant = cluster.grants[cluster.ids[r.name] ?? ('' as never)]
    return grant && !grant.released && grant.node === node ? sum + 1 + Math.max(0, r.meta.priority) : sum
  }, 0)

function raced(s: Coordinator, now: Race, msg: FenceResult, name: string, env: Env, out: Out): Coordinator {
  if (!now.ordered || now.certificate) return s
  if (!msg.confirmed) {
    tell(out, 'coordinator.fence-unconfirmed', { node: name, boot: msg.boot, detail: msg.detail })
    return { ...s, race: { ...now, failed: true } }
  }
  return askSolo(s, { ...now, dueMs: after(env.now, SOLO_MS) }, certificateOf(msg), out)
}

function askSolo(s: Coordinator, now: Race, certificate: Certificate, out: Out): Coordinator {
  const peer = s.cluster ? nameOf(s.cluster, now.node) : now.node
  const please: SoloPlease = { type: 'solo', certificate }
  out.push(say(verdict('solo', 'coordinator.solo', { node: s.name, peer }, 'notice')), send({ path: 'log' }, please))
  return { ...s, race: { ...now, certificate } }
}

/** When the race next needs a look. */
export const raceDue = (s: Coordinator): Instant | undefined =>
  s.race && (!s.race.ordered || s.race.certificate) ? s.race.dueMs : undefined
