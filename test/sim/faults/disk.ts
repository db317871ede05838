/**
 * Faults of the disk under the store (F49 to F62), as runtime/store hands them on (design 8.9): refused with a sentence at the next open, a
 * lost store, a full one, or a disk that went back. The atlas: acknowledged data is only ever lost of one disk at a time, and only what stands on every
 * other disk; beyond that a majority promises nothing (actors/log/README.md, F61).
 */
import { decodeHard, decodeRow, decodeSnapshot } from '../../../actors/log/codec.js'
import type { Member } from '../../../actors/log/messages.js'
import type { Kept } from '../disk.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { between, each, type Fault, later, machines, pick, pickOn } from './kind.js'

/** How far a disk's log and its hard state are. */
function position(kept: Kept): { readonly index: number; readonly term: number; readonly hardTerm: number; readonly epoch: number } {
  const last = kept.wal.at(-1) ?? kept.snapshot
  const hard = kept.hard ? decodeHard(kept.hard) : undefined
  const known = hard?.ok ? hard.value : undefined
  return { index: last?.index ?? 0, term: last?.term ?? 0, hardTerm: known?.term ?? 0, epoch: known?.epoch ?? 0 }
}

/** Everything that stands on the disk of `m` stands on every other disk, also of those who were removed, and nobody else's has just gone back. */
export function coveredByOthers(w: World, m: Machine): boolean {
  const mine = position(m.disk.kept)
  const unsynced = (o: Machine): boolean => (o.stateOf('log') as { unsynced?: unknown } | undefined)?.unsynced !== undefined
  if (!w.roster.isWhole()) return false
  return machines(w).every((o) => {
    if (o === m) return true
    const { kept } = o.disk
    const theirs = position(kept)
    const holds = (kept.snapshot?.index ?? 0) >= mine.index || kept.wal.some((r) => r.index === mine.index && r.term === mine.term)
    return holds && theirs.hardTerm >= mine.hardTerm && theirs.epoch >= mine.epoch && o.managed && !unsynced(o)
  })
}

/** Who votes, as the newest list on this disk has it. */
function votersOn({ snapshot, wal }: Kept): readonly string[] {
  const rows = wal.flatMap((r) => {
    const row = decodeRow(r)
    return row.ok && row.value.entry.type === 'members' ? [row.value.entry.members] : []
  })
  const state = snapshot && decodeSnapshot(snapshot.bytes)
  const list: readonly Member[] = rows.at(-1) ?? (state?.ok ? state.value.state.members : [])
  return list.flatMap((m) => (m.votes > 0 ? [m.node] : [])).sort()
}

/**
 * A copy of when one decided alone, who asks nobody; or of when two did by the rule of two, and who votes is another matter now: whoever has it asks
 * somebody who is no longer there.
 */
function outdated(m: Machine, copy: Kept | undefined): boolean {
  const then = copy ? votersOn(copy) : []
  return then.length === 1 || (then.length === 2 && then.join() !== votersOn(m.disk.kept).join())
}

/** Power goes, another copy is in the place of the disk, power comes back. */
function goesBack(w: World, m: Machine, copy: Kept | undefined, ms: number): boolean {
  m.powerOff()
  const fair = coveredByOthers(w, m) && !outdated(m, copy)
  if (fair) m.disk.replace(copy)
  w.after(ms, () => m.powerOn())
  return fair
}

const fails = (m: Machine, times: number): string => {
  m.disk.fails = times
  return m.name
}

/** It cannot be opened at its next start, which is now. */
function refused(id: string, name: string, what: string): Fault {
  return {
    id,
    name,
    apply(w) {
      const m = pick(w)
      m.disk.unreadable = what
      if (w.random.chance(0.5)) m.crashKyhad()
      else {
        m.powerOff()
        w.after(between(w, 100, 2000), () => m.powerOn())
      }
      return `${m.name} starts anew on a store that is refused: ${what}`
    },
    ends: each((m) => (m.disk.unreadable = undefined)),
  }
}

export const diskFaults: readonly Fault[] = [
  refused('F49', 'read-error', 'EIO while reading'),
  {
    id: 'F50',
    name: 'write-error',
    apply: (w) => `the next writes of ${fails(pick(w), 1 + w.random.int(4))} fail`,
    ends: works,
  },
  {
    id: 'F51',
    name: 'fsync-error',
    apply: (w) => `one fsync of ${fails(pick(w), 1)} fails, the next would say that all is well`,
    ends: works,
  },
  {
    id: 'F52',
    name: 'disk-full',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 200, 20_000)
      m.disk.full = true
      later(w, ms, () => (m.disk.full = false))
      return `the disk of ${m.name} is full for ${ms} ms`
    },
    ends: works,
  },
  {
    id: 'F53',
    name: 'read-only',
    apply: (w) => `the file system of ${fails(pick(w), Number.POSITIVE_INFINITY)} is read-only`,
    ends: works,
  },
  {
    id: 'F54',
    name: 'torn-write',
    apply(w) {
      const m = pickOn(w)
      if (!m?.host) return undefined
      // What hangs now is on its way at the power cut; SimDisk keeps a front part of the writes, and of the records of the one after.
      m.hangDisk(true)
      later(w, between(w, 20, 2000), () => {
        m.powerOff()
        m.hangDisk(false)
        w.after(between(w, 50, 2000), () => m.powerOn())
      })
      return `the writes that are on their way on ${m.name} are torn by a power cut`
    },
    ends: each((m) => m.hangDisk(false)),
  },
  {
    id: 'F55',
    name: 'unsynced-lost',
    apply(w) {
      const m = pick(w)
      m.slowDisk(between(w, 20, 500))
      later(w, between(w, 50, 1000), () => {
        m.powerOff()
        m.slowDisk(0)
        w.after(between(w, 50, 2000), () => m.powerOn())
      })
      return `${m.name} loses power with many writes on their way`
    },
    ends: each((m) => m.slowDisk(0)),
  },
  {
    id: 'F57',
    name: 'bit-rot',
    mode: 'plain',
    apply(w) {
      const m = pick(w)
      const copy = m.disk.withoutLast
      if (!copy || !coveredByOthers(w, m)) return undefined
      const fair = goesBack(w, m, copy, between(w, 100, 2000))
      return fair ? `the last sync of ${m.name} rots and is cut off as if it were torn` : `${m.name} loses power`
    },
  },
  refused('F58', 'misdirected-write', 'a record was acknowledged and is not there'),
  refused('F59', 'stale-read', 'the superblock was rolled back'),
  refused('F60', 'file-damaged', 'a segment of the log is missing'),
  {
    id: 'F61',
    name: 'restored-backup',
    mode: 'plain',
    apply(w) {
      const m = pick(w)
      // Who joined knows nobody without its log, and founders only each other, one of which may have to lead: such a disk is replaced together with its
      // node (node-replace).
      const listed = machines(w).filter((o) => w.roster.isListed(o))
      const asks = listed.length > 1 && listed.every((o) => o.founder)
      const copy = w.random.chance(0.3) && asks ? undefined : m.disk.kept
      if (!copy?.snapshot && copy?.wal.length === 0 && !asks) return undefined
      const ms = copy ? between(w, 100, 4000) : 1
      later(w, ms, () => {
        if (m.powered && coveredByOthers(w, m)) goesBack(w, m, copy, between(w, 50, 3000))
      })
      return copy ? `${m.name} is given a backup of now in ${ms} ms` : `${m.name} is given an empty disk`
    },
  },
  {
    id: 'F62',
    name: 'disk-stall',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 200, 60_000)
      if (w.random.chance(0.3)) m.slowDisk(between(w, 20, 300))
      else m.hangDisk(true)
      w.after(ms, () => {
        m.slowDisk(0)
        m.hangDisk(false)
      })
      return `writes of ${m.name} hang or are slow for ${ms} ms`
    },
    ends(w) {
      for (const m of w.machines) {
        m.slowDisk(0)
        m.hangDisk(false)
      }
    },
  },
]

function works(w: World): void {
  for (const m of w.machines) {
    m.disk.fails = 0
    m.disk.full = false
  }
}
