/** What a heartbeat link knows, and what it knows at its start. */
import type { Address, Boot, Instant, NodeId, Timing } from '../../runtime/actor.js'
import { type Counts, noCounts } from './counts.js'
import { type Gaps, gapsAtStart } from './estimator.js'
import type { Evidence, LinkArgs } from './messages.js'
import { type Lives, noLives } from './state.js'

export interface LinkState {
  readonly self: NodeId
  readonly peer: NodeId
  readonly link: number
  /** The peer's end of this link. */
  readonly to: Address
  readonly timing: Timing
  readonly state: Evidence['state']
  readonly lives: Lives
  readonly gaps: Gaps
  readonly counts: Counts
  /** Last proof of life, -1 = never; last beat that keeps the rhythm (no answer to a probe). */
  readonly freshMs: number
  readonly rhythmMs: number
  /** The deadline runs from here when this thread stalled after `freshMs`; the last stall ended at `stalledUntilMs`. */
  readonly restartMs: number
  readonly stalledUntilMs: number
  /** An overdue timer that came late itself was put off once, so that waiting datagrams are read first. */
  readonly putOff: boolean
  /** Worst own stall since the last report. */
  readonly stallMs: number
  readonly score: number
  readonly rt: boolean
  readonly leaving: boolean
  readonly deaf: boolean
  /** The peer's flags in its last datagram. */
  readonly flags: number
  readonly watcher: number
  /** Highest of our seqs that the peer echoed, and when it last rose. */
  readonly echo: number
  readonly echoMs: number
  readonly heardByPeer: boolean
  readonly sentMs: number
  /** Links that beat when this peer does; when this link was last told to beat so, -1 = never. */
  readonly passTo: readonly string[]
  readonly pulseMs: number
  readonly answeredMs: number
  readonly probeMs: number
  /** Membership asked: tell it about the next proof of life at once. */
  readonly asked: boolean
  readonly probeDue: boolean
  /** This node beats slowly here; the peer does. */
  readonly slow: boolean
  readonly peerSlow: boolean
  /** An answer is due within `withinMs`, at `untilMs`, -1 = none. */
  readonly withinMs: number
  readonly untilMs: number
  readonly tickMs: number
  readonly overdueMs: number
}

/** What a step may change. */
export type Draft = { -readonly [K in keyof LinkState]: LinkState[K] }

export const linkAtStart = (boot: Boot, args: LinkArgs, now: Instant): LinkState => ({
  self: boot.node,
  peer: args.peer,
  link: args.link,
  to: { node: args.peer, path: `link/${boot.node}/${args.link}` },
  timing: boot.timing,
  state: 'never-heard',
  lives: noLives,
  gaps: gapsAtStart(boot.timing.beatMs),
  counts: noCounts,
  freshMs: -1,
  rhythmMs: -1,
  restartMs: -1,
  stalledUntilMs: -1,
  putOff: false,
  stallMs: 0,
  score: 0,
  rt: false,
  leaving: false,
  deaf: false,
  flags: 0,
  watcher: 0,
  echo: -1,
  echoMs: -1,
  heardByPeer: false,
  sentMs: -1,
  passTo: [],
  pulseMs: -1,
  answeredMs: -1,
  probeMs: -1,
  asked: false,
  probeDue: false,
  slow: false,
  peerSlow: false,
  withinMs: 0,
  untilMs: -1,
  tickMs: now,
  overdueMs: -1,
})

/** A state of its own for one step. Each beat takes one: naming the members is ten times cheaper than spreading so many. */
export const draftOf = (s: LinkState): Draft => ({
  self: s.self,
  peer: s.peer,
  link: s.link,
  to: s.to,
  timing: s.timing,
  state: s.state,
  lives: s.lives,
  gaps: s.gaps,
  counts: s.counts,
  freshMs: s.freshMs,
  rhythmMs: s.rhythmMs,
  restartMs: s.restartMs,
  stalledUntilMs: s.stalledUntilMs,
  putOff: s.putOff,
  stallMs: s.stallMs,
  score: s.score,
  rt: s.rt,
  leaving: s.leaving,
  deaf: s.deaf,
  flags: s.flags,
  watcher: s.watcher,
  echo: s.echo,
  echoMs: s.echoMs,
  heardByPeer: s.heardByPeer,
  sentMs: s.sentMs,
  passTo: s.passTo,
  pulseMs: s.pulseMs,
  answeredMs: s.answeredMs,
  probeMs: s.probeMs,
  asked: s.asked,
  probeDue: s.probeDue,
  slow: s.slow,
  peerSlow: s.peerSlow,
  withinMs: s.withinMs,
  untilMs: s.untilMs,
  tickMs: s.tickMs,
  overdueMs: s.overdueMs,
})
