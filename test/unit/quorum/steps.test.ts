/**
 * Rows: S11. Across every step that the state machine allows between two member lists, any quorum of the one and any of the other share a node
 * that votes in both. Exhaustive: all weights 0..3 of up to six nodes, each with every tie-break, each step of one vote and each change of
 * the tie-break; and for up to three nodes every pair of lists, allowed or not, so that no other step slips through.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, genesis } from '../../../actors/log/apply.js'
import type { Member } from '../../../actors/log/messages.js'
import { predicateOf } from '../../../actors/quorum/twonode.js'
import { index, type NodeId, nodeId, term } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'

const t = suite('quorum: steps')
const ids = Array.from({ length: 6 }, (_, i) => nodeId(`n${i}`))
const sets = Array.from({ length: 64 }, (_, mask) => new Set(ids.filter((_, i) => mask & (1 << i))))
interface List {
  readonly weights: readonly number[]
  readonly tie: NodeId | undefined
}
const membersOf = (l: List): Member[] => l.weights.map((votes, i) => ({ node: ids[i] as NodeId, name: `n${i}`, votes, links: [] }))
const because = verdict('members', 'log.members')

/** What `apply` says to the step from one list to the other. */
function allowed(from: List, to: List): boolean {
  const s = { ...genesis(membersOf(from), 'x'), ...(from.tie ? { tieBreak: from.tie } : {}) }
  const entry = { type: 'members', members: membersOf(to), epoch: 0, because, ...(to.tie ? { tieBreak: to.tie } : {}) } as const
  return apply(s, { index: index(2), term: term(1), entry }).refused === undefined
}

/** Two quorums, one of each list, that share no node which votes in both. */
function disjoint(a: List, b: List): string | undefined {
  const [p, q] = [predicateOf(membersOf(a), undefined, a.tie), predicateOf(membersOf(b), undefined, b.tie)]
  const both = a.weights.reduce((mask, w, i) => (w > 0 && (b.weights[i] ?? 0) > 0 ? mask | (1 << i) : mask), 0)
  const all = (1 << a.weights.length) - 1
  for (let mask = 0; mask <= all; mask++) {
    // Predicates only grow with the set: the largest set without a common voter decides.
    if (p.holds(sets[mask] as Set<NodeId>) && q.holds(sets[all & ~(mask & both)] as Set<NodeId>))
      return `${show(a)} -> ${show(b)}: ${mask.toString(2)} and ${(all & ~(mask & both)).toString(2)}`
  }
  return undefined
}
const show = (l: List): string => `${l.weights.join()}${l.tie ? ` tie ${l.tie}` : ''}`

const vector = (n: number, v: number): number[] => Array.from({ length: n }, (_, i) => Math.floor(v / 4 ** i) % 4)
const ties = (w: readonly number[]): (NodeId | undefined)[] => [undefined, ...w.map((_, i) => ids[i])]

t('each step of one vote, and each change of the tie-break, up to six nodes with weights 0..3', () => {
  let steps = 0
  let refused = 0
  for (let n = 1; n <= 6; n++) {
    for (let v = 0; v < 4 ** n; v++) {
      const weights = vector(n, v)
      for (const tie of n === 6 ? [undefined, ids[0]] : ties(weights)) {
        const from: List = { weights, tie }
        const more = weights.flatMap((w, i) => (w < 3 ? [{ weights: weights.map((x, k) => (k === i ? w + 1 : x)), tie }] : []))
        const turns = ties(weights).map((other) => ({ weights, tie: other }))
        for (const to of [...more, ...turns]) {
          // The relation is symmetric: what is shown for a step is shown for the step back.
          if (!allowed(from, to) && !allowed(to, from)) {
            refused++
            continue
          }
          steps++
          assert.is(disjoint(from, to), undefined)
        }
      }
    }
  }
  assert.ok(steps > 30_000 && refused > 10_000, `${steps} steps, ${refused} refused`)
})

t('up to three nodes, from every list to every other: what is allowed shares a voter', () => {
  let steps = 0
  for (let n = 1; n <= 3; n++) {
    const lists = Array.from({ length: 4 ** n }, (_, v) => vector(n, v)).flatMap((weights) =>
      ties(weights).map((tie) => ({ weights, tie })),
    )
    for (const from of lists) {
      for (const to of lists) {
        if (!allowed(from, to)) continue
        steps++
        assert.is(disjoint(from, to), undefined)
      }
    }
  }
  assert.ok(steps > 500, `${steps}`)
})

t('the steps that are refused would break it', () => {
  const list = (weights: number[], tie?: number): List => ({ weights, tie: tie === undefined ? undefined : ids[tie] })
  for (const [from, to] of [
    [list([1, 1, 1, 0, 0]), list([1, 1, 1, 1, 1])], // two votes at once
    [list([0, 1, 1, 1], 1), list([1, 1, 1, 1], 1)], // a vote while a tie-break stands
    [list([1, 1, 1, 1], 0), list([1, 1, 1, 1], 1)], // from one tie-break voter to another
  ] as const) {
    assert.is(allowed(from, to), false)
    assert.type(disjoint(from, to), 'string')
  }
})

t.run()
