/**
 * Random histories: crashes with loss of what was not durable, partitions (symmetric and not), loss, repetition, delay, proposals all the
 * while. Safety is checked by the harness after every event; afterwards the world heals and the cluster must decide again and agree.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/log/apply.js'
import { cleanup, Harness } from './harness.js'

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

function history(seed: string, count: number): void {
  const h = new Harness(seed, count)
  h.startAll()
  let n = 0
  for (let at = 0; at < 8000; at += 40 + h.random.int(120)) {
    h.after(at, () => {
      const node = h.nodes[h.random.int(count)]
      if (node?.up) h.propose(node, `p${n}`, cleanup(n++ % 50))
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

for (const count of [1, 3, 5]) {
  t(`${count} nodes, ${seeds} seeds: safe throughout, live afterwards`, () => {
    for (let i = first; i < first + (count === 1 ? Math.ceil(seeds / 10) : count === 5 ? Math.ceil(seeds / 3) : seeds); i++) {
      try {
        history(`random-${count}-${i}`, count)
      } catch (error) {
        throw new Error(`seed ${i} with ${count} nodes: ${(error as Error).stack}`)
      }
    }
  })
}

t.run()
