/** Two voters with a witness: what it has said ends with its rule. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyConfig } from '../../../actors/log/apply.js'
import type { Entry, LogIn, WitnessAsk } from '../../../actors/log/messages.js'
import { claim, enrol, type WitnessRecord } from '../../../actors/witness/register.js'
import { verdict } from '../../../runtime/verdict.js'
import { Harness, type Node } from './harness.js'

const t = suite('log: a witness')

const config = (witness?: string): Entry => ({
  type: 'config',
  doc: { ...emptyConfig('test'), ...(witness ? { quorum: { witness } } : {}) },
  by: 'test',
  because: verdict('config', 'log.config'),
})

/** A witness within reach of all; what it says to those in `deaf` is lost. */
class Witness {
  record: WitnessRecord | undefined
  readonly deaf = new Set<Node>()

  constructor(h: Harness, forMs: number) {
    for (let at = 0; at < forMs; at += 5) h.after(at, () => this.#serve(h))
  }

  #serve(h: Harness): void {
    for (const n of h.nodes) {
      const asks = n.inbox.filter((m) => m.to === 'witness').map((m) => m.msg as WitnessAsk)
      n.inbox = n.inbox.filter((m) => m.to !== 'witness')
      for (const { ask, epoch, node, witness } of asks) {
        const { record, ok } = ask === 'enrol' ? enrol(this.record, epoch) : claim(this.record, node, epoch)
        this.record = record
        const told = { type: 'witness-told', ask, witness, epoch, ok, ...(record ? { record } : {}) }
        if (!this.deaf.has(n)) h.deliver(n, { path: 'witness' }, told as LogIn)
      }
    }
  }
}

t('who was let go on alone never heard it: the other one holds that against it while the witness is asked, and no longer', () => {
  const h = new Harness('unheard', 2)
  const [a, b] = [h.node('n1'), h.node('n2')]
  const witness = new Witness(h, 60_000)
  const propose = (id: string, entry: Entry): void => h.propose(h.leader() as Node, id, entry)
  const agree = (word: string | undefined): boolean => h.nodes.every((n) => n.state?.cluster.witness === word && n.state?.witness === word)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  propose('with', config('w'))
  assert.ok(h.run(5000, () => agree('w')))

  witness.deaf.add(a)
  h.cutPair('n1', 'n2')
  assert.ok(h.run(3000, () => h.said.some((s) => s.node === b.id && s.key === 'log.witness-refused')))
  assert.equal(witness.record, { epoch: 1, owner: a.id })
  assert.equal(b.state?.toldSolo, [a.id])
  h.crash(a)
  h.run(500)
  witness.deaf.clear()
  h.heal()
  h.start(a, true)
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  assert.is(b.state?.cluster.epoch, 0, 'nobody went on alone')
  assert.equal(b.state?.toldSolo, [a.id])

  propose('without', config())
  assert.ok(h.run(5000, () => agree(undefined)))
  assert.is(b.state?.toldSolo, undefined)
})

t.run()
