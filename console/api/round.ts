/**
 * Events go round: decisions are the same on every node, but what a node observed only it knows. Each console tells the others what its node
 * says, in bulk and in order, so that every node's list of events is one of the whole cluster. Told a tenth of a second later at most; what was
 * said before the members are known waits for them, the newest 200. Nothing decides by it, and what is lost (a queue that was full, a console that
 * began anew) stays readable on the node that said it.
 */
import type { Address, Msg, NodeId } from '../../runtime/actor.js'
import type { Said } from '../../runtime/host/messages.js'

/** console -> console of every other member. */
export interface Overheard extends Msg {
  readonly type: 'overheard'
  readonly said: readonly Said[]
}

const everyMs = 100
const waitingMax = 200

export class Round {
  readonly #self: NodeId
  readonly #send: (to: Address, msg: Msg) => void
  readonly #members: () => readonly NodeId[]
  #waiting: Said[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(self: NodeId, send: (to: Address, msg: Msg) => void, members: () => readonly NodeId[]) {
    this.#self = self
    this.#send = send
    this.#members = members
  }

  /** This node said it. */
  tell(said: Said): void {
    if (said.verdict.severity === 'debug' || !isOf(said, this.#self)) return
    this.#waiting = [...this.#waiting, said].slice(-waitingMax)
    this.#timer ??= setTimeout(() => this.#go(), everyMs)
  }

  /** What another console tells of its own node; anything else in it is left out. */
  hear(msg: Msg, from: Address): readonly Said[] {
    const { said } = msg as Overheard
    const { node, path } = from
    if (node === undefined || node === this.#self || path !== 'console' || !Array.isArray(said)) return []
    return said.slice(0, waitingMax).filter((s) => isOf(s, node))
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #go(): void {
    const members = this.#members()
    this.#timer = members.length === 0 ? setTimeout(() => this.#go(), 10 * everyMs) : undefined
    if (members.length === 0) return
    const msg: Overheard = { type: 'overheard', said: this.#waiting }
    this.#waiting = []
    for (const node of members) if (node !== this.#self) this.#send({ node, path: 'console' }, msg)
  }
}

/** An observation of that node: `node:boot:seq`. */
const isOf = (said: Said, node: NodeId): boolean =>
  said?.node === node && typeof said.id === 'string' && said.id.startsWith(`${node}:`) && typeof said.verdict?.key === 'string'
