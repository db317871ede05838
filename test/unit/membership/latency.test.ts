/** Prints how long detection takes in virtual time; asserts only the order and completeness of what happens. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Harness } from './harness.js'

const t = suite('membership/latency')
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1

function trial(nodes: number, links: number, seed: number, rt: boolean): { all: number; suspects: number } {
  const h = new Harness({ nodes, links, seed: `latency${seed}` })
  if (rt) for (const n of h.nodes) h.tell(n.name, 'membership', { type: 'real-time', rt: true } as never)
  h.run(8000 + seed * 7.3)
  const from = h.now
  h.kill('n1')
  const witness = h.nodes.at(-1)?.name as string
  const ok = h.run(2000, () => h.peer(witness, 'n1')?.state === 'silent')
  assert.ok(ok, `${witness} never confirmed n1`)
  const mine = h.said.filter((s) => s.node === witness && s.atMs >= from).map((s) => s.verdict.key)
  assert.is(mine.indexOf('membership.suspect') < mine.indexOf('membership.silent') || nodes === 2, true)
  const suspectAt = h.said.find((s) => s.node === witness && s.atMs >= from)?.atMs ?? 0
  return { all: h.now - from, suspects: suspectAt - from }
}

for (const [nodes, links, rt] of [
  [3, 2, false],
  [2, 2, false],
  [3, 2, true],
] as const) {
  t(`${nodes} nodes, ${links} links${rt ? ', real-time beat threads' : ''}: a killed node is confirmed silent`, () => {
    const runs = Array.from({ length: 60 }, (_, i) => trial(nodes, links, i, rt).all).sort((a, b) => a - b)
    const line = [0, 0.5, 0.9, 1].map((q) => Math.round(at(runs, q))).join(' / ')
    process.stdout.write(`  ${nodes} nodes ${links} links${rt ? ' rt' : ''}: kill to silent, virtual ms: min/median/p90/max ${line}\n`)
  })
}

t.run()
