/**
 * Health monitor: disabled until probes are configured. It changes no score.
 * It holds its place in the tree: at start it says so once, and it says it again to whoever asks for its status.
 */
import { type Actor, say, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { verdict } from '../../runtime/verdict.js'
import type { HealthIn } from './messages.js'

export interface DisabledState {
  readonly enabled: false
}

const disabled = say(verdict('disable', 'link.health-disabled', {}, 'info'))

export const actor: Actor<DisabledState, HealthIn> = {
  kind: 'health-monitor',
  mailbox: { limit: 64, full: 'shed' },

  init: () => step({ enabled: false }, [disabled]),

  receive(state, msg) {
    switch (msg.type) {
      case 'status?':
        return step(state, [disabled])
      default:
        return unreachable(msg.type)
    }
  },
}
