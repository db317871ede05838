/**
 * What a witness keeps for a cluster of two voters, and its two rules (design 8.3): which epoch is the newest that was given to one node alone, and to
 * whom. A network device and a disk hold the same record under the same rules (test/contract/witness.cases.ts). It is written once when the
 * witness is enrolled and once each time a node goes on alone; decisions never wait for it.
 *
 * Why this is enough: in an epoch of both voters whatever is acknowledged is on both disks, so whoever knows the newest such epoch holds everything.
 * A node that was left behind knows an older epoch than the record and is refused; of two that ask at once the first one gets the epoch.
 * Not a vote: a vote alone loses acknowledged decisions in seven steps (design 8.5, test/model).
 */
import type { NodeId } from '../../runtime/actor.js'

export interface WitnessRecord {
  readonly epoch: number
  /** Who may decide alone in `epoch`; absent: nobody, both are needed. */
  readonly owner?: NodeId
}

export interface Register {
  readonly record: WitnessRecord | undefined
  readonly ok: boolean
}

/** The leader of both voters takes the witness into use in `epoch`. Never goes back. */
export function enrol(record: WitnessRecord | undefined, epoch: number): Register {
  if (record === undefined || epoch > record.epoch) return { record: { epoch }, ok: true }
  return { record, ok: epoch === record.epoch && record.owner === undefined }
}

/** `node`, whose newest epoch is `from`, wants to decide alone in `from` + 1. The same claim again gets the same answer. */
export function claim(record: WitnessRecord | undefined, node: NodeId, from: number): Register {
  if (record === undefined) return { record, ok: false }
  const epoch = from + 1
  if (record.owner === node && record.epoch === epoch) return { record, ok: true }
  const knowsAll = from > record.epoch || (from === record.epoch && record.owner === undefined)
  return knowsAll ? { record: { epoch, owner: node }, ok: true } : { record, ok: false }
}
