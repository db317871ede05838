/**
 * What makes a stream outlive its connections: numbered messages, cumulative acknowledgements, resending. Pure: no sockets, no clock.
 * Within one pair of sessions (one per peer and kyhad) nothing is lost, doubled or reordered, whichever links carry it. When the
 * peer's session is a new one, what waited for the old one is lost, and that is said.
 * Bounded: 8 MiB wait for a peer. Beyond it unsent bulk is shed, oldest first; then everything unsent is lost, and said.
 */
import type { Incarnation } from '../actor.js'

export const queueBytesMax = 8 << 20
/** Shedding goes down to this share, so that a full queue is not gone through for each message. */
const shedTo = 0.75
/** Bookkeeping that is counted for each message beside its bytes. */
const overheadBytes = 64

export interface Outgoing {
  readonly body: Uint8Array
  readonly bulk: boolean
}
/** What a peer says about itself and about us when a connection begins. */
export interface Greeting {
  readonly session: string
  readonly incarnation: Incarnation
  /** Our session as the peer knows it, '' = none, and the last number it received of it. */
  readonly about: string
  readonly received: number
}

export class Session {
  /** What the peer said last about itself; undefined = never met. */
  peer: Greeting | undefined
  /** Last number received of the peer's session. */
  received = 0
  queuedBytes = 0
  private queue: Outgoing[] = [] // the first `numbered` have the numbers base + 1 ...
  private base = 0
  private numbered = 0
  private cursor = 0 // of the first `numbered`, those that the present connection carried

  constructor(
    readonly id: string,
    private readonly bytesMax = queueBytesMax,
  ) {}

  /** Messages sent and not acknowledged. */
  get unacked(): number {
    return this.numbered
  }

  /** Puts a message into the queue; says how many had to go for it (`shed` bulk, `lost` others). */
  enqueue(item: Outgoing): { readonly shed: number; readonly lost: number } {
    const needed = weight(item)
    const isTooMuch = (): boolean => this.queuedBytes + needed > this.bytesMax
    let shed = 0
    let lost = 0
    if (isTooMuch()) {
      shed = this.shedBulk(needed)
      if (isTooMuch() && item.bulk) return { shed: shed + 1, lost }
      if (isTooMuch()) lost = this.keepOnly((_, place) => place < this.numbered)
      if (isTooMuch()) return { shed, lost: lost + 1 } // all that waits is on its way and unacknowledged
    }
    this.queue.push(item)
    this.queuedBytes += needed
    return { shed, lost }
  }

  /** The next message that the present connection has not carried yet. */
  next(): { readonly n: number; readonly body: Uint8Array } | undefined {
    const item = this.queue[this.cursor]
    if (!item) return undefined
    this.cursor++
    this.numbered = Math.max(this.numbered, this.cursor)
    return { n: this.base + this.cursor, body: item.body }
  }

  /** True when the acknowledgement moved things on; undefined = it names a number that was never sent. */
  acked(n: number): boolean | undefined {
    const count = n - this.base
    if (count <= 0) return false
    if (count > this.numbered) return undefined
    for (const item of this.queue.splice(0, count)) this.queuedBytes -= weight(item)
    this.base = n
    this.numbered -= count
    this.cursor = Math.max(0, this.cursor - count)
    return true
  }

  /** 'new' is to be delivered; 'gap' = the connection lost something and must go. */
  arrived(n: number): 'new' | 'duplicate' | 'gap' {
    if (n <= this.received) return 'duplicate'
    if (n !== this.received + 1) return 'gap'
    this.received = n
    return 'new'
  }

  /** True for a greeting of an earlier kyhad of the same boot. */
  isStale(greeting: Greeting): boolean {
    const known = this.peer?.incarnation
    return known !== undefined && known.boot === greeting.incarnation.boot && greeting.incarnation.counter < known.counter
  }

  /**
   * A connection begins: takes up where the peer stopped. Answers with the number of messages lost since its session is new
   * (not acknowledged: some may have arrived); undefined = a contradiction.
   */
  meet(greeting: Greeting): number | undefined {
    let lost = 0
    if (this.peer && this.peer.session !== greeting.session) {
      lost = this.keepOnly(() => false)
      this.base = this.numbered = this.received = 0
    }
    this.peer = greeting
    this.cursor = 0
    return this.acked(greeting.about === this.id ? greeting.received : 0) === undefined ? undefined : lost
  }

  private shedBulk(needed: number): number {
    let over = this.queuedBytes + needed - this.bytesMax * shedTo
    return this.keepOnly((item, place) => {
      if (place < this.numbered || !item.bulk || over <= 0) return true
      over -= weight(item)
      return false
    })
  }

  private keepOnly(keep: (item: Outgoing, place: number) => boolean): number {
    const before = this.queue.length
    this.queue = this.queue.filter(keep)
    this.queuedBytes = this.queue.reduce((sum, item) => sum + weight(item), 0)
    return before - this.queue.length
  }
}

const weight = (item: Outgoing): number => item.body.length + overheadBytes
