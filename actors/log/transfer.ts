/** Leader transfer (Ongaro 2014, 3.10): before its node leaves, a leader has a voter that holds its whole log campaign at once. */
import type { NodeId } from '../../runtime/actor.js'
import { verdict } from '../../runtime/verdict.js'
import { nameOf } from './apply.js'
import type { TransferPlease } from './messages.js'
import { isVoter, type LogState, lastIndex, mayLead, peerOf, sayThat, tell, type Work } from './raft.js'

export function onTransfer(w: Work, m: TransferPlease): void {
  const { s } = w
  if (s.role !== 'leader') return
  const to = successor(s, m.to)
  if (to === undefined) return sayThat(w, verdict('refuse', 'log.transfer-nobody', { index: lastIndex(s) }, 'warning'))
  transferTo(w, to)
}

/** The voter that could lead at once: present, with the whole log on disk. `to`: only that one will do. */
export function successor(s: LogState, to?: NodeId): NodeId | undefined {
  const match = (n: NodeId): number => s.progress[n]?.match ?? 0
  const fit = s.members
    .map((x) => x.node)
    .filter((n) => n !== s.self && isVoter(s, n) && mayLead(s, n) && (to === undefined || to === n))
    .filter((n) => match(n) === lastIndex(s) && peerOf(s, n)?.state === 'alive')
  return fit.sort()[0]
}

export function transferTo(w: Work, to: NodeId): void {
  const { s } = w
  sayThat(w, verdict('transfer', 'log.transfer', { node: nameOf(s.cluster, to), term: s.hard.term }, 'notice'))
  tell(w, to, { type: 'timeout-now', term: s.hard.term })
}
