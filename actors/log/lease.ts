/**
 * The lease (design 8.6): where the only evidence of a node's end is that it ends itself, it may run resources only for as long as the others have
 * lately let it. A node that a `fence_watchdog` device lists, and that has a hardware watchdog, asks the leader again and again; its guard lets
 * resources run for `leaseMs` from the *sending* of an ask that was answered, then kills them all, and what cannot be killed the watchdog resets.
 *
 * The leader answers when a round of all deciding voters, begun after the ask came, shows that it led in its term, and nothing in its log, committed
 * or not, ends that life. Why this is enough: an intent to fence that is committed later was appended later, by this leader or by one that was
 * elected after some voter of the round had answered in this term; either way after the ask was sent. So whoever sees an intent committed and
 * waits `selfFenceMs` from then on has outwaited every lease (fencer). A voter whose disk may have gone back in time does not answer.
 *
 * The log holds its terms before any is given, and that there is one after the guard said so: a life without one is never taken for one that ends itself. It is
 * laid down by nobody while that life lasts: whoever began anew may know an older state of the log, in which there was none.
 */
import { type BootId, type NodeId, send } from '../../runtime/actor.js'
import { type FenceDoc, leaseMsOf } from '../../runtime/config/document.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import { nameOf } from './apply.js'
import type { Raft } from './messages.js'
import { decides, type LogState, tickWithin, voters, type Work } from './raft.js'
import { append } from './replicate.js'
import type { ClusterState } from './state.js'

type Ask = Extract<Raft, { type: 'lease-ask' }>
type Told = Extract<Raft, { type: 'lease-told' }>
interface Asker {
  readonly node: NodeId
  readonly n: number
}

/** What this node knows as a holder, and as the leader. */
export interface Leases {
  /** This machine's hardware watchdog resets it after so long; undefined: it has none. */
  readonly watchdogMs: number | undefined
  /** The guard has said that the lease is armed. */
  readonly armed: boolean
  readonly n: number
  readonly askAtMs: Instant | undefined
  /** Asks that may still be answered, newest last. */
  readonly sent: readonly { readonly n: number; readonly atMs: Instant }[]
  /** The leader's present round, and who asked after it had begun. */
  readonly rounds: number
  readonly round:
    | { readonly n: number; readonly sinceMs: Instant; readonly askers: readonly Asker[]; readonly held: readonly NodeId[] }
    | undefined
  readonly next: readonly Asker[]
}
/** Asks of each life of kyhad have numbers of their own: an answer to an earlier one counts for none of a later one. */
export const noLeases = (watchdogMs: number | undefined, counter: number): Leases => ({
  watchdogMs,
  armed: false,
  n: counter * asksMax,
  askAtMs: undefined,
  sent: [],
  rounds: 0,
  round: undefined,
  next: [],
})

const sentMax = 8
const asksMax = 2 ** 32
/** A round that has no answer of a deciding set by then is begun anew. */
const roundMs = 1_000
/** Asks until the first lease is armed. */
const armMs = 100
/** An ask a fifth of the lease: four may be lost. */
const askMs = (leaseMs: number): number => leaseMs / 5

/**
 * Nothing here rests on the hard state of who speaks: an intent that a later leader commits, in whatever term, is appended after its election, and that
 * came after a voter of the round had answered. So it does not wait for a disk, and a slow one is not given more to write.
 */
const tellNow = (w: Work, node: NodeId, msg: Raft): void => void w.out.push(send({ node, path: w.env.self.path }, msg))

/** The device of the configuration that says that this node ends itself: with three voters and more, else nobody could go on without it. */
export const selfFence = (s: ClusterState, node: NodeId): FenceDoc | undefined =>
  s.members.filter((m) => m.votes > 0).length < 3
    ? undefined
    : s.config.fencing.find((d) => leaseMsOf(d) !== undefined && Object.hasOwn(d.hosts, nameOf(s, node)))

export function considerLease(w: Work): void {
  const { s } = w
  if (s.role !== 'leader' && (s.leases.round || s.leases.next.length > 0)) s.leases = { ...s.leases, round: undefined, next: [] }
  const life = s.cluster.lives[s.self]
  const device = selfFence(s.cluster, s.self)
  const { watchdogMs } = s.leases
  const own = life?.boot === s.life.boot && life.state === 'admitted'
  if (!own || watchdogMs === undefined || (!device && !life.leased)) return
  const everyMs = s.leases.armed && life.leased ? askMs(life.leased.leaseMs) : armMs
  const waitMs = s.leases.askAtMs === undefined ? 0 : elapsed(w.env.now, s.leases.askAtMs)
  if (waitMs > 0) return tickWithin(w, waitMs)
  const n = s.leases.n + 1
  const sent = [...s.leases.sent, { n, atMs: w.env.now }].slice(-sentMax)
  s.leases = { ...s.leases, n, sent, askAtMs: after(w.env.now, everyMs) }
  tickWithin(w, everyMs)
  const ask: Ask = { type: 'lease-ask', n, boot: s.life.boot, watchdogMs, armed: s.leases.armed }
  if (s.role === 'leader') onLeaseAsk(w, s.self, ask)
  else if (s.leader !== undefined) tellNow(w, s.leader, ask)
}

/** Leader: notes what the log has to know, and asks the others whether it still leads. */
export function onLeaseAsk(w: Work, node: NodeId, m: Ask): void {
  const { s } = w
  if (s.role !== 'leader' || mayEnd(s, node, m.boot)) return
  note(w, node, m)
  const asker = { node, n: m.n }
  const { round } = s.leases
  if (round && elapsed(round.sinceMs, w.env.now) < roundMs)
    s.leases = { ...s.leases, next: [...s.leases.next.filter((a) => a.node !== node), asker] }
  else begin(w, [...s.leases.next, ...(round?.askers ?? [])].filter((a) => a.node !== node).concat(asker))
}

/** Something in the log of this leader ends that life, or it is not admitted. */
function mayEnd(s: LogState, node: NodeId, boot: BootId): boolean {
  const life = s.cluster.lives[node]
  const ends = s.rows.some(
    ({ index, entry: e }) => index > s.cluster.index && (e.type === 'fence-intent' || e.type === 'operator-ack') && e.node === node,
  )
  return ends || life?.boot !== boot || life.state !== 'admitted'
}

/** First the terms, which never change in that life, so that no lease was ever longer; then that there is one. */
function note(w: Work, node: NodeId, { boot, armed, watchdogMs }: Ask): void {
  const { s } = w
  const leased = s.cluster.lives[node]?.leased
  const device = selfFence(s.cluster, node)
  const onItsWay = s.rows.some(({ index, entry: e }) => index > s.cluster.index && e.type === 'leased' && e.node === node)
  if (onItsWay || s.full || leased?.armed || (leased && !armed)) return
  const terms = leased ?? (device && { leaseMs: leaseMsOf(device) ?? 0, watchdogMs, armed: false })
  if (terms) append(w, '', { type: 'leased', node, boot, ...terms, armed: leased !== undefined })
}

function begin(w: Work, askers: readonly Asker[]): void {
  const { s } = w
  const n = s.leases.rounds + 1
  s.leases = { ...s.leases, rounds: n, next: [], round: { n, sinceMs: w.env.now, askers, held: [s.self] } }
  for (const { node } of voters(s)) if (node !== s.self) tellNow(w, node, { type: 'lease-check', term: s.hard.term, n })
  conclude(w)
}

export function onLeaseCheck(w: Work, node: NodeId, m: Extract<Raft, { type: 'lease-check' }>): void {
  const { s } = w
  if (s.hard.term === m.term && !s.unsynced) tellNow(w, node, { type: 'lease-held', term: m.term, n: m.n })
}

export function onLeaseHeld(w: Work, node: NodeId, m: Extract<Raft, { type: 'lease-held' }>): void {
  const { s } = w
  const { round } = s.leases
  if (s.role !== 'leader' || m.term !== s.hard.term || round?.n !== m.n || round.held.includes(node)) return
  s.leases = { ...s.leases, round: { ...round, held: [...round.held, node] } }
  conclude(w)
}

/** The round is won: whoever asked before it began, and whose life nothing has ended since, has its answer. */
function conclude(w: Work): void {
  const { s } = w
  const { round, next } = s.leases
  if (!round || !decides(s, round.held)) return
  s.leases = { ...s.leases, round: undefined }
  for (const { node, n } of round.askers) {
    const life = s.cluster.lives[node]
    if (!life?.leased || mayEnd(s, node, life.boot)) continue
    const told: Told = { type: 'lease-told', n, boot: life.boot, leaseMs: life.leased.leaseMs }
    if (node === s.self) onLeaseTold(w, told)
    else tellNow(w, node, told)
  }
  if (next.length > 0) begin(w, next)
}

/** Holder: counts from the sending of the ask that is answered. For how long is the leader's to say: this log may lag. */
export function onLeaseTold(w: Work, { n, boot, leaseMs }: Told): void {
  const { s } = w
  const asked = s.leases.sent.find((a) => a.n === n)
  if (!asked || boot !== s.life.boot) return
  s.leases = { ...s.leases, sent: s.leases.sent.filter((a) => a.n > n) }
  w.out.push({ do: 'lease', renewMs: leaseMs, sentMs: asked.atMs })
}

/** The guard's word, also once at the start. */
export function onLeaseState(w: Work, armed: boolean): void {
  if (armed === w.s.leases.armed) return
  w.s.leases = { ...w.s.leases, armed, ...(armed ? { askAtMs: w.env.now } : {}) }
}
