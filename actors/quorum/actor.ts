/**
 * Quorum: may the part of the cluster that this node sees decide? A predicate over (members, view), said with its reason; it decides nothing
 * else. Promises: without members or outside of them it is never quorate (S13); a peer counts until it is confirmed silent, so a mere suspicion
 * changes nothing; the same members and view give the same answer. Others are told on every change, and whoever says Hello.
 * Who has just started has heard nobody yet, and "nobody yet" is no lost quorum: a fresh quorum says "no" only after it has listened for a
 * limit, and a fresh membership's "never seen" does not undo what its former life saw before a limit has passed.
 * Who sends: log (Members, SoloSet), membership (View), readers (Hello).
 */
import { type Actor, type Effect, type Env, type NodeId, say, send, step, timer } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { after } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { MemberInfo, PeerState, View } from '../membership/messages.js'
import type { Quorum, QuorumIn } from './messages.js'
import { predicateOf } from './twonode.js'
import { weight } from './votes.js'

export interface QuorumState {
  readonly self: NodeId
  readonly name: string
  readonly members: readonly MemberInfo[]
  readonly soloSet: readonly NodeId[]
  readonly tieBreak: NodeId | undefined
  readonly witness: string | undefined
  readonly view?: View
  /** What a former life of membership saw, for a limit after it started anew. */
  readonly former?: View
  /** Just started: a "no" is kept back. */
  readonly fresh: boolean
  /** How long one must listen to have heard everybody that is well, ms. */
  readonly listenMs: number
  readonly said?: Quorum
}

const announced = ['log', 'coordinator', 'resource', 'console'] as const

export const actor: Actor<QuorumState, QuorumIn> = {
  kind: 'quorum',
  mailbox: { limit: 1024, full: 'fault' },

  init(boot, env) {
    const hello = { type: 'hello' }
    const listenMs = boot.timing.limitMsMax
    const { node: self, name } = boot
    return step({ self, name, members: [], soloSet: [], tieBreak: undefined, witness: undefined, fresh: true, listenMs }, [
      send({ path: 'membership' }, hello),
      send({ path: 'log' }, hello),
      timer('listened', after(env.now, listenMs), { type: 'listened' }),
    ])
  },

  receive(state, msg, env) {
    if (env.from.node !== undefined && env.from.node !== state.self) return step(state)
    switch (msg.type) {
      case 'members':
        return tell({
          ...state,
          members: [...msg.members].sort((a, b) => (a.node < b.node ? -1 : 1)),
          tieBreak: msg.tieBreak,
          witness: msg.witness,
        })
      case 'view':
        return tell(...seen(state, msg, env))
      case 'listened':
        return tell({ ...state, fresh: false })
      case 'view-listened': {
        const { former: _, ...rest } = state
        return tell(rest)
      }
      case 'solo-set':
        return tell({ ...state, soloSet: msg.set ?? [] })
      case 'hello':
        return step(state, mayTell(state) ? [send(env.from, state.said ?? quorumOf(state))] : [])
      default:
        return unreachable(msg)
    }
  },
}

/** Whether a peer in this state still takes part, as far as this node knows. */
const counts = (state: PeerState['state']): boolean =>
  state === 'alive' || state === 'suspect' || state === 'manager-down' || state === 'leaving'

/** A view that counts from the beginning again is that of a membership that has started anew. */
function seen(s: QuorumState, view: View, env: Env): [QuorumState, readonly Effect[]] {
  if (!s.view || view.viewNo >= s.view.viewNo) return [{ ...s, view }, []]
  const effects = [timer('view', after(env.now, s.listenMs), { type: 'view-listened' })]
  return [{ ...s, view, former: s.former ?? s.view }, effects]
}

function there(s: QuorumState, p: PeerState): boolean {
  if (p.state !== 'never-seen') return counts(p.state)
  return s.former?.peers.some((was) => was.node === p.node && counts(was.state)) ?? false
}

/** What members, view and solo set say together. */
export function quorumOf(s: QuorumState): Quorum {
  const heard = new Set<NodeId>([s.self, ...(s.view?.peers.filter((p) => there(s, p)).map((p) => p.node) ?? [])])
  const present = s.members.map((m) => m.node).filter((n) => heard.has(n))
  const rule = predicateOf(s.members, s.soloSet, s.tieBreak)
  const isMember = s.members.some((m) => m.node === s.self)
  const set = new Set(present)
  const quorate = isMember && rule.holds(set)
  const votes = weight(s.members, set)
  const tie = rule.mode === 'majority' && s.tieBreak !== undefined ? { tieBreak: s.tieBreak } : {}
  const quorum = { mode: rule.mode, votes, votesTotal: rule.votesTotal, votesNeeded: rule.votesNeeded, present, ...tie }
  return { type: 'quorum', quorate, ...quorum, because: because(s, quorum, quorate, isMember) }
}

function because(s: QuorumState, q: Omit<Quorum, 'type' | 'quorate' | 'because'>, quorate: boolean, isMember: boolean): Verdict {
  if (s.members.length === 0) return verdict('inquorate', 'quorum.no-members', { node: s.name }, 'notice')
  const missing = s.members.filter((m) => m.votes > 0 && !q.present.includes(m.node)).map((m) => m.name)
  const args = {
    votes: q.votes,
    votesTotal: q.votesTotal,
    votesNeeded: q.votesNeeded,
    nodes: q.present.length,
    nodesTotal: s.members.length,
    missing: missing.join(', ') || '-',
  }
  if (!isMember) return verdict('inquorate', 'quorum.not-member', { ...args, node: s.name }, 'safety')
  const set = s.members.filter((m) => s.soloSet.includes(m.node)).map((m) => m.name)
  const mode = q.mode === 'two-node' && s.witness !== undefined ? 'witness' : q.tieBreak === undefined ? q.mode : 'tie'
  const key = `quorum.${mode}-${quorate ? 'yes' : 'no'}` as const
  const tie = s.members.find((m) => m.node === q.tieBreak)?.name ?? '-'
  return verdict(
    quorate ? 'quorate' : 'inquorate',
    key,
    { ...args, node: s.name, set: set.join(', ') || '-', tie, half: q.votesTotal / 2, witness: s.witness ?? '-' },
    quorate ? 'notice' : 'safety',
  )
}

const mayTell = (s: QuorumState): boolean => !s.fresh || s.said !== undefined || quorumOf(s).quorate

/** Tells others when the answer changed in any word of it. */
function tell(s: QuorumState, before: readonly Effect[] = []): ReturnType<(typeof actor)['receive']> {
  const quorum = quorumOf(s)
  const old = s.said
  if (!mayTell(s) || (old && text(old) === text(quorum))) return step(s, before)
  const effects: Effect[] = [...before]
  effects.push(...announced.map((path) => send({ path }, quorum)))
  if (old?.quorate !== quorum.quorate || old.mode !== quorum.mode) effects.push(say(quorum.because))
  return step({ ...s, said: quorum }, effects)
}

const text = (q: Quorum): string =>
  JSON.stringify([q.quorate, q.mode, q.votes, q.votesTotal, q.votesNeeded, q.present, q.tieBreak, q.because.key])
