/**
 * The pool for pure CPU work (plans, what-ifs, imports): one per kyhad, owned by main, used by actors through the effect `job` and by a service
 * through its context's `job`. Work that takes longer than a beat belongs here, so that the thread that wants it goes on taking messages.
 *  - It costs nothing while nobody uses it: the library is loaded for the first job, a thread ends 5 s after its last one, no timer stays.
 *  - Every job has a time limit, counted from `run`, waiting included. At the limit its thread is ended without being asked (OTP: brutal_kill).
 *  - At most `threadsMax` jobs run and `waitingMax` wait; one more is refused at once. The queue is kept here, since the library forgets a job that
 *    waits for a thread which dies.
 *  - `run` always resolves, once: with the packed value, or with a refusal whose `refused` is unknown, full, late, crashed, failed or closed.
 * Kinds: `jobs` in runtime/host/registry.ts.
 */
import type { Piscina } from 'piscina'
import type { Job, JobOutcome, Task } from './host/job.js'
import { type Args, verdict } from './verdict.js'

export const threadsMax = 2
export const waitingMax = 32
export const jobMsMax = 60_000
const idleMsDefault = 5_000
const memory = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 }

interface Waiting {
  readonly task: Task
  readonly stop: AbortController
  settle(outcome: JobOutcome): void
}
type Refused = 'full' | 'late' | 'crashed' | 'closed'
export const refusal = (refused: Refused, args: Args): Extract<JobOutcome, { ok: false }> => ({
  ok: false,
  refused,
  because: verdict('refuse', `runtime.job-${refused}`, args, 'warning'),
})

export class Pool {
  readonly #jobs: string
  readonly #waiting: Waiting[] = []
  readonly #running = new Set<Waiting>()
  #threads: Promise<Piscina> | undefined
  #closed = false

  /** `jobs`: URL of a module that exports `jobs`, kind -> module; the product's own unless a test gives another. */
  constructor(
    jobs = new URL('./host/registry.js', import.meta.url).href,
    private readonly idleMs = idleMsDefault,
  ) {
    this.#jobs = jobs
  }

  /** `args`: msgpack; a copy of it is handed to the thread. `limitMs` is at most one minute. */
  run(kind: string, args: Uint8Array, limitMs: number): Promise<JobOutcome> {
    if (this.#closed) return Promise.resolve(refusal('closed', { kind }))
    if (this.#waiting.length >= waitingMax) return Promise.resolve(refusal('full', { kind, limit: waitingMax }))
    return new Promise((resolve) => {
      const ms = Math.min(Math.max(1, limitMs), jobMsMax)
      const stop = new AbortController()
      const late = setTimeout(() => {
        stop.abort() // first: the thread's place must be free before the next job asks for it
        waiting.settle(refusal('late', { kind, limitMs: ms }))
      }, ms)
      const waiting: Waiting = {
        task: { kind, args: new Uint8Array(args), jobs: this.#jobs },
        stop,
        settle: (outcome) => {
          clearTimeout(late)
          resolve(outcome)
          if (this.#waiting.includes(waiting)) this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
          this.#running.delete(waiting)
          this.#next()
        },
      }
      this.#waiting.push(waiting)
      this.#next()
    })
  }

  /** Jobs now. */
  get counters(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.length }
  }

  /** Refuses what waits, ends what runs. */
  close(): void {
    this.#closed = true
    for (const waiting of [...this.#waiting, ...this.#running]) {
      waiting.stop.abort()
      waiting.settle(refusal('closed', { kind: waiting.task.kind }))
    }
    void this.#threads?.then((threads) => threads.destroy())
  }

  #next(): void {
    while (!this.#closed && this.#running.size < threadsMax) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#running.add(next)
      void this.#carryOut(next)
    }
  }

  async #carryOut({ task, stop, settle }: Waiting): Promise<void> {
    try {
      this.#threads ??= open(this.idleMs)
      const threads = await this.#threads
      settle((await threads.run(task, { signal: stop.signal, transferList: [task.args.buffer as ArrayBuffer] })) as JobOutcome)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      settle(refusal('crashed', { kind: task.kind, error: `${code ?? 'error'}: ${message}`.slice(0, 300) }))
    }
  }
}

async function open(idleMs: number): Promise<Piscina> {
  const { Piscina: Threads } = await import('piscina')
  const threads = new Threads({
    filename: new URL('./host/job.js', import.meta.url).href,
    name: 'carryOut',
    minThreads: 0,
    maxThreads: threadsMax,
    idleTimeout: idleMs,
    atomics: 'disabled',
    resourceLimits: memory,
    // The library requires before it imports. Node loads an ES module for `require` in one step, and aborts the process where the thread is ended in it.
    execArgv: ['--no-experimental-require-module'],
    recordTiming: false,
  })
  // A thread that dies between two jobs takes nothing with it; unheard, this event would end kyhad.
  threads.on('error', () => undefined)
  return threads
}

export type { Job, JobOutcome }
