/** Two voters with a witness: what it has said ends with its rule. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyConfig } from '../../../actors/log/apply.js'
import { decodeHard, encodeHard, type Hard } from '../../../actors/log/codec.js'
import type { Entry, LogIn, WitnessAsk } from '../../../actors/log/messages.js'
import { claim, enrol, type WitnessRecord } from '../../../actors/witness/register.js'
import { index, nodeId, term } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { pack } from '../../../runtime/wire/codec.js'
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
  readonly asked: string[] = []
  readonly refused = new Set<string>()

  constructor(h: Harness, forMs: number) {
    for (let at = 0; at < forMs; at += 5) h.after(at, () => this.#serve(h))
  }

  #serve(h: Harness): void {
    for (const n of h.nodes) {
      const asks = n.inbox.filter((m) => m.to === 'witness').map((m) => m.msg as WitnessAsk)
      n.inbox = n.inbox.filter((m) => m.to !== 'witness')
      for (const { ask, epoch, node, witness } of asks) {
        this.asked.push(`${node} ${ask} ${epoch}`)
        // Written before it was said; gone again where an earlier ask was answered meanwhile.
        const { claim: kept, epoch: at } = hardOf(n)
        if (ask === 'claim' && at <= epoch && !this.refused.has(node)) assert.equal(kept, { witness, epoch })
        const { record, ok } = ask === 'enrol' ? enrol(this.record, epoch) : claim(this.record, node, epoch)
        this.record = record
        if (ask === 'claim' && !ok) this.refused.add(node)
        const told = { type: 'witness-told', ask, witness, epoch, ok, ...(record ? { record } : {}) }
        if (!this.deaf.has(n)) h.deliver(n, { path: 'witness' }, told as LogIn)
      }
    }
  }
}

const hardOf = (n: Node): Hard => {
  const got = decodeHard(n.disk.hard as Uint8Array)
  assert.ok(got.ok)
  return (got as { value: Hard }).value
}

/** Both with a witness in use. */
function begin(seed: string) {
  const h = new Harness(seed, 2)
  const [a, b] = [h.node('n1'), h.node('n2')]
  const witness = new Witness(h, 60_000)
  const propose = (id: string, entry: Entry): void => h.propose(h.leader() as Node, id, entry)
  const agree = (word: string | undefined): boolean => h.nodes.every((n) => n.state?.cluster.witness === word && n.state?.witness === word)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  propose('with', config('w'))
  assert.ok(h.run(5000, () => agree('w')))
  return { h, a, b, witness, propose, agree }
}

/** The line is cut, the witness lets `a` go on alone, and `a` loses power before it hears that; then both meet again. */
function unheard(seed: string) {
  const all = begin(seed)
  const { h, a, b, witness } = all
  witness.deaf.add(a)
  h.cutPair('n1', 'n2')
  assert.ok(h.run(3000, () => h.said.some((s) => s.node === b.id && s.key === 'log.witness-refused')))
  assert.equal(witness.record, { epoch: 1, owner: a.id })
  assert.equal(b.state?.toldSolo, [a.id])
  h.crash(a)
  h.run(500)
  return all
}

const meet = (h: Harness, a: Node): void => {
  h.heal()
  h.start(a, true)
  assert.ok(h.run(5000, () => h.leader() !== undefined))
}

/** What the coordinator does: lives that are heard are let in. */
function admitAll(h: Harness): void {
  for (const n of h.nodes)
    h.propose(h.leader() as Node, `admit ${n.incarnation.boot}`, { type: 'admit', node: n.id, boot: n.incarnation.boot })
}

t('who was let go on alone never heard it: the other one holds that against it while the witness is asked, and no longer', () => {
  const { h, a, b, propose, agree } = unheard('unheard')
  meet(h, a)
  assert.is(b.state?.cluster.epoch, 0, 'nobody went on alone')
  assert.equal(b.state?.toldSolo, [a.id])

  propose('without', config())
  assert.ok(h.run(5000, () => agree(undefined)))
  assert.is(b.state?.toldSolo, undefined)
  h.run(100)
  assert.is(hardOf(a).claim, undefined, 'nobody is asked for that any more')
})

t('who was let go on alone and lost power before it knew asks on: the record names nobody for ever', () => {
  const { h, a, b, witness } = unheard('asks on')
  assert.equal(hardOf(a).claim, { witness: 'w', epoch: 0 })
  witness.deaf.clear()
  meet(h, a)
  assert.ok(h.run(5000, () => h.leader() === a && a.state?.cluster.epoch === 1))
  admitAll(h)
  assert.ok(h.run(5000, () => h.nodes.every((n) => n.state?.cluster.epoch === 2 && !n.state.cluster.solo)))
  assert.is(hardOf(a).claim, undefined)
  assert.is(b.state?.toldSolo, undefined)

  h.crash(a) // for good
  assert.ok(h.run(5000, () => h.leader() === b && b.state?.told.ready === true))
  assert.equal(witness.record, { epoch: 3, owner: b.id })
})

t('who was refused asks for that no more, after a restart neither', () => {
  const { h, a, b, witness } = unheard('refused')
  h.run(100)
  assert.is(hardOf(b).claim, undefined)
  meet(h, a)
  h.crash(b)
  h.run(1000)
  witness.asked.length = 0
  h.start(b)
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  h.run(2000)
  assert.equal([...new Set(witness.asked)], [`${a.id} claim 0`])
})

t('a claim on disk lets nobody ask who may not: who decides alone elsewhere was given the epoch, and it is over', () => {
  const { h, a, b, witness } = begin('over')
  h.crash(a)
  assert.ok(h.run(5000, () => h.leader() === b))
  const epoch = b.state?.cluster.epoch ?? -1
  assert.equal(witness.record, { epoch, owner: b.id })
  a.disk.hard = encodeHard({ ...hardOf(a), claim: { witness: 'w', epoch: epoch - 1 } })
  h.start(a, true)
  h.run(2000)
  admitAll(h)
  assert.ok(h.run(5000, () => h.nodes.every((n) => n.state?.cluster.epoch === epoch + 1)))
  h.run(2000)
  assert.equal(witness.record, { epoch, owner: b.id })
  assert.not.ok(witness.asked.some((line) => line.startsWith(a.id) && line.includes('claim')))
  assert.is(hardOf(a).claim, undefined)
})

t('a hard state from before there were claims is read, and one with a claim comes back as it was', () => {
  const old = { version: 1, term: 3, votedFor: 'n1', epoch: 2, commit: 7 }
  const got = decodeHard(pack(old))
  assert.ok(got.ok && got.value.claim === undefined && got.value.epoch === 2)
  const hard: Hard = {
    term: term(3),
    votedFor: nodeId('n1'),
    epoch: 2,
    soloSet: undefined,
    certificate: undefined,
    claim: undefined,
    commit: index(7),
  }
  assert.equal(encodeHard(hard), pack(old), 'the bytes are those of before')
  const claim = { witness: 'w', epoch: 2 }
  assert.equal(decodeHard(encodeHard({ ...hard, claim })), { ok: true, value: { ...hard, claim } })
  const long = encodeHard({ ...hard, claim: { ...claim, witness: 'w'.repeat(100_000) } })
  assert.ok(long.length < 3072, 'what a superblock has room for')
})

t.run()
