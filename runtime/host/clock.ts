/**
 * The one clock of kyhad: whole milliseconds of CLOCK_MONOTONIC, the same on every thread. Timers are deadlines on it, never counted ticks.
 * One wake-up of the event loop serves all timers of a thread that are due.
 */
import { type Instant, instant } from '../time.js'

export function now(): Instant {
  const [seconds, nanoseconds] = process.hrtime()
  return instant(seconds * 1000 + nanoseconds / 1e6)
}

export interface Timer {
  readonly atMs: Instant
  cancelled: boolean
}
interface Entry extends Timer {
  readonly n: number
  readonly run: () => void
}

/** Timers of one thread: a heap by deadline, then by order of setting. */
export class Timers {
  readonly #heap: Entry[] = []
  #n = 0
  #armed: NodeJS.Timeout | undefined
  #armedMs = 0

  constructor(private readonly clock: () => Instant = now) {}

  /** Runs `run` once at `atMs`, or at once after this turn when that is past. */
  at(atMs: Instant, run: () => void): Timer {
    const entry: Entry = { atMs, run, n: this.#n++, cancelled: false }
    this.#heap.push(entry)
    this.#up(this.#heap.length - 1)
    this.#arm()
    return entry
  }

  after(ms: number, run: () => void): Timer {
    return this.at(instant(this.clock() + ms), run)
  }

  close(): void {
    clearTimeout(this.#armed)
    this.#armed = undefined
    this.#heap.length = 0
  }

  #arm(): void {
    while (this.#heap[0]?.cancelled) this.#pop()
    const first = this.#heap[0]
    if (!first || (this.#armed && this.#armedMs <= first.atMs)) return
    clearTimeout(this.#armed)
    this.#armedMs = first.atMs
    this.#armed = setTimeout(() => this.#due(), Math.max(0, first.atMs - this.clock()))
  }

  #due(): void {
    this.#armed = undefined
    const nowMs = this.clock()
    const due: Entry[] = []
    for (let first = this.#heap[0]; first && (first.cancelled || first.atMs <= nowMs); first = this.#heap[0]) {
      if (!first.cancelled) due.push(first)
      this.#pop()
    }
    for (const entry of due) if (!entry.cancelled) entry.run()
    this.#arm()
  }

  #before(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]]
    if (!a || !b) return false
    return a.atMs !== b.atMs ? a.atMs < b.atMs : a.n < b.n
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i], this.#heap[j]]
    if (a && b) [this.#heap[i], this.#heap[j]] = [b, a]
  }

  #up(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#before(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  #pop(): void {
    const last = this.#heap.pop()
    if (!last || this.#heap.length === 0) return
    this.#heap[0] = last
    for (let i = 0; ; ) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2]) if (this.#before(child, least)) least = child
      if (least === i) return
      this.#swap(i, least)
      i = least
    }
  }
}
