/** What a resource keeps for single nodes, found by the node's index in the world. */
import type { Host } from './world.js'

export type Discovery = 'always' | 'never' | 'exclusive'
/** One candidate of one resource. */
export interface Place {
  readonly host: Host
  score: number
  count: number // instances of a clone here, while they are placed
  discovery: Discovery
}

/** The candidates, in the order in which they came. */
export class Places {
  #list: Place[] = []
  #at: (Place | undefined)[] = []

  get(host: Host): Place | undefined {
    return this.#at[host.index]
  }
  has(host: Host): boolean {
    return this.#at[host.index] !== undefined
  }
  values(): readonly Place[] {
    return this.#list
  }
  /** Only for a host that is no candidate yet. */
  add(place: Place): void {
    this.#list.push(place)
    this.#at[place.host.index] = place
  }
  clear(): void {
    this.#list = []
    this.#at = []
  }
}

/** A bit for each node. */
export class HostSet {
  readonly #bits: number[] = []

  has(host: Host): boolean {
    return ((this.#bits[host.index >> 5] ?? 0) & (1 << (host.index & 31))) !== 0
  }
  add(host: Host): void {
    const word = host.index >> 5
    while (this.#bits.length <= word) this.#bits.push(0)
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (host.index & 31))
  }
  /** True as long as no node was added. */
  get empty(): boolean {
    return this.#bits.length === 0
  }
}
