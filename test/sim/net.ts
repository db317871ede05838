/**
 * The simulated network: per ordered pair of machines and link a state (LinkFault). Datagrams take one link; streams take any link that is
 * up both ways, keep their order, and wait while none is. A damaged datagram is refused by its MAC, so it is lost; a damaged stream has to connect anew.
 */
import type { Random } from '../../runtime/random.js'

export interface LinkFault {
  cut: boolean
  /** Share of datagrams that is lost, in bursts of `burst` on average. */
  loss: number
  burst: number
  duplicate: number
  /** Share that arrives damaged. */
  corrupt: number
  delayMs: number
  /** Most of a uniform extra delay; reordering follows from it. */
  jitterMs: number
  /** Share that is held back for `heldMs`, behind what was sent later. */
  reorder: number
  /** Nothing passes before then, and nothing is lost either: queues hold it. */
  clogUntilMs: number
  /** Streams of this link hang while its datagrams pass: half-open, zero window, a filter. */
  noStreams: boolean
  /** Only small packets pass: messages of streams beyond `largeBytes` do not. */
  blackHole: boolean
}

export const healthy = (): LinkFault => ({
  cut: false,
  loss: 0,
  burst: 1,
  duplicate: 0,
  corrupt: 0,
  delayMs: 0,
  jitterMs: 0.3,
  reorder: 0,
  clogUntilMs: 0,
  noStreams: false,
  blackHole: false,
})

const heldMs = 30
/** What a path of a small MTU lets pass. */
export const largeBytes = 1200
/** A stream retransmits what was lost, and connects anew after damage. */
const retransmitMs = 40
const reconnectMs = 120

export class SimNet {
  readonly #faults = new Map<string, Map<string, LinkFault[]>>()
  /** Datagrams of a burst that are still to be lost. */
  readonly #bursts = new Map<LinkFault, number>()
  readonly #random: Random
  readonly #nowMs: () => number
  readonly links: number

  #heldUntilMs = 0

  constructor(links: number, random: Random, nowMs: () => number) {
    this.links = links
    this.#random = random
    this.#nowMs = nowMs
  }

  /** The one-way fault state from `a` to `b` on `link`, always the same object; change it in place. */
  fault(a: string, b: string, link: number): LinkFault {
    const from = this.#faults.get(a) ?? new Map<string, LinkFault[]>()
    const to = from.get(b) ?? Array.from({ length: this.links }, healthy)
    if (!from.has(b)) this.#faults.set(a, from.set(b, to))
    return to[link] as LinkFault
  }

  /** Changes every link from each of `from` to each of `to`, one way. */
  change(from: readonly string[], to: readonly string[], change: Partial<LinkFault>): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, change.clogUntilMs ?? 0)
    for (const a of from)
      for (const b of to) if (a !== b) for (let link = 0; link < this.links; link++) Object.assign(this.fault(a, b, link), change)
  }

  /** Cuts or heals all links between each of `left` and each of `right`, both ways. */
  partition(left: readonly string[], right: readonly string[], cut: boolean): void {
    this.change(left, right, { cut })
    this.change(right, left, { cut })
  }

  /** Some link is cut, one way at least. */
  get isCut(): boolean {
    for (const to of this.#faults.values()) for (const list of to.values()) if (list.some((f) => f.cut)) return true
    return false
  }

  heal(): void {
    this.#bursts.clear()
    for (const to of this.#faults.values()) for (const list of to.values()) for (const f of list) Object.assign(f, healthy())
  }

  /** How many copies of a datagram arrive. */
  copies(f: LinkFault): number {
    if (f.cut || this.#loses(f) || (f.corrupt > 0 && this.#random.chance(f.corrupt))) return 0
    return f.duplicate > 0 && this.#random.chance(f.duplicate) ? 2 : 1
  }

  /** What one copy of a datagram takes, ms. */
  delayMs(f: LinkFault): number {
    const heldFor = f.reorder > 0 && this.#random.chance(f.reorder) ? heldMs * this.#random.next() : 0
    return 0.1 + f.delayMs + this.#random.next() * f.jitterMs + heldFor + this.#clogMs(f)
  }

  /** Delay of a stream message, or undefined while no link carries it. */
  stream(a: string, b: string, bytes: () => number): number | undefined {
    for (let link = 0; link < this.links; link++) {
      const there = this.fault(a, b, link)
      const back = this.fault(b, a, link)
      if (there.cut || back.cut || there.noStreams || back.noStreams) continue
      if (there.blackHole && bytes() > largeBytes) continue
      const retransmits = this.#loses(there) ? retransmitMs : 0
      const reconnects = there.corrupt > 0 && this.#random.chance(there.corrupt) ? reconnectMs : 0
      return 0.15 + there.delayMs + this.#random.next() * there.jitterMs + retransmits + reconnects + this.#clogMs(there)
    }
    return undefined
  }

  /** How long the latest of what is held is still on its way, whatever is mended now, ms. */
  get heldMs(): number {
    return Math.max(0, this.#heldUntilMs - this.#nowMs())
  }

  #clogMs(f: LinkFault): number {
    return f.clogUntilMs > 0 ? Math.max(0, f.clogUntilMs - this.#nowMs()) : 0
  }

  #loses(f: LinkFault): boolean {
    if (f.loss === 0) return false
    const left = this.#bursts.get(f) ?? 0
    if (left > 0) this.#bursts.set(f, left - 1)
    if (left > 0) return true
    if (!this.#random.chance(f.loss / f.burst)) return false
    if (f.burst > 1) this.#bursts.set(f, this.#random.int(2 * f.burst))
    return true
  }
}
