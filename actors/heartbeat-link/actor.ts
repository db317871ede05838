/**
 * One heartbeat link: this node, one peer, one network path (`link/<peer>/<n>`). It beats, listens, and tells membership what it knows.
 * Promises: a beat never leaves later than FALLBACK x beatMs (on a slow link SLOW_BEATS x beatMs more) after the last one; only a datagram that answers to this very incarnation of ours (`fresh`)
 * proves life; an older life of the peer changes nothing (S14); this thread's own stall is never held against the peer.
 * Deadlines are computed from the last proof of life, ticks are never counted.
 * Who sends: the wire (Heard), membership (ProbeNow, Pace, PassOn, SelfDoubt, Leaving, Deaf, RealTime, Stall), other links (Pulse), itself (timers).
 */
import { type Actor, type Address, type Effect, type Env, type Step, send, step, timer } from '../../runtime/actor.js'
import { present, unreachable } from '../../runtime/assert.js'
import { type Instant, instant } from '../../runtime/time.js'
import { countRtt, countSeq, lossPct, noCounts, rtt, turn } from './counts.js'
import { lateMs, limitMs, withGap } from './estimator.js'
import { type Beat, type Evidence, Flag, type Heard, type LinkArgs, type LinkIn, SLOW_BEATS } from './messages.js'
import { type Draft, draftOf, type LinkState, linkAtStart } from './shape.js'
import { enterLife, lifeOrder } from './state.js'

/** A step works on a copy of its own: one copy a message, since this runs with every beat. */
type Out = { readonly state: Draft; readonly effects: Effect[] }
const membership: Address = { path: 'membership' }
const REPORT_MS = 1000
/** A timer this late means that the thread was blocked and datagrams may wait unread. */
const LATE_TIMER_MS = 8
const DRAIN_MS = 2
/** Who follows another's beats waits a little longer than they take before its own timer beats, or each beat would wake it twice. */
const FALLBACK = 1.1
const TICK = { type: 'tick' } as const
const OVERDUE = { type: 'overdue' } as const
const FLAGS_TOLD = Flag.rt | Flag.kyhadDown | Flag.leaving | Flag.deaf

export const actor: Actor<LinkState, LinkIn> = {
  kind: 'heartbeat-link',
  mailbox: { limit: 256, full: 'keep-newest' },

  init(boot, env) {
    const args = present(boot.args as LinkArgs | undefined, 'arguments of a heartbeat link: peer and link')
    const now = env.now
    const out: Out = { state: linkAtStart(boot, args, now), effects: [send(membership, { type: 'hello' })] }
    beat(out, now, Flag.probe)
    armTick(out, now)
    out.effects.push(timer('report', later(now, REPORT_MS), { type: 'report' }))
    return out
  },

  receive(state, msg, env): Step<LinkState> {
    if (msg.type !== 'heard' && env.from.node !== undefined && env.from.node !== state.self) return step(state)
    const out: Out = { state: draftOf(state), effects: [] }
    switch (msg.type) {
      case 'heard':
        heard(out, msg, env)
        break
      case 'stall':
        stalled(out, msg.lateMs, env.now)
        break
      case 'probe-now':
        probed(out, msg.withinMs, env.now)
        break
      case 'pace':
        setPace(out, msg.slow, env.now)
        break
      case 'pass-on':
        out.state.passTo = msg.to
        break
      case 'pulse':
        pulse(out, env.now)
        break
      case 'self-doubt':
        out.state.score = msg.score
        break
      case 'leaving':
        out.state.leaving = msg.leaving
        beat(out, env.now, 0)
        break
      case 'deaf':
        out.state.deaf = msg.deaf
        beat(out, env.now, 0)
        break
      case 'real-time':
        out.state.rt = msg.rt
        break
      case 'tick':
        tick(out, env.now)
        break
      case 'overdue':
        overdue(out, env.now)
        break
      case 'report':
        report(out, env.now)
        break
      default:
        return unreachable(msg)
    }
    keepTicking(out, env.now)
    return out
  },
}

const later = (at: number, ms: number): Instant => instant(at + ms)
const limitOf = (s: LinkState): number => limitMs(s.gaps, s.timing, s.rt && (s.flags & Flag.rt) !== 0, s.score)
/** How much longer than at full rate the next beat may take. */
const slackMs = (s: LinkState, slow: boolean): number => (slow ? (SLOW_BEATS - 1) * s.timing.beatMs : 0)

/** Sends one beat. `extra` flags: probe or answer. */
function beat(out: Out, now: number, extra: number): void {
  const s = out.state
  const flags = extra | (s.leaving ? Flag.leaving : 0) | (s.deaf ? Flag.deaf : 0) | (s.rt ? Flag.rt : 0) | (s.slow ? Flag.slow : 0)
  const msg: Beat = { type: 'beat', flags, watcher: 0 }
  out.effects.push({ do: 'send', to: s.to, msg, class: 'beat', link: s.link })
  s.sentMs = now
  if (extra & Flag.probe) s.probeMs = now
}

/** Who leads beats on whole multiples of beatMs, so that all its links wake together; who follows has its own timer as a fallback. */
function armTick(out: Out, now: number): void {
  const s = out.state
  const everyMs = s.timing.beatMs + slackMs(s, s.slow)
  const follows = s.peer < s.self || (s.pulseMs >= 0 && now - s.pulseMs <= s.timing.beatMs)
  s.tickMs = follows ? now + everyMs + (FALLBACK - 1) * s.timing.beatMs : now - (now % everyMs) + everyMs
  out.effects.push(timer('tick', instant(s.tickMs), TICK))
}

/** Deadlines may lie at a fraction of a millisecond, timers do not: rounded down, one would come too early and be set for the same moment again. */
function armOverdue(out: Out, atMs: number): void {
  out.state.overdueMs = Math.ceil(atMs)
  out.effects.push(timer('overdue', instant(out.state.overdueMs), OVERDUE))
}

/** A full rate begins with a beat at once, so that the peer follows. */
function setPace(out: Out, slow: boolean, now: number): void {
  if (slow === out.state.slow) return
  out.state.slow = slow
  if (!slow) beat(out, now, 0)
  armTick(out, now)
}

/** The node that sets the moment has beaten. */
function pulse(out: Out, now: number): void {
  const s = out.state
  s.pulseMs = now
  if (now - s.sentMs < s.timing.beatMs / 2 + slackMs(s, s.slow)) return
  beat(out, now, 0)
  armTick(out, now)
}

/** Membership wants to know whether the peer is there. */
function probed(out: Out, withinMs: number | undefined, now: number): void {
  const s = out.state
  beat(out, now, Flag.probe)
  s.asked = true
  if (withinMs === undefined || !s.peerSlow || s.untilMs >= 0 || (s.state !== 'up' && s.state !== 'late')) return
  s.withinMs = withinMs
  s.untilMs = now + withinMs
  armOverdue(out, Math.min(s.untilMs, now + s.timing.beatMs / 2))
  if (s.state === 'late') return
  s.state = 'late'
  tell(out, now)
}

/** A tick that was dropped with a full mailbox must not end the beats. */
function keepTicking(out: Out, now: number): void {
  if (now - out.state.tickMs > 2 * out.state.timing.beatMs) tick(out, now)
}

function tick(out: Out, now: number): void {
  noteOwnTimer(out, now, out.state.tickMs)
  const s = out.state
  beat(out, now, s.state === 'late' || s.probeDue ? Flag.probe : 0)
  out.state.probeDue = false
  armTick(out, now)
}

function noteOwnTimer(out: Out, now: number, dueMs: number): void {
  if (now - dueMs > LATE_TIMER_MS) stalled(out, now - dueMs, now)
}

/**
 * This thread stood still, so the silence meanwhile proves nothing: the deadline moves by as much, and beyond half the limit it starts anew.
 * Several late timers tell of one stall: only what lies after the last one counts.
 */
function stalled(out: Out, stallMs: number, now: number): void {
  const s = out.state
  const newMs = Math.min(stallMs, now - s.stalledUntilMs)
  s.restartMs = stallMs > limitOf(s) / 2 ? now : Math.min(now, Math.max(s.freshMs, s.restartMs) + Math.max(0, newMs))
  if (s.untilMs >= 0) s.untilMs = stallMs > limitOf(s) / 2 ? now + s.withinMs : s.untilMs + Math.max(0, newMs)
  s.stallMs = Math.max(s.stallMs, stallMs)
  s.stalledUntilMs = now
  s.rhythmMs = -1
}

function heard(out: Out, m: Heard, env: Env): void {
  const s = out.state
  const life = lifeOrder(s.lives, m.incarnation)
  if (life === 'older') return
  if (!m.fresh) {
    if (env.now - s.answeredMs < s.timing.beatMs / 4) return
    beat(out, env.now, 0)
    s.answeredMs = env.now
    return
  }
  const { state, heardByPeer, flags } = s
  if (life === 'newer') {
    s.lives = enterLife(s.lives, m.incarnation)
    s.counts = noCounts
    s.echo = -1
    s.rhythmMs = -1
  }
  learn(s, m, Math.min(m.rxMs, env.now))
  if (s.peer < s.self && s.peerSlow !== s.slow) setPace(out, s.peerSlow, env.now)
  if (m.flags & Flag.probe) beat(out, env.now, Flag.answer)
  else if (s.peer < s.self && !(m.flags & Flag.answer) && env.now - s.sentMs >= s.timing.beatMs / 2) {
    beat(out, env.now, 0)
    armTick(out, env.now)
    for (const path of s.passTo) out.effects.push(send({ path }, { type: 'pulse' }))
  }
  // Put off with every beat, so that it never wakes this thread while beats come.
  armOverdue(out, s.freshMs + slackMs(s, s.peerSlow) + lateMs(s.gaps, s.timing, limitOf(s)))
  const changed =
    life === 'newer' || state !== 'up' || heardByPeer !== s.heardByPeer || (flags & FLAGS_TOLD) !== (s.flags & FLAGS_TOLD) || s.asked
  s.asked = false
  if (changed) tell(out, env.now)
}

/** Takes in what a fresh datagram says. */
function learn(s: Out['state'], m: Heard, rxMs: number): void {
  const isAnswer = (m.flags & Flag.answer) !== 0
  // A silence that ended soon was jitter and teaches the estimator; a longer one was an outage and does not.
  const isSlow = (m.flags & Flag.slow) !== 0
  const inRhythm = !isAnswer && !isSlow && s.rhythmMs >= 0 && rxMs - s.rhythmMs <= 2 * s.timing.limitMsMax
  const isNewest = m.seq >= s.counts.seq // a datagram that was overtaken says nothing of now
  const echoRose = m.echo > s.echo
  s.counts = countSeq(s.counts, m.seq)
  if (isAnswer && s.probeMs >= 0) s.counts = countRtt(s.counts, Math.max(0, rxMs - s.probeMs))
  if (inRhythm) s.gaps = withGap(s.gaps, Math.max(0, rxMs - s.rhythmMs), s.timing.limitMsMax)
  s.state = 'up'
  s.freshMs = Math.max(s.freshMs, rxMs)
  if (isSlow) s.rhythmMs = -1
  else if (!isAnswer) s.rhythmMs = rxMs
  s.putOff = false
  s.untilMs = -1
  if (isNewest) {
    s.flags = m.flags
    s.peerSlow = isSlow
  }
  s.watcher = m.watcher
  if (echoRose) {
    s.echo = m.echo
    s.echoMs = rxMs
  }
  if (isAnswer) s.probeMs = -1
  if (m.flags & Flag.kyhadDown) return // the guard's frames were sealed before: their echo stands still
  const quietMs = rxMs - Math.max(s.echoMs, s.restartMs) // while this thread stood still it sent nothing to echo
  s.heardByPeer = echoRose || (s.echo >= 0 && quietMs <= limitOf(s) + s.timing.beatMs + slackMs(s, s.slow))
}

function overdue(out: Out, now: number): void {
  const s = out.state
  noteOwnTimer(out, now, s.overdueMs)
  if (s.state !== 'up' && s.state !== 'late') return
  if (now - s.overdueMs > LATE_TIMER_MS && !s.putOff) {
    s.putOff = true
    return armOverdue(out, now + DRAIN_MS)
  }
  s.putOff = false
  const base = Math.max(s.freshMs, s.restartMs)
  const limit = limitOf(s)
  const slack = slackMs(s, s.peerSlow)
  const lateAt = base + slack + lateMs(s.gaps, s.timing, limit)
  if (now >= base + slack + limit || (s.untilMs >= 0 && now >= s.untilMs)) {
    s.state = 'silent'
    s.heardByPeer = false
    s.untilMs = -1
    return tell(out, now)
  }
  if (s.untilMs >= 0) {
    beat(out, now, Flag.probe)
    return armOverdue(out, Math.min(s.untilMs, now + s.timing.beatMs / 2))
  }
  if (now < lateAt) return armOverdue(out, lateAt)
  if (s.state === 'up') {
    s.state = 'late'
    beat(out, now, Flag.probe)
    tell(out, now)
  }
  armOverdue(out, base + slack + limit)
}

function report(out: Out, now: number): void {
  const s = out.state
  tell(out, now)
  s.stallMs = 0
  s.counts = turn(s.counts)
  s.probeDue = s.state !== 'never-heard'
  out.effects.push(timer('report', later(now, REPORT_MS), { type: 'report' }))
}

function tell(out: Out, now: number): void {
  const s = out.state
  const msg: Evidence = {
    type: 'evidence',
    peer: s.peer,
    link: s.link,
    state: s.state,
    silentMs: s.freshMs < 0 ? -1 : Math.max(0, now - s.freshMs),
    limitMs: limitOf(s) + (s.untilMs < 0 && s.state === 'up' ? slackMs(s, s.peerSlow) : 0),
    heardByPeer: s.heardByPeer,
    flags: s.flags & FLAGS_TOLD,
    slow: s.peerSlow,
    ...(s.lives.incarnation ? { incarnation: s.lives.incarnation } : {}),
    rttMs: rtt(s.counts),
    lossPct: s.state === 'silent' ? 100 : lossPct(s.counts),
    stallMs: s.stallMs,
  }
  out.effects.push(send(membership, msg))
}
