/** A node that is heard and hears nobody (F27 on all links): it says so, and whoever hears it counts it out until it hears again. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Harness } from './harness.js'

const t = suite('membership/deaf')

function formed(nodes: number): Harness {
  const h = new Harness({ nodes })
  h.run(2000)
  return h
}
const deafen = (h: Harness, name: string, on = true): void => {
  for (const other of h.nodes) if (other.name !== name) h.cut(other.name, name, on)
}

t('a node that hears nobody is taken for gone by those that hear it, and is back when it hears again', () => {
  const h = formed(3)
  deafen(h, 'n1')
  h.run(1500)
  assert.is(h.peer('n2', 'n1')?.state, 'alive', 'whoever was just cut off is not deaf yet')
  h.run(3000)
  for (const n of ['n2', 'n3']) {
    assert.is(h.peer(n, 'n1')?.state, 'silent')
    assert.is(h.peer(n, 'n1')?.because?.key, 'membership.deaf-lost')
    assert.equal(h.quorum(n)?.present, ['node-2', 'node-3'])
  }
  deafen(h, 'n1', false)
  h.run(2000)
  for (const n of ['n2', 'n3']) assert.is(h.peer(n, 'n1')?.state, 'alive')
})

t('a node that hears one other is not deaf, however many it misses', () => {
  const h = formed(3)
  h.cut('n2', 'n1')
  h.run(10_000)
  for (const n of ['n2', 'n3']) assert.is(h.peer(n, 'n1')?.state, 'alive')
  assert.not.ok(h.keys('n1', 0).includes('membership.self-deaf'))
})

t('two halves that have both said that they are deaf find each other again', () => {
  const h = formed(2)
  h.cutBoth('n1', 'n2')
  h.run(10_000)
  for (const n of ['n1', 'n2']) assert.ok(h.keys(n, 0).includes('membership.self-deaf'))
  h.cutBoth('n1', 'n2', false)
  h.run(3000)
  assert.equal([h.peer('n1', 'n2')?.state, h.peer('n2', 'n1')?.state], ['alive', 'alive'])
})

t.run()
