/**
 * What the evidence about one peer adds up to (design 8.7, 8.4). Pure: `judge` takes the peer's record and the circumstances, and gives the
 * record with its new state, why, and when to look again.
 * Promises: a peer is confirmed silent only when all of its links are silent beyond their limits, nobody vouches for it, the suspicion has
 * run its time, and this node trusts itself; a direct proof of life refutes at once; a peer that was never seen is unknown, not dead.
 * The suspicion timer is memberlist's: confirmMsMax x (1 - log(accusers + 1) / log(k + 1)).
 */
import type { NodeId, Timing } from '../../runtime/actor.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { type Evidence, Flag } from '../heartbeat-link/messages.js'
import { type Lives, noLives } from '../heartbeat-link/state.js'
import type { MemberInfo, PeerState } from './messages.js'

/** The last word of one link, and when it came. */
export interface LinkRecord {
  readonly link: number
  readonly evidence?: Evidence
  readonly atMs: number
}

export interface Peer {
  readonly node: NodeId
  readonly name: string
  readonly lives: Lives
  readonly links: readonly LinkRecord[]
  /** The link that beats at full rate, -1 = all do, NO_LEAD = none does. Chosen by the node with the lower id. */
  readonly lead: number
  /** Of many nodes, one that this node watches or is watched by (watch.ts). */
  readonly watched: boolean
  readonly state: PeerState['state']
  readonly because?: Verdict
  /** Start of the present suspicion, -1 = none. */
  readonly suspectMs: number
  /** Other nodes that find this life silent too. */
  readonly accusers: readonly { readonly node: NodeId; readonly atMs: number }[]
  /** Last life that another node vouched for, -1 = none. */
  readonly vouchMs: number
  readonly vouchBy: string
  /** A last gasp that nothing has refuted yet, -1 = none. */
  readonly gaspMs: number
  /** Only stand-in beats since `graceMs`. `waiting`: for less than the limit; `over`: they no longer count. */
  readonly grace: 'none' | 'waiting' | 'running' | 'over'
  readonly graceMs: number
  readonly graceStartsMs: readonly number[]
  /** Confirmed silences in a row with less than FLAP_MEMORY_MS between them, and the end of the hold-down. */
  readonly flaps: number
  readonly silentAtMs: number
  readonly holdMs: number
  /** When this peer is looked at again by timer, -1 = not. */
  readonly againMs: number
  readonly askedMs: number
  readonly askers: readonly { readonly node: NodeId; readonly untilMs: number }[]
}

export interface Circumstances {
  readonly now: number
  readonly timing: Timing
  /** Other members that could accuse too: members - 2. */
  readonly others: number
  readonly mayAccuse: boolean
  readonly score: number
  readonly stallMs: number
}

export interface Judgement {
  readonly peer: Peer
  /** Look again then, -1 = only when something comes. */
  readonly againMs: number
  /** Ask others to probe. */
  readonly ask: boolean
}

const GRACES_MAX = 3
const GRACE_WINDOW_MS = 60_000
const FLAP_MEMORY_MS = 300_000
const HOLD_MS_MAX = 60_000
const LOOK_AGAIN_MS = 250

/** No link to the peer beats at full rate: others watch it. */
export const NO_LEAD = -2

export const newPeer = (m: MemberInfo): Peer => ({
  node: m.node,
  name: m.name,
  lives: noLives,
  links: Array.from({ length: m.links }, (_, link) => ({ link, atMs: -1 })),
  lead: -1,
  watched: true,
  state: 'never-seen',
  suspectMs: -1,
  accusers: [],
  vouchMs: -1,
  vouchBy: '',
  gaspMs: -1,
  grace: 'none',
  graceMs: -1,
  graceStartsMs: [],
  flaps: 0,
  silentAtMs: -1,
  holdMs: -1,
  againMs: -1,
  askedMs: -1,
  askers: [],
})

/** Evidence of the peer's present life. What a link still says of an older one is silence. */
export function evidenceNow(p: Peer): readonly Heard[] {
  const life = p.lives.incarnation
  const isOfNow = (l: LinkRecord): l is Heard => {
    const of = l.evidence?.incarnation
    return of !== undefined && life !== undefined && of.boot === life.boot && of.counter === life.counter
  }
  return p.links.filter(isOfNow)
}
type Heard = LinkRecord & { readonly evidence: Evidence }
/** When the link last had a proof of life. */
const provedMs = ({ evidence, atMs }: Heard): number => atMs - evidence.silentMs

/**
 * The link that shall beat at full rate: the present one while it is heard both ways or is only late, else the first that is, else none, and then all
 * links beat fully. One link is enough to notice a silence in time: when it is late the others are asked at once, and have to answer inside its limit.
 */
export function leadOf(p: Peer): number {
  if (!p.watched) return NO_LEAD
  const now = evidenceNow(p)
  const of = (link: number): Evidence | undefined => now.find((l) => l.link === link)?.evidence
  const present = of(p.lead)
  if (present?.state === 'late' || (present?.state === 'up' && present.heardByPeer)) return p.lead
  return p.links.find(({ link }) => of(link)?.state === 'up' && of(link)?.heardByPeer)?.link ?? -1
}

/** Since the last proof of life on any link, -1 = never. */
export function silentMs(p: Peer, now: number): number {
  const each = evidenceNow(p).flatMap(({ evidence: e, atMs }) => (e.silentMs < 0 ? [] : [now - atMs + e.silentMs]))
  return each.length ? Math.min(...each) : -1
}
/** The limit of the link that was heard last: the one that the silence is measured against. */
export function limitMs(p: Peer, t: Timing): number {
  const [last] = [...evidenceNow(p)].sort((a, b) => provedMs(b) - provedMs(a))
  return Math.max(last?.evidence.limitMs ?? 0, t.limitMsFloor / 2)
}

/** How long a suspicion runs, by how many others share it. */
export function confirmMs(accusers: number, others: number, confirmMsMax: number): number {
  const k = Math.min(3, others)
  if (k <= 0) return 0
  return Math.max(0, Math.round(confirmMsMax * (1 - Math.log(Math.min(accusers, k) + 1) / Math.log(k + 1))))
}

/** The peer's state as all evidence has it now. */
export function judge(p: Peer, c: Circumstances): Judgement {
  if (!p.lives.incarnation) return { peer: p, againMs: -1, ask: false }
  const heard = evidenceNow(p).filter(({ evidence: e }) => e.state === 'up' || e.state === 'late')
  const own = heard.filter(({ evidence: e }) => !(e.flags & Flag.kyhadDown))
  const able = own.filter(({ evidence: e }) => !(e.flags & Flag.deaf))
  if (able.length > 0) return hearsIt(p, able, c)
  if (own.length > 0) return givesUp(p, 'deaf', c)
  if (heard.length > 0) return hearsStandIn(p, c)
  return givesUp(p, 'silent', c)
}

/** Some link proves that the peer's manager lives. */
function hearsIt(p: Peer, own: ReturnType<typeof evidenceNow>, c: Circumstances): Judgement {
  const ask = own.every(({ evidence: e }) => e.state === 'late')
  const refuted = own.some((l) => provedMs(l) > p.gaspMs)
  if (p.gaspMs >= 0 && !refuted) {
    const because =
      p.state === 'suspect' ? p.because : say('suspect', 'membership.last-gasp', { node: p.name, links: own.length }, 'notice')
    return { peer: { ...p, state: 'suspect', ...(because ? { because } : {}) }, againMs: c.now + c.timing.beatMs, ask }
  }
  const calm = calmed(p, Math.max(...own.map(provedMs)))
  const held = calm.state === 'silent' ? holdDown(calm, c.now) : calm
  if (held.holdMs > c.now) {
    const args = { node: p.name, waitMs: held.holdMs - c.now, flaps: p.flaps }
    const because =
      p.holdMs === held.holdMs && p.because?.key === 'membership.hold-down'
        ? p.because
        : say('hold', 'membership.hold-down', args, 'notice')
    return { peer: { ...held, state: 'suspect', because }, againMs: held.holdMs, ask }
  }
  const free = held.holdMs < 0 ? held : { ...held, holdMs: -1 }
  const state = own.some(({ evidence: e }) => e.flags & Flag.leaving) ? 'leaving' : 'alive'
  if (state === p.state) return { peer: free, againMs: -1, ask }
  return { peer: { ...free, state, because: backSentence(p, state, own.length, c) }, againMs: -1, ask }
}

/** Nothing of what a proof of life at `atMs` refutes is held against it. Most often nothing was, and the record stays as it is. */
function calmed(p: Peer, atMs: number): Peer {
  const accusers = kept(p.accusers, (a) => a.atMs > atMs)
  const isCalm = p.gaspMs < 0 && p.suspectMs < 0 && p.grace === 'none' && p.graceMs < 0 && accusers === p.accusers
  return isCalm ? p : { ...p, gaspMs: -1, suspectMs: -1, accusers, grace: 'none', graceMs: -1 }
}

/** Those that `stays` holds for; the list itself when that is all of them. */
export const kept = <T>(list: readonly T[], stays: (item: T) => boolean): readonly T[] => (list.every(stays) ? list : list.filter(stays))

function backSentence(p: Peer, state: 'alive' | 'leaving', links: number, c: Circumstances): Verdict {
  const args = { node: p.name, links, linksAll: p.links.length }
  if (state === 'leaving') return say('leave', 'membership.leaving', args, 'notice')
  if (p.state === 'never-seen') return say('alive', 'membership.seen', args, 'notice')
  if (p.state === 'manager-down') return say('alive', 'membership.manager-back', { ...args, downMs: c.now - p.graceMs }, 'notice')
  if (p.state === 'suspect' && p.suspectMs >= 0)
    return say('refute', 'membership.refuted', { ...args, suspectMs: c.now - p.suspectMs }, 'notice')
  return say('alive', 'membership.back', args, 'notice')
}

/** The first return is free; after that 1 s, 2 s, 4 s ... 60 s. */
function holdDown(p: Peer, now: number): Peer {
  const waitMs = p.flaps <= 1 ? 0 : Math.min(HOLD_MS_MAX, 1000 * 2 ** (p.flaps - 2))
  return { ...p, holdMs: now + waitMs }
}

/**
 * Only stand-in beats of the guard arrive: the machine lives, its manager does not. For as long as the limit this is what a short silence would
 * be, nothing; then the peer is held for the grace; after that stand-in beats no longer count.
 */
function hearsStandIn(p: Peer, c: Circumstances): Judgement {
  const graceMsMax = c.timing.managerGraceMs
  if (p.grace === 'over') return givesUp(p, 'stand-in', c)
  const since = p.grace === 'none' ? { ...p, grace: 'waiting' as const, graceMs: c.now } : p
  const waitMs = since.graceMs + limitMs(p, c.timing)
  if (since.grace === 'waiting' && c.now < waitMs && (p.state === 'alive' || p.state === 'leaving'))
    return { peer: since, againMs: waitMs, ask: false }
  const endMs = since.graceMs + graceMsMax
  if (since.grace === 'running' && c.now < endMs) return { peer: since, againMs: endMs, ask: false }
  const starts = p.graceStartsMs.filter((at) => c.now - at < GRACE_WINDOW_MS)
  const args = { node: p.name, graceMs: graceMsMax, times: starts.length, timesMax: GRACES_MAX }
  if (since.grace === 'running' || starts.length >= GRACES_MAX) {
    const because = say('suspect', 'membership.grace-over', args, 'warning')
    return givesUp({ ...since, grace: 'over', graceStartsMs: starts, because }, 'stand-in', c)
  }
  const held: Peer = {
    ...since,
    state: 'manager-down',
    suspectMs: -1,
    accusers: [],
    gaspMs: -1,
    grace: 'running',
    graceStartsMs: [...starts, since.graceMs],
    because: say('hold', 'membership.manager-down', { ...args, times: starts.length + 1 }, 'notice'),
  }
  return { peer: held, againMs: endMs, ask: false }
}

/**
 * Why a peer can be counted on no more: no link proves that its manager lives; its guard still beats, but the grace is over; or it is heard, and
 * says that it hears nobody, so that it can decide nothing and has stopped what it may not run alone.
 */
type Gone = 'silent' | 'stand-in' | 'deaf'

function givesUp(p: Peer, gone: Gone, c: Circumstances): Judgement {
  if (p.state === 'silent' || p.state === 'never-seen') return { peer: p, againMs: -1, ask: false }
  const limit = limitMs(p, c.timing)
  const args = {
    node: p.name,
    silentMs: silentMs(p, c.now),
    limitMs: limit,
    links: p.links.length,
    stallMs: c.stallMs,
    accusers: p.accusers.length,
  }
  const fresh = p.suspectMs < 0
  const because = fresh && gone !== 'stand-in' ? say('suspect', suspects[gone], args, 'notice') : p.because
  const suspect: Peer = { ...p, state: 'suspect', suspectMs: fresh ? c.now : p.suspectMs, ...(because ? { because } : {}) }
  const vouchedMs = p.vouchMs < 0 ? -1 : p.vouchMs + limit
  if (gone === 'silent' && vouchedMs > c.now) {
    const by = { ...args, by: p.vouchBy }
    const held = p.because?.key === 'membership.vouched' ? p.because : say('hold', 'membership.vouched', by, 'notice')
    return { peer: { ...suspect, because: held }, againMs: Math.min(c.now + c.timing.beatMs, vouchedMs), ask: true }
  }
  if (!c.mayAccuse) {
    const doubt =
      p.because?.key === 'membership.self-doubt' ? p.because : say('hold', 'membership.self-doubt', { ...args, score: c.score }, 'warning')
    return { peer: { ...suspect, because: doubt }, againMs: c.now + LOOK_AGAIN_MS, ask: true }
  }
  const dueMs = suspect.suspectMs + confirmMs(p.accusers.length, c.others, c.timing.confirmMsMax)
  if (c.now < dueMs) return { peer: suspect, againMs: dueMs, ask: true }
  return { peer: confirmed(suspect, gone, args, c), againMs: -1, ask: false }
}

const suspects = { silent: 'membership.suspect', deaf: 'membership.deaf' } as const
const confirms = { silent: 'membership.silent', 'stand-in': 'membership.manager-lost', deaf: 'membership.deaf-lost' } as const

function confirmed(p: Peer, gone: Gone, args: Verdict['args'], c: Circumstances): Peer {
  const again = p.silentAtMs >= 0 && c.now - p.silentAtMs < FLAP_MEMORY_MS
  return {
    ...p,
    state: 'silent',
    suspectMs: -1,
    gaspMs: -1,
    holdMs: -1,
    flaps: again ? p.flaps + 1 : 1,
    silentAtMs: c.now,
    because: say('confirm', confirms[gone], { ...args, graceMs: c.timing.managerGraceMs }, 'warning'),
  }
}

const say = verdict
