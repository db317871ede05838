/**
 * Who stands still in a life of kyhad, all of it or a thread, and what has come for them. Whoever goes on is told first what waited, and what its actors
 * tell each other upon that inside their thread, then come its timers that are late, in order: as in runtime/host/loop.ts.
 */
type Run = () => void
export interface Waiting {
  readonly mail: Run[]
  readonly late: Run[]
}

const allMax = 20_000
/** Actors that answer each other without end must not stop the world. */
const toldMax = 1_000

export class Still {
  #all: Waiting | undefined
  readonly #threads = new Map<string, Waiting>()
  /** While somebody goes on: what its actors tell each other, which takes no time then. */
  #told: Run[] | undefined

  constructor(private readonly threadOf: (path: string) => string) {}

  get isPaused(): boolean {
    return this.#all !== undefined
  }
  /** SIGSTOP: messages and timers wait. */
  pause(): void {
    this.#all ??= { mail: [], late: [] }
  }
  resume(): void {
    const waiting = this.#all
    this.#all = undefined
    if (waiting) this.#goOn(waiting)
  }
  /** A message for whomever, while all stands still. */
  keep(run: Run): void {
    if (this.#all && this.#all.mail.length < allMax) this.#all.mail.push(run)
  }

  /** A thread runs in circles. */
  stick(thread: string): void {
    if (!this.#threads.has(thread)) this.#threads.set(thread, { mail: [], late: [] })
  }
  unstick(thread: string): void {
    const waiting = this.#threads.get(thread)
    this.#threads.delete(thread)
    if (waiting) this.#goOn(waiting)
  }
  /** Nothing of it is told any more: the thread ended, or, without one, kyhad. */
  drop(thread?: string): void {
    if (thread === undefined) this.#all = undefined
    else this.#threads.delete(thread)
  }

  /** Where what comes for an actor has to wait. */
  of(path: string): Waiting | undefined {
    return this.#all ?? (this.#threads.size > 0 ? this.#threads.get(this.threadOf(path)) : undefined)
  }

  /** True when a message goes over at once, before the late timers of the thread. */
  tells(from: string, to: string, run: Run): boolean {
    if (!this.#told || this.#told.length >= toldMax || this.threadOf(from) !== this.threadOf(to)) return false
    this.#told.push(run)
    return true
  }

  #goOn({ mail, late }: Waiting): void {
    const told: Run[] = []
    this.#told = told
    let n = 0
    for (const run of mail) {
      run()
      for (; n < told.length; n++) told[n]?.()
    }
    this.#told = undefined
    for (const run of late) run()
  }
}
