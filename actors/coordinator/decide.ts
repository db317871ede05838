/**
 * One look at everything, after any change: plan anew and carry out what can be carried out now. Nothing is remembered of earlier plans but
 * orders under way; so a lost message, a new leader or a changed world needs no case of its own. Called by actor.ts.
 */
import { cancel, type Env, type Instant, type NodeId, say, send, timer } from '../../runtime/actor.js'
import { after, elapsed } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { ClusterState } from '../log/state.js'
import { fenceFromMs, orderFences, race, raceDue } from './fences.js'
import { type Coordinator, heldSeconds, inputOf, isDated, type Lead, newLead, type Out } from './lead.js'
import type { FenceCancel } from './messages.js'
import { bootOf, RESEND_MS, ROW_WAIT_MS, sendOrders, tendFlights } from './orders.js'
import { type Plan, plan, viewOf } from './plan.js'
import { againMs, proposeNext, quietMs, SETTLE_MS, seeWishes, settleReleases, unsettled } from './propose.js'
import { askRows } from './rows.js'
import { tendTellings } from './tell.js'

const LEDGER_PUSHED_MAX = 5_000
const SAID_MAX = 256
/** How late a rule with a date may be noticed. */
const DATES_MS = 10_000

export function decide(before: Coordinator, env: Env, out: Out): Coordinator {
  const s = leading(before, env, out)
  const { cluster } = s
  if (!cluster) return s
  const next = s.lead ? carryOut(s, s.lead, cluster, env, out) : race(s, cluster, env, out)
  wake(next, cluster, env, out)
  return next
}

/** Begins and ends this node's leadership: leader, ready and quorate, or nothing at all (S13). */
function leading(s: Coordinator, env: Env, out: Out): Coordinator {
  const { leadership, lead, cluster } = s
  const may =
    cluster !== undefined &&
    leadership?.ready === true &&
    leadership.leader === s.self &&
    s.quorum?.quorate === true &&
    s.view !== undefined
  if (!may || (lead && lead.term !== leadership.term)) {
    if (!lead) return s
    out.push(say(verdict('rest', 'coordinator.resting', { node: s.name })), ...cancelFences(lead))
    const { lead: _, ...rest } = s
    return may ? leading(rest, env, out) : rest
  }
  if (lead) return s
  out.push(say(verdict('lead', 'coordinator.leading', { node: s.name, term: leadership.term })))
  const { race: won, ...rest } = s
  const begun = newLead(leadership.term, cluster.grants, env.now)
  // The log made this node leader: either its certificate is in it, or the peer was heard and the race is void.
  if (won?.ordered && !won.certificate)
    out.push(send({ path: 'fencer' }, { type: 'fence-cancel', node: won.node, boot: won.boot } as FenceCancel))
  if (!won?.certificate || cluster.lives[won.node]?.state !== 'fenced') return { ...rest, lead: begun }
  const name = cluster.members.find((m) => m.node === won.node)?.name ?? won.node
  return { ...rest, lead: { ...begun, failovers: [{ name, faultMs: s.faults[won.node] ?? env.now, provenMs: env.now }] } }
}

/** Whoever leads next decides anew who has to be fenced. */
const cancelFences = (lead: Lead): Out =>
  (Object.keys(lead.fences) as NodeId[]).sort().flatMap((node) => {
    const fence = lead.fences[node]
    if (!fence || fence.state === 'confirmed') return []
    const msg: FenceCancel = { type: 'fence-cancel', node, boot: fence.boot }
    return [send({ path: 'fencer' }, msg)]
  })

function carryOut(s0: Coordinator, lead0: Lead, cluster: ClusterState, env: Env, out: Out): Coordinator {
  const asked = askMissing(s0, settleReleases(lead0, cluster), cluster, env, out)
  const s = tendTellings(tendFlights({ ...s0, lead: seeWishes(asked, cluster, env.now) }, cluster, env, out), cluster, env, out)
  const p = plan(inputOf(s, cluster, env))
  const lead = proposeNext(s, orderFences(s, s.lead ?? asked, cluster, p, env, out), cluster, p, env, out)
  const told = tellAll({ ...s, lead }, lead, p, env, out)
  return sendOrders(told, cluster, p, env, out)
}

/** Asks members whose rows are missing or in doubt, once a second. */
function askMissing(s: Coordinator, lead: Lead, cluster: ClusterState, env: Env, out: Out): Lead {
  let { asked } = lead
  for (const node of missing(s, cluster)) {
    const last = asked[node]
    if (last !== undefined && elapsed(last, env.now) < RESEND_MS) continue
    out.push(askRows(s, node))
    asked = { ...asked, [node]: env.now }
  }
  return asked === lead.asked ? lead : { ...lead, asked }
}

const missing = (s: Coordinator, cluster: ClusterState): NodeId[] =>
  cluster.members
    .map((m) => m.node)
    .filter(
      (node) => bootOf(s, node) !== undefined && (node === s.self || s.view?.peers.some((p) => p.node === node && p.state === 'alive')),
    )
    .filter((node) => s.rows[node]?.boot !== bootOf(s, node) || s.rows[node]?.doubt === true)

/** Says what newly holds, shows the plan to the console when it changed. */
function tellAll(s: Coordinator, lead: Lead, p: Plan, env: Env, out: Out): Coordinator {
  const now = p.verdicts.slice(0, SAID_MAX).map((v) => [nameOf(v), v] as const)
  for (const [name, v] of now) if (!lead.said.includes(name)) out.push(say(v))
  const shown = JSON.stringify([p.placement.map((x) => [x.right, x.node, x.because]), p.actions, heldSeconds(s, env.now)])
  if (shown !== lead.shown) out.push(send({ path: 'console' }, viewOf(p, '', LEDGER_PUSHED_MAX), 'bulk'))
  return { ...s, lead: { ...lead, said: now.map(([name]) => name), shown } }
}

const nameOf = (v: Verdict): string => JSON.stringify([v.key, v.args['resource'] ?? '', v.args['node'] ?? ''])

/** One timer for whatever is due next; without it only changes make this actor work. */
function wake(s: Coordinator, cluster: ClusterState, env: Env, out: Out): void {
  const due: Instant[] = []
  const race = raceDue(s)
  if (race !== undefined) due.push(race)
  const { lead } = s
  if (lead) {
    for (const f of Object.values(lead.flights))
      due.push(f.endedMs === undefined ? after(f.sentMs, RESEND_MS) : after(f.endedMs, ROW_WAIT_MS))
    for (const t of Object.values(lead.tellings)) for (const a of t.asks) if (a.sentMs !== undefined) due.push(after(a.sentMs, RESEND_MS))
    for (const f of Object.values(lead.fences)) if (f.state === 'ordered') due.push(after(f.sentMs, RESEND_MS))
    for (const wish of cluster.intents) due.push(after(lead.wishes[wish.id] ?? env.now, wish.forMs))
    for (const node of missing(s, cluster)) due.push(after(lead.asked[node] ?? env.now, RESEND_MS))
    for (const { ms } of Object.values(s.heldUntil)) due.push(after(ms, -1000 * Math.max(0, Math.ceil((ms - env.now) / 1000) - 1)))
    if (lead.proposal) due.push(after(lead.proposal.sentMs, 7_000))
    if (elapsed(lead.notBeforeMs, env.now) < 0) due.push(lead.notBeforeMs)
    if (lead.overtaken !== undefined) due.push(againMs(lead))
    if (isDated(cluster.config)) due.push(after(env.now, DATES_MS))
    if (unsettled(s, lead, cluster, env)) due.push(after(lead.readyMs, SETTLE_MS))
    due.push(after(lead.readyMs, cluster.config.properties.startupFencingMs), fenceFromMs(s) ?? env.now)
    for (const m of cluster.members) if (cluster.lives[m.node]?.state === 'intent') due.push(after(lead.readyMs, quietMs(cluster, m.node)))
  }
  const next = due.filter((at) => elapsed(env.now, at) > 0).sort((a, b) => a - b)[0]
  out.push(next === undefined ? cancel('wake') : timer('wake', next, { type: 'replan' }))
}
