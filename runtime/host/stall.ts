/**
 * Whether the threads make progress, judged in main by counters in shared memory. A thread that stands still beyond its limit is ended, its
 * supervisor decides what follows. That main itself makes progress is seen by the beat thread, which tells the guard (alive.ts).
 * A stalled core, work or console thread is repaired here; it is no reason for stand-in beats, since the real ones go on.
 * When main itself was late, nobody is judged in that round.
 */
import type { Instant } from '../actor.js'
import type { Thread } from '../tree.js'
import { Cell } from './channel.js'
import type { Timer, Timers } from './clock.js'

export const checkMs = 200
/** The beat thread must be back before the guard gives up on kyhad (1 s). The others: their ticks (worker.ts), and a second or less of lateness. */
const limitMs: Readonly<Record<Thread, number>> = { beat: 500, core: 1250, work: 2000, console: 2000 }
export const stallLimitMs = (thread: Thread): number => limitMs[thread]
const ownLateMs = 200

interface Watched {
  readonly shared: Int32Array
  readonly stalled: (ms: number) => void
  count: number
  sinceMs: Instant
}

export class Liveness {
  readonly #threads = new Map<Thread, Watched>()
  #dueMs: number
  #timer: Timer

  constructor(
    private readonly now: () => Instant,
    private readonly timers: Timers,
  ) {
    this.#dueMs = now() + checkMs
    this.#timer = timers.after(checkMs, () => this.#check())
  }

  /** From the time when the thread's loop runs. */
  add(thread: Thread, shared: Int32Array, stalled: (ms: number) => void): void {
    this.#threads.set(thread, { shared, stalled, count: Atomics.load(shared, Cell.liveness), sinceMs: this.now() })
  }
  remove(thread: Thread): void {
    this.#threads.delete(thread)
  }
  close(): void {
    this.#timer.cancelled = true
  }

  #check(): void {
    const now = this.now()
    const late = now - this.#dueMs > ownLateMs
    this.#dueMs = now + checkMs
    this.#timer = this.timers.after(checkMs, () => this.#check())
    for (const [thread, w] of this.#threads) {
      Atomics.add(w.shared, Cell.main, 1)
      const count = Atomics.load(w.shared, Cell.liveness)
      if (late || count !== w.count) {
        w.count = count
        w.sinceMs = now
      } else if (now - w.sinceMs > stallLimitMs(thread)) {
        this.#threads.delete(thread)
        w.stalled(now - w.sinceMs)
      }
    }
  }
}
