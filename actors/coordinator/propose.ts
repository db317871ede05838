/**
 * What the coordinator asks the log to decide, one proposal at a time, the most urgent first: a decision (certificates, releases, grants in
 * one entry), fence intents, admissions, ends of wishes, departures. The log's state machine checks the evidence again (apply.ts).
 */

import { type BootId, type Env, type Instant, type NodeId, type ResourceId, say, send } from '../../runtime/actor.js'
import { type FenceDoc, leaseMsOf } from '../../runtime/config/document.js'
import { render } from '../../runtime/text/index.js'
import { after, elapsed } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import type { Entry, Propose, Proposed } from '../log/messages.js'
import type { ClusterState } from '../log/state.js'
import { condemned, helper, isIdle, settledView } from './fences.js'
import type { Coordinator, Lead, Out } from './lead.js'
import { before } from './model.js'
import type { Plan } from './plan.js'

/** After a new leader is ready, resources that nobody owns wait so long for members that are still coming up. */
export const SETTLE_MS = 1_000
const REFUSED_MS = 1_000
/** A proposal that an entry of somebody else has overtaken is made anew when that is applied; without it, after this. */
const OVERTAKEN_MS = 200
/** The log answers within 5 s; after this its answer is lost. */
const ANSWER_MS = 7_000

/** When a proposal that was overtaken is made anew at the latest. */
export const againMs = (lead: Lead): Instant => after(lead.overtakenMs, OVERTAKEN_MS)

export function proposeNext(s: Coordinator, lead: Lead, cluster: ClusterState, p: Plan, env: Env, out: Out): Lead {
  const waiting =
    lead.proposal &&
    (lead.proposal.index === undefined ? elapsed(lead.proposal.sentMs, env.now) < ANSWER_MS : cluster.index < lead.proposal.index)
  // Somebody else's entry is on its way, or never will be: until it is applied here every proposal is of a state that is over.
  const overtaken = lead.overtaken === cluster.index && elapsed(againMs(lead), env.now) < 0
  if (waiting || overtaken || elapsed(lead.notBeforeMs, env.now) < 0) return lead
  const { proposal: _, ...free } = lead
  const next =
    decision(s, lead, cluster, p, env) ??
    fenceIntent(s, cluster, p, env) ??
    admission(s, lead, cluster, p, env) ??
    wishOver(lead, cluster, env, out) ??
    departure(s, cluster) ??
    (Object.keys(lead.releasing).length > 0 ? { type: 'noop' as const } : undefined) // once it is taken, what came before is decided
  if (!next) return free
  const id = `${s.prefix}.${lead.n}`
  const propose: Propose = { type: 'propose', id, entry: next, ifIndex: cluster.index }
  out.push(send({ path: 'log' }, propose))
  const releasing = { ...lead.releasing }
  if (next.type === 'decision') for (const r of next.releases) releasing[r.resource] = { token: r.token, by: id }
  return { ...free, n: lead.n + 1, releasing, proposal: { id, what: next.type, sentMs: env.now } }
}

/** A stop that proved a right free must stay the last word until the log has decided: what is no longer the right's token is settled. */
export function settleReleases(lead: Lead, cluster: ClusterState): Lead {
  const open = Object.entries(lead.releasing).filter(([id, r]) => {
    const grant = cluster.grants[id as ResourceId]
    return grant?.token === r.token && !grant.released
  })
  return open.length === Object.keys(lead.releasing).length ? lead : { ...lead, releasing: Object.fromEntries(open) }
}

export function onProposed(s: Coordinator, msg: Proposed, env: Env, out: Out): Coordinator {
  const { lead } = s
  if (!lead?.proposal || lead.proposal.id !== msg.id) return s
  const { proposal, ...rest } = lead
  if (msg.ok && msg.index !== undefined) {
    // Only a log that ended where this coordinator was takes a proposal: what was open before is decided by now, or never will be.
    const own = Object.entries(lead.releasing).filter(([, r]) => r.by === msg.id)
    return { ...s, lead: { ...rest, releasing: Object.fromEntries(own), proposal: { ...proposal, index: msg.index } } }
  }
  // What is not known may still be decided while this node leads.
  const releasing = Object.entries(lead.releasing).filter(([, r]) => msg.refused === 'unknown' || r.by !== msg.id)
  const free = { ...rest, releasing: Object.fromEntries(releasing) }
  if (msg.refused === 'stale-revision')
    return { ...s, lead: { ...free, ...(s.cluster ? { overtaken: s.cluster.index } : {}), overtakenMs: env.now } }
  const reason = msg.because ? render('en', msg.because.key, msg.because.args) : (msg.refused ?? 'no reason given')
  out.push(say(verdict('refuse', 'coordinator.refused', { what: proposal.what, reason, ms: REFUSED_MS }, 'warning')))
  return { ...s, lead: { ...free, notBeforeMs: after(env.now, REFUSED_MS) } }
}

function decision(s: Coordinator, lead: Lead, cluster: ClusterState, p: Plan, env: Env): Entry | undefined {
  const certificates = Object.keys(lead.fences)
    .sort(before)
    .flatMap((node) => lead.fences[node as NodeId]?.certificate ?? [])
  const waits = certificates.length === 0 && !p.grants.some((g) => urgent(lead, cluster, g.resource)) && unsettled(s, lead, cluster, env)
  if (certificates.length === 0 && (!p.decide || waits)) return undefined
  const { releases, grants } = p
  const because = verdict('decide', 'coordinator.decision', {
    certificates: certificates.length,
    releases: releases.length,
    grants: grants.length,
  })
  return { type: 'decision', certificates, releases, grants, because }
}

/** It was taken from somebody who runs it no longer: by certificate, or by a stop of this leader. */
function urgent(lead: Lead, cluster: ClusterState, resource: ResourceId): boolean {
  const old = cluster.grants[resource]
  if (!old) return false
  return lead.proofs[resource]?.token === old.token || cluster.certificates.some((c) => c.node === old.node && c.boot === old.boot)
}

/** Members are still coming up; what nobody owns waits a moment for them, so that it starts where it belongs. */
export function unsettled(s: Coordinator, lead: Lead, cluster: ClusterState, env: Env): boolean {
  if (elapsed(lead.readyMs, env.now) >= SETTLE_MS) return false
  return cluster.members.some((m) => {
    const boot =
      m.node === s.self ? s.boot : s.view?.peers.find((peer) => peer.node === m.node && peer.state === 'alive')?.incarnation?.boot
    const rows = s.rows[m.node]
    const known = (r: { readonly name: string }): boolean =>
      (rows?.rows[cluster.ids[r.name] ?? ('' as ResourceId)]?.state ?? 'unknown') !== 'unknown'
    const probed = rows?.boot === boot && cluster.config.resources.every(known)
    return boot === undefined || cluster.lives[m.node]?.boot !== boot || cluster.lives[m.node]?.state !== 'admitted' || !probed
  })
}

function fenceIntent(s: Coordinator, cluster: ClusterState, p: Plan, env: Env): Entry | undefined {
  if (!settledView(s, env)) return undefined
  const need = p.fences.find((f) => f.node !== s.self || helper(s, cluster) !== undefined)
  return need && { type: 'fence-intent', node: need.node, boot: need.boot, because: need.because }
}

/** A member that is heard, in a life that was not admitted yet; not while a device may still be about to end it. */
function admission(s: Coordinator, lead: Lead, cluster: ClusterState, p: Plan, env: Env): Entry | undefined {
  for (const m of [...cluster.members].sort((a, b) => before(a.name, b.name))) {
    const peer = s.view?.peers.find((other) => other.node === m.node)
    if (m.node !== s.self && peer?.state !== 'alive') continue
    const boot = m.node === s.self ? s.boot : peer?.incarnation?.boot
    if (boot !== undefined && admissible(lead, cluster, p, m.node, boot, env)) return { type: 'admit', node: m.node, boot }
  }
  return undefined
}

function admissible(lead: Lead, cluster: ClusterState, p: Plan, node: NodeId, boot: BootId, env: Env): boolean {
  const life = cluster.lives[node]
  const certified = cluster.certificates.some((c) => c.node === node && c.boot === boot)
  if (certified || (life?.boot === boot && (life.state === 'fenced' || life.state === 'admitted'))) return false
  if (life?.state !== 'intent') return true
  if (life.boot !== boot && devicesOf(cluster, node).length === 0) return true // it ends itself, and has: nobody is about to end this life
  const fence = lead.fences[node]
  if (life.boot === boot) return (!fence || isIdle(fence)) && !condemned(p, node)
  if (fence) return isIdle(fence)
  return elapsed(lead.readyMs, env.now) >= quietMs(cluster, node)
}

/** A fence that an earlier leader ordered has ended by then. */
export function quietMs(cluster: ClusterState, node: NodeId): number {
  return devicesOf(cluster, node).reduce((sum, d) => sum + d.timeoutMs, 1_000)
}

/** Devices that do something to the machine of `node`, whatever life it is in then. */
function devicesOf(cluster: ClusterState, node: NodeId): readonly FenceDoc[] {
  const name = cluster.members.find((m) => m.node === node)?.name ?? ''
  return cluster.config.fencing.filter((d) => Object.hasOwn(d.hosts, name) && leaseMsOf(d) === undefined)
}

/** An operator's wish whose time is over on this leader's clock. */
function wishOver(lead: Lead, cluster: ClusterState, env: Env, out: Out): Entry | undefined {
  for (const wish of [...cluster.intents].sort((a, b) => before(a.id, b.id))) {
    const seenMs = lead.wishes[wish.id]
    if (seenMs === undefined || elapsed(seenMs, env.now) < wish.forMs) continue
    const because = verdict(
      'end',
      'coordinator.intent-end',
      { kind: wish.kind, resource: wish.resource, ms: elapsed(seenMs, env.now) },
      'notice',
    )
    out.push(say(because))
    return { type: 'intent-end', id: wish.id, because }
  }
  return undefined
}

/** A node that leaves and holds nothing any more has left. */
function departure(s: Coordinator, cluster: ClusterState): Entry | undefined {
  for (const peer of [...(s.view?.peers ?? [])].sort((a, b) => before(a.node, b.node))) {
    const life = cluster.lives[peer.node]
    if (peer.state !== 'leaving' || life?.state !== 'admitted' || life.boot !== peer.incarnation?.boot) continue
    if (Object.values(cluster.grants).some((g) => g.node === peer.node && !g.released)) continue
    return { type: 'leave', node: peer.node, boot: life.boot }
  }
  return undefined
}

/** Remembers when wishes were first seen; a new leader counts anew. */
export function seeWishes(lead: Lead, cluster: ClusterState, now: Instant): Lead {
  const wishes: Record<string, Instant> = {}
  for (const wish of cluster.intents) wishes[wish.id] = lead.wishes[wish.id] ?? now
  return { ...lead, wishes }
}
