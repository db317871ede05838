/**
 * The simulated witness: a third place with a register of its own (actors/witness/register.ts). It may be cut off from a node, slow, or down; what it has
 * answered it remembers. Held to the cases of every witness (test/contract/witness.cases.ts).
 */

import type { WitnessAsk, WitnessTold } from '../../actors/witness/messages.js'
import { claim, enrol, type WitnessRecord } from '../../actors/witness/register.js'
import type { Random } from '../../runtime/random.js'

export class SimWitness {
  /** The one of a world. */
  static readonly called = 'witness'
  readonly name: string
  /** Machines that it does not reach, by name. */
  readonly cut = new Set<string>()
  up = true
  /** What an answer takes beyond the way there and back, ms. */
  extraMs = 0
  #record: WitnessRecord | undefined

  constructor(
    name: string,
    private readonly random: Random,
  ) {
    this.name = name
  }

  get record(): WitnessRecord | undefined {
    return this.#record
  }

  /** A new device without memory in its place. */
  replace(): void {
    this.#record = undefined
  }

  /** Carries `ask` there and the answer back through `after`; either may be lost. */
  carry(from: string, ask: WitnessAsk, after: (ms: number, run: () => void) => void, answer: (told: WitnessTold) => void): void {
    after(1 + this.random.next() * 2, () => {
      if (!this.up || this.cut.has(from) || ask.witness !== this.name) return
      const told = this.answer(ask)
      after(1 + this.extraMs + this.random.next() * 2, () => {
        if (!this.cut.has(from)) answer(told)
      })
    })
  }

  answer(ask: WitnessAsk): WitnessTold {
    const { record, ok } = ask.ask === 'enrol' ? enrol(this.#record, ask.epoch) : claim(this.#record, ask.node, ask.epoch)
    this.#record = record
    const { witness, epoch } = ask
    return { type: 'witness-told', ask: ask.ask, witness, epoch, ok, ...(record ? { record } : {}) }
  }
}
