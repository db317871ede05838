/**
 * The simulator's event queue: a binary heap on (time, order of insertion), so that equal times keep their order and a run repeats.
 * An event that is put off keeps its place in the heap and moves when it comes to the top: timers that are set anew with every beat cost nothing.
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
  /** Where it stands in the heap: never later than when it happens. */
  keyMs: number
  key: number
  queued: boolean
}

export class EventHeap {
  #items: Item[] = []
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** Runs `run` at virtual time `atMs` (fractions of a millisecond allowed). Set `cancelled` on the result to drop it. */
  add(atMs: number, run: () => void): Scheduled {
    const order = this.#order++
    const item: Item = { atMs, order, run, cancelled: false, keyMs: atMs, key: order, queued: true }
    this.#push(item)
    return item
  }

  /** Sets an event of this heap anew, also one that has happened or was cancelled, as if it were cancelled and added again. */
  again(event: Scheduled, atMs: number): Scheduled {
    const item = event as Item
    if (item.queued && item.keyMs > atMs) {
      item.cancelled = true
      return this.add(atMs, item.run)
    }
    item.cancelled = false
    item.atMs = atMs
    item.order = this.#order++
    if (item.queued) return item
    item.keyMs = atMs
    item.key = item.order
    item.queued = true
    this.#push(item)
    return item
  }

  /** Takes the earliest event that was not cancelled, if it is due by `untilMs`. */
  pop(untilMs = Number.POSITIVE_INFINITY): Scheduled | undefined {
    const heap = this.#items
    for (;;) {
      const top = heap[0]
      if (top === undefined || top.keyMs > untilMs) return undefined
      if (!top.cancelled && top.key !== top.order) {
        top.keyMs = top.atMs
        top.key = top.order
        this.#sink(top)
        continue
      }
      const last = heap.pop() as Item
      if (last !== top) this.#sink(last)
      top.queued = false
      if (!top.cancelled) return top
    }
  }

  #push(item: Item): void {
    const heap = this.#items
    let i = heap.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const p = heap[parent] as Item
      if (!before(item, p)) break
      heap[i] = p
      i = parent
    }
    heap[i] = item
  }

  /** Puts `item` in the place of the first one. */
  #sink(item: Item): void {
    const heap = this.#items
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && before(heap[right] as Item, heap[left] as Item) ? right : left
      if (!before(heap[child] as Item, item)) break
      heap[i] = heap[child] as Item
      i = child
    }
    heap[i] = item
  }
}

const before = (a: Item, b: Item): boolean => a.keyMs < b.keyMs || (a.keyMs === b.keyMs && a.key < b.key)
