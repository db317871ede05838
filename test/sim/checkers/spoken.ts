/**
 * S12 and house rule 2: what a log says to others of its term, its vote and its entries is on its disk already, in whatever life; the terms that
 * it speaks never go back, and no term gets two votes of one machine. L9: a campaign that nobody asked for follows a PreVote that would have won.
 */
import { decodeHard, type Hard } from '../../../actors/log/codec.js'
import type { Raft } from '../../../actors/log/messages.js'
import { epochOf, type LogState, lastIndex, lastTerm, rowAt, soloOf } from '../../../actors/log/raft.js'
import type { Effect, NodeId } from '../../../runtime/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { decides } from './predicate.js'

const ofOwnTerm = new Set<string>(['vote', 'vote-reply', 'append', 'append-reply', 'install', 'install-reply', 'recall', 'recalled'])

/** This effect, now or when it is durable, is a vote given. */
const grants = (e: Effect): boolean =>
  e.do === 'send'
    ? e.msg.type === 'vote-reply' && (e.msg as { granted?: boolean }).granted === true
    : e.do === 'persist' && e.then.some(grants)

/** S7 where it is made: a vote goes to a log that is at least as far as the voter's own, in an epoch that is not older (T4). */
function given(world: World): void {
  world.steps.push((machine, path, env, m, before, step) => {
    if (path !== 'log' || m.type !== 'vote' || !step.effects.some(grants)) return
    const [asked, log] = [m as unknown as Extract<Raft, { type: 'vote' }>, before as LogState]
    const behind = asked.lastTerm < lastTerm(log) || (asked.lastTerm === lastTerm(log) && asked.lastIndex < lastIndex(log))
    const solo = soloOf(log)
    if (solo && env.from.node !== undefined && !solo.includes(env.from.node))
      world.violate('T2', `${machine.name} votes for ${env.from.node} in the epoch of ${solo.join()} alone`)
    if (behind || asked.epoch < epochOf(log))
      world.violate(
        'S7',
        `${machine.name}, at ${lastTerm(log)}.${lastIndex(log)}, votes for a log at ${asked.lastTerm}.${asked.lastIndex} in term ${asked.term}`,
      )
  })
}

/** S8, S12: what is acknowledged to a leader is on the disk, and it is the leader's entry. */
function acknowledges(world: World, machine: Machine, to: NodeId, { term, matchIndex }: Extract<Raft, { type: 'append-reply' }>): void {
  if (matchIndex > machine.disk.lastIndex)
    world.violate('S12', `${machine.name} acknowledges entry ${matchIndex}, its disk ends at ${machine.disk.lastIndex}`)
  const leader = world.byNode(to)?.stateOf('log') as LogState | undefined
  const row = leader?.role === 'leader' && leader.hard.term === term ? rowAt(leader, matchIndex) : undefined
  if (row && !machine.disk.holds(row.index, row.term))
    world.violate('S8', `${machine.name} acknowledges entry ${row.index}, and holds another than that of term ${row.term}`)
}

export function spoken(world: World): void {
  given(world)
  const hards = new WeakMap<Uint8Array, Hard>()
  const terms = new Map<Machine, number>()
  /** How often a machine's disk was replaced by an older one: its terms go back with it, its votes may not (F61). */
  const disks = new Map<Machine, number>()
  const votes = new Map<string, NodeId>()
  /** `candidate/term`: who would vote for it; or that its leader handed over. */
  const promised = new Map<string, Set<NodeId>>()
  const handed = new Set<string>()

  const durable = (machine: Machine): Hard | undefined => {
    const bytes = machine.disk.hard
    if (!bytes) return undefined
    const got = hards.get(bytes) ?? (decodeHard(bytes) as { value?: Hard }).value
    if (got) hards.set(bytes, got)
    return got
  }

  const voted = (machine: Machine, term: number, candidate: NodeId): void => {
    const kept = durable(machine)
    if (kept?.term === term && kept.votedFor !== candidate)
      world.violate('S12', `${machine.name} votes for ${candidate} in term ${term}, its disk says ${kept.votedFor ?? 'nobody'}`)
    const key = `${machine.spec.node}/${term}`
    const other = votes.get(key)
    if (other !== undefined && other !== candidate)
      world.violate('S12', `${machine.name} votes for ${candidate} in term ${term} after ${other}`)
    votes.set(key, candidate)
  }

  const campaigns = (machine: Machine, term: number): void => {
    const key = `${machine.spec.node}/${term}`
    const log = machine.stateOf('log') as LogState | undefined
    if (!log || handed.has(key) || soloOf(log)) return
    if (!decides(log.members, undefined, log.tieBreak, [machine.spec.node, ...(promised.get(key) ?? [])]))
      world.violate('L9', `${machine.name} asks for votes in term ${term} without having won a PreVote`)
    handed.add(key)
  }

  world.departs.push((machine, to, path, m) => {
    if (path !== 'log') return
    const msg = m as unknown as Raft
    if (msg.type === 'pre-vote-reply' && msg.granted) {
      const key = `${to}/${msg.term}`
      promised.set(key, (promised.get(key) ?? new Set()).add(machine.spec.node))
    }
    if (msg.type === 'timeout-now') handed.add(`${to}/${msg.term + 1}`)
    if (!ofOwnTerm.has(msg.type) || !('term' in msg)) return
    const kept = durable(machine)
    if (disks.get(machine) !== machine.disk.replaced) terms.delete(machine)
    disks.set(machine, machine.disk.replaced)
    if ((kept?.term ?? 0) < msg.term)
      world.violate('S12', `${machine.name} says ${msg.type} in term ${msg.term}, its disk has term ${kept?.term ?? 'none'}`)
    if (msg.term < (terms.get(machine) ?? 0))
      world.violate('S12', `${machine.name} says ${msg.type} in term ${msg.term} after it spoke of term ${terms.get(machine)}`)
    terms.set(machine, msg.term)
    if (msg.type === 'vote') {
      campaigns(machine, msg.term)
      voted(machine, msg.term, machine.spec.node)
    }
    if (msg.type === 'vote-reply' && msg.granted) voted(machine, msg.term, to)
    if (msg.type === 'append-reply' && msg.ok) acknowledges(world, machine, to, msg)
  })
}
