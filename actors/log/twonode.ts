/**
 * Two voters (design 8.3, rules T1-T5; checked by an exhaustive model, 8.5). Together both are needed for everything (T1, see `decides`). One
 * may decide alone after the peer's last admitted life is certified dead (T2), if its own life was admitted by a live cluster (T3), and only
 * once the hard state {epoch+1, {self}, certificate} is on disk (T4); the first entry of that epoch records it. A durable solo set stays
 * authority over its owner's reboot. The peer counts again after its disk holds the whole log and its life is admitted: epoch+1, both (T5).
 *
 * Hard state against log: the higher epoch counts, the hard state on a tie (`soloOf`). Ending solo therefore clears the hard state before
 * the entry leaves this node: the peer may act on that entry at once, and this node must never come back believing in the older epoch.
 */
import { type NodeId, send } from '../../runtime/actor.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { nameOf } from './apply.js'
import { campaign } from './election.js'
import type { Entry, Member, SoloPlease } from './messages.js'
import { epochOf, type LogState, lastIndex, peerOf, rowAt, sayThat, soloOf, voters, type Work } from './raft.js'
import { append } from './replicate.js'
import { isChanging, soloByWitness } from './witness.js'

/** The other voter of exactly two, of which this node is one. */
export function otherOf(s: LogState): NodeId | undefined {
  const all = voters(s)
  return all.length === 2 && all.some((m) => m.node === s.self) ? all.find((m) => m.node !== s.self)?.node : undefined
}

export function onSolo(w: Work, m: SoloPlease): void {
  const { s } = w
  if (soloOf(s)?.includes(s.self)) return
  const no = soloRefusal(s, m)
  if (no) return sayThat(w, no)
  s.hard = { ...s.hard, epoch: epochOf(s) + 1, soloSet: [s.self], certificate: m.certificate }
  campaign(w) // in the next term; the own vote counts when all this is on disk
}

/** Why this node may not decide alone with that certificate (T2, T3); undefined = it may. */
export function soloRefusal(s: LogState, m: SoloPlease): Verdict | undefined {
  const no = (key: Verdict['key'], args: Verdict['args']): Verdict => verdict('refuse', key, args, 'safety')
  const peer = otherOf(s)
  if (peer === undefined) return no('log.solo-not-two', { voters: voters(s).length })
  const name = nameOf(s.cluster, peer)
  // An older list may still decide, without this node.
  const voting = (list: readonly Member[]): string => list.flatMap((m) => (m.votes > 0 ? [m.node] : [])).join()
  if (voting(s.members) !== voting(s.cluster.members)) return no('log.solo-open', { peer: name })
  const own = s.cluster.lives[s.self]
  if (s.witness !== undefined || isChanging(s)) return no('log.solo-witness', { witness: s.witness ?? s.cluster.witness ?? '-' })
  if (s.full) return no('log.disk-full', {})
  if (soloOf(s)) return no('log.solo-other', { peer: name })
  if (own?.boot !== s.life.boot || own.state !== 'admitted') return no('log.solo-not-admitted', { boot: s.life.boot, peer: name })
  if (m.certificate.node !== peer || m.certificate.boot !== lastAdmitted(s, peer))
    return no('log.solo-wrong-life', { boot: m.certificate.boot, peer: name })
  return undefined
}

/** The newest life of `node` that the log knows, committed or not. */
function lastAdmitted(s: LogState, node: NodeId): string | undefined {
  for (let i = lastIndex(s); i > s.cluster.index; i--) {
    const entry = rowAt(s, i)?.entry
    if (entry?.type === 'admit' && entry.node === node) return entry.boot
  }
  return s.cluster.lives[node]?.boot
}

/** What a new leader appends first: a noop, or the record of the solo epoch that made it leader. */
export function firstEntry(w: Work): Entry {
  const { s } = w
  const { soloSet, certificate, epoch } = s.hard
  if (!soloSet || s.logEpoch >= epoch) return { type: 'noop' }
  if (!certificate) return soloByWitness(s, epoch, soloSet)
  const args = { epoch, node: nameOf(s.cluster, s.self), peer: nameOf(s.cluster, certificate.node), boot: certificate.boot }
  const because = verdict('solo', 'log.solo-opened', args, 'warning')
  return { type: 'members', members: s.members, epoch, solo: soloSet, certificate, because }
}

/** Before a members entry without a solo set leaves this node, its hard state stops claiming one. */
export function endSolo(w: Work, entry: Entry): void {
  const { s } = w
  if (entry.type !== 'members' || entry.solo || !s.hard.soloSet) return
  s.hard = { ...s.hard, epoch: entry.epoch, soloSet: undefined, certificate: undefined }
  w.hardDirty = true
}

/** T5: takes the peer in again when its disk holds all, and its present life is the admitted one. */
export function considerBoth(w: Work): void {
  const { s } = w
  const peer = otherOf(s)
  // Ended on disk, and the disk lost the entry that says so: it is said again.
  const isLost = soloOf(s) === undefined && s.logSolo !== undefined
  if (s.role !== 'leader' || peer === undefined || (!soloOf(s) && !isLost)) return
  const progress = s.progress[peer]
  const seen = peerOf(s, peer)
  const life = s.cluster.lives[peer]
  const whole = progress && !progress.probing && progress.match === lastIndex(s) && s.commit === lastIndex(s)
  if (!whole || seen?.state !== 'alive' || life?.state !== 'admitted' || life.boot !== seen.incarnation?.boot || s.full) return
  const args = { epoch: epochOf(s) + (isLost ? 0 : 1), node: nameOf(s.cluster, s.self), peer: nameOf(s.cluster, peer) }
  const because = verdict('rejoin', 'log.solo-ended', args, 'notice')
  append(w, '', { type: 'members', members: s.members, epoch: args.epoch, ...(s.witness ? { witness: s.witness } : {}), because })
}

/** quorum lives on the solo set. */
export function tellSolo(w: Work): void {
  const { s } = w
  const now = soloOf(s) ?? (s.elsewhere && [s.elsewhere.node])
  if (now?.join() === s.toldSolo?.join()) return
  s.toldSolo = now
  w.out.push(send({ path: 'quorum' }, now ? ({ type: 'solo-set', set: now } as { type: 'solo-set' }) : { type: 'solo-set' }))
}
