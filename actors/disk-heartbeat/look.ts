/** What was read of a disk: is it one of ours, and are all slots sound; else it does not count in this round, and a sentence says why. */
import { diskBlockBytes } from '../../runtime/actor.js'
import type { Args } from '../../runtime/verdict.js'
import { blockAt, blocksOf, decodeHeader, type Header, type Register, readSlot, same } from './layout.js'
import { sayCounts, sayOut, type Why } from './say.js'
import type { Disk, Work } from './state.js'

/** Disks of one set are those that name the same disks and the same nodes. */
export const setOf = (h: Header): string => JSON.stringify([[...h.set].sort(), h.nodes])

export function excludes(w: Work, d: Disk, why: Why, args: Args = {}): void {
  d.stage = 'out'
  sayOut(w, d, why, args)
}

/** Its header says how many blocks there are to be read: a disk that is new to this life is read twice. */
export function looked(w: Work, d: Disk, bytes: Uint8Array): void {
  const { s } = w
  const header = decodeHeader(blockAt(bytes, 0))
  if (!header.ok) return excludes(w, d, header.flaw, { block: 0 })
  const { value: h } = header
  if (h.cluster !== s.cluster) return excludes(w, d, 'other-cluster', { cluster: h.cluster })
  const slot = h.nodes.indexOf(s.node)
  if (slot < 0) return excludes(w, d, 'no-slot')
  const blocks = blocksOf(h.nodes.length)
  if (bytes.length === blocks * diskBlockBytes) return slots(w, d, h, slot, bytes)
  if (d.blocks === blocks) return excludes(w, d, 'short', { block: 0 })
  d.blocks = blocks
}

function slots(w: Work, d: Disk, h: Header, slot: number, bytes: Uint8Array): void {
  const { s } = w
  const set = setOf(h)
  const mine = s.mine?.set === set ? s.mine.register : undefined
  const others: (readonly [number, Register])[] = []
  for (const i of h.nodes.keys()) {
    const { read, worse } = readSlot(bytes, h, i)
    if (read.ok) s.highest = Math.max(s.highest, read.value.mbal)
    // What this node has in memory it can write again; nobody else's slot can be done without.
    else if (i !== slot || !mine) return excludes(w, d, read.flaw, { block: 1 + 2 * i + worse })
    if (i !== slot && read.ok) others.push([i, read.value])
  }
  const own = readSlot(bytes, h, slot)
  if (d.stage === 'read') {
    const kept = own.whole && own.read.ok && mine !== undefined && same(own.read.value, mine)
    if (!kept || d.header?.disk !== h.disk) return excludes(w, d, 'not-kept')
  } else if (s.round && s.round.phase !== 'look' && set !== s.round.set) return excludes(w, d, 'other-set')
  Object.assign(d, { header: h, others, own: own.read, whole: own.whole, worse: own.worse })
  d.stage = d.stage === 'read' ? 'done' : 'ready'
  if (s.round?.set === set) sayCounts(w, d)
}
