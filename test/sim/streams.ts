/**
 * The simulated streams, as runtime/wire/session.ts promises them: within one pair of lives of kyhad nothing is lost, doubled or reordered,
 * however long no link is up; when the peer's life is a new one, or one has taken the other for a stranger meanwhile, what waited is lost. Bounded: `queueMax` messages wait,
 * beyond it everything that waits is lost.
 */
import type { Address, Incarnation, Msg } from '../../runtime/actor.js'
import { pack } from '../../runtime/wire/codec.js'
import type { Machine } from './machine.js'
import type { SimNet } from './net.js'
import type { Session as Taken } from './peers.js'

const queueMax = 20_000
/** How soon a link that is up again is used. */
const retryMs = 25

interface Waiting {
  readonly to: Address
  readonly sender: Address
  readonly msg: Msg
}
interface Session {
  readonly life: Incarnation
  /** The peer as this life has it, and itself as the peer's life has it: each anew when somebody takes the other up anew. */
  readonly own: Taken
  met: Taken | undefined
  waiting: Waiting[]
  retrying: boolean
  freeMs: number
}
interface StreamWorld {
  readonly net: SimNet
  readonly machines: readonly Machine[]
  nowMs(): number
  after(ms: number, run: () => void): unknown
}

export class SimStreams {
  readonly #world: StreamWorld
  /** By sender and receiver. */
  readonly #sessions: Session[] = []

  constructor(world: StreamWorld) {
    this.#world = world
  }

  send(from: Machine, target: Machine, to: Address, sender: Address, msg: Msg): void {
    const at = from.number * this.#world.machines.length + target.number
    const own = from.peers.stream(target.spec.node)
    if (!own) return
    let s = this.#sessions[at]
    if (s?.own !== own) {
      s = { life: from.incarnation, own, met: undefined, waiting: [], retrying: false, freeMs: 0 }
      this.#sessions[at] = s
    }
    if (s.waiting.length >= queueMax) s.waiting = []
    s.waiting.push({ to, sender, msg })
    if (!s.retrying) this.#drain(s, from, target)
  }

  #drain(s: Session, from: Machine, target: Machine): void {
    s.retrying = false
    if (!from.managed || s.life !== from.incarnation) return
    const { node } = from.spec
    while (s.waiting.length > 0) {
      if (from.peers.stream(target.spec.node) !== s.own) return // it is no peer any more, or anew
      // A stranger is refused; the sender goes on dialing.
      const theirs = target.managed ? target.peers.stream(node) : undefined
      const bytes = (): number => pack(s.waiting[0]?.msg).length
      const delay = theirs ? this.#world.net.stream(from.name, target.name, bytes) : undefined
      if (delay === undefined || !theirs) {
        s.retrying = true
        this.#world.after(retryMs, () => this.#drain(s, from, target))
        return
      }
      if (s.met !== undefined && s.met !== theirs && s.waiting.length > 1) s.waiting.splice(0, s.waiting.length - 1)
      s.met = theirs
      const { to, sender, msg } = s.waiting.shift() as Waiting
      s.freeMs = Math.max(this.#world.nowMs() + delay, s.freeMs + 0.001)
      this.#world.after(s.freeMs - this.#world.nowMs(), () => {
        if (target.managed && target.peers.stream(node) === theirs) target.deliver(to.path, sender, msg, s.life)
      })
    }
  }
}
