/**
 * S11: any deciding set of one member list and any of the next one share a voter, counted by this checker's own rule, and they differ by one step.
 * S7 at its root: who is given a first vote holds on its disk all that was committed. S14: a node that is no member any more starts nothing, fences
 * nobody, leads nobody and is not counted in any list.
 */
import { apply } from '../../../actors/log/apply.js'
import type { Row } from '../../../actors/log/codec.js'
import type { Member } from '../../../actors/log/messages.js'
import { type LogState, lastIndex, rowAt } from '../../../actors/log/raft.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { Index, NodeId } from '../../../runtime/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { decides } from './predicate.js'
import type { Applied } from './state-machine.js'

/** Sets are counted one by one: more voters than in any history of the swarm that changes them. */
const votersMax = 9

interface List {
  readonly members: readonly Member[]
  readonly solo: readonly NodeId[] | undefined
  readonly tieBreak: NodeId | undefined
}

/** Two sets without a common node, one for each list, that both decide. */
export function disjoint(a: List, b: List): readonly [readonly NodeId[], readonly NodeId[]] | undefined {
  const all = [...new Set([...a.members, ...b.members].filter((m) => m.votes > 0).map((m) => m.node))]
  if (all.length > votersMax) return undefined
  for (let bits = 0; bits < 2 ** all.length; bits++) {
    const one = all.filter((_, i) => bits & (1 << i))
    const rest = all.filter((n) => !one.includes(n))
    if (decides(a.members, a.solo, a.tieBreak, one) && decides(b.members, b.solo, b.tieBreak, rest)) return [one, rest]
  }
  return undefined
}

/** How many votes came and went. */
export function movedBetween(a: readonly Member[], b: readonly Member[]): number {
  const votes = (list: readonly Member[], node: NodeId): number => list.find((m) => m.node === node)?.votes ?? 0
  const nodes = new Set([...a, ...b].map((m) => m.node))
  return [...nodes].reduce((sum, node) => sum + Math.abs(votes(a, node) - votes(b, node)), 0)
}

const listOf = ({ members, solo, tieBreak }: ClusterState): List => ({ members, solo, tieBreak })
const text = (l: List): string => JSON.stringify([l.members.map((m) => [m.node, m.votes]), l.solo, l.tieBreak])

/** A voter in common, and one vote at a time. */
function oneStep(world: World, before: ClusterState, now: ClusterState): void {
  const apart = disjoint(listOf(before), listOf(now))
  if (apart)
    world.violate('S11', `${apart[0].join()} decided by the list of ${before.index}, ${apart[1].join()} decides by that of ${now.index}`)
  const moved = movedBetween(before.members, now.members)
  if (moved > 1) world.violate('S11', `the list of ${now.index} moves ${moved} votes at once`)
}

export function members(world: World, applied: Applied): void {
  let last: ClusterState | undefined
  /** Nodes that a list once named, and none does any more. */
  const out = new Set<NodeId>()

  const step = (before: ClusterState, now: ClusterState): void => {
    if (text(listOf(before)) === text(listOf(now))) return
    oneStep(world, before, now)
    for (const g of Object.values(now.grants))
      if (!g.released && !now.members.some((m) => m.node === g.node))
        world.violate('S2', `the list of ${now.index} has no ${g.node} any more, which has the right to run ${g.resource}`)
    for (const m of before.members) if (!now.members.some((x) => x.node === m.node)) out.add(m.node)
  }

  /** Of two voters one may end up alone (T2): whoever could has to know that the rule of two is over. */
  const endsTwo = (before: ClusterState, now: ClusterState, row: Row): void => {
    const [two, voters] = [before, now].map((s) => s.members.flatMap((m) => (m.votes > 0 ? [m.node] : []))) as [NodeId[], NodeId[]]
    if (two.length !== 2 || two.join() === voters.join()) return
    for (const node of before.solo ?? two)
      if (world.byNode(node)?.disk.holds(row.index, row.term) === false)
        world.violate('S11', `the list of ${row.index} ends the rule of two, and ${node} does not hold it`)
  }

  applied.each.push((machine, state) => {
    if (last && state.index <= last.index) return
    const log = machine.stateOf('log') as LogState
    let before = last
    last = state
    for (let i = (before?.index ?? 0) + 1; before && i <= state.index; i++) {
      const row = rowAt(log, i)
      if (!row) return // it came with a snapshot: somebody else has applied it entry by entry
      if (row.entry.type !== 'members') continue
      const now: ClusterState = apply({ ...before, index: (i - 1) as Index }, { index: row.index, term: row.term, entry: row.entry }).state
      step(before, now)
      endsTwo(before, now, row)
      before = now
    }
  })

  const seen = new Map<Machine, readonly Member[]>()
  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (log?.role !== 'leader') return void seen.delete(machine)
      if (out.has(log.self) && !log.cluster.members.some((m) => m.node === log.self))
        world.violate('S14', `${log.self} was removed, knows it, and leads term ${log.hard.term}`)
      const was = seen.get(machine)
      seen.set(machine, log.members)
      if (was && was !== log.members) promoted(machine, log, was)
      const open = log.rows.filter((r) => r.index > log.commit && r.term === log.hard.term && r.entry.type === 'members')
      if (open.length > 1) world.violate('S11', `${machine.name} has taken ${open.length} lists that are not committed`)
    },
  })
  const promoted = (machine: Machine, log: LogState, was: readonly Member[]): void => {
    for (const m of log.members) {
      const before = was.find((x) => x.node === m.node)?.votes ?? 0
      const disk = world.byNode(m.node)?.disk
      if (before === 0 && m.votes > 0 && m.node !== log.self && (disk?.lastIndex ?? 0) < log.commit)
        world.violate('S11', `${machine.name} gives ${m.name} a vote, whose disk ends at ${disk?.lastIndex ?? 0} of ${lastIndex(log)}`)
    }
  }
  world.runs.push((machine, op) => {
    if (!out.has(machine.spec.node)) return
    if ((op.kind === 'resource' && ['start', 'promote'].includes(op.action)) || (op.kind === 'fence' && op.action === 'off'))
      world.violate('S14', `${machine.incarnation.boot} was removed and runs ${op.action} of ${op.resource}`)
  })
}
