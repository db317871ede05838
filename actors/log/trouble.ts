/**
 * A disk that fails (design 8.9). Full: this node leads no more, refuses proposals with a sentence, keeps following what it holds and
 * acknowledges nothing new; it tries again every `diskRetryMs`. Anything else: the store is lost, the actor ends and is started from disk.
 */
import type { Index, StoreFailed } from '../../runtime/actor.js'
import { verdict } from '../../runtime/verdict.js'
import { considerCampaign } from './election.js'
import { lastIndex, sayThat, stop, tickWithin, type Work } from './raft.js'
import { abdicate } from './replicate.js'

export const diskRetryMs = 1000

export function onStoreFailed(w: Work, m: StoreFailed): void {
  const { s } = w
  if (!m.full) return stop(w, verdict('stop', 'log.store-lost', { slot: m.slot, error: m.error }, 'error'))
  s.writing = undefined
  s.asked = Math.min(s.asked, Math.max(s.durable, s.snapshot.index)) as Index
  tickWithin(w, diskRetryMs)
  if (s.full) return
  s.full = true
  sayThat(w, verdict('resign', 'log.disk-full', { error: m.error }, 'error'))
  if (s.role === 'leader') abdicate(w)
}

/** Tries whether there is room again: with what is not on disk yet, or the hard state if there is nothing else. */
export function diskTick(w: Work): void {
  const { s } = w
  if (!s.full) return
  tickWithin(w, diskRetryMs)
  if (s.writing) return
  w.tryDisk = true
  w.hardDirty = true
}

/** A write succeeded: with nothing left to write the disk has room again. */
export function onDiskBack(w: Work): void {
  const { s } = w
  if (!s.full || s.writing || s.durable < lastIndex(s) || s.snapshotSaved < s.snapshot.index || s.roundDurable < s.hardRound) return
  s.full = false
  sayThat(w, verdict('recover', 'log.disk-back', { index: s.durable }, 'notice'))
  considerCampaign(w)
}
