/**
 * What one row's failures mean for one resource on one node (requirement C2, OCF recovery classes). The node counts (Row.failCount,
 * consecutive or in a window) and forgets (failure-timeout, cleanup, reboot); here the count is only judged. Called by model.ts.
 */
import { definitionOf, INFINITY, type PropertiesDoc, type ResourceDoc } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Row } from './messages.js'

/** Each field holds the reason. `node`: not on this node. `everywhere`: on no node. `block`: nothing is done with it. */
export interface Judgement {
  readonly node?: Verdict
  readonly everywhere?: Verdict
  readonly block?: Verdict
  readonly fence?: Verdict
  readonly standby?: Verdict
}

const NONE: Judgement = {}

export function judge(doc: ResourceDoc, row: Row, node: string, properties: PropertiesDoc): Judgement {
  if (row.state === 'stop-failed') return stopFailed(doc, row, node)
  const last = row.lastFailure
  if (!last || (last.of !== undefined && last.of !== definitionOf(doc))) return NONE
  const args = { resource: doc.name, node, action: last.action, rc: last.rc, reason: last.exitReason, failures: row.failCount }
  const works = row.state === 'running' || row.state === 'promoted'
  // A failure that does not count (on-fail=ignore, a probe) still says that the agent cannot work here, unless it works.
  if (row.failCount === 0 && works) return NONE
  if (last.class === 'fatal') return { everywhere: verdict('ban', 'coordinator.failed-fatal', args, 'error') }
  if (last.class === 'hard') return { node: verdict('ban', 'coordinator.failed-hard', args, 'warning') }
  if (row.failCount === 0) return NONE
  const policy = onFail(doc, last.action)
  if (policy === 'stop') return { everywhere: verdict('stop', 'coordinator.on-fail-stop', args, 'warning') }
  if (policy === 'block') return { block: verdict('block', 'coordinator.on-fail-block', args, 'warning') }
  if (policy === 'standby') return { standby: verdict('standby', 'coordinator.on-fail-standby', args, 'warning') }
  if (policy === 'fence' && row.state === 'failed') return { fence: verdict('fence', 'coordinator.on-fail-fence', args, 'warning') }
  if (last.action === 'start' && properties.startFailureIsFatal) return { node: verdict('ban', 'coordinator.start-fatal', args, 'warning') }
  const threshold = doc.meta.migrationThreshold
  if (threshold > 0 && threshold < INFINITY && row.failCount >= threshold) {
    return { node: verdict('ban', 'coordinator.threshold', { ...args, threshold }, 'warning') }
  }
  return NONE
}

function stopFailed(doc: ResourceDoc, row: Row, node: string): Judgement {
  const args = { resource: doc.name, node, rc: row.lastFailure?.rc ?? -1, reason: row.lastFailure?.exitReason ?? '' }
  const policy = doc.ops.stop.onFail
  if (policy === 'block' || policy === 'ignore') return { block: verdict('block', 'coordinator.stop-failed-block', args, 'error') }
  return { fence: verdict('fence', 'coordinator.stop-failed-fence', args, 'error') }
}

/** The policy of the operation that failed; of several recurring monitors the first one's. */
function onFail(doc: ResourceDoc, action: string): string {
  if (action === 'start') return doc.ops.start.onFail
  if (action === 'monitor') return (doc.ops.monitors.find((m) => m.intervalMs > 0) ?? doc.ops.monitors[0])?.onFail ?? 'restart'
  return 'restart'
}
