/**
 * The simulated datagrams: what the wire layer does with heartbeats and other small messages between two machines on one link. Sequence numbers,
 * echo, freshness; one new life replaces the old; whoever is no peer of both ends is a stranger and is not heard (peers.ts).
 */
import type { Address, Incarnation, Msg, NodeId } from '../../runtime/actor.js'
import type { Machine } from './machine.js'
import type { LinkFault, SimNet } from './net.js'

interface DatagramWorld {
  readonly net: SimNet
  readonly machines: readonly Machine[]
  after(ms: number, run: () => void): unknown
}

export class SimDatagrams {
  readonly #world: DatagramWorld
  readonly #lanes: Lane[] = []

  constructor(world: DatagramWorld) {
    this.#world = world
  }

  /** Over one link; nothing is sent to a machine that `from` has not for a peer. */
  send(from: Machine, target: Machine, link: number, to: Address, sender: Address, msg: Msg): void {
    const own = from.incarnation
    const { node } = from.spec
    const lane = this.#lane(from, target, link)
    const path = lane.pathOf(node, link)
    const seq = lane.number(own)
    const nth = lane.lives
    const heardOfTarget = lane.back.seenBy(own)
    const arrives = (): void => {
      if (!target.managed || !target.peers.beats(node)) return
      const mine = target.incarnation
      const fresh = heardOfTarget !== undefined && heardOfTarget.life === mine
      if (!lane.heard(mine, { life: own, nth, seq })) return
      if (msg.type !== 'beat') return target.deliver(to.path, sender, msg, own)
      const { flags, watcher } = msg as Msg & { flags: number; watcher: number }
      const echo = fresh ? heardOfTarget.seq : -1
      const heard = { type: 'heard', seq, echo, fresh, flags, watcher, incarnation: own, rxMs: Math.trunc(target.clock.nowMs()) }
      target.deliver(path, sender, heard, own)
    }
    const { net } = this.#world
    for (let left = net.copies(lane.fault); left > 0; left--) this.#world.after(net.delayMs(lane.fault), arrives)
  }

  #lane(from: Machine, target: Machine, link: number): Lane {
    const { machines, net } = this.#world
    const at = (from.number * machines.length + target.number) * net.links + link
    const known = this.#lanes[at]
    if (known) return known
    const there = new Lane(net.fault(from.name, target.name, link))
    const back = new Lane(net.fault(target.name, from.name, link))
    there.back = back
    back.back = there
    this.#lanes[at] = there
    this.#lanes[(target.number * machines.length + from.number) * net.links + link] = back
    return there
  }
}

/** What was last heard of a life of the sender, as one life of the receiver saw it. */
interface Seen {
  readonly life: Incarnation
  /** Which of the sender's lives on this lane, from 1. */
  readonly nth: number
  readonly seq: number
}

/** One direction of one link between two machines: the present lives of both ends, and what they know of it. */
class Lane {
  back: Lane = this
  #sender: Incarnation | undefined
  /** How many lives of the sender have sent on this lane. */
  lives = 0
  #seq = 0
  #receiver: Incarnation | undefined
  #seen: Seen | undefined
  #node: NodeId | undefined
  #path = ''

  constructor(readonly fault: LinkFault) {}

  /** The actor of the receiver that listens to this node. */
  pathOf(node: NodeId, link: number): string {
    if (this.#node !== node) {
      this.#node = node
      this.#path = `link/${node}/${link}`
    }
    return this.#path
  }

  /** Number of the next datagram of this life of the sender. */
  number(sender: Incarnation): number {
    if (this.#sender !== sender) {
      this.#sender = sender
      this.lives++
      this.#seq = 0
    }
    return ++this.#seq
  }

  /** What this life of the receiver has last heard. */
  seenBy(receiver: Incarnation): Seen | undefined {
    return this.#receiver === receiver ? this.#seen : undefined
  }

  /** Takes in what has arrived; false: it is late, of a life that a newer one has replaced, and the wire drops it (runtime/wire/lives.ts). */
  heard(receiver: Incarnation, what: Seen): boolean {
    if (this.#receiver !== receiver) {
      this.#receiver = receiver
      this.#seen = undefined
    }
    const { nth = 0, seq = 0 } = this.#seen ?? {}
    if (what.nth > nth || (what.nth === nth && what.seq > seq)) this.#seen = what
    return what.nth >= nth
  }
}
