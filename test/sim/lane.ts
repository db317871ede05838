/** What the wire layer keeps of datagrams between two machines on one link: numbers, echo, and which lives they are of. */
import type { Incarnation } from '../../runtime/actor.js'
import type { LinkFault } from './net.js'

/** What was last heard of a life of the sender, as one life of the receiver saw it. */
interface Seen {
  readonly life: Incarnation
  readonly seq: number
}

/** One direction of one link between two machines: the present lives of both ends, and what they know of it. */
export class Lane {
  back: Lane = this
  #sender: Incarnation | undefined
  #seq = 0
  #receiver: Incarnation | undefined
  #seen: Seen | undefined

  /** `path`: the actor of the receiver that listens to it. */
  constructor(
    readonly path: string,
    readonly fault: LinkFault,
  ) {}

  /** Number of the next datagram of this life of the sender. */
  number(sender: Incarnation): number {
    if (this.#sender !== sender) {
      this.#sender = sender
      this.#seq = 0
    }
    return ++this.#seq
  }

  /** What this life of the receiver has last heard. */
  seenBy(receiver: Incarnation): Seen | undefined {
    return this.#receiver === receiver ? this.#seen : undefined
  }

  heard(receiver: Incarnation, sender: Incarnation, seq: number): void {
    if (this.#receiver !== receiver) {
      this.#receiver = receiver
      this.#seen = undefined
    }
    if (this.#seen?.life !== sender || this.#seen.seq < seq) this.#seen = { life: sender, seq }
  }
}
