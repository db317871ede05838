/** The sentences of the witness on shared disks. What a disk is said to be is said when it changes. */
import { say } from '../../runtime/actor.js'
import { type Args, type Verdict, verdict } from '../../runtime/verdict.js'
import type { Flaw } from './layout.js'
import type { Disk, WitnessState, Work } from './state.js'

/** Why a disk does not count in a round. */
export type Why = Flaw | 'read' | 'write' | 'other-cluster' | 'no-slot' | 'other-set' | 'not-kept'

export function sayOut(w: Work, d: Disk, why: Why, args: Args): void {
  const key = keyOf(why, args['block'] === 0)
  sayOnce(w, d, verdict('disk', key, { disk: d.name, ...args }, 'warning'))
}

function keyOf(why: Why, isHeader: boolean) {
  if (why === 'elsewhere' || why === 'foreign') return 'disk.out-elsewhere'
  if (why === 'empty' || why === 'magic') return isHeader ? 'disk.out-no-header' : 'disk.out-damaged'
  if (why === 'short' || why === 'checksum' || why === 'shape') return 'disk.out-damaged'
  return `disk.out-${why}` as const
}

export const sayCounts = (w: Work, d: Disk): void => sayOnce(w, d, verdict('disk', 'disk.counts', { disk: d.name }, 'info'))

function sayOnce(w: Work, d: Disk, v: Verdict): void {
  if (d.said === v.key) return
  d.said = v.key
  w.out.push(say(v))
}

/** How many disks counted when all were looked at. */
export function sayCounted(w: Work, disks: number, enough: boolean): void {
  const { s } = w
  if (s.counted?.disks === disks && s.counted.enough === enough) return
  s.counted = { disks, enough }
  w.out.push(say(statusOf(s)))
}

export function statusOf(s: WitnessState): Verdict {
  const args = { count: s.counted?.disks ?? 0, disks: s.disks.length }
  if (!s.counted) return verdict('disk', 'disk.not-looked', args, 'info')
  return s.counted.enough ? verdict('disk', 'disk.enough', args, 'notice') : verdict('disk', 'disk.not-enough', args, 'warning')
}
