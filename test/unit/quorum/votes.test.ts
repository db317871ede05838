/** Rows: S11. Any two quorate sets share a voter: all weights 0..3 of up to six nodes, with and without a tie-break, and in every mode. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { both, predicateOf, solo } from '../../../actors/quorum/twonode.js'
import { majority, type Predicate, type Voter } from '../../../actors/quorum/votes.js'
import { type NodeId, nodeId } from '../../../runtime/ids.js'

const t = suite('quorum/votes')
const ids = Array.from({ length: 32 }, (_, i) => nodeId(`n${i}`))
const voters = (weights: readonly number[]): Voter[] => weights.map((votes, i) => ({ node: ids[i] as NodeId, votes }))
const setOf = (mask: number, n: number): Set<NodeId> => new Set(ids.slice(0, n).filter((_, i) => mask & (1 << i)))

/** All weight vectors of length n over 0..3. */
function* vectors(n: number): Generator<number[]> {
  for (let v = 0; v < 4 ** n; v++) yield Array.from({ length: n }, (_, i) => Math.floor(v / 4 ** i) % 4)
}
/** Two quorate sets (as masks) without a common voter, if there are any. */
function disjoint(p: Predicate, list: readonly Voter[]): string | undefined {
  const n = list.length
  const isVoter = list.reduce((mask, v, i) => (v.votes > 0 ? mask | (1 << i) : mask), 0)
  const quorate = Array.from({ length: 1 << n }, (_, mask) => mask).filter((mask) => p.holds(setOf(mask, n)))
  for (const a of quorate)
    for (const b of quorate) if ((a & b & isVoter) === 0) return `${a.toString(2)} and ${b.toString(2)}: ${p.describe()}`
  return undefined
}

t('majority: up to six nodes, all weights 0..3', () => {
  let predicates = 0
  for (let n = 1; n <= 6; n++)
    for (const weights of vectors(n)) {
      const list = voters(weights)
      assert.is(disjoint(majority(list), list), undefined, weights.join(','))
      predicates++
    }
  assert.is(predicates, 4 + 16 + 64 + 256 + 1024 + 4096)
})

t('majority with each node as tie-break', () => {
  for (let n = 1; n <= 5; n++)
    for (const weights of vectors(n)) {
      const list = voters(weights)
      for (const v of list) assert.is(disjoint(majority(list, v.node), list), undefined, `${weights.join(',')} ${v.node}`)
    }
})

t('a set without a voter is never quorate, and all voters together always are', () => {
  for (let n = 1; n <= 5; n++)
    for (const weights of vectors(n)) {
      const list = voters(weights)
      const p = predicateOf(list)
      const observers = new Set(list.filter((v) => v.votes === 0).map((v) => v.node))
      assert.is(p.holds(observers), false)
      assert.is(
        p.holds(setOf((1 << n) - 1, n)),
        weights.some((w) => w > 0),
      )
    }
})

t('the mode of the members: exactly two voters need both, whatever their weights', () => {
  for (let n = 2; n <= 5; n++)
    for (const weights of vectors(n)) {
      const list = voters(weights)
      const p = predicateOf(list)
      const count = weights.filter((w) => w > 0).length
      assert.is(p.mode, count === 2 ? 'two-node' : count === 1 ? 'single' : 'majority')
      assert.is(disjoint(p, list), undefined, weights.join(','))
    }
})

t('solo: only with the whole set; two quorate sets share it; an empty set or an observer decides nothing', () => {
  const list = voters([1, 2, 0])
  const p = solo(list, [ids[1] as NodeId])
  assert.is(p.holds(new Set([ids[1] as NodeId])), true)
  assert.is(p.holds(new Set([ids[0] as NodeId, ids[2] as NodeId])), false)
  assert.is(disjoint(p, list), undefined)
  assert.is(solo(list, [ids[2] as NodeId]).holds(new Set(ids)), false)
  assert.is(predicateOf(list, []).mode, 'two-node')
  assert.is(both([]).holds(new Set(ids)), false)
})

t('up to 32 nodes: a quorate set and its complement are never both quorate', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean()), { minLength: 1, maxLength: 32 }), fc.nat(31), (rows, tie) => {
      const list = voters(rows.map(([w]) => w))
      const inside = new Set(list.filter((_, i) => rows[i]?.[1]).map((v) => v.node))
      const outside = new Set(list.filter((v) => !inside.has(v.node)).map((v) => v.node))
      for (const p of [majority(list), majority(list, ids[tie]), predicateOf(list)]) if (p.holds(inside) && p.holds(outside)) return false
      return true
    }),
    { numRuns: 2000, seed: 7 },
  )
})

t('describe says the rule with its numbers', () => {
  assert.is(majority(voters([1, 1, 1, 1]), ids[0]).describe(), 'more than 2 of 4 votes, or exactly half with n0')
  assert.is(both(voters([1, 0, 1])).describe(), 'both of n0 and n2')
})

t('a tie-break is named where it can decide, and only there', () => {
  const list = voters([1, 1])
  assert.match(majority(list, ids[0]).describe(), /more than 1 of 2 votes, or exactly half with n0/)
  assert.is(majority(list).describe(), 'more than 1 of 2 votes')
  assert.is(majority(voters([0, 2]), ids[0]).describe(), 'more than 1 of 2 votes', 'an observer breaks no tie')
  assert.is(majority(list, ids[5]).describe(), 'more than 1 of 2 votes', 'nor does a stranger')
})

t.run()
