/**
 * Two voters: rules T1-T5 by story and by random history. A small coordinator admits lives that it sees; a power switch kills before a
 * certificate is made. No acknowledged decision may be missing at any later leader (the harness checks it after every event).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/log/apply.js'
import type { Certificate, LogIn } from '../../../actors/log/messages.js'
import { soloOf } from '../../../actors/log/raft.js'
import type { BootId } from '../../../runtime/actor.js'
import { bootId, index } from '../../../runtime/ids.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: two nodes')

const peerOf = (h: Harness, n: Node): Node => h.nodes.find((p) => p !== n) as Node
const admitted = (n: Node, of: Node): boolean => {
  const life = n.state?.cluster.lives[of.id]
  return life?.boot === of.incarnation.boot && life.state === 'admitted'
}
let ids = 0
/** What the coordinator beside the leader does: admit every life that it sees. */
function coordinate(h: Harness): void {
  const n = h.leader()
  for (const p of h.nodes) {
    const seen = p === n ? p.incarnation.boot : bootId(`${p.id}-b${n?.sees.get(p.id)?.boot ?? 0}`)
    if (!n?.up || (p !== n && n.sees.get(p.id)?.state !== 'alive')) continue
    const life = n.state?.cluster.lives[p.id]
    if (life?.boot !== seen || life.state !== 'admitted') h.propose(n, `admit${ids++}`, { type: 'admit', node: p.id, boot: seen })
  }
}
const certificate = (n: Node, boot: BootId): Certificate => ({
  node: n.id,
  boot,
  how: 'device',
  by: 'switch',
  intent: index(0),
  detail: 'off',
})
/** n has its peer switched off, and tells its log. */
function fence(h: Harness, n: Node, boot = n.state?.cluster.lives[peerOf(h, n).id]?.boot): void {
  const p = peerOf(h, n)
  h.crash(p)
  p.powerOff = true
  if (boot) h.after(5, () => h.deliver(n, { path: 'coordinator' }, { type: 'solo', certificate: certificate(p, boot) } as LogIn))
}

function together(seed: string): { h: Harness; a: Node; b: Node } {
  const h = new Harness(seed, 2)
  h.startAll()
  for (let at = 0; at < 200_000; at += 100) h.after(at, () => coordinate(h))
  const both = (): boolean => h.nodes.every((n) => h.nodes.every((p) => admitted(n, p)))
  assert.ok(h.run(5000, both), 'both are admitted')
  return { h, a: h.node('n1'), b: h.node('n2') }
}

t('both are needed: alone nothing is acknowledged', () => {
  const { h, a, b } = together('both')
  h.propose(a, 'x', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('x')?.ok, true)
  h.crash(b)
  h.run(1000)
  h.propose(a, 'y', cleanup(2))
  h.run(6000)
  assert.is(h.answerTo('y')?.refused, 'no-quorum')
})

t('after the certificate the survivor decides alone, over its own reboot too, until the peer holds all', () => {
  const { h, a, b } = together('solo')
  h.propose(b, 'x', cleanup(1))
  h.run(500)
  h.cutPair('n1', 'n2')
  h.run(500)
  fence(h, a)
  assert.ok(
    h.run(1000, () => h.leader() === a),
    'leads alone',
  )
  assert.is(a.state?.cluster.lives[b.id]?.state, 'fenced')
  h.propose(a, 'y', cleanup(2))
  assert.ok(h.run(500, () => h.answerTo('y')?.ok === true))
  h.crash(a)
  h.start(a, true)
  assert.ok(
    h.run(5000, () => h.leader() === a),
    'a durable solo set stays authority',
  )
  h.heal()
  h.start(b, true)
  assert.ok(h.run(5000, () => h.nodes.every((n) => n.state && n.state.cluster.epoch === 2 && soloOf(n.state) === undefined)))
  assert.ok('r2' in (b.state?.cluster.cleanups ?? {}))
  assert.is(a.state && digest(a.state.cluster), b.state && digest(b.state.cluster))
})

t('no device confirms that the peer is off: with the word of an operator the survivor goes on alone, and not while the peer beats', () => {
  const { h, a, b } = together('word')
  const ack = { type: 'operator-ack', node: b.id, boot: b.incarnation.boot, by: 'ann' } as const
  h.crash(b)
  b.powerOff = true
  h.propose(a, 'early', ack)
  h.run(100)
  assert.not.ok(h.answerTo('early')?.ok, 'it was heard a moment ago')
  h.run(1000)
  assert.is(a.state?.quorum?.quorate, false)
  h.propose(a, 'another', { ...ack, boot: bootId('another') })
  h.run(100)
  assert.is(h.answerTo('another')?.refused, 'no-quorum')
  h.propose(a, 'word', ack)
  assert.ok(h.run(3000, () => h.leader() === a && h.answerTo('word')?.ok === true))
  assert.is(a.state?.cluster.lives[b.id]?.state, 'fenced')
  assert.is(a.state && soloOf(a.state)?.join(), a.id)
  h.start(b, true)
  assert.ok(h.run(5000, () => h.nodes.every((n) => n.state?.cluster.epoch === 2 && soloOf(n.state) === undefined)))
})

t('whose kyhad began anew a moment before the peer died still knows that its life is admitted, and goes on alone (T3)', () => {
  const { h, a, b } = together('anew')
  h.crash(b)
  h.crash(a)
  h.start(a)
  assert.is(a.state?.cluster.lives[a.id]?.state, 'admitted')
  fence(h, a, b.incarnation.boot)
  assert.ok(h.run(3000, () => h.leader() === a))
})

t('nobody but its owner leads a solo epoch: another one could end it while the owner, off, still has it on disk', () => {
  const h = new Harness('owner', 2)
  h.startAll()
  h.run(3000, () => h.leader() !== undefined)
  const [a, b] = [h.node('n1'), h.node('n2')]
  const admit = (n: Node): void =>
    h.propose(h.leader() as Node, `admit-${n.id}-${n.boot}`, { type: 'admit', node: n.id, boot: n.incarnation.boot })
  admit(a)
  admit(b)
  h.run(1000)
  fence(h, a)
  h.run(1000, () => h.leader() === a)
  h.start(b, true)
  assert.ok(h.run(3000, () => b.state?.commit === a.state?.commit && b.state?.leader === a.id))
  // The peer holds everything, its life is not admitted yet, and leadership is asked to move.
  h.deliver(a, { path: 'coordinator' }, { type: 'transfer', to: b.id } as LogIn)
  h.deliver(b, { path: 'log', node: a.id }, { type: 'timeout-now', term: a.state?.hard.term } as LogIn)
  h.run(3000)
  assert.ok(h.said.some((s) => s.key === 'log.transfer-nobody'))
  assert.is(h.leader(), a)
  admit(b)
  assert.ok(
    h.run(3000, () => h.nodes.every((n) => n.state && n.state.cluster.epoch === 2 && soloOf(n.state) === undefined)),
    'the owner ends it',
  )
})

t('a fresh boot may not decide alone (T3)', () => {
  const { h, a, b } = together('t3')
  h.crash(a)
  h.run(500)
  h.crash(b)
  h.start(b, true)
  fence(h, b, b.state?.cluster.lives[a.id]?.boot ?? bootId('n1-b1'))
  h.run(3000)
  assert.is(h.leader(), undefined)
  assert.ok(h.said.some((s) => s.key === 'log.solo-not-admitted'))
})

t('a certificate of another life is refused (T2)', () => {
  const { h, a } = together('t2')
  fence(h, a, bootId('n2-b0'))
  h.run(3000)
  assert.is(h.leader(), undefined)
  assert.ok(h.said.some((s) => s.key === 'log.solo-wrong-life'))
})

t('the fenced peer comes back alone and decides nothing', () => {
  const { h, a, b } = together('alone')
  fence(h, a)
  h.run(500, () => h.leader() === a)
  h.propose(a, 'y', cleanup(2))
  h.run(300)
  h.crash(a)
  h.start(b, true)
  fence(h, b)
  h.run(5000)
  assert.is(h.leader(), undefined)
})

t('with three voters nobody decides alone', () => {
  const h = new Harness('three', 3)
  h.startAll()
  h.run(3000, () => h.leader() !== undefined)
  const n = h.leader() as Node
  h.deliver(n, { path: 'coordinator' }, { type: 'solo', certificate: certificate(n, bootId('x')) } as LogIn)
  assert.ok(h.said.some((s) => s.key === 'log.solo-not-two'))
})

function history(seed: string): number {
  const { h } = together(seed)
  const r = h.random
  let n = 0
  let solos = 0
  for (let at = 0; at < 20_000; at += 30 + r.int(100)) {
    h.after(at, () => {
      const node = h.nodes[r.int(2)] as Node
      if (node.up) h.propose(node, `p${n}`, cleanup(n++ % 50))
    })
  }
  for (let at = 200; at < 20_000; at += 100 + r.int(900)) {
    h.after(at, () => {
      const node = h.nodes[r.int(2)] as Node
      const peer = peerOf(h, node)
      const kind = r.int(7)
      if (kind === 0) h.crash(node)
      else if (kind === 1) h.start(node, r.chance(0.7))
      else if (kind === 2) h.cutPair(node.id, peer.id)
      else if (kind === 3) h.heal()
      else if (kind === 4) h.faults.lossPct = r.int(20)
      else if (node.up && node.sees.get(peer.id)?.state === 'silent') {
        // Both may try at once: the switch decides who is left.
        fence(h, node)
        if (node.state && soloOf(node.state) === undefined) solos++
        h.after(300 + r.int(2000), () => h.start(peer, true))
      }
    })
  }
  h.run(20_000)
  h.faults.lossPct = 0
  h.heal()
  for (const node of h.nodes) h.start(node, true)
  assert.ok(
    h.run(8000, () => h.leader() !== undefined),
    `${seed}: no leader after the world healed`,
  )
  assert.ok(
    h.run(8000, () => h.nodes.every((x) => x.state && soloOf(x.state) === undefined && h.nodes.every((p) => admitted(x, p)))),
    `${seed}: not together again: ${JSON.stringify(h.nodes.map((x) => x.state?.cluster.lives))}`,
  )
  h.run(2000)
  assert.is(new Set(h.nodes.map((x) => x.state && digest(x.state.cluster))).size, 1, seed)
  return solos
}

t('random histories: no acknowledged decision is lost, and both come together again', () => {
  let solos = 0
  const first = Number(process.env['KYHA_SEED'] ?? 1)
  for (let i = first; i < first + Number(process.env['KYHA_SEEDS'] ?? 40); i++) {
    try {
      solos += history(`two-${i}`)
    } catch (error) {
      throw new Error(`seed ${i}: ${(error as Error).stack}`)
    }
  }
  assert.ok(solos > 0, 'the histories reach solo epochs')
})

t.run()
