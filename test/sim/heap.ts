/**
 * The simulator's event queue: a binary heap on (time, order of insertion), so that equal times keep their order and a run repeats.
 * An event that is put off keeps its place in the heap and moves when it comes to the top: timers that are set anew with every beat cost nothing.
 * Places are kept beside the events, as plain numbers: finding the earliest one touches few of them.
 */
export interface Scheduled {
  /** When it happens, and its order among those of the same time. */
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

interface Item extends Scheduled {
  atMs: number
  order: number
  /** Time of the place where it stands in the heap: never later than when it happens. */
  placeMs: number
  queued: boolean
}

export class EventHeap {
  #items: Item[] = []
  /** Time and order of each place. */
  #ms = new Float64Array(256)
  #orders = new Float64Array(256)
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** Runs `run` at virtual time `atMs` (fractions of a millisecond allowed). Set `cancelled` on the result to drop it. */
  add(atMs: number, run: () => void): Scheduled {
    const item: Item = { atMs, order: this.#order++, run, cancelled: false, placeMs: atMs, queued: true }
    this.#push(item)
    return item
  }

  /** Sets an event of this heap anew, also one that has happened or was cancelled, as if it were cancelled and added again. */
  again(event: Scheduled, atMs: number): Scheduled {
    const item = event as Item
    if (item.queued && item.placeMs > atMs) {
      item.cancelled = true
      return this.add(atMs, item.run)
    }
    item.cancelled = false
    item.atMs = atMs
    item.order = this.#order++
    if (item.queued) return item
    item.placeMs = atMs
    item.queued = true
    this.#push(item)
    return item
  }

  /** Takes the earliest event that was not cancelled, if it is due by `untilMs`. */
  pop(untilMs = Number.POSITIVE_INFINITY): Scheduled | undefined {
    for (;;) {
      const top = this.#items[0]
      if (top === undefined || top.placeMs > untilMs) return undefined
      if (!top.cancelled && top.order !== this.#orders[0]) {
        top.placeMs = top.atMs
        this.#sink(top, top.order)
        continue
      }
      const last = this.#items.pop() as Item
      if (last !== top) this.#sink(last, this.#orders[this.#items.length] as number)
      top.queued = false
      if (!top.cancelled) return top
    }
  }

  #push(item: Item): void {
    let i = this.#items.push(item) - 1
    if (i >= this.#ms.length) this.#grow()
    // Its order is the highest of all: it stands behind those of the same time.
    while (i > 0) {
      const parent = (i - 1) >> 1
      if ((this.#ms[parent] as number) <= item.placeMs) break
      this.#move(parent, i)
      i = parent
    }
    this.#put(i, item, item.order)
  }

  /** Puts `item` in the place of the first one, under `order`. */
  #sink(item: Item, order: number): void {
    const ms = this.#ms
    const orders = this.#orders
    const { length } = this.#items
    const { placeMs } = item
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= length) break
      if (child + 1 < length && this.#before(child + 1, child)) child++
      const childMs = ms[child] as number
      if (childMs > placeMs || (childMs === placeMs && (orders[child] as number) > order)) break
      this.#move(child, i)
      i = child
    }
    this.#put(i, item, order)
  }

  #before(a: number, b: number): boolean {
    const first = this.#ms[a] as number
    const second = this.#ms[b] as number
    return first < second || (first === second && (this.#orders[a] as number) < (this.#orders[b] as number))
  }

  #put(i: number, item: Item, order: number): void {
    this.#items[i] = item
    this.#ms[i] = item.placeMs
    this.#orders[i] = order
  }

  #move(from: number, to: number): void {
    this.#items[to] = this.#items[from] as Item
    this.#ms[to] = this.#ms[from] as number
    this.#orders[to] = this.#orders[from] as number
  }

  #grow(): void {
    const ms = this.#ms
    const orders = this.#orders
    this.#ms = new Float64Array(2 * ms.length)
    this.#orders = new Float64Array(2 * ms.length)
    this.#ms.set(ms)
    this.#orders.set(orders)
  }
}
