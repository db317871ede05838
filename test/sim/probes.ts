/**
 * What a broken layer would ask of the one below it. The product's layers hold the same rules twice and more, so that no story of faults alone shows
 * whether one of them still does. One seed of four asks each for what it has to refuse: the log for grants, releases and certificates without
 * evidence, for a second vote and for what a dead life says, the director for starts without a right or a quorum, the guard for tokens of before and for
 * what it is doing already. Nothing may come of
 * it; the checkers see whether something does.
 */
import type { Member } from '../../actors/log/messages.js'
import { epochOf, type LogState, lastIndex } from '../../actors/log/raft.js'
import { isPromotion, resourceOf } from '../../actors/log/right.js'
import type { ClusterState, Grant } from '../../actors/log/state.js'
import type { QuorumState } from '../../actors/quorum/actor.js'
import type { Director } from '../../actors/resource/gate.js'
import type { AgentOp, BootId, Msg, NodeId, ResourceId, Token } from '../../runtime/actor.js'
import { index, nodeId, opId, token } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import { verdict } from '../../runtime/verdict.js'
import { leaderOf, propose } from './cluster.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

interface Scene {
  readonly world: World
  readonly state: ClusterState
  readonly random: Random
  /** A grant in force, its owner, and another machine with kyhad. */
  readonly grant: Grant
  readonly owner: Machine
  readonly other: Machine
  readonly name: string
}
type Probe = (s: Scene) => void

const because = verdict('decide', 'coordinator.decision', { certificates: 0, releases: 0, grants: 0 })
const decide = (s: Scene, entry: object): void =>
  propose(s.world, s.other, s.name, { type: 'decision', certificates: [], releases: [], grants: [], because, ...entry })
const lifeOf = (s: Scene, machine: Machine) => s.state.lives[machine.spec.node]

const start = (resource: ResourceId, id: string): AgentOp => ({
  id: opId(id),
  kind: 'resource',
  resource,
  action: 'start',
  argv: ['probe'],
  env: {},
  changes: true,
  reap: false,
  timeoutMs: 1_000,
})

/** Nothing but the right is wrong with it: the director has applied all that it asks for, and knows no later term. */
function order(name: string, machine: Machine, right: ResourceId, token: Token): void {
  const director = machine.stateOf('resource') as Director | undefined
  if (!director?.cluster) return
  const { term, cluster, boot } = director
  const resource = resourceOf(right)
  const action = isPromotion(right) ? 'promote' : 'start'
  const under = right === resource ? {} : { right }
  const msg = { type: 'order', op: opId(name), term, resource, ...under, action, token, minIndex: cluster.index, boot }
  machine.deliver('resource', { path: 'coordinator' }, msg as unknown as Msg)
}

/** Its director knows it, and looks at what it is asked before it can hear anything else: one that stands still may be right by the time it goes on. */
export const isLost = (m: Machine): boolean =>
  (m.stateOf('quorum') as QuorumState | undefined)?.said?.quorate === false &&
  (m.stateOf('resource') as Director | undefined)?.quorum?.quorate === false &&
  m.host?.standsStill('resource') === false

/** Whoever has lost its quorum is told to start what it has the right to. */
const withoutQuorum: Probe = (s) => {
  for (const m of s.world.machines.filter(isLost)) {
    const grants = Object.values((m.stateOf('log') as LogState | undefined)?.cluster.grants ?? {})
    for (const g of grants) if (g.boot === m.incarnation.boot && !g.released) order(`${s.name}-${g.resource}`, m, g.resource, g.token)
  }
}

/**
 * `nth`: for the state that it was made from only, or for so many changes after it, as `kyha node add` and `remove` name it. One that has waited could be
 * right by then, and one that does not know what the log ends with could take in again who is just removed.
 */
function list(s: Scene, name: string, members: readonly Member[], nth?: number): void {
  const entry = { type: 'members', members, epoch: s.state.epoch, because: verdict('members', 'log.members', {}) }
  propose(s.world, s.other, name, entry, nth === undefined ? undefined : index(s.state.index + nth))
}

/** What no list may do: two votes at once, one that takes out an owner, two lists at once. */
const lists: readonly Probe[] = [
  (s) => {
    // They stay members: whether they have the right to run something plays no part.
    const others = s.state.members.filter((m) => m.votes > 0 && m.node !== s.grant.node).map((m) => m.node)
    const two = others.slice(0, 2)
    const fewer = s.state.members.map((m) => (two.includes(m.node) ? { ...m, votes: 0 } : m))
    if (two.length === 2) list(s, s.name, fewer)
  },
  (s) =>
    list(
      s,
      s.name,
      s.state.members.filter((m) => m.node !== s.grant.node),
      0,
    ),
  (s) => {
    // A list that is older than somebody's votes would take them back, and no operator's command can: those name the index that they were made from.
    // The second one names what follows: a leader that has nothing newer takes or refuses both at once, so that this is no other change.
    const leader = leaderOf(s.world)
    const log = leader?.stateOf('log') as LogState | undefined
    if (!leader || !log || lastIndex(log) !== s.state.index || s.state.members.some((m) => m.votes === 0)) return
    const ghost = { node: nodeId('ghost'), name: 'ghost', votes: 0, links: s.state.members[0]?.links ?? [] }
    const asked = { ...s, other: leader }
    list(asked, s.name, [...s.state.members, ghost], 0)
    list(asked, `${s.name}-again`, s.state.members, 1)
  },
]

const probes: readonly Probe[] = [
  ...lists,
  (s) => {
    const life = lifeOf(s, s.other)
    if (life?.state === 'admitted') decide(s, { grants: [{ resource: s.grant.resource, node: s.other.spec.node, boot: life.boot }] })
  },
  (s) => {
    const { resource, node, token: held } = s.grant
    const boot = `${s.owner.name}-boot-0` as BootId
    decide(s, { releases: [{ resource, node, boot, token: held, how: 'stopped', op: opId(s.name) }] })
  },
  (s) => {
    const life = lifeOf(s, s.owner)
    if (life?.state !== 'admitted') return
    const dead = { node: s.owner.spec.node, boot: life.boot, how: 'device', by: 'lab', intent: index(0), detail: 'probe' }
    decide(s, { certificates: [dead] })
  },
  (s) => order(s.name, s.other, s.grant.resource, s.grant.token),
  (s) => {
    const highest = s.owner.guard?.inventory().find((r) => r.resource === resourceOf(s.grant.resource))?.token ?? 0
    if (highest > 1) s.owner.guard?.run(start(resourceOf(s.grant.resource), s.name), token(highest - 1), s.name)
  },
  (s) => {
    const certificate = {
      node: s.owner.spec.node,
      boot: `${s.owner.name}-boot-0`,
      how: 'device',
      by: 'lab',
      intent: index(0),
      detail: 'probe',
    }
    s.other.deliver('log', { path: 'coordinator' }, { type: 'solo', certificate } as unknown as Msg)
  },
  // A request for a vote that comes late: the term has this machine's vote already.
  (s) => {
    const log = s.other.stateOf('log') as LogState | undefined
    const late = s.world.machines.find((m) => m !== s.other && m.spec.node !== log?.hard.votedFor)
    if (!log?.hard.votedFor || !late) return
    const { term } = log.hard
    const msg = { type: 'vote', term, lastIndex: lastIndex(log) + 1, lastTerm: term, epoch: epochOf(log) }
    s.other.deliver('log', { node: late.spec.node, path: 'log' }, msg as unknown as Msg, late.incarnation)
  },
  // What a life that is over said last comes now.
  (s) => {
    const dead = s.state.certificates.at(-1)
    const machine = dead && s.world.machines.find((m) => m.managed && m.spec.node !== dead.node)
    if (!dead || !machine) return
    const msg = { type: 'lead-check', term: s.state.term }
    machine.deliver('log', { node: dead.node, path: 'log' }, msg as unknown as Msg, { boot: dead.boot, counter: 1 })
  },
  (s) => {
    const msg = { type: 'accuse', peer: s.other.spec.node, boot: s.other.incarnation.boot, silentMs: 500 }
    const before = { boot: `${s.owner.name}-boot-0` as BootId, counter: 1 }
    s.other.deliver('membership', { node: s.owner.spec.node, path: 'membership' }, msg as unknown as Msg, before)
  },
]

/** Each round of faults asks for something that must be refused, in one seed of four. */
export class Prober {
  readonly #random: Random
  readonly #asks: boolean
  #n = 0

  constructor(
    private readonly world: World,
    seed: string,
  ) {
    this.#random = seeded(`${seed} probes`)
    this.#asks = this.#random.int(4) === 0
    if (!this.#asks) return
    world.runs.push((machine, op, right) => this.#again(machine, op, right))
    world.roster.added.push((node) => this.#early(node))
  }

  /** Some time within the next round. */
  round(): void {
    if (this.#asks) for (let n = 0; n < 3; n++) this.world.after(this.#random.int(2_500), () => this.#ask())
  }

  #ask(): void {
    const { world } = this
    const random = this.#random
    const state = world.machines
      .flatMap((m) => (m.stateOf('log') as LogState | undefined)?.cluster ?? [])
      .sort((a, b) => b.index - a.index)[0]
    const grants = Object.values(state?.grants ?? {}).filter((g) => !g.released)
    const grant = grants[random.int(grants.length || 1)]
    const drawn = probes[random.int(probes.length)] as Probe
    const probe = random.chance(0.5) && world.machines.some(isLost) ? withoutQuorum : drawn
    const owner = grant && world.byNode(grant.node)
    const others = world.machines.filter((m) => m.managed && m !== owner)
    const other = others[random.int(others.length || 1)]
    if (state && grant && owner && other)
      probe({ world, state, random, grant, owner, other, name: `probe-${Math.round(world.nowMs())}-${this.#n++}` })
  }

  /** A vote is asked for a node that has nothing yet. */
  #early(node: NodeId): void {
    const leader = leaderOf(this.world)
    const { members, epoch } = (leader?.stateOf('log') as LogState | undefined)?.cluster ?? {}
    if (!leader || !members?.some((m) => m.node === node)) return
    const more = members.map((m) => (m.node === node ? { ...m, votes: 1 } : m))
    propose(this.world, leader, `early-${node}`, { type: 'members', members: more, epoch, because: verdict('members', 'log.members', {}) })
  }

  /** The guard is asked again for what it is about to do. What a node orders by itself (its id holds a colon) it never repeats, and acknowledges at once. */
  #again(machine: Machine, op: AgentOp, right: Token): void {
    if (op.changes && !op.id.includes(':') && this.#random.chance(0.2)) this.world.after(1, () => machine.guard?.run(op, right, 'probe'))
  }
}
