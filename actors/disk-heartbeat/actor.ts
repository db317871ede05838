/**
 * Disk heartbeat: disabled until shared disks are configured. It gives no evidence, so silence on the network is judged without it.
 * It holds its place in the tree: at start it says so once, and it says it again to whoever asks for its status; Hello is answered with it.
 */
import { type Actor, say, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { verdict } from '../../runtime/verdict.js'
import type { DiskIn, DiskStatus } from './messages.js'

export interface DisabledState {
  readonly enabled: false
}

const because = verdict('disable', 'link.disk-disabled', {}, 'info')
const disabled = say(because)

export const actor: Actor<DisabledState, DiskIn> = {
  kind: 'disk-heartbeat',
  mailbox: { limit: 64, full: 'shed' },

  init: () => step({ enabled: false }, [disabled]),

  receive(state, msg, env) {
    switch (msg.type) {
      case 'hello': {
        const status: DiskStatus = { type: 'disk-status', enabled: false, because }
        return step(state, [send(env.from, status)])
      }
      case 'status?':
        return step(state, [disabled])
      default:
        return unreachable(msg)
    }
  },
}
