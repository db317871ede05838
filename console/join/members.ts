/**
 * Changes of the member list, one vote at a time, each proposed against the exact log that it was computed from (ifIndex), so that two
 * changes at the same time never undo each other. A node comes in without a vote: its kyhad is not up yet, and with two voters both are
 * needed for everything. It gets its votes when it has caught up (promote.ts). Nothing here may take quorum away from those who are present.
 */
import { heldBy, nameIn } from '../../actors/log/apply.js'
import type { Entry, Member } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import { predicateOf } from '../../actors/quorum/twonode.js'
import type { NodeId } from '../../runtime/actor.js'
import { type Refusal, type Verdict, verdict } from '../../runtime/verdict.js'
import type { Refused } from '../api/changes.js'
import { nodesMax, refuse } from './names.js'

/** What a change of members needs of this node's console. */
export interface Cluster {
  state(): ClusterState | undefined
  /** Nodes that take part, as quorum says. */
  present(): readonly NodeId[]
  /** Resolves when the entry is applied here (true), or with why not. */
  propose(entry: Entry, ifIndex: number, key?: string): Promise<true | Refused>
}

export type Outcome = { readonly done: true } | { readonly done: false; readonly why: Refusal | Refused }

const triesMax = 20
const againMs = 50

/** What there is to do next: propose this entry against `state.index`, nothing any more, or it is refused. */
export type Step = { readonly entry: Entry; readonly key?: string } | { readonly finished: true } | { readonly no: Refusal | Refused }
/** One change of the member list: the next step from a state. Asked again with the newest state until it is finished or refused. */
export type Change = (state: ClusterState) => Step
type Presence = Pick<Cluster, 'present'>

/** Proposes what `next` makes of the present state until there is nothing left to propose; a changed log means computing anew. */
async function carryOut(cluster: Cluster, next: Change): Promise<Outcome> {
  for (let tries = 0; tries < triesMax; tries++) {
    const state = cluster.state()
    if (!state) return { done: false, why: { code: 'starting', args: {} } }
    const step = next(state)
    if ('no' in step) return { done: false, why: step.no }
    if ('finished' in step) return { done: true }
    const answer = await cluster.propose(step.entry, state.index, step.key)
    if (answer !== true && answer.code !== 'stale-revision') return { done: false, why: answer }
    if (answer !== true) await new Promise((resolve) => setTimeout(resolve, againMs))
  }
  return { done: false, why: refuse('busy', 'cli.members-busy', { tries: triesMax }) }
}

const entryOf = (state: ClusterState, members: readonly Member[], because: Verdict): Entry => ({
  type: 'members',
  members,
  epoch: state.solo ? state.epoch + 1 : state.epoch,
  because,
})

/** Why `member` cannot come in; undefined = it can. */
export function checkNew(state: ClusterState, member: Member): Refusal | undefined {
  const others = state.members.filter((m) => m.node !== member.node)
  const cluster = state.config.name
  if (others.some((m) => m.name === member.name)) return refuse('exists', 'cli.member-name', { node: member.name, cluster })
  if (others.length >= nodesMax) return refuse('too-many', 'cli.members-full', { limit: nodesMax })
  if (state.solo) return refuse('unsafe', 'cli.members-solo', {})
  const links = others[0]?.links.length ?? member.links.length
  if (member.links.length !== links) return refuse('invalid', 'cli.member-links', { has: member.links.length, needs: links })
  for (const m of others) {
    const address = m.links.find((l) => member.links.some((own) => own.address === l.address))?.address
    if (address !== undefined) return refuse('exists', 'cli.member-address', { address, node: m.name })
  }
  return undefined
}

/** Takes `member` in without a vote. Done already is done. */
export const addition =
  (member: Member, by: string): Change =>
  (state) => {
    if (state.members.some((m) => m.node === member.node)) return { finished: true }
    const no = checkNew(state, member)
    if (no) return { no }
    const because = verdict('join', 'cli.member-added', { node: member.name, by }, 'notice')
    return { entry: entryOf(state, [...state.members, { ...member, votes: 0 }], because) }
  }
export const addMember = (cluster: Cluster, member: Member, by: string): Promise<Outcome> => carryOut(cluster, addition(member, by))

/** Raises the votes of `node` to `votes`, one by one. */
export const promotion =
  (cluster: Presence, node: NodeId, votes: number): Change =>
  (state) => {
    const member = state.members.find((m) => m.node === node)
    if (!member) return { no: refuse('not-found', 'cli.member-gone', { node }) }
    if (member.votes >= votes) return { finished: true }
    const members = state.members.map((m) => (m === member ? { ...m, votes: m.votes + 1 } : m))
    const no = quorumKept(cluster, members)
    const args = { node: member.name, votes: member.votes + 1, votesTotal: total(members) }
    return no ? { no } : { entry: entryOf(state, members, verdict('vote', 'cli.member-votes', args, 'notice')) }
  }
export const giveVotes = (cluster: Cluster, node: NodeId, votes: number): Promise<Outcome> =>
  carryOut(cluster, promotion(cluster, node, votes))

/**
 * Takes a node out, vote by vote. Refuses the last one, one that holds resources, one whose fencing is under way.
 * The step that takes it out is proposed under `key`, so that asking again finds it.
 */
export function removal(cluster: Presence, name: string, by: string, key?: string): Change {
  let seen = false
  return (state) => {
    const member = state.members.find((m) => m.name === name)
    if (!member && seen) return { finished: true }
    seen = true
    const no = checkRemoval(cluster, state, name)
    if (no) return { no }
    const last = (member as Member).votes <= 1 && key !== undefined
    return { entry: removalStep(state, member as Member, by), ...(last ? { key } : {}) }
  }
}
export const removeMember = (cluster: Cluster, name: string, by: string, key?: string): Promise<Outcome> =>
  carryOut(cluster, removal(cluster, name, by, key))

/** Why the node cannot be taken out; undefined = it can. */
export function checkRemoval(cluster: Presence, state: ClusterState, name: string): Refusal | Refused | undefined {
  const member = state.members.find((m) => m.name === name)
  const known = state.members.map((m) => m.name).join(', ')
  if (!member) return { code: 'not-found', args: { what: 'node', name, known } }
  if (state.members.filter((m) => m.votes > 0).every((m) => m === member)) return refuse('unsafe', 'cli.remove-last', { node: name })
  const held = heldBy(state, member.node).map((g) => nameIn(state, g.resource))
  if (held.length > 0) return refuse('unsafe', 'cli.remove-owner', { node: name, resources: held.join(', ') })
  if (state.lives[member.node]?.state === 'intent') return refuse('unsafe', 'cli.remove-fencing', { node: name })
  return quorumKept(
    cluster,
    state.members.filter((m) => m !== member),
  )
}

/** The next entry on the way out: a vote less, or gone. */
export function removalStep(state: ClusterState, member: Member, by: string): Entry {
  const others = state.members.filter((m) => m !== member)
  const members = member.votes > 1 ? [...others, { ...member, votes: member.votes - 1 }] : others
  const because = verdict('remove', 'cli.member-removed', { node: member.name, by, votes: total(members) }, 'notice')
  return entryOf(state, members, because)
}

export const total = (members: readonly Member[]): number => members.reduce((sum, m) => sum + m.votes, 0)

/** Those who are present must still be enough with the new list. */
function quorumKept(cluster: Presence, members: readonly Member[]): Refusal | undefined {
  const rule = predicateOf(members)
  const present = members.filter((m) => cluster.present().includes(m.node))
  if (rule.holds(new Set(present.map((m) => m.node)))) return undefined
  return refuse('unsafe', 'cli.members-quorum', { votes: total(present), votesNeeded: rule.votesNeeded, votesTotal: rule.votesTotal })
}
