/** What is durable of a log actor in a test, and what a write that has arrived makes of it. */
import type { Recovered, StoreOp, WalRecord } from '../../../runtime/actor.js'

export interface Disk {
  hard: Uint8Array | undefined
  snapshot: Recovered['snapshot']
  wal: WalRecord[]
}
export const emptyDisk = (): Disk => ({ hard: undefined, snapshot: undefined, wal: [] })

export function keep(disk: Disk, op: StoreOp): void {
  if (op.slot === 'hard') disk.hard = op.bytes.slice()
  else if (op.slot === 'snapshot') {
    const keeps = disk.wal.find((r) => r.index === op.index)?.term === op.term
    disk.snapshot = { index: op.index, term: op.term, bytes: op.bytes.slice() }
    disk.wal = keeps ? disk.wal.filter((r) => r.index > op.index) : []
  } else {
    for (const r of op.records) {
      const last = disk.wal.at(-1)?.index ?? disk.snapshot?.index ?? 0
      if (r.index > last + 1) throw new Error(`the write of ${r.index} leaves a hole after ${last}`)
      disk.wal = [...disk.wal.filter((x) => x.index < r.index), r]
    }
  }
}

/** What the store gives back at a start. */
export const recoveredFrom = (disk: Disk): Recovered => ({
  ...(disk.hard ? { hard: disk.hard } : {}),
  ...(disk.snapshot ? { snapshot: disk.snapshot } : {}),
  entries: [...disk.wal],
  notes: [],
})
