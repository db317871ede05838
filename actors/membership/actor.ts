/**
 * Membership: who is there, as this node sees it. It runs one link actor per peer and network path, adds up their evidence (detector.ts), asks
 * other nodes before it believes in a silence, doubts itself first (health.ts) and tells everybody its View (view.ts).
 * Promises: messages of an older life of a node, or of a node that is no member, change nothing (S14); it confirms silence, it never fences; every
 * change of state has a sentence with numbers; viewNo grows by exactly one with each change.
 * Who sends: links (Evidence, Hello), log (Members), the host (Stall, RealTime, LastGasp), other nodes (Accuse, ProbeFor, Vouch), console (leave).
 */
import {
  type Actor,
  type Address,
  cancel,
  type Effect,
  type Env,
  type NodeId,
  say,
  send,
  step,
  type Timing,
  timer,
} from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { instant } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import { Flag, type LinkIn } from '../heartbeat-link/messages.js'
import { enterLife, lifeOrder } from '../heartbeat-link/state.js'
import { type Hearing, hears, listen } from './deaf.js'
import { type Circumstances, evidenceNow, judge, kept, leadOf, limitMs, NO_LEAD, newPeer, type Peer, silentMs } from './detector.js'
import { type Health, healthy, mayAccuse, raise, second, stall, worstStallMs } from './health.js'
import type { Accuse, Members, MembershipIn, ProbeFor, Vouch } from './messages.js'
import { differs, viewOf } from './view.js'
import { isWatched } from './watch.js'

export interface MembershipState {
  readonly self: NodeId
  readonly name: string
  readonly timing: Timing
  readonly viewNo: number
  /** In order of node id, without this node. */
  readonly peers: readonly Peer[]
  readonly health: Health
  readonly rt: boolean
  readonly leaving: boolean
  readonly hearing: Hearing
  readonly tickMs: number
  /** The link whose beats set the moment for this node's other links, '' = none: this node has the lowest id. */
  readonly moment: { readonly path: string; readonly to: readonly string[] }
}

type Out = { state: MembershipState; effects: Effect[]; changed: boolean }
const SECOND_MS = 1000
const LATE_TIMER_MS = 8
const DRAIN_MS = 2
const PROBES_FOR_MAX = 3
const announced = ['quorum', 'log', 'coordinator', 'console'] as const

export const actor: Actor<MembershipState, MembershipIn> = {
  kind: 'membership',
  mailbox: { limit: 4096, full: 'fault' },

  init(boot, env) {
    const tickMs = env.now + SECOND_MS
    const state: MembershipState = {
      self: boot.node,
      name: boot.name,
      timing: boot.timing,
      viewNo: 0,
      peers: [],
      health: healthy,
      rt: false,
      leaving: false,
      hearing: hears,
      tickMs,
      moment: { path: '', to: [] },
    }
    return step(state, [send({ path: 'log' }, { type: 'hello' }), timer('tick', instant(tickMs), { type: 'tick' })])
  },

  receive(state, msg, env) {
    const out: Out = { state, effects: [], changed: false }
    if (env.from.node !== undefined && env.from.node !== state.self) remote(out, msg, env)
    else local(out, msg, env)
    const isSetByAnother = msg.type === 'evidence' && setter(out.state).path !== out.state.moment.path
    if (out.changed || msg.type === 'members' || isSetByAnother) setMoment(out)
    if (out.changed) {
      out.state = { ...out.state, viewNo: out.state.viewNo + 1 }
      for (const path of announced) out.effects.push(send({ path }, view(out.state, env.now)))
    }
    if (out.state.health.score !== state.health.score) toLinks(out, { type: 'self-doubt', score: out.state.health.score })
    return step(out.state, out.effects)
  },
}

const view = (s: MembershipState, now: number) => viewOf(s.viewNo, s.self, s.peers, s.health.score, now)
const linkPath = (peer: NodeId, link: number): Address => ({ path: `link/${peer}/${link}` })
const peerOf = (s: MembershipState, node: NodeId): Peer | undefined => s.peers.find((p) => p.node === node)
const circumstances = (s: MembershipState, now: number): Circumstances => ({
  now,
  timing: s.timing,
  others: s.peers.length - 1,
  mayAccuse: mayAccuse(s.health),
  score: s.health.score,
  stallMs: worstStallMs(s.health),
})

/** From actors and the host of this node. */
function local(out: Out, msg: MembershipIn, env: Env): void {
  const now = env.now
  switch (msg.type) {
    case 'evidence':
      return evidence(out, msg, now)
    case 'members':
      return members(out, msg)
    case 'stall':
      out.state = { ...out.state, health: stall(out.state.health, msg.lateMs, out.state.timing.limitMsFloor) }
      return toLinks(out, msg)
    case 'real-time':
      out.state = { ...out.state, rt: msg.rt }
      return toLinks(out, msg)
    case 'last-gasp': {
      const p = peerOf(out.state, msg.peer)
      if (!p || (p.state !== 'alive' && p.state !== 'leaving')) return
      probe(out, p.node)
      return settle(out, { ...p, gaspMs: now }, now)
    }
    case 'hello':
      return hello(out, env)
    case 'leave':
      out.state = { ...out.state, leaving: true }
      out.effects.push(say(verdict('leave', 'membership.self-leaving', { node: out.state.name }, 'notice')))
      return toLinks(out, { type: 'leaving', leaving: true })
    case 'confirm-due':
    case 'grace-due': {
      const p = peerOf(out.state, msg.peer)
      return p ? due(out, p, now) : undefined
    }
    case 'tick':
      return tick(out, now)
    case 'disk-evidence': // none is given until shared disks are configured
    case 'accuse':
    case 'probe-for':
    case 'vouch':
      return
    default:
      return unreachable(msg)
  }
}

/** From other nodes: only from the present life of a member that this node itself hears of. */
function remote(out: Out, msg: MembershipIn, env: Env): void {
  if (msg.type !== 'accuse' && msg.type !== 'probe-for' && msg.type !== 'vouch') return
  const from = env.from.node === undefined ? undefined : peerOf(out.state, env.from.node)
  const life = from?.lives.incarnation
  const theirs = env.fromIncarnation
  if (!from || !life || !theirs || theirs.boot !== life.boot || theirs.counter !== life.counter) return
  if (msg.type === 'accuse' && msg.peer === out.state.self) return accused(out, from)
  const p = peerOf(out.state, msg.peer)
  if (!p || p.node === from.node) return
  if (msg.type === 'vouch') return vouched(out, p, msg, from, env.now)
  if (msg.type === 'accuse') {
    if (p.lives.incarnation?.boot !== msg.boot) return
    const accusers = [...p.accusers.filter((a) => a.node !== from.node), { node: from.node, atMs: env.now }]
    settle(out, { ...p, accusers }, env.now)
  }
  const heard = peerOf(out.state, p.node)
  if (!heard || heard.state === 'silent' || heard.state === 'never-seen') return
  const untilMs = env.now + out.state.timing.limitMsMax
  put(out, { ...heard, askers: [...heard.askers.filter((a) => a.node !== from.node), { node: from.node, untilMs }] })
  probe(out, p.node, -1, msg.type === 'accuse' ? out.state.timing.limitMsFloor / 2 : undefined)
}

/** Somebody finds this node silent: let it hear us, and doubt ourselves. */
function accused(out: Out, from: Peer): void {
  out.state = { ...out.state, health: raise(out.state.health, 1) }
  probe(out, from.node)
}

/** Somebody hears what this node does not: the fault may be here, so one point of doubt in each suspicion. */
function vouched(out: Out, p: Peer, msg: Vouch, from: Peer, now: number): void {
  if (p.lives.incarnation?.boot !== msg.boot || msg.silentMs < 0 || msg.silentMs > out.state.timing.limitMsFloor) return
  if (p.because?.key === 'membership.suspect') out.state = { ...out.state, health: raise(out.state.health, 1) }
  settle(out, { ...p, vouchMs: Math.max(p.vouchMs, now - msg.silentMs), vouchBy: from.name, accusers: [] }, now)
}

function evidence(out: Out, e: Extract<MembershipIn, { type: 'evidence' }>, now: number): void {
  const p = peerOf(out.state, e.peer)
  const old = p?.links.find((l) => l.link === e.link)
  if (!p || !old) return
  const links = p.links.map((l) => (l.link === e.link ? { link: l.link, evidence: e, atMs: now } : l))
  const order = e.incarnation ? lifeOrder(p.lives, e.incarnation) : 'older'
  const life = e.incarnation && order === 'newer' ? newLife(out, p, e.incarnation) : p
  if (e.state === 'late' && old.evidence?.state === 'up' && !e.slow) probe(out, p.node, e.link, Math.max(1, e.limitMs - e.silentMs))
  if (old.evidence && order === 'same') oneWay(out, p, old.evidence, e)
  settle(out, { ...life, links }, now)
  lead(out, e.peer)
  if (out.state.hearing.deaf) attend(out, now)
  if (order !== 'older' && e.state === 'up') answerAskers(out, e.peer, e.silentMs, now)
}

/** The peer runs anew. What was held against its former life is void. */
function newLife(out: Out, p: Peer, incarnation: NonNullable<Peer['lives']['incarnation']>): Peer {
  const known = p.lives.incarnation
  const args = { node: p.name, boot: incarnation.boot.slice(0, 8), counter: incarnation.counter }
  if (known) {
    const key = known.boot === incarnation.boot ? 'membership.new-manager' : 'membership.new-life'
    out.effects.push(say(verdict('alive', key, args, 'notice')))
  }
  return { ...p, lives: enterLife(p.lives, incarnation), suspectMs: -1, accusers: [], vouchMs: -1, gaspMs: -1 }
}

/** A link on which we hear but are not heard is said once. */
function oneWay(
  out: Out,
  p: Peer,
  old: { heardByPeer: boolean },
  e: { link: number; state: string; heardByPeer: boolean; flags: number },
): void {
  if (e.state !== 'up' || e.flags & Flag.kyhadDown || old.heardByPeer === e.heardByPeer || e.heardByPeer) return
  out.effects.push(say(verdict('degrade', 'membership.one-way', { node: p.name, link: e.link }, 'warning')))
}

function answerAskers(out: Out, node: NodeId, silent: number, now: number): void {
  const p = peerOf(out.state, node)
  const boot = p?.lives.incarnation?.boot
  if (!p || !boot || p.askers.length === 0 || silent < 0 || silent > out.state.timing.beatMs) return
  if (p.state === 'alive' || p.state === 'leaving' || p.state === 'manager-down') {
    const msg: Vouch = { type: 'vouch', peer: node, boot, silentMs: silent }
    for (const a of p.askers) if (a.untilMs >= now) out.effects.push(send({ node: a.node, path: 'membership' }, msg, 'beat'))
  }
  put(out, { ...p, askers: [] })
}

/** The time that `judge` asked for has come. A timer that is late itself waits once more, so that datagrams that wait unread are read first. */
function due(out: Out, p: Peer, now: number): void {
  if (p.gaspMs >= 0) probe(out, p.node)
  if (now - p.againMs <= LATE_TIMER_MS) return settle(out, p, now)
  put(out, { ...p, againMs: now + DRAIN_MS })
  out.effects.push(timer(`peer/${p.node}`, instant(now + DRAIN_MS), { type: 'confirm-due', peer: p.node } as MembershipIn))
}

/** Judges a peer anew and tells what follows. */
function settle(out: Out, before: Peer, now: number): void {
  const s = out.state
  const known = peerOf(s, before.node)
  const j = judge(before, circumstances(s, now))
  const key = `peer/${before.node}`
  const type = j.peer.state === 'manager-down' ? 'grace-due' : 'confirm-due'
  if (j.againMs >= 0) out.effects.push(timer(key, instant(j.againMs), { type, peer: before.node } as MembershipIn))
  else out.effects.push(cancel(key))
  const asks = j.ask && now - j.peer.askedMs >= limitMs(j.peer, s.timing) / 4
  put(out, asks || j.againMs !== j.peer.againMs ? { ...j.peer, againMs: j.againMs, askedMs: asks ? now : j.peer.askedMs } : j.peer)
  if (j.peer.because && j.peer.because !== known?.because) out.effects.push(say(j.peer.because))
  if (known && differs(known, j.peer)) out.changed = true
  if (asks) askOthers(out, j.peer)
  const accuses = j.peer.suspectMs >= 0 || (j.peer.state === 'silent' && before.state !== 'silent')
  if (accuses && before.suspectMs < 0 && mayAccuse(s.health)) accuse(out, j.peer, now)
}

function askOthers(out: Out, p: Peer): void {
  const msg: ProbeFor = { type: 'probe-for', peer: p.node }
  const able = out.state.peers.filter((o) => o.node !== p.node && o.state === 'alive')
  for (const o of able.slice(0, PROBES_FOR_MAX)) out.effects.push(send({ node: o.node, path: 'membership' }, msg, 'beat'))
}

function accuse(out: Out, p: Peer, now: number): void {
  const boot = p.lives.incarnation?.boot
  if (!boot) return
  const msg: Accuse = { type: 'accuse', peer: p.node, boot, silentMs: silentMs(p, now) }
  for (const o of out.state.peers) {
    if (o.state === 'alive' || o.node === p.node) out.effects.push(send({ node: o.node, path: 'membership' }, msg, 'beat'))
  }
}

function put(out: Out, peer: Peer): void {
  if (out.state.peers.includes(peer)) return
  out.state = { ...out.state, peers: out.state.peers.map((p) => (p.node === peer.node ? peer : p)) }
}

/** A probe on every link of `node` but `except`; on slow ones the answer is due `withinMs`. */
function probe(out: Out, node: NodeId, except = -1, withinMs?: number): void {
  const msg: LinkIn = withinMs === undefined ? { type: 'probe-now' } : { type: 'probe-now', withinMs }
  for (const l of peerOf(out.state, node)?.links ?? []) if (l.link !== except) out.effects.push(send(linkPath(node, l.link), msg))
}

/** The node with the lower id says which link to the peer beats at full rate. */
function lead(out: Out, node: NodeId): void {
  const p = peerOf(out.state, node)
  if (!p || out.state.self > node) return
  const link = leadOf(p)
  if (link === p.lead) return
  put(out, { ...p, lead: link })
  for (const l of p.links) {
    const pace: LinkIn = { type: 'pace', slow: isSlow(link, l.link) }
    out.effects.push(send(linkPath(node, l.link), pace))
  }
}
const isSlow = (lead: number, link: number): boolean => lead === NO_LEAD || (lead >= 0 && link !== lead)

/** The live peer with the lowest id sets the moment at which all links of a node beat (design 8.7): one wake-up for all of them. */
function setMoment(out: Out): void {
  const s = out.state
  const { first, path } = setter(s)
  const to = first ? s.peers.flatMap((p) => (p === first ? [] : p.links.map((l) => linkPath(p.node, l.link).path))) : []
  if (path === s.moment.path && to.length === s.moment.to.length && to.every((t, i) => t === s.moment.to[i])) return
  if (s.moment.path !== '' && s.moment.path !== path) out.effects.push(passOn(s.moment.path, []))
  if (path !== '') out.effects.push(passOn(path, to))
  out.state = { ...s, moment: { path, to } }
}
/** That peer, and its link; '' = this node has the lowest id of those that are heard. */
function setter(s: MembershipState): { readonly first?: Peer; readonly path: string } {
  const first = s.peers.find((p) => p.node < s.self && p.state === 'alive' && fastLink(p) !== undefined)
  return first ? { first, path: linkPath(first.node, fastLink(first) ?? 0).path } : { path: '' }
}
const passOn = (path: string, to: readonly string[]): Effect => send({ path }, { type: 'pass-on', to } as LinkIn)
const fastLink = (p: Peer): number | undefined => p.links.find((l) => l.evidence?.state === 'up' && !l.evidence.slow)?.link

/** Whoever hears nobody says so in its beats, and whoever does again at once. */
function attend(out: Out, now: number): void {
  const s = out.state
  const hearing = listen(s.hearing, s.peers, s.timing, now)
  if (hearing !== s.hearing) out.state = { ...s, hearing }
  const { deaf } = hearing
  if (deaf === s.hearing.deaf) return
  const silentMs = Math.round(now - s.hearing.sinceMs)
  out.effects.push(
    say(
      deaf
        ? verdict('doubt', 'membership.self-deaf', { silentMs }, 'warning')
        : verdict('alive', 'membership.self-hears', { silentMs }, 'notice'),
    ),
  )
  toLinks(out, { type: 'deaf', deaf })
}

function toLinks(out: Out, msg: LinkIn): void {
  for (const p of out.state.peers) for (const l of p.links) out.effects.push(send(linkPath(p.node, l.link), msg))
}

/** A link (re)started and wants to know how this node is; everybody else wants the View. */
function hello(out: Out, env: Env): void {
  const s = out.state
  if (!env.from.path.startsWith('link/')) return void out.effects.push(send(env.from, view(s, env.now)))
  const tell = (msg: LinkIn): void => void out.effects.push(send(env.from, msg))
  if (s.health.score > 0) tell({ type: 'self-doubt', score: s.health.score })
  if (s.rt) tell({ type: 'real-time', rt: true })
  if (s.leaving) tell({ type: 'leaving', leaving: true })
  if (s.hearing.deaf) tell({ type: 'deaf', deaf: true })
  const [, node, link] = env.from.path.split('/')
  const p = s.peers.find((peer) => peer.node === node)
  if (p && isSlow(p.lead, Number(link))) tell({ type: 'pace', slow: true })
  if (s.moment.path === env.from.path) tell({ type: 'pass-on', to: s.moment.to })
}

/** The committed member list: links of new members start, links that are gone stop. */
function members(out: Out, msg: Members): void {
  const s = out.state
  const wanted = msg.members.filter((m) => m.node !== s.self).sort((a, b) => (a.node < b.node ? -1 : 1))
  const all = [s.self, ...wanted.map((m) => m.node)]
  const peers = wanted.map((m): Peer => {
    const old = peerOf(s, m.node)
    const watched = isWatched(s.self, m.node, all)
    if (!old) return { ...newPeer(m), watched }
    return { ...old, watched, name: m.name, links: newPeer(m).links.map((l) => old.links.find((o) => o.link === l.link) ?? l) }
  })
  const paths = (list: readonly Peer[]): { path: string; peer: NodeId; link: number }[] =>
    list.flatMap((p) => p.links.map(({ link }) => ({ path: linkPath(p.node, link).path, peer: p.node, link })))
  const before = paths(s.peers)
  const now = paths(peers)
  for (const { path } of before.filter((b) => !now.some((n) => n.path === b.path))) out.effects.push({ do: 'child', op: 'stop', path })
  for (const { path, peer, link } of now.filter((n) => !before.some((b) => b.path === n.path)))
    out.effects.push({ do: 'child', op: 'start', kind: 'heartbeat-link', path, args: { peer, link } })
  for (const p of s.peers) if (!peers.some((n) => n.node === p.node)) out.effects.push(cancel(`peer/${p.node}`))
  const same = peers.length === s.peers.length && peers.every((p, i) => p.node === s.peers[i]?.node && p.name === s.peers[i]?.name)
  out.state = { ...s, peers }
  if (!same || now.length !== before.length) out.changed = true
  for (const p of peers) lead(out, p.node)
}

/** Once a second: own lateness, doubt decays, and the console gets a report. */
function tick(out: Out, now: number): void {
  const lateMs = now - out.state.tickMs
  const s = out.state
  const stalled = lateMs >= s.timing.beatMs ? stall(s.health, lateMs, s.timing.limitMsFloor) : s.health
  const tickMs = now + SECOND_MS
  out.state = { ...s, health: second(stalled), tickMs }
  out.effects.push(timer('tick', instant(tickMs), { type: 'tick' }))
  attend(out, now)
  for (const p of out.state.peers) {
    const askers = kept(p.askers, (a) => a.untilMs >= now)
    const accusers = kept(p.accusers, (a) => now - a.atMs < 2 * SECOND_MS)
    const same = askers === p.askers && accusers === p.accusers
    if (evidenceNow(p).length > 0) settle(out, same ? p : { ...p, askers, accusers }, now)
  }
  out.effects.push(send({ path: 'console' }, view(out.state, now), 'bulk'))
}
