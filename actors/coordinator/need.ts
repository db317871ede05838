/**
 * What one resource needs to get from where it is to where it belongs: stops, a start, or the reason why it has to wait. Without any
 * regard to other resources: order.ts adds that. The rules of S2 stand here as waits: no start without proof that the owner stopped.
 */
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Row } from './messages.js'
import type { Model, NodeNow, Res, StopProof } from './model.js'

export interface Need {
  readonly r: Res
  /** Where it belongs; -1 = nowhere. */
  readonly target: number
  /** Nodes where it has to be stopped, with the reason. */
  readonly stops: Map<number, Verdict>
  start: Verdict | undefined
  /** Why it cannot start yet. */
  wait: Verdict | undefined
  /** An operation on it is under way: nothing new is ordered until it ends. */
  readonly busy: boolean
  /** It runs at its target, with the right to. */
  readonly runs: boolean
}

export function needOf(m: Model, r: Res, at: number): Need {
  const several = r.active.length > 1
  const target = several && r.doc.meta.multipleActive === 'stop_only' ? -1 : at
  const none: Need = { r, target, stops: new Map(), start: undefined, wait: undefined, busy: isBusy(m, r), runs: works(m, r, at) }
  if (untouchable(m, r)) return { ...none, runs: r.active.some((i) => up(r, i)) }
  if (several && r.doc.meta.multipleActive === 'block') {
    return { ...none, wait: verdict('block', 'coordinator.multiple-blocked', { resource: r.name, count: r.active.length }, 'error') }
  }
  const need = { ...none, runs: false }
  if (several) stopAll(m, need)
  else stopElsewhere(m, need)
  proveStopped(m, need)
  if (target < 0) {
    if (several) need.wait = verdict('block', 'coordinator.multiple-stopped', { resource: r.name, count: r.active.length }, 'error')
    return need
  }
  if (need.stops.size === 0 && works(m, r, target)) return { ...need, runs: true }
  return startAt(m, need)
}

const untouchable = (m: Model, r: Res): boolean => !r.managed || (m.units[r.unit]?.members.some((other) => other.block) ?? false)

/** Its own order without a result, or one of an earlier leader that the row shows. */
const isBusy = (m: Model, r: Res): boolean =>
  m.input.busy[r.id] !== undefined ||
  r.rows.some((row) => row?.state === 'starting' || row?.state === 'stopping' || row?.pending !== undefined || untold(r, row))

/** Its operation is not over before the other instances of its clone were told of it; what has failed since does not wait for that. */
export function untold(r: Res, row: Row | undefined): boolean {
  const action = row?.untold?.action
  if (!action || row.state === 'failed' || row.state === 'stop-failed') return false
  return (r.slot === undefined) === (action === 'start' || action === 'stop')
}

const up = (r: Res, at: number): boolean => r.rows[at]?.state === 'running' || r.rows[at]?.state === 'promoted'

/**
 * It runs at `at` under the grant that the log shows, and no order for it is under way: such an order cannot be called back. Also a start, given
 * before a row told what an earlier leader had started, begins it anew, and what stands on it waits for the answer (S17).
 */
const works = (m: Model, r: Res, at: number): boolean =>
  at >= 0 &&
  up(r, at) &&
  m.input.busy[r.id] === undefined &&
  !untold(r, r.rows[at]) &&
  r.owner === at &&
  r.hold === 'here' &&
  (r.slot !== undefined || (r.rows[at]?.token ?? 0) >= (r.grant?.token ?? 0))

/** What somebody else may still run, or be promoted in. */
export const waitsForOwner = (r: Res, args: Verdict['args']): Verdict =>
  verdict('wait', r.slot === undefined ? 'coordinator.wait-owner' : 'coordinator.wait-role', args, 'notice')

const nameAt = (m: Model, at: number): string => m.nodes[at]?.name ?? '-'

function stopAll(m: Model, need: Need): void {
  for (const at of need.r.active) {
    const args = { resource: need.r.name, node: nameAt(m, at), count: need.r.active.length }
    stop(need, at, verdict('stop', 'coordinator.stop-multiple', args, 'error'))
  }
}

function stop(need: Need, at: number, why: Verdict): void {
  const because = need.r.slot === undefined ? why : { ...why, do: 'demote', key: 'coordinator.demote' as const }
  if (need.r.rows[at]?.state !== 'stop-failed' && !need.stops.has(at)) need.stops.set(at, because)
}

function stopElsewhere(m: Model, need: Need): void {
  const { r, target } = need
  for (const at of r.active) {
    const args = { resource: r.name, node: nameAt(m, at), to: nameAt(m, target) }
    const state = r.rows[at]?.state
    if (at !== target) stop(need, at, verdict('stop', target < 0 ? 'coordinator.stop-unplaced' : 'coordinator.stop-move', args))
    else if (state === 'failed') stop(need, at, recovery(r, at, args))
    else if (up(r, at) && r.owner >= 0 && (r.owner !== at || r.hold === 'rebooted'))
      stop(need, at, verdict('stop', 'coordinator.stop-unowned', args, 'warning'))
  }
}

const recovery = (r: Res, at: number, args: Verdict['args']): Verdict => {
  if (r.rows[at]?.outdated !== undefined) return verdict('stop', 'coordinator.stop-redefined', args)
  const last = r.rows[at]?.lastFailure
  if (!last || r.rows[at]?.failCount === 0) return verdict('stop', 'coordinator.stop-changed', args)
  const rest = { action: last.action, rc: last.rc, failures: r.rows[at]?.failCount ?? 0 }
  return verdict('stop', 'coordinator.stop-failed-here', { ...args, ...rest }, 'warning')
}

/** The owner is alive and is to lose the right: only its answer to a stop of this leader proves that it does not run the resource. */
function proveStopped(m: Model, need: Need): void {
  const { r, target } = need
  if (r.hold !== 'here' || r.owner < 0 || r.owner === target || r.active.includes(r.owner)) return
  if (proven(m, r)) return
  const row = r.rows[r.owner]
  const args = { resource: r.name, node: nameAt(m, r.owner), to: nameAt(m, target) }
  if (row === undefined || row.state === 'unknown') need.wait = verdict('wait', 'coordinator.wait-probe', args)
  else stop(need, r.owner, verdict('stop', 'coordinator.stop-prove', args))
}

/** This leader's proof for the grant as it stands. */
export const proven = (m: Model, r: Res): StopProof | undefined => {
  const proof = m.input.proofs[r.id]
  return proof && r.grant && proof.token === r.grant.token && proof.node === r.grant.node && proof.boot === r.grant.boot ? proof : undefined
}

function startAt(m: Model, need: Need): Need {
  const { r, target } = need
  const node = m.nodes[target]
  const args = { resource: r.name, node: nameAt(m, target) }
  need.wait ??= waits(m, r, target, node)
  if (need.wait) return need
  const found = up(r, target) && r.owner < 0 && need.stops.size === 0
  if (r.slot !== undefined) {
    need.start = verdict('promote', 'coordinator.promote', args)
    return need
  }
  need.start = verdict('start', found ? 'coordinator.start-found' : startReason(need), args)
  return need
}

function startReason(
  need: Need,
): 'coordinator.start-failover' | 'coordinator.start-again' | 'coordinator.start-move' | 'coordinator.start' {
  const { r, target } = need
  if (r.hold === 'fencing' || r.hold === 'taken') return 'coordinator.start-failover'
  if (r.owner === target && r.hold === 'here') return (r.rows[target]?.failCount ?? 0) > 0 ? 'coordinator.start-again' : 'coordinator.start'
  return r.owner >= 0 ? 'coordinator.start-move' : 'coordinator.start'
}

function waits(m: Model, r: Res, target: number, node: NodeNow | undefined): Verdict | undefined {
  const args = { resource: r.name, node: node?.name ?? '-', owner: nameAt(m, r.owner) }
  if (r.hold === 'stuck') return verdict('block', 'coordinator.stuck', { ...args, boot: m.nodes[r.owner]?.life?.boot ?? '-' }, 'safety')
  if (r.hold === 'waiting') return waitsForOwner(r, args)
  if (node?.standing !== 'usable') return verdict('wait', 'coordinator.wait-node', args)
  const own = r.rows[target]
  if (own === undefined || own.state === 'unknown') return verdict('wait', 'coordinator.wait-probe', args)
  if (own.state === 'stop-failed') return verdict('wait', 'coordinator.wait-node', args)
  if (r.hold === 'rebooted') {
    const row = r.rows[r.owner]
    if (row === undefined || row.state === 'unknown') return verdict('wait', 'coordinator.wait-probe', { ...args, node: args.owner })
    const life = m.nodes[r.owner]?.life
    if (life?.state !== 'admitted' || life.boot !== m.nodes[r.owner]?.boot)
      return verdict('wait', 'coordinator.wait-node', { ...args, node: args.owner })
  }
  const unprobed = isOpen(r) ? firstUnprobed(m, r) : -1
  return unprobed < 0 ? undefined : verdict('wait', 'coordinator.wait-probe', { ...args, node: nameAt(m, unprobed) })
}

/** Nobody owns it, or the life that did is over. */
const isOpen = (r: Res): boolean => r.hold === 'free' || r.hold === 'rebooted'

/**
 * Where it, or with it an open member of its group or what has to be with it, is not known yet, or a lease is about to be armed: what is decided before would
 * depend on which probe was slower. A group goes where all its members may go, and all the better where its company may.
 */
function firstUnprobed(m: Model, r: Res): number {
  const open = [...(m.units[r.unit]?.members ?? [r]), ...(r.bound === undefined ? company(m, r) : [])].filter(isOpen)
  const unknown = (o: Res, i: number): boolean =>
    (o.bound === undefined || o.bound === i) && (o.rows[i] === undefined || o.rows[i].state === 'unknown')
  return m.nodes.findIndex(
    (n, i) => (r.bound === undefined || r.bound === i) && admittedAlive(n) && (n.arming || open.some((o) => unknown(o, i))),
  )
}

/** What is to be placed with it, and with that in turn: where those may be decides about its place too. */
function company(m: Model, r: Res): readonly Res[] {
  const wishes = m.config.colocations.filter((c) => c.score > 0 && c.influence !== false)
  const units = new Set([r.unit])
  for (const order of units) {
    const of = m.units[order]
    const names = new Set([of?.name, of?.group?.name, ...(of?.members ?? []).map((member) => member.name)])
    for (const c of wishes) if (names.has(c.with)) for (const other of m.named.get(c.resource) ?? []) units.add(other.unit)
  }
  units.delete(r.unit)
  return [...units].flatMap((order) => m.units[order]?.members ?? [])
}

const admittedAlive = (n: NodeNow): boolean =>
  n.standing === 'usable' ||
  n.standing === 'leaving' ||
  (n.standing === 'joining' && n.life?.state === 'admitted' && n.life.boot === n.boot)
