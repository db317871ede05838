/** What the disk-heartbeat actor gives. Until shared disks are configured it says so and gives no evidence. */
import type { Hello, Msg, NodeId } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'

export interface DiskEvidence extends Msg {
  readonly type: 'disk-evidence'
  readonly peer: NodeId
  readonly state: 'fresh' | 'silent' | 'no-evidence'
}

/** Answer to Hello: does it run, and why not. */
export interface DiskStatus extends Msg {
  readonly type: 'disk-status'
  readonly enabled: boolean
  readonly because: Verdict
}

export type DiskIn = Hello | { readonly type: 'status?' }
