/**
 * Runs the services of a thread (service.ts). The child counts as started when its loading begins: a service that cannot start ends its thread
 * like one that throws later, and does not keep the node from starting. Before it is up, at most 256 messages wait for it.
 */
import type { Address, Instant, Msg, SendClass } from '../actor.js'
import { assert } from '../assert.js'
import { Mailbox } from '../mailbox.js'
import { reason } from '../supervisor.js'
import type { ActorNode } from '../tree.js'
import { type Refusal, verdict } from '../verdict.js'
import type { Environment } from './environment.js'
import type { Facts } from './facts.js'
import { packJob } from './job.js'
import type { Letter } from './loop.js'
import type { FromThread, Inspect } from './messages.js'
import type { Service, ServiceContext } from './service.js'
import type { ChildEvents, Running } from './spawn.js'

export interface ServiceMeans {
  readonly facts: Facts
  readonly now: () => Instant
  readonly env: Environment
  /** To an actor of this node, or of another. */
  send(from: Address, to: Address, msg: Msg, cls: SendClass): void
  host(msg: FromThread): void
}
type JobAnswer = Awaited<ReturnType<ServiceContext['job']>>
const inspectMs = 2000
const asksMax = 64
const waitingMax = 256

export class ServiceRunner {
  readonly #up = new Map<string, { service?: Service; readonly waiting: Mailbox<Letter> }>()
  readonly #asks = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #jobs = new Map<string, (answer: JobAnswer) => void>()
  #n = 0

  constructor(
    private readonly m: ServiceMeans,
    /** A service that is not up by then has failed: nobody else would notice, since a thread with a hanging start makes progress. */
    private readonly startMs = 15_000,
  ) {}

  launch(node: ActorNode, on: ChildEvents): Running {
    const entry: { service?: Service; readonly waiting: Mailbox<Letter> } = { waiting: new Mailbox(waitingMax, 'keep-newest') }
    this.#up.set(node.id, entry)
    on.started()
    let over = false
    const end = (how: 'shutdown' | 'error', detail = ''): void => {
      if (over) return
      over = true
      this.#up.delete(node.id)
      on.exited(reason(how, detail))
    }
    const start = async (): Promise<void> => {
      assert(this.m.env.service, 'this thread has no services')
      const begin = await this.m.env.service(node.id)
      const service = await begin(this.#context(node.id))
      if (over) return service.stop()
      entry.service = service
      for (let l = entry.waiting.take(); l; l = entry.waiting.take()) service.receive(l.msg, l.from, l.incarnation)
    }
    const up = new Promise((resolve) => setImmediate(resolve)).then(start)
    const late = setTimeout(() => end('error', `it did not start within ${this.startMs} ms`), this.startMs)
    up.catch((error: Error) => end('error', error.message)).finally(() => clearTimeout(late))
    return {
      // A start on its way ends first: it would take the sockets of the life that follows.
      stop: () =>
        void up
          .then(() => entry.service?.stop())
          .then(
            () => end('shutdown'),
            (error: Error) => end('error', error.message),
          ),
      kill: () => end('shutdown', 'killed'),
    }
  }

  has(path: string): boolean {
    return this.#up.has(path)
  }

  /** True when the path is a service's. */
  receive(path: string, letter: Letter): boolean {
    const entry = this.#up.get(path)
    if (!entry) return false
    if (entry.service) entry.service.receive(letter.msg, letter.from, letter.incarnation)
    else entry.waiting.push(letter, 'control')
    return true
  }

  inspected(id: number, ok: boolean, value: unknown): void {
    const ask = this.#asks.get(id)
    this.#asks.delete(id)
    if (ok) ask?.resolve(value)
    else ask?.reject(new Error(String(value)))
  }

  /** True when a service asked for it. */
  jobDone(path: string, id: string, ok: boolean, value: unknown): boolean {
    const settle = this.#jobs.get(id)
    this.#jobs.delete(id)
    if (!settle || !this.#up.has(path)) return false
    settle((ok ? { ok, value } : { ok, ...(value as Refusal) }) as JobAnswer)
    return true
  }

  #context(path: string): ServiceContext {
    const { facts, now, send, host } = this.m
    return {
      path,
      boot: facts.boot,
      node: facts.node,
      guard: facts.guard,
      now,
      send: (to, msg, cls = 'control') => send({ path }, to, msg, cls),
      inspect: (request) => this.#ask(request),
      job: (kind, args, limitMs) => this.#job(path, kind, args, limitMs),
      lab: (request) => host(request),
      leave: (how) => host({ type: 'leave', how }),
      say: (verdict) => host({ type: 'say', path, verdict }),
    }
  }

  #job(path: string, kind: string, args: unknown, limitMs: number): Promise<JobAnswer> {
    if (this.#jobs.size >= asksMax) {
      const because = verdict('refuse', 'runtime.job-full', { kind, limit: asksMax }, 'warning')
      return Promise.resolve({ ok: false, refused: 'full', because })
    }
    const id = `${path}:${++this.#n}`
    return new Promise((resolve) => {
      this.#jobs.set(id, resolve)
      this.m.host({ type: 'job', by: { path, life: 0 }, id, kind, args: packJob(args), limitMs })
    })
  }

  #ask(request: Inspect): Promise<unknown> {
    const id = ++this.#n
    return new Promise((resolve, reject) => {
      if (this.#asks.size >= asksMax) return reject(new Error(`more than ${asksMax} questions about the runtime wait for an answer`))
      const late = setTimeout(() => this.inspected(id, false, `no answer within ${inspectMs} ms`), inspectMs)
      const settle = (then: () => void): void => {
        clearTimeout(late)
        then()
      }
      this.#asks.set(id, { resolve: (v) => settle(() => resolve(v)), reject: (e) => settle(() => reject(e)) })
      this.m.host({ type: 'inspect', id, request })
    })
  }
}
