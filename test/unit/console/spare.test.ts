/** How many nodes may still be lost: against trying every loss, for all weights of up to five nodes, in every mode. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { both, predicateOf, solo } from '../../../actors/quorum/twonode.js'
import { majority, type Predicate, type Voter } from '../../../actors/quorum/votes.js'
import { spare, spareOf } from '../../../console/api/spare.js'
import { type NodeId, nodeId } from '../../../runtime/ids.js'

const t = suite('console spare')
const ids = Array.from({ length: 32 }, (_, i) => nodeId(`n${i}`))
const voters = (weights: readonly number[]): Voter[] => weights.map((votes, i) => ({ node: ids[i] as NodeId, votes }))
const all = (list: readonly Voter[]): NodeId[] => list.map((v) => v.node)

/** The definition: every subset of the present is tried as the rest. */
function naive(present: readonly NodeId[], rule: Predicate): number {
  const n = present.length
  let k = n
  for (let mask = 0; mask < 1 << n; mask++) {
    const rest = present.filter((_, i) => mask & (1 << i))
    if (!rule.holds(new Set(rest))) k = Math.min(k, n - rest.length - 1)
  }
  return Math.max(0, k)
}

t('equal votes: a minority may be lost, votes are nodes', () => {
  assert.equal(
    [1, 2, 3, 4, 5, 7].map((n) => spareOf(voters(Array(n).fill(1)), ids.slice(0, n))),
    [0, 0, 1, 1, 2, 3],
  )
  assert.is(spareOf(voters([1, 1, 1]), ids.slice(0, 2)), 0, 'one is away already')
  assert.is(spareOf(voters([1, 1, 1]), ids.slice(0, 1)), 0, 'no quorum')
})

t('one heavy node: nothing may be lost, though votes to spare are many', () => {
  const heavy = voters([4, 1, 1, 1])
  assert.is(spareOf(heavy, all(heavy)), 0)
  assert.is(spareOf(voters([3, 2, 2, 2]), ids.slice(0, 4)), 1)
  assert.is(spareOf(voters([1, 1, 1, 0, 0]), ids.slice(0, 5)), 1, 'observers do not count')
})

t('two nodes need both; a solo set its own', () => {
  assert.is(spareOf(voters([1, 1]), ids.slice(0, 2)), 0)
  assert.is(spareOf(voters([1, 1]), ids.slice(0, 1), ids.slice(0, 1)), 0)
})

t('it is what trying every loss finds: weights 0..3, every set present, every tie-break and mode', () => {
  let tried = 0
  for (let n = 1; n <= 5; n++) {
    for (let v = 0; v < 4 ** n; v++) {
      const list = voters(Array.from({ length: n }, (_, i) => Math.floor(v / 4 ** i) % 4))
      const rules = [predicateOf(list), both(list), ...list.flatMap((x) => [majority(list, x.node), solo(list, [x.node])])]
      const masks = n < 5 ? Array.from({ length: 1 << n }, (_, m) => m) : [(1 << n) - 1]
      for (const mask of masks) {
        const present = all(list).filter((_, i) => mask & (1 << i))
        for (const rule of rules) {
          const want = naive(present, rule)
          if (spare(list, present, rule) !== want)
            assert.is(spare(list, present, rule), want, `${list.map((x) => x.votes)} ${mask.toString(2)} ${rule.describe()}`)
          tried++
        }
      }
    }
  }
  assert.ok(tried > 40_000)
})

t.run()
