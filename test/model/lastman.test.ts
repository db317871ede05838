/**
 * Rows: S11. Last man standing (design 8.2): votes of members that are gone are taken away one by one, each step committed by those who are left. All
 * weights 0..3 of up to six nodes, with and without a tie-break, every order in which nodes go: those who are left out are never quorate
 * among themselves by a list that one of them may hold, however far the others have shrunk. Lists are judged by the product (apply, predicateOf).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, genesis } from '../../actors/log/apply.js'
import type { Member } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import { predicateOf } from '../../actors/quorum/twonode.js'
import { index, type NodeId, nodeId, term } from '../../runtime/ids.js'
import { verdict } from '../../runtime/verdict.js'

const t = suite('model: last man standing')
const ids = Array.from({ length: 6 }, (_, i) => nodeId(`n${i}`))
const because = verdict('members', 'log.members')

interface List {
  readonly members: readonly Member[]
  readonly tie: NodeId | undefined
}
const quorate = (l: List, set: ReadonlySet<NodeId>): boolean => predicateOf(l.members, undefined, l.tie).holds(set)
const listOf = (weights: readonly number[], tie: number | undefined): List => ({
  members: weights.map((votes, i) => ({ node: ids[i] as NodeId, name: `n${i}`, votes, links: [] })),
  tie: tie === undefined ? undefined : ids[tie],
})

/** The list after one allowed step, or undefined when the state machine refuses it. */
function step(from: List, to: List): List | undefined {
  const s: ClusterState = { ...genesis(from.members, 'x'), ...(from.tie ? { tieBreak: from.tie } : {}) }
  const entry = { type: 'members', members: to.members, epoch: 0, because, ...(to.tie ? { tieBreak: to.tie } : {}) } as const
  return apply(s, { index: index(2), term: term(1), entry }).refused ? undefined : to
}

/** Non-increasing weights: a list in another order is the same list. */
function* weights(n: number, most = 3): Generator<number[]> {
  if (n === 0) return yield []
  for (let w = most; w >= 0; w--) for (const rest of weights(n - 1, w)) yield [w, ...rest]
}

interface Seen {
  chains: number
  steps: number
  left: number[]
}

/** Takes `gone`'s votes away, as far as those who are left can commit it; every list that came into force. */
function shrink(lists: readonly List[], left: ReadonlySet<NodeId>, gone: NodeId): readonly List[] {
  const out = [...lists]
  for (;;) {
    const now = out.at(-1) as List
    const votes = now.members.find((m) => m.node === gone)?.votes ?? 0
    if (votes === 0) return out
    const fewer = now.members.map((m) => (m.node === gone ? { ...m, votes: votes - 1 } : m))
    const next = step(now, now.tie ? { members: now.members, tie: undefined } : { members: fewer, tie: undefined })
    if (!next || !quorate(next, left)) return out
    out.push(next)
  }
}

/**
 * Every node that may go next goes next. A node that is gone holds the lists up to then (`at`), and perhaps the next, which was on its way; it votes only
 * for logs that are as far as its own. So a candidate among those who are gone has the votes of those who went no later.
 */
function go(lists: readonly List[], left: ReadonlySet<NodeId>, at: ReadonlyMap<NodeId, number>, seen: Seen): void {
  const now = lists.at(-1) as List
  let further = false
  for (const gone of left) {
    const rest = new Set([...left].filter((n) => n !== gone))
    if (rest.size === 0 || !quorate(now, rest)) continue
    const longer = shrink(lists, rest, gone)
    const out = new Map([...at, [gone, lists.length - 1]])
    for (const known of new Set(out.values())) {
      for (const newest of [known, known + 1]) {
        const voters = new Set([...out].flatMap(([n, until]) => (until <= newest ? [n] : [])))
        const list = longer[newest]
        assert.not(list && quorate(list, voters), `${[...rest].join()} go on, ${[...voters].join()} decide by list ${newest}`)
      }
    }
    seen.steps += longer.length - lists.length
    further = true
    go(longer, rest, out, seen)
  }
  if (further) return
  seen.chains++
  seen.left[left.size] = (seen.left[left.size] ?? 0) + 1
}

t('up to six nodes, all weights 0..3, every order of going: who is left out never decides', () => {
  const seen: Seen = { chains: 0, steps: 0, left: [] }
  for (let n = 3; n <= 6; n++) {
    for (const w of weights(n)) {
      const ties = n === 6 ? [undefined, 0, n - 1] : [undefined, ...w.keys()]
      for (const tie of ties) {
        if (w.filter((v) => v > 0).length < 3 || (tie !== undefined && w[tie] === 0)) continue
        go([listOf(w, tie)], new Set(ids.slice(0, n)), new Map(), seen)
      }
    }
  }
  process.stdout.write(
    `# figure model last man standing: ${seen.chains} orders, ${seen.steps} changes of the list, ends with ${seen.left.join('/')} nodes left\n`,
  )
  assert.ok(seen.chains > 10_000 && seen.steps > 10_000, JSON.stringify(seen))
})

t('five equal nodes that go one by one: two are left, and both of them are needed', () => {
  const seen: Seen = { chains: 0, steps: 0, left: [] }
  go([listOf([1, 1, 1, 1, 1], undefined)], new Set(ids.slice(0, 5)), new Map(), seen)
  assert.equal(
    seen.left.findIndex((n) => n > 0),
    2,
  )
})

t('a list that shrinks without being committed (a timer of one’s own) makes two sides decide', () => {
  const old = listOf([1, 1, 1, 1, 1], undefined)
  const left = new Set(ids.slice(0, 2))
  const own = listOf([1, 1, 1, 0, 0], undefined)
  assert.ok(quorate(own, left) && quorate(old, new Set(ids.slice(2, 5))))
  assert.not(step(old, own), 'and apply refuses such a step')
})

t.run()
