/** Answers PlanPlease on any node: what would be planned, with another configuration, after an entry, or without some nodes. Changes nothing. */
import { type Env, type NodeId, type ResourceId, send } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { index, nodeId, resourceId } from '../../runtime/ids.js'
import { verdict } from '../../runtime/verdict.js'
import { apply } from '../log/apply.js'
import type { Entry } from '../log/messages.js'
import type { ClusterState } from '../log/state.js'
import { type Coordinator, inputOf, type Out } from './lead.js'
import type { PlanPlease, Row } from './messages.js'
import type { NodeRows, PlanInput } from './model.js'
import { plan, viewOf } from './plan.js'

export function onPlanPlease(s: Coordinator, msg: PlanPlease, env: Env, out: Out): void {
  if (!s.cluster) return
  const wish = msg.whatIf
  let cluster = s.cluster
  if (wish?.doc !== undefined) cluster = committed(cluster, configEntry(wish.doc as ConfigDoc))
  if (wish?.entry !== undefined) cluster = committed(cluster, wish.entry as Entry)
  const input = { ...inputOf(s, cluster, env.now), state: cluster, lost: wish?.lost ?? [] }
  out.push(send(env.from, viewOf(plan(wish ? supposed(input) : input), msg.id)))
}

const configEntry = (doc: ConfigDoc): Entry => ({
  type: 'config',
  doc,
  by: 'preview',
  because: verdict('plan', 'coordinator.unplaced', { resource: doc.name }),
})

const committed = (state: ClusterState, entry: Entry): ClusterState =>
  apply(state, { index: index(state.index + 1), term: state.term, entry }).state

/** A resource that no node knows yet would be probed first and found stopped. */
export function supposed(input: PlanInput): PlanInput {
  const ids = input.state.config.resources.map((r) => input.state.ids[r.name] ?? resourceId(r.name))
  const rows: Record<NodeId, NodeRows> = {}
  for (const [node, known] of Object.entries(input.rows)) {
    const filled: Record<ResourceId, Row> = {}
    for (const id of ids) {
      const row = known.rows[id]
      filled[id] =
        row && row.state !== 'unknown' ? row : { resource: id, state: 'stopped', token: 0 as Row['token'], failCount: 0, took: {} }
    }
    rows[nodeId(node)] = { ...known, rows: { ...known.rows, ...filled } }
  }
  return { ...input, rows }
}
