/**
 * The supervisor against a naive model of OTP's: plain loops over a list, with children that do at once what they are told. Whatever happens to both,
 * they must start, stop, refuse and end alike, in the same order.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ChildSpec, type Flags, type Reason, reason } from '../../../runtime/supervisor.js'
import { Drive } from './drive.js'

const t = suite('supervisor: against a naive model')

interface Known {
  readonly spec: ChildSpec
  isUp: boolean
  /** Its restart failed: which of its retries is the valid one, 0 = none. */
  retry: number
}

/** supervisor.erl in loops. */
class Naive {
  log: string[] = []
  children: Known[]
  isOver = false
  readonly #retries: { readonly id: string; readonly retry: number }[] = []
  #restarts: number[] = []
  #n = 0

  constructor(
    readonly flags: Flags,
    specs: readonly ChildSpec[],
    readonly fails: Map<string, number>,
  ) {
    this.children = specs.map((spec) => ({ spec, isUp: false, retry: 0 }))
    for (const c of this.children) {
      if (this.#start(c)) continue
      this.#finish('error start-failed')
      return
    }
    this.log.push('ready')
  }

  exit(id: string, why: Reason, nowMs: number): void {
    const c = this.#find(id)
    if (!c?.isUp) return
    c.isUp = false
    const isOrderly = why.how === 'normal' || why.how === 'shutdown'
    if (c.spec.restart === 'permanent' || (c.spec.restart === 'transient' && !isOrderly)) return this.#again(c, nowMs)
    if (c.spec.restart === 'temporary' || this.flags.strategy === 'simple_one_for_one') this.#forget(c)
    const significantUp = this.children.some((o) => o.spec.significant && (o.isUp || o.retry > 0))
    if (c.spec.significant && (this.flags.autoShutdown === 'any_significant' || !significantUp)) this.#finish('shutdown')
  }
  tryAgain(nowMs: number): void {
    const next = this.#retries.shift()
    const c = next && this.#find(next.id)
    if (c && !this.isOver && c.retry === next.retry) this.#again(c, nowMs)
  }
  terminate(id: string): void {
    const c = this.#find(id)
    if (!c) return void this.log.push(`refuse ${id} not-found`)
    this.#stop(c)
    c.retry = 0
    if (c.spec.restart === 'temporary' || this.flags.strategy === 'simple_one_for_one') this.#forget(c)
  }
  restart(id: string): void {
    const c = this.#find(id)
    if (!c) return void this.log.push(`refuse ${id} not-found`)
    this.#stop(c)
    c.retry = 0
    if (!this.#start(c)) this.#retryLater(c)
  }
  add(spec: ChildSpec): void {
    if (this.#find(spec.id)) return void this.log.push(`refuse ${spec.id} already-started`)
    const c: Known = { spec, isUp: false, retry: 0 }
    this.children.push(c)
    if (this.#start(c)) return
    this.#forget(c)
    this.log.push(`refuse ${spec.id} start-failed`)
  }
  shutdown(): void {
    this.#finish('shutdown')
  }

  #again(c: Known, nowMs: number): void {
    this.#restarts = [...this.#restarts.filter((at) => nowMs - at <= this.flags.periodMs), nowMs]
    if (this.#restarts.length > this.flags.intensity) return this.#finish('shutdown')
    const at = this.children.indexOf(c)
    const { strategy } = this.flags
    const group = strategy === 'one_for_all' ? [...this.children] : strategy === 'rest_for_one' ? this.children.slice(at) : [c]
    c.retry = 0
    for (const o of [...group].reverse()) {
      if (o === c) continue
      this.#stop(o)
      o.retry = 0
      if (o.spec.restart === 'temporary') this.#forget(o)
    }
    for (const o of group) {
      if (!this.children.includes(o)) continue
      if (!this.#start(o)) return this.#retryLater(o)
    }
  }
  #retryLater(c: Known): void {
    c.retry = ++this.#n
    this.#retries.push({ id: c.spec.id, retry: c.retry })
  }
  #find(id: string): Known | undefined {
    return this.children.find((c) => c.spec.id === id)
  }
  #forget(c: Known): void {
    this.children = this.children.filter((o) => o !== c)
  }
  #start(c: Known): boolean {
    this.log.push(`start ${c.spec.id}`)
    const left = this.fails.get(c.spec.id) ?? 0
    this.fails.set(c.spec.id, left - 1)
    c.isUp = left <= 0
    return c.isUp
  }
  #stop(c: Known): void {
    if (c.isUp) this.log.push(`${c.spec.shutdown === 'brutal_kill' ? 'kill' : 'stop'} ${c.spec.id}`)
    c.isUp = false
  }
  #finish(how: string): void {
    for (const c of [...this.children].reverse()) this.#stop(c)
    this.log.push(`done ${how}`)
    this.isOver = true
  }
}

const ids = ['a', 'b', 'c', 'd', 'e']
const hows = ['normal', 'shutdown', 'killed', 'error', 'lost'] as const
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('exit' as const), id: fc.constantFrom(...ids), how: fc.constantFrom(...hows) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('try-again' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('terminate' as const, 'restart' as const), id: fc.constantFrom(...ids) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 1000, 1001) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fail' as const), id: fc.constantFrom(...ids), times: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), id: fc.constantFrom(...ids) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shutdown' as const) }) },
)
const flags = fc.record({
  strategy: fc.constantFrom('one_for_one' as const, 'one_for_all' as const, 'rest_for_one' as const, 'simple_one_for_one' as const),
  intensity: fc.integer({ min: 0, max: 5 }),
  periodMs: fc.constant(1000),
  autoShutdown: fc.constantFrom('never' as const, 'any_significant' as const, 'all_significant' as const),
})
const kinds = fc.array(
  fc.record({
    restart: fc.constantFrom('permanent' as const, 'transient' as const, 'temporary' as const),
    shutdown: fc.constantFrom('brutal_kill' as const, 'infinity' as const, 500),
    significant: fc.boolean(),
    failsAtFirst: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1),
  }),
  { minLength: ids.length, maxLength: ids.length },
)

t('whatever happens, it does what the loops do', () => {
  fc.assert(
    fc.property(flags, kinds, fc.integer({ min: 0, max: 4 }), fc.array(event, { maxLength: 40 }), (f, k, present, events) => {
      const specs = ids.map((id, i): ChildSpec => {
        const { restart, shutdown, significant } = k[i] as (typeof k)[number]
        return { id, restart, shutdown, significant: significant && restart !== 'permanent' && f.autoShutdown !== 'never' }
      })
      const first = f.strategy === 'simple_one_for_one' ? [] : specs.slice(0, present)
      const fails = (): Map<string, number> => new Map(ids.map((id, i) => [id, (k[i] as (typeof k)[number]).failsAtFirst]))
      const drive = new Drive(f, first)
      for (const [id, n] of fails()) drive.fails.set(id, n)
      drive.input({ type: 'start' })
      const naive = new Naive(f, first, fails())
      const same = (what: string): void => assert.is(drive.take(), naive.log.splice(0).join(', '), what)
      same('start')
      for (const e of events) {
        if (naive.isOver) break
        const now = drive.nowMs
        if (e.do === 'wait') drive.nowMs += e.ms
        else if (e.do === 'fail') for (const map of [drive.fails, naive.fails]) map.set(e.id, e.times)
        else if (e.do === 'exit') {
          if (naive.children.some((c) => c.spec.id === e.id && c.isUp)) drive.exit(e.id, reason(e.how))
          naive.exit(e.id, reason(e.how), now)
        } else if (e.do === 'try-again') {
          drive.post()
          naive.tryAgain(now)
        } else if (e.do === 'add') {
          const spec = specs.find((s) => s.id === e.id) as ChildSpec
          drive.input({ type: 'add', spec })
          naive.add(spec)
        } else if (e.do === 'shutdown') {
          drive.input({ type: 'shutdown', reason: reason('shutdown') })
          naive.shutdown()
        } else {
          drive.input({ type: e.do, id: e.id })
          naive[e.do](e.id)
        }
        same(JSON.stringify(e))
      }
      const up = drive.state.children.filter((c) => c.status === 'running').map((c) => c.spec.id)
      assert.equal(
        up,
        naive.children.filter((c) => c.isUp).map((c) => c.spec.id),
      )
      assert.is(drive.state.phase === 'done', naive.isOver)
    }),
    { numRuns: 3000 },
  )
})

t.run()
