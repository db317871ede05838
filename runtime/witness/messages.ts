/** What the service `witness` tells: the log what a device answered (actors/log/messages.ts, `witness-told`), the console how it stands. */
import type { WitnessRecord } from '../../actors/log/register.js'
import type { Msg } from '../actor.js'
import type { Verdict } from '../verdict.js'

/** witness -> `console`, on each change and about every five seconds while a device is configured. */
export interface WitnessStatus extends Msg {
  readonly type: 'witness-status'
  /** Absent: no device is configured. */
  readonly name?: string
  readonly address?: string
  readonly connected: boolean
  /** Since its last answer of any kind; absent: none in this life of kyhad. */
  readonly answeredAgoMs?: number
  /** What it held at its last answer. */
  readonly record?: WitnessRecord
  readonly because: Verdict
}
