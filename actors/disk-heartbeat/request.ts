/** The next request to a disk, by its stage. A disk has one request under way: what a slow one is asked never piles up. */
import { assert } from '../../runtime/assert.js'
import { encodeRegister } from './layout.js'
import type { Disk, Work } from './state.js'

const answerMsMax = 1_000

export function pump(w: Work, d: Disk): void {
  const { s } = w
  if (d.pending || !s.round) return
  const { stage } = d
  if (stage === 'ready' || stage === 'done' || stage === 'out') return
  const id = `${++s.requests}`
  const to = { do: 'disk', id, disk: d.name, timeoutMs: answerMsMax } as const
  d.pending = { id, turn: s.turn }
  if (stage === 'look' || stage === 'read') return void w.out.push({ ...to, op: 'read', block: 0, count: d.blocks })
  assert(d.header && s.mine?.set === s.round.set, 'a write before the disk was looked at')
  const bytes = encodeRegister(d.header, s.round.slot, d.worse, s.mine.register)
  w.out.push({ ...to, op: 'write', block: 1 + 2 * s.round.slot + d.worse, bytes })
}
