/** Drives a supervisor reducer as a host would, with children that do at once what they are told, unless a test says otherwise. */
import {
  type ChildSpec,
  defaultFlags,
  type Flags,
  type In,
  type Out,
  type Reason,
  reason,
  type Supervisor,
  supervise,
  supervisor,
} from '../../../runtime/supervisor.js'
import { instant } from '../../../runtime/time.js'

export const child = (id: string, more: Partial<ChildSpec> = {}): ChildSpec => ({ id, restart: 'permanent', shutdown: 5000, ...more })
export const crash: Reason = reason('error', 'boom')

export class Drive {
  state: Supervisor
  /** What was done, in order: `start a`, `stop b`, `kill c`, `done shutdown`, `ready`. */
  log: string[] = []
  readonly reports: string[] = []
  nowMs = 1000
  /** Children that do not answer a start or a stop; whose next starts fail. */
  readonly mute = new Set<string>()
  readonly fails = new Map<string, number>()
  readonly posts: In[] = []
  readonly outs: Out[] = []

  constructor(flags: Partial<Flags>, children: readonly ChildSpec[]) {
    this.state = supervisor('sup', { ...defaultFlags, ...flags }, children)
  }

  static started(flags: Partial<Flags>, children: readonly ChildSpec[]): Drive {
    const d = new Drive(flags, children)
    d.input({ type: 'start' })
    d.take()
    return d
  }

  life(id: string): number {
    return this.state.children.find((c) => c.spec.id === id)?.life ?? -1
  }
  status(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.state.children.map((c) => [c.spec.id, c.status]))
  }
  exit(id: string, why: Reason = crash): void {
    this.input({ type: 'exited', id, life: this.life(id), reason: why })
  }
  /** What was done since the last call. */
  take(): string {
    const text = this.log.join(', ')
    this.log = []
    return text
  }
  /** Hands back what the supervisor posted to itself. */
  post(): void {
    const next = this.posts.shift()
    if (next) this.input(next)
  }

  input(input: In): void {
    const inbox: In[] = [input]
    for (let next = inbox.shift(); next; next = inbox.shift()) {
      const { state, out } = supervise(this.state, next, instant(this.nowMs))
      this.state = state
      this.outs.push(...out)
      for (const o of out) inbox.push(...this.#answer(o))
    }
  }

  #answer(o: Out): readonly In[] {
    switch (o.do) {
      case 'start': {
        const { id } = o.spec
        this.log.push(`start ${id}`)
        if (this.mute.has(id)) return []
        const left = this.fails.get(id) ?? 0
        this.fails.set(id, left - 1)
        return [left > 0 ? { type: 'start-failed', id, life: o.life, reason: crash } : { type: 'started', id, life: o.life }]
      }
      case 'stop':
        this.log.push(`stop ${o.id}`)
        return this.mute.has(o.id) ? [] : [{ type: 'exited', id: o.id, life: o.life, reason: reason('shutdown') }]
      case 'kill':
        this.log.push(`kill ${o.id}`)
        return [{ type: 'exited', id: o.id, life: o.life, reason: reason('killed') }]
      case 'post':
        this.posts.push(o.input)
        return []
      case 'report':
        this.reports.push(o.verdict.key)
        return []
      case 'refuse':
        this.log.push(`refuse ${o.id} ${o.why}`)
        return []
      case 'ready':
        this.log.push('ready')
        return []
      case 'done':
        this.log.push(`done ${o.reason.how}${o.startFailed ? ' start-failed' : ''}`)
        return []
    }
  }
}
