/**
 * Everything with one peer: its session, the connection in use, and when to make another one.
 *
 *  - The node with the greater id dials. The other one dials too when it has had no connection for about a second, so that
 *    reachability in one direction suffices.
 *  - When what was sent stays unacknowledged for 500 ms (5 s without another link), a second connection is dialed over the next link;
 *    only its greeting replaces the present one. Each such replacement in a row doubles the patience, so that a slow link still
 *    gets large messages through.
 *  - Of two connections both ends keep the one with the higher rank: (generation, dialed by the greater id). Generations only grow.
 *  - A failed dial waits 20 ms .. 1 s (doubling, jittered) and goes on with the next link.
 */
import type { Instant, NodeId } from '../actor.js'
import { assert } from '../assert.js'
import type { StreamEvents } from '../ports.js'
import type { Random } from '../random.js'
import { elapsed } from '../time.js'
import { type Verdict, verdict } from '../verdict.js'
import { type Body, pack, readBody } from './codec.js'
import { bodyBytesMaxStream, type Connection, type End, type Hello } from './connection.js'
import type { LinkAddress } from './datagram.js'
import type { Session } from './session.js'

const stuckMs = 500
const stuckAloneMs = 5000
const stuckMsMax = 8000
const ackDelayMs = 20
const ackEvery = 64
const guestDelayMs = 1000
const backoffMsMin = 20
const backoffMsMax = 1000
/** A connection that lasted this long makes the next dial quick again. */
const settledMs = 1000
const dialMs = 500
const dialMsMax = 2000
/** Consecutive connections that the peer closed without a greeting, and since when, before that is worth a sentence: it may just be starting. */
const shutOutMax = 3
const shutOutMs = 5000

export interface ConversationOptions {
  readonly self: NodeId
  readonly peer: NodeId
  readonly session: Session
  /** How many links this node has. */
  readonly ownLinks: number
  readonly random: Random
  readonly now: () => Instant
  readonly events: StreamEvents
  readonly onVerdict: (verdict: Verdict, who: string) => void
  /** Starts a connection over `link`; what becomes of it is told to `greeted` and `ended`. */
  readonly dial: (link: number, target: LinkAddress, patienceMs: number) => Connection
}

export class Conversation {
  reconnects = 0
  /** Bulk messages that were dropped since the queue was full. */
  shed = 0
  private readonly isHome: boolean
  private readonly down = new Set<number>()
  private links: readonly LinkAddress[] = []
  private active: Connection | undefined
  private activeRank = -1
  private activeSinceMs: Instant
  private hasRoom = true
  private dialing: Connection | undefined
  private dialGeneration = 0
  private generation = 0
  private lastLink = -1
  private backoffMs = backoffMsMin
  private failures = 0
  private failingMs: Instant
  private patience = 1
  private progressMs: Instant
  private unspoken = 0 // messages received since our last acknowledgement
  private isFlushing = false
  private isClosed = false
  private dialTimer: NodeJS.Timeout | undefined
  private stuckTimer: NodeJS.Timeout | undefined
  private ackTimer: NodeJS.Timeout | undefined

  constructor(private readonly o: ConversationOptions) {
    this.isHome = o.self > o.peer
    this.activeSinceMs = this.progressMs = this.failingMs = o.now()
  }

  get link(): number | null {
    return this.active?.link ?? null
  }
  get queuedBytes(): number {
    return this.o.session.queuedBytes
  }

  send(message: Body, bulk: boolean): void {
    const body = pack(message)
    assert(body.length <= bodyBytesMaxStream, `message of ${body.length} bytes, ${bodyBytesMaxStream} are allowed`)
    const gone = this.o.session.enqueue({ body, bulk })
    this.shed += gone.shed
    this.lose(gone.lost)
    if (this.isFlushing || !this.active || !this.hasRoom) return
    this.isFlushing = true
    queueMicrotask(() => this.flush())
  }

  setLinks(links: readonly LinkAddress[]): void {
    this.links = links
    if (!this.active) this.dialLater(0)
  }

  /** Evidence of the heartbeat links: a link that is down is left, and not dialed while another is up; one that came up is dialed. */
  linkIs(link: number, up: boolean): void {
    if (up) this.down.delete(link)
    else this.down.add(link)
    if (up && !this.active && !this.dialing) {
      clearTimeout(this.dialTimer)
      this.dialTimer = undefined
      this.backoffMs = backoffMsMin
      this.dialLater(0)
    } else if (this.isStuck()) this.dial()
  }

  hello(dialed: boolean): Pick<Hello, 'session' | 'about' | 'received' | 'generation'> {
    const { session } = this.o
    const generation = dialed ? this.dialGeneration : this.generation
    return { session: session.id, about: session.peer?.session ?? '', received: session.received, generation }
  }

  greeted(connection: Connection, hello: Hello): void {
    const { session } = this.o
    const isNew = session.peer?.session !== hello.session
    const rank = rankOf(connection.dialed ? this.dialGeneration : hello.generation, connection.dialed === this.isHome)
    this.generation = Math.max(this.generation, hello.generation)
    if (this.dialing === connection) this.dialing = undefined
    if (session.isStale(hello) || (this.active && !isNew && rank <= this.activeRank)) return connection.goodbye()
    if (this.active) {
      this.reconnects++
      if (this.isStuck()) this.patience *= 2
      this.active.goodbye()
    }
    this.active = connection
    this.activeRank = rank
    this.activeSinceMs = this.progressMs = this.o.now()
    this.lastLink = connection.link
    this.hasRoom = true
    this.failures = this.unspoken = 0
    const lost = session.meet(hello)
    if (lost === undefined) return this.contradiction()
    this.lose(lost)
    this.flush()
  }

  message(connection: Connection, n: number, ack: number, bytes: Uint8Array): void {
    const { session, peer, events } = this.o
    if (connection !== this.active || !this.acked(connection, ack)) return
    const order = session.arrived(n)
    if (order === 'gap') return this.contradiction()
    if (++this.unspoken >= ackEvery) this.acknowledge()
    else this.ackTimer ??= setTimeout(() => this.acknowledge(), ackDelayMs)
    if (order === 'duplicate' || !session.peer) return
    const body = readBody(bytes, bodyBytesMaxStream)
    if (body) events.onMessage(peer, session.peer.incarnation, body)
    else this.o.onVerdict(verdict('drop', 'wire.stream-unreadable', { node: peer, bytes: bytes.length }, 'warning'), peer)
  }

  /** False when the acknowledgement cannot be true, and the connection is gone. */
  acked(connection: Connection, ack: number): boolean {
    if (connection !== this.active) return false
    const moved = this.o.session.acked(ack)
    if (moved === undefined) this.contradiction()
    if (moved) {
      this.progressMs = this.o.now()
      this.patience = 1
    }
    return moved !== undefined
  }

  drained(connection: Connection): void {
    if (connection !== this.active) return
    this.hasRoom = true
    this.flush()
  }

  ended(connection: Connection, end: End, why: string): void {
    const { peer, events, now } = this.o
    if (this.dialing === connection) {
      this.dialing = undefined
      this.backoffMs = Math.min(backoffMsMax, this.backoffMs * 2)
      if (/^(EPROTO|ERR_SSL|ERR_TLS)/.test(why)) {
        this.o.onVerdict(verdict('refuse', 'wire.stream-handshake', { remote: peer, error: why }, 'warning'), peer)
      }
      if (++this.failures === 1) this.failingMs = this.o.now()
      const lastsMs = elapsed(this.failingMs, this.o.now())
      if (this.failures >= shutOutMax && lastsMs >= shutOutMs && end === 'fin' && connection.node) {
        this.o.onVerdict(verdict('wait', 'wire.stream-shut-out', { node: peer, why }, 'warning'), peer)
      }
      return this.dialLater(this.backoffMs)
    }
    if (connection !== this.active) return
    this.active = undefined
    this.reconnects++
    if (elapsed(this.activeSinceMs, now()) >= settledMs) this.backoffMs = backoffMsMin
    this.dialLater(this.backoffMs)
    if (end === 'fin' || end === 'reset') events.onClosed(peer)
  }

  close(): void {
    this.isClosed = true
    for (const timer of [this.dialTimer, this.stuckTimer, this.ackTimer]) clearTimeout(timer)
    this.dialing?.destroy()
    this.active?.destroy()
    this.active = undefined
  }

  private usable(): readonly number[] {
    const both = Array.from({ length: Math.min(this.o.ownLinks, this.links.length) }, (_, link) => link)
    const up = both.filter((link) => !this.down.has(link))
    return up.length > 0 ? up : both
  }

  private nextLink(): number | undefined {
    const all = this.usable()
    const others = all.filter((link) => link !== this.active?.link)
    const from = others.length > 0 ? others : all
    return from.find((link) => link > this.lastLink) ?? from[0]
  }

  private dial(): void {
    const link = this.nextLink()
    const target = link === undefined ? undefined : this.links[link]
    if (this.isClosed || this.dialing || link === undefined || target === undefined) return
    this.lastLink = link
    this.dialGeneration = ++this.generation
    const patienceMs = this.usable().length > 1 ? dialMs * (1 + this.failures) : dialMsMax
    this.dialing = this.o.dial(link, target, Math.min(dialMsMax, patienceMs))
  }

  private dialLater(ms: number): void {
    if (this.isClosed || this.dialing || this.dialTimer) return
    const waitMs = this.isHome || this.active ? ms : Math.max(ms, guestDelayMs)
    this.dialTimer = setTimeout(
      () => {
        this.dialTimer = undefined
        if (!this.active || this.isStuck()) this.dial()
      },
      Math.round(waitMs * (0.5 + this.o.random.next())),
    )
  }

  private stuckLimitMs(): number {
    return Math.min(stuckMsMax, (this.usable().length > 1 ? stuckMs : stuckAloneMs) * this.patience)
  }

  private isStuck(): boolean {
    if (!this.active) return false
    if (this.down.has(this.active.link) && !this.usable().includes(this.active.link)) return true
    return this.o.session.unacked > 0 && elapsed(this.progressMs, this.o.now()) >= this.stuckLimitMs()
  }

  /** Looks again when what is unacknowledged now would be stuck; silent while nothing is. */
  private watch(): void {
    if (this.stuckTimer || this.isClosed || this.o.session.unacked === 0) return
    const limitMs = this.stuckLimitMs()
    const leftMs = limitMs - elapsed(this.progressMs, this.o.now())
    this.stuckTimer = setTimeout(
      () => {
        this.stuckTimer = undefined
        if (this.isStuck()) this.dial()
        this.watch()
      },
      leftMs > 0 ? leftMs : limitMs,
    )
  }

  private flush(): void {
    const { session } = this.o
    this.isFlushing = false
    this.active?.batch(() => {
      while (this.active && this.hasRoom) {
        const wasIdle = session.unacked === 0
        const item = session.next()
        if (!item) break
        if (wasIdle) this.progressMs = this.o.now()
        this.unspoken = 0
        this.hasRoom = this.active.message(item.n, session.received, item.body)
      }
    })
    this.watch()
  }

  private acknowledge(): void {
    clearTimeout(this.ackTimer)
    this.ackTimer = undefined
    if (this.unspoken > 0) this.active?.ack(this.o.session.received)
    this.unspoken = 0
  }

  /** The peer's numbers cannot be true: a Bug on one of the two sides. The connection goes; the session is taken up again later. */
  private contradiction(): void {
    const { peer } = this.o
    const bad = this.active
    this.active = undefined
    bad?.destroy()
    this.o.onVerdict(verdict('refuse', 'wire.stream-contradiction', { node: peer }, 'error'), peer)
    this.dialLater(backoffMsMax)
  }

  private lose(messages: number): void {
    if (messages > 0) this.o.events.onLost(this.o.peer, messages)
  }
}

const rankOf = (generation: number, byHome: boolean): number => generation * 2 + (byHome ? 1 : 0)
