/** Many nodes: each is watched by four, few datagrams, and a death is known to all. Rows: A8, A9. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FULL_MESH_MAX } from '../../../actors/membership/messages.js'
import { isWatched, WATCHERS, watchersOf } from '../../../actors/membership/watch.js'
import { type NodeId, nodeId } from '../../../runtime/ids.js'
import { Harness, timing } from './harness.js'

const t = suite('membership/watch')
const members = (n: number): NodeId[] => Array.from({ length: n }, (_, i) => nodeId(`node-${i + 1}`))

t('up to five nodes everybody watches everybody; above, four watch each, never itself, in whatever order members are told', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.infiniteStream(fc.nat()), (n, shuffle) => {
      const all = members(n)
      const mixed = all.map((m) => ({ m, at: shuffle.next().value as number })).sort((a, b) => a.at - b.at)
      for (const m of all) {
        const watchers = watchersOf(m, all)
        assert.is(watchers.length, n <= FULL_MESH_MAX ? n - 1 : WATCHERS)
        assert.not.ok(watchers.includes(m))
        assert.equal(
          watchersOf(
            m,
            mixed.map((x) => x.m),
          ),
          watchers,
        )
        for (const o of all) assert.is(isWatched(m, o, all), isWatched(o, m, all))
      }
    }),
  )
})

t('a member that leaves moves no watch but its own', () => {
  const all = members(20)
  for (const gone of all) {
    const rest = all.filter((m) => m !== gone)
    for (const m of rest) {
      const kept = watchersOf(m, all).filter((w) => w !== gone)
      for (const w of kept) assert.ok(watchersOf(m, rest).includes(w))
    }
  }
})

t('twelve nodes: far fewer datagrams than a full mesh, nobody suspected; a killed node is silent for all, whoever watched it', () => {
  const h = new Harness({ nodes: 12, links: 2 })
  h.run(3000)
  const before = h.datagrams
  h.run(5000)
  const mesh = (12 * 11 * 2 * 5000) / timing.beatMs
  assert.ok(h.datagrams - before < mesh / 2, `${h.datagrams - before} of ${mesh}`)
  assert.equal(
    h.said.filter((s) => ['suspect', 'confirm'].includes(s.verdict.do)),
    [],
  )
  h.kill('n4')
  const others = h.nodes.map((n) => n.name).filter((name) => name !== 'n4')
  assert.ok(h.run(2 * timing.limitMsMax, () => others.every((name) => h.peer(name, 'n4')?.state === 'silent')))
  for (const name of others) for (const peer of others) if (name !== peer) assert.is(h.peer(name, peer)?.state, 'alive')
})

t('twelve nodes: one that is only stalled is accused, asked and not confirmed', () => {
  const h = new Harness({ nodes: 12, links: 2, guard: true })
  h.run(3000)
  for (let i = 0; i < 40; i++) {
    h.stall(`n${1 + (i % 12)}`, 170)
    h.run(250)
  }
  assert.equal(
    h.said.filter((s) => s.verdict.do === 'confirm').map((s) => `${s.node} ${JSON.stringify(s.verdict.args)}`),
    [],
  )
})

t.run()
