/** The pool of runtime/pool.ts in virtual time: a job runs at once, its answer comes later; one of 16 is late, one of 32 loses its thread. */
import type { Effect, JobResult } from '../../runtime/actor.js'
import { type Job, packJob, unpackJob } from '../../runtime/host/job.js'
import { refusal, threadsMax, waitingMax } from '../../runtime/pool.js'
import type { Random } from '../../runtime/random.js'
import { type Refusal, verdict } from '../../runtime/verdict.js'
import type { MachineSpec } from './spec.js'

export class SimPool {
  #jobs = 0

  constructor(
    private readonly spec: Pick<MachineSpec, 'jobs' | 'jobFate'>,
    private readonly world: { after(ms: number, run: () => void): unknown },
    private readonly random: Random,
  ) {}

  /** `later` takes the answer to whoever asked, if it still lives then. */
  ask(effect: Extract<Effect, { do: 'job' }>, issuer: string, later: (ms: number, result: JobResult) => void): void {
    const { id, kind, timeoutMs } = effect
    const random = this.random.split(`${issuer}/job/${id}`)
    const args = packJob(effect.args)
    const isFull = this.#jobs >= threadsMax + waitingMax
    const fate = isFull
      ? 'full'
      : (this.spec.jobFate?.(kind) ?? (random.int(32) === 0 ? 'crashed' : random.int(16) === 0 ? 'late' : 'ends'))
    const ms = fate === 'full' ? 0 : fate === 'late' ? timeoutMs : Math.min(timeoutMs, 1 + random.next() * 30)
    const limits = { kind, limit: waitingMax, limitMs: timeoutMs, error: 'the thread ended' }
    const answer = fate === 'ends' ? this.#work(kind, args) : { ok: false, value: refusalOf(refusal(fate, limits)) }
    if (!isFull) this.#jobs++
    this.world.after(ms, () => {
      if (!isFull) this.#jobs--
    })
    later(ms, { type: 'job-result', id, ...answer })
  }

  #work(kind: string, args: Uint8Array): { readonly ok: boolean; readonly value: unknown } {
    const job: Job | undefined = this.spec.jobs.get(kind)
    if (!job) return { ok: false, value: { refused: 'unknown', because: verdict('refuse', 'runtime.job-unknown', { kind }, 'warning') } }
    try {
      return { ok: true, value: unpackJob(packJob(job(unpackJob(args)))) }
    } catch (error) {
      const because = verdict('fail', 'runtime.job-failed', { kind, error: String(error) }, 'warning')
      return { ok: false, value: { refused: 'failed', because } }
    }
  }
}

const refusalOf = (outcome: Refusal): Refusal => ({ refused: outcome.refused, because: outcome.because })
