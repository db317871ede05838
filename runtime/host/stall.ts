/**
 * Whether the threads make progress, judged in main by counters in shared memory. A thread that stands still beyond its limit is ended, its
 * supervisor decides what follows. The guard is told "alive" while main is punctual and the beat thread moves: only then do beats leave this node.
 * After a restart of the beat thread that is when its first beat leaves, so that stand-in beats and real ones follow each other without a gap.
 * A stalled core, work or console thread is repaired here; it is no reason for stand-in beats, since the real ones go on.
 * When main itself was late, nobody is judged in that round.
 */
import type { Instant } from '../actor.js'
import type { Thread } from '../tree.js'
import { Cell } from './channel.js'
import type { Timer, Timers } from './clock.js'

export const checkMs = 50
/** The beat thread must be back before the guard gives up on kyhad (1 s). */
export const stallLimitMs = (thread: Thread): number => (thread === 'beat' ? 500 : 1000)
const beatFreshMs = 150
const ownLateMs = 100
/** A beat thread that is up beats when its log has told it the members. Beyond this it is believed without: the guard would give up on kyhad at 1 s. */
const silentStartMs = 600

interface Watched {
  readonly shared: Int32Array
  readonly stalled: (ms: number) => void
  count: number
  sinceMs: Instant
}

export class Liveness {
  readonly #threads = new Map<Thread, Watched>()
  #dueMs: number
  /** From then on its beats leave; until then the guard's stand-in beats must go on. */
  #beatsFromMs = Number.POSITIVE_INFINITY
  #timer: Timer

  constructor(
    private readonly now: () => Instant,
    private readonly timers: Timers,
    private readonly alive: () => void,
  ) {
    this.#dueMs = now() + checkMs
    this.#timer = timers.after(checkMs, () => this.#check())
  }

  /** From the time when the thread's loop runs. */
  add(thread: Thread, shared: Int32Array, stalled: (ms: number) => void): void {
    if (thread === 'beat') this.#beatsFromMs = Math.min(this.#beatsFromMs, this.now() + silentStartMs)
    this.#threads.set(thread, { shared, stalled, count: Atomics.load(shared, Cell.liveness), sinceMs: this.now() })
  }
  remove(thread: Thread): void {
    this.#threads.delete(thread)
    if (thread === 'beat') this.#beatsFromMs = Number.POSITIVE_INFINITY
  }
  /** The beat thread's first beat left. */
  beating(): void {
    this.#beatsFromMs = this.now()
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
      const count = Atomics.load(w.shared, Cell.liveness)
      if (late || count !== w.count) {
        w.count = count
        w.sinceMs = now
      } else if (now - w.sinceMs > stallLimitMs(thread)) {
        this.#threads.delete(thread)
        w.stalled(now - w.sinceMs)
      }
    }
    const beat = this.#threads.get('beat')
    if (beat && now >= this.#beatsFromMs && now - beat.sinceMs <= beatFreshMs) this.alive()
  }
}
