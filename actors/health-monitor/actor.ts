/**
 * Health monitor: disabled until probes are configured. It changes no score.
 * It holds its place in the tree: at start it says so once, and it says it again to whoever asks for its status; Hello is answered with it.
 */
import { type Actor, say, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { verdict } from '../../runtime/verdict.js'
import type { HealthIn, HealthStatus } from './messages.js'

export interface DisabledState {
  readonly enabled: false
}

const because = verdict('disable', 'link.health-disabled', {}, 'info')
const disabled = say(because)

export const actor: Actor<DisabledState, HealthIn> = {
  kind: 'health-monitor',
  mailbox: { limit: 64, full: 'shed' },

  init: () => step({ enabled: false }, [disabled]),

  receive(state, msg, env) {
    switch (msg.type) {
      case 'hello': {
        const status: HealthStatus = { type: 'health-status', enabled: false, because }
        return step(state, [send(env.from, status)])
      }
      case 'status?':
        return step(state, [disabled])
      default:
        return unreachable(msg)
    }
  },
}
