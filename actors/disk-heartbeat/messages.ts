/** What the disk-heartbeat actor gives. Until shared disks are configured it says so and gives no evidence. */
import type { Msg, NodeId } from '../../runtime/actor.js'

export interface DiskEvidence extends Msg {
  readonly type: 'disk-evidence'
  readonly peer: NodeId
  readonly state: 'fresh' | 'silent' | 'no-evidence'
}

export type DiskIn = { readonly type: 'status?' }
