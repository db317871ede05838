/**
 * Changes of the member list as the leader takes them (S11; Ongaro 2014, chapter 4). One at a time: the next is taken when the last is committed,
 * and only by a leader that has committed an entry of its own term (the rule whose lack is the single-server bug of 2015; `take` is reached
 * by a ready leader only). Whoever gets a first vote holds the log already. A leader that is to go hands leadership over first. What apply
 * can check it checks again: one vote moves per entry, and a tie-break or a witness comes and goes alone.
 */
import type { NodeId } from '../../runtime/actor.js'
import { elapsed } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { nameOf } from './apply.js'
import type { Entry, Member } from './messages.js'
import { type Draft, epochOf, isVoter, lastIndex, rowAt, soloOf, tickWithin, votersIn, type Work } from './raft.js'
import { append } from './replicate.js'
import { successor, transferTo } from './transfer.js'
import { otherOf } from './twonode.js'

type Members = Extract<Entry, { type: 'members' }>

/** A tie-break or a witness is set when the list has rested for so long: it is taken back for a change of votes, and must not be back before that. */
export const restMs = 2000
/** How long it still has to rest, ms; what stood at the start has rested. */
export const restLeftMs = ({ s, env }: Work): number => (s.membersMs === s.startedMs ? 0 : restMs - elapsed(s.membersMs, env.now))

export interface No {
  readonly refused: 'stale-revision' | 'no-quorum'
  readonly because: Verdict
}
const no = (refused: No['refused'], key: Verdict['key'], args: Verdict['args'] = {}): No => ({
  refused,
  because: verdict('refuse', key, args, 'warning'),
})
const votesOf = (list: readonly Member[], node: NodeId): number => list.find((m) => m.node === node)?.votes ?? 0

/** Why this list must wait: another is on its way, or a tie-break or a witness stands, which is taken back first. The proposer looks again and repeats. */
export function mustWait(w: Work, e: Members): No | undefined {
  const { s } = w
  if (isOpen(s)) return no('stale-revision', 'log.members-pending')
  const nodes = [...new Set([...s.members, ...e.members].map((m) => m.node))]
  const solo = soloOf(s)
  // Such a list would end the epoch of one without the other (T5).
  if (solo && !e.solo && votersIn(e.members).length !== 1)
    return no('no-quorum', 'log.members-solo', { node: nameOf(s.cluster, solo[0] as NodeId) })
  const stands = s.tieBreak !== undefined || (s.witness !== undefined && !solo)
  if (nodes.every((n) => votesOf(s.members, n) === votesOf(e.members, n))) return undefined
  if (!stands) return asksOther(w)
  const because =
    s.tieBreak === undefined
      ? verdict('quorum', 'log.witness-off', { witness: s.witness ?? '-' }, 'notice')
      : verdict('quorum', 'log.tie-break-rests', { node: nameOf(s.cluster, s.tieBreak) }, 'notice')
  append(w, '', { ...listOf(s), because })
  return no('stale-revision', 'log.members-pending')
}

/**
 * The rule of two ends with the word of both (`decides`); where one has died a moment ago, nobody could fence it any more. So the other one is asked
 * first, by an entry that says nothing, and the list goes on once it has just answered.
 */
function asksOther(w: Work): No | undefined {
  const { s } = w
  const other = soloOf(s) ? undefined : otherOf(s)
  const p = other === undefined ? undefined : s.progress[other]
  if (
    other === undefined ||
    (p?.match === lastIndex(s) && p.ackedMs !== undefined && elapsed(p.ackedMs, w.env.now) < s.timing.limitMsFloor)
  )
    return undefined
  append(w, '', { type: 'noop' })
  return no('stale-revision', 'log.members-asks', { node: nameOf(s.cluster, other) })
}

/**
 * What a list that was proposed says of the rest is the leader's to say: whoever proposed it knew an older state. A list that changes no votes keeps
 * the witness; it stands in the epoch in force, or, where one of two decides alone, ends that one's.
 */
export const completed = (s: Draft, e: Members): Members => {
  const nodes = [...new Set([...s.members, ...e.members].map((m) => m.node))]
  const same = nodes.every((n) => votesOf(s.members, n) === votesOf(e.members, n))
  const epoch = epochOf(s) + (soloOf(s) ? 1 : 0)
  return { ...e, epoch, ...(s.witness !== undefined && same ? { witness: s.witness } : {}) }
}

/** May the leader append this list, which apply allows? `hand-over`: another node leads in a moment, and is asked then. */
export function admitMembers(w: Work, e: Members): 'go' | 'hand-over' | No {
  const { s } = w
  const fresh = e.members.find((m) => m.votes > 0 && m.node !== s.self && votesOf(s.members, m.node) === 0)
  const match = fresh === undefined ? 0 : (s.progress[fresh.node]?.match ?? 0)
  if (fresh !== undefined && match < s.commit)
    return no('no-quorum', 'log.members-not-synced', { node: fresh.name, match, commit: s.commit })
  if (!isVoter(s, s.self) || votesOf(e.members, s.self) > 0) return 'go'
  const to = successor(s)
  if (to === undefined) return 'go' // nobody can take over at once: it leads until its removal is committed, then steps down
  transferTo(w, to)
  return 'hand-over'
}

/** A member list is in the log that is not committed yet. */
export function isOpen(s: Draft): boolean {
  for (let i = lastIndex(s); i > s.commit; i--) if (rowAt(s, i)?.entry.type === 'members') return true
  return false
}

const listOf = (s: Draft): Omit<Members, 'because' | 'tieBreak' | 'witness'> => ({ type: 'members', members: s.members, epoch: s.logEpoch })

/** The tie-break voter that the configuration asks for, as far as these voters can have one. */
export function wished(s: Draft): NodeId | undefined {
  const name = s.cluster.config.quorum?.tieBreak
  const voting = s.cluster.members.filter((m) => m.votes > 0)
  if (name === undefined || voting.length < 3) return undefined
  return name === 'lowest' ? voting[0]?.node : voting.find((m) => m.name === name)?.node
}

/** The ready leader brings the committed tie-break to what the configuration asks for: back first, then, after a rest, set. */
export function considerTieBreak(w: Work): void {
  const { s } = w
  if (s.role !== 'leader' || s.cluster.term !== s.hard.term || s.full || s.cluster.solo || isOpen(s)) return
  const is = s.cluster.tieBreak
  const wish = wished(s)
  if (is === wish) return
  if (is !== undefined) {
    append(w, '', { ...listOf(s), because: verdict('quorum', 'log.tie-break-off', { node: nameOf(s.cluster, is) }, 'notice') })
  } else if (wish !== undefined) {
    const left = restMs - elapsed(s.membersMs, w.env.now)
    if (left > 0) return tickWithin(w, left)
    append(w, '', {
      ...listOf(s),
      tieBreak: wish,
      because: verdict('quorum', 'log.tie-break-set', { node: nameOf(s.cluster, wish) }, 'notice'),
    })
  }
}
