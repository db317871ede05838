/** The simulator's event queue: a binary heap on (time, order of insertion), so that equal times keep their order and a run repeats. */
export interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

export class EventHeap {
  #items: Scheduled[] = []
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** Runs `run` at virtual time `atMs` (fractions of a millisecond allowed). Set `cancelled` on the result to drop it. */
  add(atMs: number, run: () => void): Scheduled {
    const item: Scheduled = { atMs, order: this.#order++, run, cancelled: false }
    const heap = this.#items
    let i = heap.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const p = heap[parent] as Scheduled
      if (!before(item, p)) break
      heap[i] = p
      i = parent
    }
    heap[i] = item
    return item
  }

  /** Takes the earliest event that was not cancelled. */
  pop(): Scheduled | undefined {
    for (;;) {
      const top = this.#take()
      if (!top?.cancelled) return top
    }
  }

  #take(): Scheduled | undefined {
    const heap = this.#items
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && before(heap[right] as Scheduled, heap[left] as Scheduled) ? right : left
      if (!before(heap[child] as Scheduled, last)) break
      heap[i] = heap[child] as Scheduled
      i = child
    }
    heap[i] = last
    return top
  }
}

const before = (a: Scheduled, b: Scheduled): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
