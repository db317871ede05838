/**
 * The plan: a pure function of (configuration, log state, view, rows) with its reasons (design 2.3, S22). It says where everything belongs,
 * what has to be done in which order, which lives must end, and which releases and grants the evidence at hand allows (S2). No time is
 * read here; durations come in as arguments. Sources of its parts: model.ts, place.ts, need.ts, order.ts, notify.ts.
 */
import type { BootId, Index, NodeId } from '../../runtime/actor.js'
import { opId, resourceId } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { GrantOrder, Release } from '../log/messages.js'
import { resourceOf } from '../log/right.js'
import { Ledger } from './ledger.js'
import type { Contribution, Placement, PlanView } from './messages.js'
import { before, buildModel, type Model, type PlanInput, type Res } from './model.js'
import { type Need, proven, waitsForOwner } from './need.js'
import { type Notices, noticesOf } from './notify.js'
import { buildGraph, type Graph, type PlannedAction } from './order.js'
import { place } from './place.js'

/** A life that must end before the plan can go on. */
export interface FenceNeed {
  readonly node: NodeId
  readonly name: string
  readonly boot: BootId
  readonly because: Verdict
  /** Resources that it holds. */
  readonly holds: number
}
export interface Plan {
  readonly index: Index
  readonly nodes: PlanView['nodes']
  readonly placement: readonly Placement[]
  readonly actions: readonly PlannedAction[]
  readonly ledger: readonly Contribution[]
  /** Of each clone that notifies. */
  readonly notices: readonly Notices[]
  readonly fences: readonly FenceNeed[]
  /** What may be decided in the log now, as one entry. */
  readonly releases: readonly Release[]
  readonly grants: readonly GrantOrder[]
  /** True when deciding now lets something start, or gives up a right that nobody needs. */
  readonly decide: boolean
  /** Sentences for the operator that hold as long as the plan does: what is blocked and what to do. */
  readonly verdicts: readonly Verdict[]
}

export function plan(input: PlanInput): Plan {
  const m = buildModel(input)
  const ledger = new Ledger()
  const placed = place(m, ledger)
  const graph = buildGraph(m, placed)
  const releases = releasable(m, graph)
  const released = new Set(releases.map((r) => r.resource))
  const grants = grantable(m, graph, new Set(released))
  return {
    index: input.state.index,
    nodes: m.nodes.map(({ node, name }) => ({ node, name })),
    placement: m.all.map((r) => placement(m, r, placed.at[r.order] ?? -1, placed.why[r.order] as Verdict, graph.needs[r.order])),
    actions: graph.actions,
    ledger: ledger.entries,
    notices: noticesOf(m, graph.actions),
    fences: fencesOf(m),
    releases,
    grants,
    decide: worth(graph, grants, releases),
    verdicts: sentences(m, graph),
  }
}

/** The plan as others see it; `ledgerMax` leaves a longer ledger out. */
export const viewOf = (p: Plan, id: string, ledgerMax = Number.POSITIVE_INFINITY): PlanView => ({
  type: 'plan',
  id,
  index: p.index,
  nodes: p.nodes,
  placement: p.placement,
  actions: p.actions.map(({ busy: _, condemned: __, right: ___, priority: ____, notify: _____, ...action }) => action),
  ledger: p.ledger.length <= ledgerMax ? p.ledger : [],
})

function placement(m: Model, r: Res, at: number, why: Verdict, need: Need | undefined): Placement {
  const node = m.nodes[at]?.node
  const because = (need && waitsFor(m, need)) ?? why
  const clone = m.units[r.unit]?.clone?.name
  return {
    resource: r.resource,
    name: r.name,
    right: r.id,
    ...(clone !== undefined && { clone }),
    ...(r.slot !== undefined && { role: 'Promoted' as const }),
    ...(r.group !== undefined && { group: r.group }),
    ...(node !== undefined && { node }),
    because,
  }
}

/** What keeps it from starting where it belongs. A start that is planned behind a fence waits, too. */
function waitsFor(m: Model, { r, target, wait, start }: Need): Verdict | undefined {
  if (wait || !start) return wait
  const args = { resource: r.name, node: m.nodes[target]?.name ?? '-', owner: m.nodes[r.owner]?.name ?? '-' }
  if (m.input.noQuorum) return verdict('wait', 'coordinator.wait-quorum', args, 'notice')
  return r.hold === 'fencing' ? waitsForOwner(r, args) : undefined
}

function fencesOf(m: Model): readonly FenceNeed[] {
  const grants = Object.values(m.input.state.grants)
  return m.nodes.flatMap((n) => {
    if (n.standing !== 'lost' || !n.fence || !n.life || n.life.state !== 'admitted') return []
    const holds = grants.filter((g) => g.node === n.node && !g.released).length
    return n.canFence ? [{ node: n.node, name: n.name, boot: n.life.boot, because: n.fence, holds }] : []
  })
}

function releasable(m: Model, graph: Graph): readonly Release[] {
  const out: Release[] = []
  for (const r of m.all) {
    const grant = r.grant
    if (!grant || grant.released || m.input.busy[r.id] !== undefined) continue
    const need = graph.needs[r.order]
    const base = { resource: r.id, node: grant.node, token: grant.token }
    const proof = proven(m, r)
    if (r.hold === 'here' && proof && need?.target !== r.owner && !need?.stops.size) {
      out.push({ ...base, boot: grant.boot, how: 'stopped', op: proof.op })
    } else if (r.hold === 'rebooted' && r.rows[r.owner]?.state === 'stopped') {
      const n = m.nodes[r.owner]
      if (!n?.boot || n.life?.boot !== n.boot || n.life.state !== 'admitted') continue
      out.push({ ...base, boot: n.boot, how: 'reboot-probe', op: opId(`${n.boot}:probe`) })
    }
  }
  return [...out, ...orphans(m)]
}

/** Rights of resources that left the configuration: their node says that it stopped them for good. No row says nothing: it may run yet. */
function orphans(m: Model): readonly Release[] {
  const known = new Set<string>(m.all.map((r) => r.id))
  const grants = m.input.state.grants
  return Object.keys(grants)
    .sort(before)
    .flatMap((id): Release[] => {
      const grant = grants[resourceId(id)]
      const n = m.nodes.find((other) => other.node === grant?.node)
      if (!grant || grant.released || known.has(id) || m.input.busy[grant.resource]) return []
      if (!n?.rows || !n.boot || (n.standing !== 'usable' && n.standing !== 'leaving')) return []
      if (!n.rows.rows[resourceOf(grant.resource)]?.retired) return []
      const { resource, node, token } = grant
      const op = opId(`${n.boot}:retired`)
      if (n.boot === grant.boot) return [{ resource, node, token, boot: n.boot, how: 'stopped', op }]
      const admitted = n.life?.boot === n.boot && n.life.state === 'admitted'
      return admitted ? [{ resource, node, token, boot: n.boot, how: 'reboot-probe', op }] : []
    })
}

/** Rights for everything whose way is free: nothing left to stop or to fence for it, and the owner has none or gives it up with this. */
function grantable(m: Model, graph: Graph, released: ReadonlySet<string>): readonly GrantOrder[] {
  const starts = new Map(graph.actions.flatMap((a) => (begins(a) ? [[a.right, a] as const] : [])))
  return graph.needs.flatMap((need): GrantOrder[] => {
    const { r, target } = need
    const n = m.nodes[target]
    if (!need.start || need.stops.size > 0 || need.busy || !n?.boot) return []
    if (r.hold === 'here' && r.owner === target) return []
    const free = r.hold === 'free' || r.hold === 'taken' || released.has(r.id)
    const action = starts.get(r.id)
    if (!free || !action || action.after.some((id) => id.startsWith('fence:'))) return []
    return [{ resource: r.id, node: n.node, boot: n.boot }]
  })
}

const begins = (a: PlannedAction): boolean => a.action === 'start' || a.action === 'promote'

function worth(graph: Graph, grants: readonly GrantOrder[], releases: readonly Release[]): boolean {
  const ready = new Set(graph.actions.filter((a) => begins(a) && a.after.length === 0).map((a) => a.right))
  if (grants.some((g) => ready.has(g.resource))) return true
  if (releases.length === 0) return false
  const starting = new Set(graph.needs.filter((n) => n.start).map((n) => n.r.id))
  const acting = new Set(graph.actions.map((a) => a.right))
  return releases.some((rel) => !starting.has(rel.resource) && !acting.has(rel.resource))
}

/** What an operator has to know: blocked resources, lost nodes that nothing can fence, circles of orders. */
function sentences(m: Model, graph: Graph): readonly Verdict[] {
  const out: Verdict[] = []
  for (const n of m.nodes) {
    if (n.standing === 'lost' && !n.canFence) {
      const holds = Object.values(m.input.state.grants).filter((g) => g.node === n.node && !g.released).length
      const key = m.config.properties.fencingEnabled ? 'coordinator.no-device' : 'coordinator.fencing-off'
      if (n.life?.state === 'admitted') out.push(verdict('block', key, { node: n.name, boot: n.life.boot, holds }, 'safety'))
    }
    if (n.boot !== undefined && n.life?.state === 'fenced' && n.life.boot === n.boot && heardAlive(m, n.node)) {
      out.push(verdict('refuse', 'coordinator.fenced-alive', { node: n.name, boot: n.boot }, 'safety'))
    }
  }
  for (const u of m.units) {
    const blocked = u.members.find((r) => r.block)
    if (blocked?.block) out.push(blocked.block)
  }
  out.push(...m.leftBlocked)
  for (const need of graph.needs) if (need.wait && need.wait.do === 'block') out.push(need.wait)
  if (graph.circle.length > 0)
    out.push(verdict('block', 'coordinator.order-circle', { actions: graph.circle.slice(0, 8).join(', ') }, 'error'))
  return out
}

const heardAlive = (m: Model, node: NodeId): boolean => m.input.peers.some((p) => p.node === node && p.state === 'alive')
