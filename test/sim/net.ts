/**
 * The simulated network: per ordered pair of machines and link a state (up or cut), a delay with a tail, loss and duplication.
 * Datagrams take one link; streams take any link that is up both ways, keep their order, and wait while none is.
 */
import type { Random } from '../../runtime/random.js'

export interface LinkFault {
  cut: boolean
  loss: number
  duplicate: number
  /** Most of a uniform extra delay; reordering follows from it. */
  jitterMs: number
}

const healthy = (): LinkFault => ({ cut: false, loss: 0, duplicate: 0, jitterMs: 0.3 })

export class SimNet {
  readonly #faults = new Map<string, Map<string, LinkFault[]>>()
  readonly #random: Random
  readonly links: number

  constructor(links: number, random: Random) {
    this.links = links
    this.#random = random
  }

  /** The one-way fault state from `a` to `b` on `link`; change it in place. */
  fault(a: string, b: string, link: number): LinkFault {
    const from = this.#faults.get(a) ?? new Map<string, LinkFault[]>()
    const to = from.get(b) ?? Array.from({ length: this.links }, healthy)
    if (!from.has(b)) this.#faults.set(a, from.set(b, to))
    return to[link] as LinkFault
  }

  /** Delays at which copies of a datagram arrive; empty = lost. */
  datagram(a: string, b: string, link: number): number[] {
    const f = this.fault(a, b, link)
    if (f.cut || this.#random.chance(f.loss)) return []
    const one = (): number => 0.1 + this.#random.next() * f.jitterMs
    return this.#random.chance(f.duplicate) ? [one(), one()] : [one()]
  }

  /** Delay of a stream message, or undefined while no link is up both ways. */
  stream(a: string, b: string): number | undefined {
    for (let link = 0; link < this.links; link++) {
      const there = this.fault(a, b, link)
      const back = this.fault(b, a, link)
      if (there.cut || back.cut) continue
      const retransmits = this.#random.chance(there.loss) ? 40 : 0
      return 0.15 + this.#random.next() * there.jitterMs + retransmits
    }
    return undefined
  }

  /** Cuts or heals all links between each of `left` and each of `right`, both ways. */
  partition(left: readonly string[], right: readonly string[], cut: boolean): void {
    for (const a of left) {
      for (const b of right) {
        for (let link = 0; link < this.links; link++) {
          this.fault(a, b, link).cut = cut
          this.fault(b, a, link).cut = cut
        }
      }
    }
  }
}
