/** Questions about the runtime's inside: asked of the threads that can answer, gathered here. A thread that ends or is busy beyond a second is left out. */
import { assert } from '../assert.js'
import type { Thread } from '../tree.js'
import type { Timer, Timers } from './clock.js'
import { childrenOf } from './inspect.js'
import type { Inspect, ToThread } from './messages.js'
import type { Runner } from './spawn.js'

export interface InspectionMeans {
  running(): readonly Thread[]
  placed(path: string): Thread | undefined
  /** Supervisors that run in main. */
  readonly runners: readonly Runner[]
  tell(thread: Thread, msg: ToThread): void
  readonly timers: Timers
  /** What waits in main for each thread, and what was dropped. */
  channels(): readonly unknown[]
}
interface Question {
  readonly open: Set<Thread>
  readonly answers: Map<Thread, unknown>
  readonly problems: string[]
  readonly settle: () => void
  readonly timer: Timer
}
const waitMs = 1000

export class Inspection {
  readonly #questions = new Map<number, Question>()
  #n = 0

  constructor(private readonly m: InspectionMeans) {}

  async ask(request: Inspect): Promise<unknown> {
    if (request.type === 'actors') return (await this.#gather(request, this.m.running(), true)).flat()
    if (request.type === 'counters') return [...(await this.#gather(request, this.m.running(), true)), ...this.m.channels()]
    if (request.type === 'children') return this.#children(request)
    const thread = this.m.placed(request.path)
    assert(thread !== undefined && this.m.running().includes(thread), `no actor runs at ${request.path}`)
    const [answer] = await this.#gather(request, [thread], false)
    return answer
  }

  answered(thread: Thread, id: number, ok: boolean, value: unknown): void {
    const q = this.#questions.get(id)
    if (!q?.open.delete(thread)) return
    if (ok) q.answers.set(thread, value)
    else q.problems.push(String(value))
    if (q.open.size === 0) q.settle()
  }

  /** A thread ended: it answers nothing any more. */
  lost(thread: Thread): void {
    for (const [id, q] of this.#questions) if (q.open.has(thread)) this.answered(thread, id, false, `thread ${thread} ended`)
  }

  async #children(request: Extract<Inspect, { type: 'children' }>): Promise<unknown> {
    const own = this.m.runners.filter((r) => !request.path || r.node.id === request.path).flatMap((r) => childrenOf(r, 'main'))
    const all = [...own, ...(await this.#gather(request, this.m.running(), true)).flat()]
    assert(all.length > 0 || !request.path, `no supervisor is called ${request.path}`)
    return all
  }

  /** Answers in the order of the threads; without any it rejects, unless `some` is enough. */
  #gather(request: Inspect, threads: readonly Thread[], some: boolean): Promise<unknown[]> {
    if (threads.length === 0) return Promise.resolve([])
    const id = ++this.#n
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        const q = this.#questions.get(id)
        if (!q) return
        q.timer.cancelled = true
        this.#questions.delete(id)
        if (q.answers.size === 0 && !some) return reject(new Error(q.problems[0] ?? `no answer within ${waitMs} ms`))
        resolve(threads.flatMap((t) => (q.answers.has(t) ? [q.answers.get(t)] : [])))
      }
      const timer = this.m.timers.after(waitMs, settle)
      this.#questions.set(id, { open: new Set(threads), answers: new Map(), problems: [], settle, timer })
      for (const thread of threads) this.m.tell(thread, { type: 'inspect', id, request })
    })
  }
}
