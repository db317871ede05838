/**
 * The guard's desk in main: hands operations of the actors to the guard and its answers to the life that asked. What nobody of this life asked for
 * (deaths, results that an earlier life or an earlier kyhad ordered) goes to `resource`, of fence operations to `fencer` (duty 5).
 */
import type { AgentOp, AgentResult, Msg, OpId } from '../actor.js'
import type { Token } from '../ids.js'
import type { Guard, GuardEvents } from '../ports.js'
import type { Fill } from '../secret/fill.js'
import type { Asker, FromThread, ToThread } from './messages.js'

type Order = Extract<FromThread, { type: 'run' | 'kill' | 'ack' | 'list' | 'raise' | 'note' | 'lease' | 'end-life' }>
const askersMax = 4096
/** OCF: not on this node, which lacks something; another one may have it. */
const NOT_INSTALLED = 5

export class GuardDesk {
  readonly #by = new Map<OpId, Asker>()
  readonly #lists: Asker[] = []

  /**
   * `fill` puts secrets in the place of their names; what cannot be given all of its own is refused here, with the code of something that is not installed
   * on this node. `complete` turns an agent's name into a path and adds the machine's environment; `answer` sends to the thread of a path; `read` reads outputs.
   */
  constructor(
    private readonly guard: Guard,
    private readonly complete: (op: AgentOp) => AgentOp,
    private readonly answer: (path: string, msg: ToThread) => void,
    private readonly read: (result: AgentResult) => AgentResult = (result) => result,
    private readonly fill: Fill = (op) => ({ op, hide: [] }),
  ) {}

  order(order: Order): void {
    const { guard } = this
    switch (order.type) {
      case 'run':
        if (this.#by.size >= askersMax) this.#by.delete(this.#by.keys().next().value as OpId)
        this.#by.set(order.op.id, order.by)
        return this.#run(order.op, order.token)
      case 'kill':
        return guard.kill(order.id)
      case 'ack':
        this.#by.delete(order.id)
        return guard.ack(order.id)
      case 'list':
        if (this.#lists.length < askersMax) this.#lists.push(order.by)
        return guard.list()
      case 'raise':
        return guard.raise(order.resource, order.token)
      case 'note':
        return guard.note(order.resource, order.note)
      case 'lease':
        return guard.lease(order.renewMs, order.sentMs)
      case 'end-life':
        return guard.endLife()
    }
  }

  #run(asked: AgentOp, token: Token): void {
    const filled = this.fill(this.complete(asked))
    if ('op' in filled) return this.guard.run(filled.op, token, filled.hide)
    const { id, resource, action } = asked
    const refused = { type: 'agent-result', id, resource, action, end: 'refused', rc: NOT_INSTALLED } as const
    queueMicrotask(() => this.events.onResult({ ...refused, detail: filled.problem, stdout: '', stderr: '', durationMs: 0 }))
  }

  readonly events: Omit<GuardEvents, 'onGone' | 'onLease' | 'onLeave'> = {
    onResult: (result) => {
      const by = this.#by.get(result.id) ?? null
      this.#tell(by, isFence(result.resource) ? 'fencer' : 'resource', this.read(result))
    },
    onDeath: (death) => {
      if (!isFence(death.resource)) this.#tell(null, 'resource', death)
    },
    onInventory: (inventory) => {
      const by = this.#lists.shift()
      if (by) this.answer(by.path, { type: 'answer', by, orElse: '', msg: inventory })
      else this.#tell(null, 'resource', inventory)
    },
  }

  #tell(by: Asker | null, orElse: string, msg: Msg): void {
    this.answer(by?.path ?? orElse, { type: 'answer', by, orElse, msg })
  }
}

const isFence = (resource: string): boolean => resource.startsWith('fence/')
