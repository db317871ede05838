/**
 * An orderly leave of this node: it announces that it leaves, hands leadership on, and waits until the leader has moved its resources away and
 * the log says that it left (so nobody fences it); then kyhad and guard end. Refused where the others would not be enough without it.
 */
import { predicateOf } from '../../actors/quorum/twonode.js'
import type { Address, Msg, NodeId, SendClass } from '../../runtime/actor.js'
import type { Refusal } from '../../runtime/verdict.js'
import type { Model } from '../api/model.js'
import { refuse } from './names.js'

export interface LeaveOptions {
  readonly self: { readonly node: NodeId; readonly name: string }
  readonly model: Model
  readonly send: (to: Address, msg: Msg, cls: SendClass) => void
  /** Ends kyhad and guard. */
  readonly end: () => void
}

const lookMs = 500
/** The answer to who asked is on its way before everything ends. */
const farewellMs = 200

export class Leave {
  readonly #o: LeaveOptions
  #look: NodeJS.Timeout | undefined

  constructor(options: LeaveOptions) {
    this.#o = options
  }

  /** Starts leaving; asked again it goes on. `alone`: nobody is there to leave to. */
  begin(): Refusal | undefined {
    const { self, model, send } = this.#o
    const members = model.state?.members ?? []
    const present = (model.quorum?.present ?? []).filter((n) => n !== self.node)
    const rule = predicateOf(members)
    if (present.length === 0 || !members.some((m) => m.node === self.node)) return refuse('alone', 'cli.leave-alone', { node: self.name })
    if (!rule.holds(new Set(present))) {
      const idle = (model.state?.config.resources.length ?? 0) === 0
      return refuse(idle ? 'alone' : 'unsafe', 'cli.leave-quorum', { node: self.name, votesNeeded: rule.votesNeeded })
    }
    if (this.#look) return undefined
    send({ path: 'membership' }, { type: 'leave' }, 'control')
    this.#look = setInterval(() => this.#step(), lookMs)
    this.#step()
    return undefined
  }

  #step(): void {
    const { self, model, send, end } = this.#o
    if (model.leadership?.leader === self.node) send({ path: 'log' }, { type: 'transfer' }, 'control')
    if (model.state?.lives[self.node]?.state !== 'left') return
    this.close()
    setTimeout(end, farewellMs)
  }

  close(): void {
    clearInterval(this.#look)
  }
}
