/**
 * The supervisor of Erlang/OTP as a pure reducer: what happened goes in, what is to be done comes out (sup_princ, supervisor.erl).
 *  - Children start left to right, the next only after the one before reported started; they stop right to left, one at a time.
 *  - A start that fails initially stops what was started and fails the supervisor. A RE-start that fails is tried again by a message to
 *    itself (try-again), so that a shutdown is seen in between; every attempt counts.
 *  - More than `intensity` restarts within `periodMs` (sliding): all children stop, the supervisor ends with reason shutdown, its parent decides.
 *  - While it waits for a start or a stop, other inputs wait, a shutdown excepted. Each start is a new life; news of an old life is ignored.
 * Driven by runtime/host/spawn.ts, in main for threads and in each thread for actors; timers and the children themselves are its.
 */
import { assert, present, unreachable } from './assert.js'
import type { Instant } from './time.js'
import { type Verdict, verdict } from './verdict.js'

export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one' | 'simple_one_for_one'
export type Restart = 'permanent' | 'transient' | 'temporary'
export type Shutdown = 'brutal_kill' | 'infinity' | number

/** How something ended. `normal` and `shutdown` are orderly; `lost` = the thread that ran it is gone. */
export interface Reason {
  readonly how: 'normal' | 'shutdown' | 'killed' | 'error' | 'lost'
  readonly detail: string
}
export const reason = (how: Reason['how'], detail = ''): Reason => ({ how, detail })
const orderly = (r: Reason): boolean => r.how === 'normal' || r.how === 'shutdown'
export const inWords = (r: Reason): string => (r.detail ? `${r.how}: ${r.detail}` : r.how)

export interface ChildSpec {
  readonly id: string
  readonly restart: Restart
  readonly shutdown: Shutdown
  /** Its own end may end the supervisor (autoShutdown); never with permanent. */
  readonly significant?: boolean
  /** Whatever the launcher needs. */
  readonly what?: unknown
}
export interface Flags {
  readonly strategy: Strategy
  readonly intensity: number
  readonly periodMs: number
  readonly autoShutdown: 'never' | 'any_significant' | 'all_significant'
}
export const defaultFlags: Flags = { strategy: 'one_for_one', intensity: 1, periodMs: 5000, autoShutdown: 'never' }

export interface Child {
  readonly spec: ChildSpec
  /** down: ended by itself, not yet decided on.  stopped: ended and not to be restarted now.  retrying: its restart failed. */
  readonly status: 'stopped' | 'starting' | 'running' | 'down' | 'retrying'
  /** Number of its present or last start, unique within the supervisor; 0 = never started. */
  readonly life: number
  readonly restarts: number
}

export type In =
  | { readonly type: 'start' }
  | { readonly type: 'started'; readonly id: string; readonly life: number }
  | { readonly type: 'start-failed'; readonly id: string; readonly life: number; readonly reason: Reason }
  | { readonly type: 'exited'; readonly id: string; readonly life: number; readonly reason: Reason }
  | { readonly type: 'stop-timeout'; readonly id: string; readonly life: number }
  | { readonly type: 'try-again'; readonly id: string; readonly life: number }
  | { readonly type: 'add'; readonly spec: ChildSpec }
  | { readonly type: 'terminate'; readonly id: string }
  | { readonly type: 'restart'; readonly id: string } // an operator's: stop and start again, not counted
  | { readonly type: 'shutdown'; readonly reason: Reason }

export type Out =
  | { readonly do: 'start'; readonly spec: ChildSpec; readonly life: number }
  | { readonly do: 'stop'; readonly id: string; readonly life: number; readonly waitMs: number | 'infinity' }
  | { readonly do: 'kill'; readonly id: string; readonly life: number }
  | { readonly do: 'post'; readonly input: In }
  | { readonly do: 'report'; readonly verdict: Verdict }
  | {
      readonly do: 'refuse'
      readonly id: string
      readonly why: 'already-started' | 'not-found' | 'start-failed' | 'ending'
      readonly detail: string
    }
  | { readonly do: 'ready' }
  | { readonly do: 'done'; readonly reason: Reason; readonly startFailed: boolean }

type Job =
  | { readonly what: 'stop'; readonly id: string; readonly drop: boolean }
  | { readonly what: 'start'; readonly id: string; readonly how: 'initial' | 'again' | 'added' }
interface Waiting {
  readonly job: Job
  readonly life: number
}
export interface Supervisor {
  readonly name: string
  readonly flags: Flags
  readonly phase: 'new' | 'starting' | 'running' | 'ending' | 'done'
  readonly children: readonly Child[]
  readonly jobs: readonly Job[]
  readonly waiting?: Waiting | undefined
  readonly queue: readonly In[]
  readonly restartsAt: readonly Instant[]
  readonly lives: number
  readonly endReason: Reason
  readonly startFailed: boolean
}

/** A supervisor that has not started anything yet. */
export function supervisor(name: string, flags: Flags, children: readonly ChildSpec[]): Supervisor {
  assert(flags.intensity >= 0 && flags.periodMs > 0, `${name}: intensity >= 0 and period > 0`)
  assert(flags.strategy !== 'simple_one_for_one' || children.length === 0, `${name}: simple_one_for_one starts without children`)
  for (const spec of children) check(name, flags, spec)
  assert(new Set(children.map((c) => c.id)).size === children.length, `${name}: child ids are unique`)
  return {
    name,
    flags,
    phase: 'new',
    children: children.map((spec) => ({ spec, status: 'stopped', life: 0, restarts: 0 })),
    jobs: [],
    queue: [],
    restartsAt: [],
    lives: 0,
    endReason: reason('normal'),
    startFailed: false,
  }
}

function check(name: string, flags: Flags, spec: ChildSpec): void {
  if (!spec.significant) return
  assert(spec.restart !== 'permanent', `${name}: ${spec.id} is permanent and cannot be significant`)
  assert(flags.autoShutdown !== 'never', `${name}: ${spec.id} is significant, but auto_shutdown is never`)
}

type Work = { s: Supervisor; readonly out: Out[]; readonly now: Instant }

/** One step: the supervisor after `input`, and what its host is to do, in this order. */
export function supervise(s: Supervisor, input: In, now: Instant): { readonly state: Supervisor; readonly out: readonly Out[] } {
  const w: Work = { s, out: [], now }
  if (s.phase !== 'done') {
    take(w, input)
    advance(w)
  }
  return { state: w.s, out: w.out }
}

const childOf = (s: Supervisor, id: string): Child | undefined => s.children.find((c) => c.spec.id === id)
const alive = (c: Child): boolean => c.status === 'running' || c.status === 'starting'
const set = (w: Work, id: string, change: Partial<Child>): void => {
  w.s = { ...w.s, children: w.s.children.map((c) => (c.spec.id === id ? { ...c, ...change } : c)) }
}
const drop = (w: Work, id: string): void => {
  w.s = { ...w.s, children: w.s.children.filter((c) => c.spec.id !== id) }
}
const isWaitedFor = (w: Work, what: Job['what'], life: number): boolean => w.s.waiting?.job.what === what && w.s.waiting.life === life

/** What is looked at even while something is awaited; the rest queues. */
function take(w: Work, input: In): void {
  switch (input.type) {
    case 'started':
      if (!isWaitedFor(w, 'start', input.life)) return
      set(w, input.id, { status: 'running' })
      w.s = { ...w.s, waiting: undefined }
      return
    case 'start-failed':
    case 'exited':
      return exited(w, input)
    case 'stop-timeout':
      if (!isWaitedFor(w, 'stop', input.life)) return
      report(w, 'runtime.stop-late', 'kill', { child: input.id }, 'warning')
      w.out.push({ do: 'kill', id: input.id, life: input.life })
      return
    case 'shutdown':
      if (w.s.phase !== 'ending') end(w, input.reason, w.s.phase === 'starting')
      return
    default:
      w.s = { ...w.s, queue: [...w.s.queue, input] }
  }
}

function exited(w: Work, input: Extract<In, { type: 'exited' | 'start-failed' }>): void {
  const child = childOf(w.s, input.id)
  if (!child || child.life !== input.life || !alive(child)) return
  if (isWaitedFor(w, 'start', input.life)) return startFailed(w, input.reason)
  if (isWaitedFor(w, 'stop', input.life)) return stopped(w, child, input.reason)
  if (input.type === 'start-failed') return
  set(w, input.id, { status: 'down' })
  w.s = { ...w.s, queue: [...w.s.queue, input] }
}

/** Works until something must be awaited or nothing is left. */
function advance(w: Work): void {
  while (!w.s.waiting) {
    const [job, ...jobs] = w.s.jobs
    if (job) {
      w.s = { ...w.s, jobs }
      carryOut(w, job)
    } else if (w.s.phase === 'starting') {
      w.s = { ...w.s, phase: 'running' }
      w.out.push({ do: 'ready' })
    } else if (w.s.phase === 'ending') {
      w.s = { ...w.s, phase: 'done', queue: [] }
      w.out.push({ do: 'done', reason: w.s.endReason, startFailed: w.s.startFailed })
      return
    } else {
      const [input, ...queue] = w.s.queue
      if (!input) return
      w.s = { ...w.s, queue }
      handle(w, input)
    }
  }
}

function carryOut(w: Work, job: Job): void {
  const child = childOf(w.s, job.id)
  if (!child) return
  if (job.what === 'start') {
    const life = w.s.lives + 1
    w.s = { ...w.s, lives: life, waiting: { job, life } }
    set(w, job.id, { status: 'starting', life, restarts: child.restarts + (job.how === 'again' ? 1 : 0) })
    w.out.push({ do: 'start', spec: child.spec, life })
    return
  }
  if (!alive(child)) {
    if (job.drop) drop(w, job.id)
    else set(w, job.id, { status: 'stopped' })
    return
  }
  w.s = { ...w.s, waiting: { job, life: child.life } }
  const { shutdown } = child.spec
  if (shutdown === 'brutal_kill') w.out.push({ do: 'kill', id: job.id, life: child.life })
  else w.out.push({ do: 'stop', id: job.id, life: child.life, waitMs: shutdown })
}

/** A child ended because it was told to. */
function stopped(w: Work, child: Child, why: Reason): void {
  const { job } = present(w.s.waiting, 'the stop that was awaited')
  if (why.how === 'error' || why.how === 'lost') {
    report(w, 'runtime.stop-failed', 'stop', { child: child.spec.id, reason: inWords(why) }, 'warning')
  }
  w.s = { ...w.s, waiting: undefined }
  if (job.what === 'stop' && job.drop) drop(w, child.spec.id)
  else set(w, child.spec.id, { status: 'stopped' })
}

function startFailed(w: Work, why: Reason): void {
  const { job, life } = present(w.s.waiting, 'the start that was awaited')
  report(w, 'runtime.start-failed', 'start', { child: job.id, reason: inWords(why) }, 'error')
  w.s = { ...w.s, waiting: undefined }
  set(w, job.id, { status: 'stopped' })
  if (w.s.phase === 'ending') return
  if (w.s.phase === 'starting') return end(w, reason('error', `${job.id} did not start: ${inWords(why)}`), true)
  if (job.what === 'start' && job.how === 'added') {
    drop(w, job.id)
    w.out.push({ do: 'refuse', id: job.id, why: 'start-failed', detail: inWords(why) })
    return
  }
  set(w, job.id, { status: 'retrying' })
  w.s = { ...w.s, jobs: [] } // the later ones start with it when it is tried again
  w.out.push({ do: 'post', input: { type: 'try-again', id: job.id, life } })
}

/** An input that waited its turn; nothing is under way now. */
function handle(w: Work, input: In): void {
  const { s } = w
  switch (input.type) {
    case 'start':
      if (s.phase === 'new')
        w.s = { ...s, phase: 'starting', jobs: s.children.map((c) => ({ what: 'start', id: c.spec.id, how: 'initial' })) }
      return
    case 'exited':
      return decide(w, input)
    case 'try-again': {
      const child = childOf(s, input.id)
      if (child?.status === 'retrying' && child.life === input.life) restart(w, child, 'its restart failed')
      return
    }
    case 'add':
      return add(w, input.spec)
    case 'terminate':
    case 'restart':
      return onOrder(w, input)
    case 'started':
    case 'start-failed':
    case 'stop-timeout':
    case 'shutdown':
      return
    default:
      return unreachable(input)
  }
}

function add(w: Work, spec: ChildSpec): void {
  check(w.s.name, w.s.flags, spec)
  if (childOf(w.s, spec.id)) {
    w.out.push({ do: 'refuse', id: spec.id, why: 'already-started', detail: '' })
    return
  }
  const children: readonly Child[] = [...w.s.children, { spec, status: 'stopped', life: 0, restarts: 0 }]
  w.s = { ...w.s, children, jobs: [{ what: 'start', id: spec.id, how: 'added' }] }
}

function onOrder(w: Work, input: Extract<In, { type: 'terminate' | 'restart' }>): void {
  const child = childOf(w.s, input.id)
  if (!child) {
    w.out.push({ do: 'refuse', id: input.id, why: 'not-found', detail: '' })
    return
  }
  const again = input.type === 'restart'
  const gone = !again && (w.s.flags.strategy === 'simple_one_for_one' || child.spec.restart === 'temporary')
  const jobs: Job[] = [{ what: 'stop', id: input.id, drop: gone }]
  if (again) jobs.push({ what: 'start', id: input.id, how: 'again' })
  w.s = { ...w.s, jobs }
}

/** A child ended by itself: restart it, or not, or end. */
function decide(w: Work, input: Extract<In, { type: 'exited' }>): void {
  const child = childOf(w.s, input.id)
  if (child?.status !== 'down' || child.life !== input.life) return
  const { spec } = child
  const ended = orderly(input.reason)
  if (spec.restart === 'permanent' || (spec.restart === 'transient' && !ended)) return restart(w, child, inWords(input.reason))
  if (!ended) report(w, 'runtime.child-dropped', 'drop', { child: spec.id, reason: inWords(input.reason) }, 'warning')
  if (spec.restart === 'temporary' || w.s.flags.strategy === 'simple_one_for_one') drop(w, spec.id)
  else set(w, spec.id, { status: 'stopped' })
  if (!spec.significant) return
  const others = w.s.children.some((c) => c.spec.significant === true && (alive(c) || c.status === 'down' || c.status === 'retrying'))
  if (w.s.flags.autoShutdown === 'all_significant' && others) return
  report(w, 'runtime.auto-shutdown', 'shutdown', { child: spec.id }, 'notice')
  end(w, reason('shutdown', `${spec.id} ended`), false)
}

function restart(w: Work, child: Child, why: string): void {
  const { flags, name } = w.s
  const restartsAt = [...w.s.restartsAt.filter((at) => w.now - at <= flags.periodMs), w.now]
  w.s = { ...w.s, restartsAt }
  const args = { child: child.spec.id, reason: why, restarts: restartsAt.length, intensity: flags.intensity, periodMs: flags.periodMs }
  if (restartsAt.length > flags.intensity) {
    report(w, 'runtime.intensity', 'escalate', args, 'error')
    return end(
      w,
      reason('shutdown', `${name}: ${child.spec.id} ended (${why}), ${restartsAt.length} restarts in ${flags.periodMs} ms`),
      false,
    )
  }
  report(w, 'runtime.child-restarted', 'restart', { ...args, strategy: flags.strategy }, 'warning')
  w.s = { ...w.s, jobs: restartJobs(w.s, child.spec.id) }
}

/** Stops right to left, then starts left to right; a temporary sibling that is taken down is dropped. */
function restartJobs(s: Supervisor, id: string): readonly Job[] {
  const at = s.children.findIndex((c) => c.spec.id === id)
  const first = s.flags.strategy === 'one_for_all' ? 0 : at
  const last = s.flags.strategy === 'one_for_all' || s.flags.strategy === 'rest_for_one' ? s.children.length : at + 1
  const group = s.children.slice(first, last)
  const falls = (c: Child): boolean => c.spec.id !== id && c.spec.restart === 'temporary'
  const stops = group.filter((c) => c.spec.id !== id).toReversed()
  return [
    ...stops.map((c): Job => ({ what: 'stop', id: c.spec.id, drop: falls(c) })),
    ...group.filter((c) => !falls(c)).map((c): Job => ({ what: 'start', id: c.spec.id, how: 'again' })),
  ]
}

/** Stops all children right to left, then it is done. A child whose start is awaited is stopped, too. */
function end(w: Work, why: Reason, failed: boolean): void {
  const waiting = w.s.waiting?.job.what === 'stop' ? w.s.waiting : undefined
  const jobs = w.s.children.toReversed().map((c): Job => ({ what: 'stop', id: c.spec.id, drop: false }))
  w.s = { ...w.s, phase: 'ending', endReason: why, startFailed: failed, jobs, waiting, queue: [] }
}

function report(w: Work, key: Parameters<typeof verdict>[1], what: string, args: Verdict['args'], severity: Verdict['severity']): void {
  w.out.push({ do: 'report', verdict: verdict(what, key, { supervisor: w.s.name, ...args }, severity) })
}
