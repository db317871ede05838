/**
 * Two voters with a witness (design 8.3): the witness says which of them may decide alone, instead of a certificate for the other's life. Taking over
 * what the other runs needs evidence all the same (S2). A node that has just booted may ask, too: the record knows whether it was left behind.
 *
 * The rule in force is that of the committed member list. While a list with another rule is in the log and not known to be committed, neither
 * rule counts here: whoever uses the new rule knows that both disks hold it, and nobody who holds it uses the old one.
 * An answer that was asked for is waited for even when the peer is back, and after a reboot: the record names this node then, and only this node can
 * mend that. So the hard state says what is claimed before the witness hears it, until it has answered, the epoch is over, or the rule of that witness.
 */
import { type NodeId, send } from '../../runtime/actor.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { diskWitness } from '../witness/messages.js'
import { heldBy, isCertified, nameOf } from './apply.js'
import { campaign } from './election.js'
import { isOpen, restLeftMs } from './members.js'
import type { Entry, WitnessAsk, WitnessTold } from './messages.js'
import { epochOf, type LogState, sayThat, soloOf, tickWithin, voters, type Work } from './raft.js'
import { mayStand } from './recall.js'
import { append } from './replicate.js'
import { otherOf } from './twonode.js'

/** What this node wants to hear from a witness. */
export interface Asking {
  readonly ask: WitnessAsk['ask']
  readonly witness: string
  readonly epoch: number
  readonly dueMs: Instant
  /** It was refused; asked no more in this epoch. */
  readonly refused: boolean
}

const askAgainMs = 500

/** The witness whose word counts. */
export const witnessOf = (s: LogState): string | undefined => (s.witness === s.cluster.witness ? s.witness : undefined)
/** Neither a witness nor a certificate counts: the rule is being changed. */
export const isChanging = (s: LogState): boolean => s.witness !== s.cluster.witness

export function considerWitness(w: Work): void {
  considerRule(w)
  considerClaim(w)
  ask(w)
}

/** The ready leader of both brings the rule to what the configuration asks for; a witness is enrolled before the list names it. */
function considerRule(w: Work): void {
  const { s } = w
  const wish = voters(s).length === 2 ? s.cluster.config.quorum?.witness : undefined
  const leads = s.role === 'leader' && s.cluster.term === s.hard.term && !s.full && !s.cluster.solo && !soloOf(s) && !isOpen(s)
  const enrols = leads && wish !== undefined && s.witness === undefined
  if (s.asking?.ask === 'enrol' && (!enrols || s.asking.witness !== wish)) s.asking = undefined
  if (!leads || s.witness === wish) return
  if (s.witness !== undefined) append(w, '', listWith(s, undefined, verdict('quorum', 'log.witness-off', { witness: s.witness }, 'notice')))
  const left = restLeftMs(w)
  if (enrols && left > 0) return tickWithin(w, left)
  if (enrols && !s.asking) s.asking = { ask: 'enrol', witness: wish, epoch: epochOf(s), dueMs: w.env.now, refused: false }
}

function considerClaim(w: Work): void {
  const { s } = w
  const witness = witnessOf(s)
  const peer = otherOf(s)
  const { asking, elsewhere } = s
  const stale = asking?.ask === 'claim' && (asking.epoch !== epochOf(s) || asking.witness !== witness || soloOf(s) !== undefined)
  if (stale) s.asking = undefined
  // Where its rule has ended, both hold that: nobody decides alone by what it said before.
  if (elsewhere && (epochOf(s) >= elsewhere.epoch || elsewhere.witness !== s.cluster.witness)) s.elsewhere = undefined
  if (isOver(s)) keepClaim(w, undefined)
  const hasReason = s.quorum?.quorate === false || isClaimed(s, witness)
  if (witness === undefined || peer === undefined || !hasReason || !mayAsk(w)) {
    if (s.asking?.ask === 'claim') s.asking = undefined
    return
  }
  if (s.asking) return
  const dueMs = after(w.env.now, runsMore(s, peer) ? 0 : s.timing.fenceDelayMs)
  s.asking = { ask: 'claim', witness, epoch: epochOf(s), dueMs, refused: false }
}

/** This witness was asked in this epoch, by whichever start, and the answer was not heard. */
const isClaimed = (s: LogState, witness: string | undefined): boolean =>
  s.hard.claim !== undefined && s.hard.claim.witness === witness && s.hard.claim.epoch === epochOf(s)

/** Nobody can be let go on by that claim any more. A later epoch than the log's: its row was lost, and comes again. */
export const isOver = (s: LogState, { claim } = s.hard): boolean =>
  claim !== undefined && (epochOf(s) > claim.epoch || (claim.witness !== s.cluster.witness && claim.witness !== s.witness))

function keepClaim(w: Work, claim: LogState['hard']['claim']): void {
  w.s.hard = { ...w.s.hard, claim }
  w.hardDirty = true
}

const mayAsk = (w: Work): boolean => !soloOf(w.s) && !w.s.full && !isCertified(w.s.cluster, w.s.self, w.s.life.boot) && mayStand(w)

/** The side with more to lose asks first; with equal weight the one with the lower id. */
function runsMore(s: LogState, peer: NodeId): boolean {
  const [own, theirs] = [heldBy(s.cluster, s.self).length, heldBy(s.cluster, peer).length]
  return own > theirs || (own === theirs && s.self < peer)
}

function ask(w: Work): void {
  const { s } = w
  const { asking } = s
  if (!asking || asking.refused) return
  const left = elapsed(w.env.now, asking.dueMs)
  if (left > 0) return tickWithin(w, left)
  const msg: WitnessAsk = { type: 'witness-ask', ask: asking.ask, witness: asking.witness, node: s.self, epoch: asking.epoch }
  const { ask: what, witness, epoch } = asking
  if (what === 'claim' && !isClaimed(s, witness)) keepClaim(w, { witness, epoch })
  const carried = send({ path: witness === diskWitness ? 'disk-heartbeat' : 'witness' }, msg)
  ;(what === 'claim' ? w.speak : w.out).push(carried)
  s.asking = { ...asking, dueMs: after(w.env.now, askAgainMs) }
  tickWithin(w, askAgainMs)
}

export function onWitnessTold(w: Work, m: WitnessTold): void {
  const { s } = w
  const { asking } = s
  if (!asking || asking.ask !== m.ask || asking.witness !== m.witness || asking.epoch !== m.epoch || asking.refused) return
  if (!m.ok) return refused(w, asking, m)
  if (m.ask === 'enrol') {
    s.asking = undefined
    append(w, '', listWith(s, m.witness, verdict('quorum', 'log.witness-set', { witness: m.witness }, 'notice')))
    return
  }
  if (witnessOf(s) !== m.witness || epochOf(s) !== m.epoch || !mayAsk(w)) return
  s.asking = undefined
  s.hard = { ...s.hard, epoch: m.epoch + 1, soloSet: [s.self], certificate: undefined, claim: undefined }
  campaign(w) // in the next term; the own vote counts when all this is on disk (T4)
}

function refused(w: Work, asking: Asking, m: WitnessTold): void {
  const { s } = w
  s.asking = { ...asking, refused: true }
  if (m.ask === 'claim') keepClaim(w, undefined)
  const { record } = m
  if (m.ask === 'claim' && record?.owner !== undefined && record.owner !== s.self)
    s.elsewhere = { node: record.owner, epoch: record.epoch, witness: m.witness }
  const args = {
    witness: m.witness,
    epoch: m.epoch,
    holds: record?.epoch ?? -1,
    owner: record?.owner ? nameOf(s.cluster, record.owner) : '-',
  }
  sayThat(w, verdict('refuse', record ? 'log.witness-refused' : 'log.witness-forgot', args, 'safety'))
}

/** The first entry of a solo epoch that the witness gave. */
export function soloByWitness(s: LogState, epoch: number, set: readonly NodeId[]): Entry {
  const args = { epoch, node: nameOf(s.cluster, s.self), witness: s.witness ?? '-' }
  return { ...listWith(s, s.witness, verdict('solo', 'log.solo-by-witness', args, 'warning')), epoch, solo: set }
}

type List = Extract<Entry, { type: 'members' }>
const listWith = (s: LogState, witness: string | undefined, because: Verdict): List => ({
  type: 'members',
  members: s.members,
  epoch: s.logEpoch,
  ...(witness === undefined ? {} : { witness }),
  because,
})
