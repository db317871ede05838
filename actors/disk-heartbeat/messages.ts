/** What the disk-heartbeat actor is told and gives. It gives no evidence yet; where disks are configured it is the witness on them. */
import type { DiskResult, Hello, Msg, NodeId } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { WitnessAsk } from '../witness/messages.js'

export interface DiskEvidence extends Msg {
  readonly type: 'disk-evidence'
  readonly peer: NodeId
  readonly state: 'fresh' | 'silent' | 'no-evidence'
}

/** Answer to Hello: is it configured, and how many of its disks count. */
export interface DiskStatus extends Msg {
  readonly type: 'disk-status'
  readonly enabled: boolean
  readonly because: Verdict
}

/** From this node's own settings: the disks that it shares with the others, by the names under which its host knows them. */
export interface DiskArgs {
  readonly disks: readonly { readonly name: string }[]
}

export type DiskIn =
  | Hello
  | { readonly type: 'status?' }
  | WitnessAsk
  | DiskResult
  /** The disks are looked at, or a question is asked of them again. */
  | { readonly type: 'look' }
