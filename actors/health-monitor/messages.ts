/** What the health-monitor takes and gives. Until probes are configured it says so and changes nothing. */
import type { Hello, Msg } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'

/** Answer to Hello: does it run, and why not. */
export interface HealthStatus extends Msg {
  readonly type: 'health-status'
  readonly enabled: boolean
  readonly because: Verdict
}

export type HealthIn = Hello | { readonly type: 'status?' }
