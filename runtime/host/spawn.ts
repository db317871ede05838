/**
 * Carries out what a supervisor reducer says: launches children, stops them, keeps the clock of a slow stop, hands its own posts back to it.
 * Used in main for threads, in each thread for actors, and for a supervisor inside another one. Inputs that arrive meanwhile wait.
 */
import type { Instant } from '../actor.js'
import { type ChildSpec, type In, type Out, type Reason, reason, type Supervisor, supervise, supervisor } from '../supervisor.js'
import type { SupervisorNode } from '../tree.js'
import { type Verdict, verdict } from '../verdict.js'
import type { Timer, Timers } from './clock.js'

/** A child that was launched. After either call it reports `exited` once, unless it has already. */
export interface Running {
  stop(): void
  kill(): void
}
export interface ChildEvents {
  started(): void
  failed(why: Reason): void
  exited(why: Reason): void
}
export interface RunnerHooks {
  readonly now: () => Instant
  readonly timers: Timers
  launch(spec: ChildSpec, on: ChildEvents, runner: Runner): Running
  report(verdict: Verdict): void
  ready(): void
  done(why: Reason, startFailed: boolean): void
}

export class Runner {
  #state: Supervisor
  readonly #inbox: In[] = []
  readonly #running = new Map<number, Running>()
  readonly #patience = new Map<number, Timer>()
  #busy = false
  #over = false

  constructor(
    readonly node: SupervisorNode,
    private readonly hooks: RunnerHooks,
  ) {
    this.#state = supervisor(node.id, node, node.children)
  }

  get state(): Supervisor {
    return this.#state
  }

  input(input: In): void {
    if (this.#over) return
    this.#inbox.push(input)
    if (this.#busy) return
    this.#busy = true
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) {
      const { state, out } = supervise(this.#state, next, this.hooks.now())
      this.#state = state
      for (const what of out) this.#carryOut(what)
    }
    this.#busy = false
  }

  /** Ends everything at once, without asking the children (brutal_kill). */
  kill(): void {
    if (this.#over) return
    for (const running of this.#running.values()) running.kill()
    this.#finish(reason('killed'), false)
  }

  #carryOut(out: Out): void {
    switch (out.do) {
      case 'start':
        return this.#launch(out.spec, out.life)
      case 'stop': {
        const { id, life } = out
        if (out.waitMs !== 'infinity') {
          this.#patience.set(
            life,
            this.hooks.timers.after(out.waitMs, () => this.input({ type: 'stop-timeout', id, life })),
          )
        }
        return this.#running.get(life)?.stop()
      }
      case 'kill':
        return this.#running.get(out.life)?.kill()
      case 'post': {
        setImmediate(() => this.input(out.input))
        return
      }
      case 'report':
        return this.hooks.report(out.verdict)
      case 'refuse':
        return this.#refused(out)
      case 'ready':
        return this.hooks.ready()
      case 'done':
        return this.#finish(out.reason, out.startFailed)
    }
  }

  #launch(spec: ChildSpec, life: number): void {
    const { id } = spec
    const gone = (): void => {
      this.#running.delete(life)
      const timer = this.#patience.get(life)
      if (timer) timer.cancelled = true
      this.#patience.delete(life)
    }
    let early = false
    const running = this.hooks.launch(
      spec,
      {
        started: () => this.input({ type: 'started', id, life }),
        failed: (why) => {
          early = true
          gone()
          this.input({ type: 'start-failed', id, life, reason: why })
        },
        exited: (why) => {
          early = true
          gone()
          this.input({ type: 'exited', id, life, reason: why })
        },
      },
      this,
    )
    if (!early) this.#running.set(life, running)
  }

  #refused(out: Extract<Out, { do: 'refuse' }>): void {
    if (out.why === 'not-found') return // it has ended by itself meanwhile
    const why = out.detail ? `${out.why}: ${out.detail}` : out.why
    this.hooks.report(verdict('refuse', 'runtime.child-refused', { supervisor: this.node.id, child: out.id, why }, 'warning'))
  }

  #finish(why: Reason, startFailed: boolean): void {
    this.#over = true
    for (const timer of this.#patience.values()) timer.cancelled = true
    this.hooks.done(why, startFailed)
  }
}
