/**
 * Random histories: crashes with loss of what was not durable, partitions (symmetric and not), loss, repetition, delay, proposals all the
 * while. Safety is checked by the harness after every event; afterwards the world heals and the cluster must decide again and agree.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest, emptyConfig } from '../../../actors/log/apply.js'
import { verdict } from '../../../runtime/verdict.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: random histories')
const seeds = Number(process.env['KYHA_SEEDS'] ?? 200)
const first = Number(process.env['KYHA_SEED'] ?? 1)

function disturb(h: Harness): void {
  const r = h.random
  const node = h.nodes[r.int(h.nodes.length)]
  const other = h.nodes[r.int(h.nodes.length)]
  if (!node || !other) return
  switch (r.int(9)) {
    case 0:
    case 1:
      h.crash(node)
      h.after(r.int(1500), () => h.start(node, r.chance(0.5)))
      return
    case 2:
      return h.heal()
    case 3:
      if (node !== other) h.cutPair(node.id, other.id)
      return
    case 4:
      h.cut.add(`${node.id}>${other.id}`)
      return h.lookAround()
    case 5:
      h.faults.lossPct = r.int(25)
      h.faults.repeatPct = r.int(25)
      return
    case 6:
      h.faults.delayMs = r.chance(0.3) ? 300 : 1 + r.int(20)
      return
    case 7:
      node.full = !node.full
      return
    default: {
      const a = h.nodes.filter(() => r.chance(0.5)).map((n) => n.id as string)
      const b = h.nodes.map((n) => n.id as string).filter((n) => !a.includes(n))
      return h.partition(a, b)
    }
  }
}

/** One vote more or less somewhere, or another tie-break: whatever the log makes of it. */
function change(h: Harness, id: string): void {
  const r = h.random
  const asked = h.nodes[r.int(h.nodes.length)] as Node
  const now = h.leader()?.state?.cluster
  if (!asked.up || !now) return
  const because = verdict('members', 'log.members')
  if (r.chance(0.3)) {
    const quorum = r.chance(0.7) ? { quorum: { tieBreak: r.chance(0.5) ? 'lowest' : `n${1 + r.int(h.nodes.length)}` } } : {}
    return h.propose(asked, id, { type: 'config', doc: { ...emptyConfig('test'), ...quorum }, by: 'test', because })
  }
  const node = now.members[r.int(now.members.length)]
  const members = now.members.map((m) => (m === node ? { ...m, votes: Math.max(0, m.votes + (r.chance(0.5) ? 1 : -1)) } : m))
  h.propose(asked, id, { type: 'members', members, epoch: now.epoch, because })
}

function history(seed: string, count: number, changes = false): void {
  const h = new Harness(seed, count)
  h.startAll()
  let n = 0
  for (let at = 0; at < 8000; at += 40 + h.random.int(120)) {
    h.after(at, () => {
      const node = h.nodes[h.random.int(count)]
      if (node?.up) h.propose(node, `p${n}`, cleanup(n++ % 50))
      if (changes && h.random.chance(0.4)) change(h, `m${n++}`)
    })
  }
  for (let at = 300; at < 8000; at += 100 + h.random.int(700)) h.after(at, () => disturb(h))
  h.run(8000)
  // The world heals: it must decide again.
  h.faults.lossPct = 0
  h.faults.repeatPct = 0
  h.faults.delayMs = 1
  for (const node of h.nodes) node.full = false
  h.heal()
  h.run(1600)
  for (const node of h.nodes) h.start(node)
  assert.ok(
    h.run(8000, () => h.leader() !== undefined),
    `${seed}: no leader after the world healed`,
  )
  const leader = h.leader()
  assert.ok(leader)
  h.run(3000)
  h.propose(h.nodes[0] as (typeof h.nodes)[0], 'last', cleanup(99))
  h.run(3000, () => h.answerTo('last') !== undefined)
  assert.is(h.answerTo('last')?.ok, true, `${seed}: ${JSON.stringify(h.answerTo('last'))}`)
  h.run(3000)
  const digests = new Set(h.nodes.map((node) => (node.state ? `${node.state.cluster.index} ${digest(node.state.cluster)}` : 'down')))
  assert.is(digests.size, 1, `${seed}: nodes differ: ${[...digests].join(' | ')}`)
}

const forms: readonly (readonly [number, number, boolean])[] = [
  [1, Math.ceil(seeds / 10), false],
  [3, seeds, false],
  [5, Math.ceil(seeds / 3), false],
  [4, Math.ceil(seeds / 2), true],
]
for (const [count, many, changes] of forms) {
  t(`${count} nodes${changes ? ' whose votes change' : ''}, ${many} seeds: safe throughout, live afterwards`, () => {
    for (let i = first; i < first + many; i++) {
      try {
        history(`random-${count}-${i}`, count, changes)
      } catch (error) {
        throw new Error(`seed ${i} with ${count} nodes: ${(error as Error).stack}`)
      }
    }
  })
}

t.run()
