/**
 * Which life (incarnation) of one peer its datagrams come from, and what they prove (S14, S19). Pure; called after the MAC was verified.
 *
 *  - Within one boot the higher counter wins at once: counters only grow, so a lower one is an earlier kyhad and changes nothing.
 *  - Boot ids have no order. Another boot takes over only when it proves to be newer: it echoes a datagram that this very incarnation
 *    of ours sent after the present boot had been proven. Whatever was recorded before cannot do that. The replaced boot is gone for good.
 *  - Until then the other boot is a candidate: it is told its own echo now and then, so that a living one can prove itself within a
 *    round trip, and a recording gains nothing.
 *  - Every life has a replay window per link, and one for the guard's stand-in frames, whose numbers are their own.
 */
import type { BootId, Incarnation, Instant } from '../actor.js'
import { elapsed } from '../time.js'
import { bootPrefix, type Echo, flagStandIn, type Header, noEcho } from './frame.js'
import { type ReplayWindow, replayWindow } from './replay.js'

const candidatesMax = 4
const goneMax = 16
/** A candidate that was not heard for this long is told nothing any more. */
const candidateMs = 2000

interface Life {
  readonly incarnation: Incarnation
  readonly live: (ReplayWindow | undefined)[] // per link
  readonly standIn: (ReplayWindow | undefined)[]
  heardMs: Instant
}

/** `fresh`: proves that the peer lives now. `unproven`: of the present life, or the first ever. `candidate`: of an unproven other boot. */
export type Judgement = 'fresh' | 'unproven' | 'candidate' | 'replayed'

export interface Lives {
  /** `sent[link]` = our highest seq sent to this peer on each link. */
  judge(header: Header, sent: readonly number[], now: Instant): Judgement
  /** Highest seq of the present life's own beats on `link`, 0 = none. */
  highest(link: number): number
  /** What our datagram number `seq` on `link` tells the peer. */
  echo(link: number, seq: number, now: Instant): Echo
}

/** `seqBase`: our numbers begin after it, so an echo up to it answers to an earlier run of this thread. */
export function openLives(self: Incarnation, seqBase = 0): Lives {
  const own = bootPrefix(self.boot)
  let present: Life | undefined
  let provenAt: readonly number[] = []
  let candidates: Life[] = []
  const gone: BootId[] = []

  const isFresh = (header: Header, sent: readonly number[]): boolean =>
    header.echo.boot === own &&
    header.echo.counter === self.counter &&
    header.echo.seq > seqBase &&
    header.echo.seq <= (sent[header.link] ?? 0)

  const judgePresent = (life: Life, header: Header, sent: readonly number[], now: Instant): Judgement => {
    if (header.incarnation.counter < life.incarnation.counter) return 'replayed'
    if (header.incarnation.counter > life.incarnation.counter) present = newLife(header.incarnation, now)
    if (!take(present ?? life, header, now)) return 'replayed'
    return isFresh(header, sent) ? 'fresh' : 'unproven'
  }

  const candidate = (incarnation: Incarnation, now: Instant): Life | undefined => {
    const known = candidates.find((life) => life.incarnation.boot === incarnation.boot)
    if (known && incarnation.counter < known.incarnation.counter) return undefined
    if (known && incarnation.counter === known.incarnation.counter) return known
    const life = newLife(incarnation, now)
    const others = candidates.filter((other) => other !== known).toSorted((a, b) => b.heardMs - a.heardMs)
    candidates = [life, ...others.slice(0, candidatesMax - 1)]
    return life
  }

  return {
    judge(header, sent, now) {
      const boot = header.incarnation.boot
      if (present?.incarnation.boot === boot) return judgePresent(present, header, sent, now)
      if (gone.includes(boot)) return 'replayed'
      const life = candidate(header.incarnation, now)
      if (!life || !take(life, header, now)) return 'replayed'
      if (!isFresh(header, sent) || header.echo.seq <= (provenAt[header.link] ?? 0)) return present ? 'candidate' : 'unproven'
      if (present) gone.unshift(present.incarnation.boot)
      gone.length = Math.min(gone.length, goneMax)
      present = life
      candidates = candidates.filter((other) => other !== life)
      provenAt = [...sent]
      return 'fresh'
    },
    highest: (link) => present?.live[link]?.highest ?? 0,
    echo(link, seq, now) {
      const heard = candidates.length === 0 ? [] : candidates.filter((life) => elapsed(life.heardMs, now) < candidateMs)
      if (heard.length === 0) return echoOf(present, link)
      const told = present ? [present, ...heard] : heard
      return echoOf(told[seq % told.length], link)
    },
  }
}

const newLife = (incarnation: Incarnation, now: Instant): Life => ({ incarnation, live: [], standIn: [], heardMs: now })

function take(life: Life, header: Header, now: Instant): boolean {
  const windows = (header.flags & flagStandIn) === 0 ? life.live : life.standIn
  const window = windows[header.link] ?? replayWindow()
  windows[header.link] = window
  if (!window.take(header.seq)) return false
  life.heardMs = now
  return true
}

const echoOf = (life: Life | undefined, link: number): Echo =>
  life ? { boot: bootPrefix(life.incarnation.boot), counter: life.incarnation.counter, seq: life.live[link]?.highest || -1 } : noEcho
