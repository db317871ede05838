/** Answers PlanPlease on any node: what would be planned, with another configuration, after an entry, or without some nodes. Changes nothing. */
import { type Effect, type Env, type JobResult, type NodeId, type ResourceId, send } from '../../runtime/actor.js'
import { type ConfigDoc, definitionOf } from '../../runtime/config/document.js'
import { index, nodeId, resourceId } from '../../runtime/ids.js'
import { type Refusal, verdict } from '../../runtime/verdict.js'
import { apply } from '../log/apply.js'
import type { Entry } from '../log/messages.js'
import type { ClusterState } from '../log/state.js'
import type { PlanJob } from './job.js'
import { type Coordinator, inputOf, type Out } from './lead.js'
import type { MatrixCell } from './matrix.js'
import type { Matrix, MatrixPlease, PlanPlease, Row } from './messages.js'
import type { NodeRows, PlanInput } from './model.js'
import { plan, viewOf } from './plan.js'

export function onPlanPlease(s: Coordinator, msg: PlanPlease, env: Env, out: Out): void {
  if (!s.cluster) return
  const wish = msg.whatIf
  let cluster = s.cluster
  if (wish?.doc !== undefined) cluster = committed(cluster, configEntry(wish.doc as ConfigDoc))
  if (wish?.entry !== undefined) cluster = committed(cluster, wish.entry as Entry)
  const input = { ...inputOf(s, cluster, env), state: cluster, lost: wish?.lost ?? [] }
  out.push(send(env.from, viewOf(plan(wish ? supposed(redefined(input, s.cluster.config, wish.reloads)) : input), msg.id)))
}

/**
 * What runs under another definition than the supposed configuration gives it: its node would take it for failed, without counting a failure
 * (actors/resource/reload.ts), so that it is restarted. `before`: the configuration that stands now. `reloads`: what takes its new parameters over.
 */
export function redefined(input: PlanInput, before: ConfigDoc, reloads: readonly string[] = []): PlanInput {
  const { config, ids } = input.state
  const rows = Object.fromEntries(
    Object.entries(input.rows).map(([node, known]) => {
      const name = input.state.members.find((m) => m.node === node)?.name ?? ''
      const held = config.properties.maintenanceMode || config.nodes[name]?.maintenance === true
      const changed = config.resources.flatMap((doc) => {
        const row = known.rows[ids[doc.name] ?? resourceId(doc.name)]
        const old = before.resources.find((r) => r.name === doc.name)
        const runsAs = row?.outdated ?? (old && definitionOf(old))
        if (!row || (row.state !== 'running' && row.state !== 'promoted') || runsAs === undefined) return []
        if (held || reloads.includes(doc.name) || doc.meta.maintenance || !doc.meta.managed || runsAs === definitionOf(doc)) return []
        const { lastFailure: _, ...rest } = row
        return [[row.resource, { ...rest, state: 'failed' as const, failCount: 0, outdated: runsAs }] as const]
      })
      return [node, changed.length === 0 ? known : { ...known, rows: { ...known.rows, ...Object.fromEntries(changed) } }]
    }),
  )
  return { ...input, rows }
}

const matrixMsMax = 10_000

/**
 * Hundreds of plans: in the pool, so that this thread goes on deciding. A single plan stays here, however large: it costs no more than packing its
 * input for another thread. The job's id says whom to answer.
 */
export function onMatrixPlease(s: Coordinator, msg: MatrixPlease, env: Env, out: Out): void {
  if (!s.cluster) return
  const args: PlanJob = { what: 'matrix', input: supposed(inputOf(s, s.cluster, env)) }
  out.push({ do: 'job', id: `${env.from.path} ${msg.id}`, kind: 'plan', args, timeoutMs: matrixMsMax })
}

export function matrixFrom(result: JobResult): Effect {
  const [path = '', ...rest] = result.id.split(' ')
  const what = result.ok ? { cells: result.value as readonly MatrixCell[] } : { refused: result.value as Refusal }
  const answer: Matrix = { type: 'matrix', id: rest.join(' '), ...what }
  return send({ path }, answer)
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
