/**
 * Taking over what the guard holds from before (a restart of kyhad, of the director or of one child). A child that says hello is
 * adopted with an inventory that was asked for after its hello, so that nothing which its earlier life ordered can be missing in it.
 */
import {
  type AgentInventory,
  type AgentResult,
  type Effect,
  type Env,
  type Index,
  type OpId,
  type ResourceId,
  send,
  type Token,
  timer,
} from '../../runtime/actor.js'
import { cloneOf } from '../../runtime/config/document.js'
import { index } from '../../runtime/ids.js'
import { after } from '../../runtime/time.js'
import { type Director, tokenHere } from './gate.js'
import { decisionOf } from './instance.js'
import type { Adopt } from './messages.js'

export interface Held {
  readonly token: Token
  readonly inFlight?: { readonly id: OpId; readonly action: string }
  readonly finished: readonly AgentResult[]
  readonly note?: string
}

const FINISHED_MAX = 64
/** With more resources than this the guard keeps no results for us: it holds at most 256 in all. */
const KEEP_RESOURCES_MAX = 128
const LIST_AGAIN_MS = 1_000

/** A child started: what an earlier life of it was given may be lost. */
export function begun(s: Director, id: ResourceId, env: Env, out: Effect[]): Director {
  const open = Object.entries(s.open).map(([op, o]) => [op, o.resource === id ? { ...o, doubt: true } : o] as const)
  return asked({ ...s, open: Object.fromEntries(open) }, id, env, out)
}

/** A child started, or misses a result: it waits for the next answer of the guard. */
export function asked(s: Director, id: ResourceId, env: Env, out: Effect[]): Director {
  const child = s.children[id]
  if (!child) return s
  const children = { ...s.children, [id]: { ...child, adoptAt: s.listSent + 1 } }
  if (s.listGot < s.listSent) return { ...s, children }
  return list({ ...s, children }, env, out)
}

/** Asks the guard, and again every second until it answers (it may be restarting). */
export const listEffects = (env: Env): readonly Effect[] => [
  { do: 'agent-list' },
  timer('list', after(env.now, LIST_AGAIN_MS), { type: 'list-due' }),
]

function list(s: Director, env: Env, out: Effect[]): Director {
  out.push(...listEffects(env))
  return { ...s, listSent: s.listSent + 1 }
}

/**
 * What was ordered after all that the log has shown here: its resource is not gone but not known yet, and whoever knows it then has to find the result,
 * or the order would be carried out again when it is repeated (S18).
 */
export const isAhead = (s: Director, op: OpId): boolean => (decisionOf(op)?.index ?? 0) > (s.cluster?.index ?? 0)

/** The guard's answer. Results of resources that the log forgot are acknowledged, fence results are the fencer's. */
export function inventoried(s: Director, msg: AgentInventory, env: Env, out: Effect[]): Director {
  const held: Record<ResourceId, Held> = {}
  for (const r of msg.resources) {
    if (r.resource.startsWith('fence/')) continue
    const { token, inFlight, note } = r
    const finished = r.finished.slice(-FINISHED_MAX)
    held[r.resource] = { token, finished, ...(inFlight && { inFlight }), ...(note !== undefined && { note }) }
    const forgotten = s.cluster && !s.children[r.resource] ? r.finished.filter((f) => !isAhead(s, f.id)) : []
    for (const result of [...r.finished.slice(0, -FINISHED_MAX), ...forgotten]) out.push({ do: 'agent-ack', id: result.id })
  }
  return adoptWaiting({ ...s, held, listGot: s.listSent }, env, out)
}

/** Adopts the children whose inventory is there; asks once more if others came in between. */
export function adoptWaiting(s: Director, env: Env, out: Effect[]): Director {
  if (!s.cluster || s.listGot < s.listSent) return s
  const ids = (Object.keys(s.children) as ResourceId[]).filter((id) => (s.children[id]?.adoptAt ?? 0) > 0).sort()
  if (ids.length === 0) return s
  let at = s
  for (const id of ids) if ((s.children[id]?.adoptAt ?? 0) <= s.listGot) at = adoptOne(at, id, out)
  const late = ids.some((id) => (at.children[id]?.adoptAt ?? 0) > 0)
  return late ? list(at, env, out) : at
}

function adoptOne(s: Director, id: ResourceId, out: Effect[]): Director {
  const child = s.children[id]
  if (!child) return s
  const held = s.held[id]
  const { doc, maintenance, clone } = child
  const msg: Adopt = {
    type: 'adopt',
    doc,
    maintenance,
    clone,
    token: tokenHere(s, id),
    finished: held?.finished ?? [],
    cleanedAt: cleanedAt(s, doc.name),
    keep: Object.keys(s.children).length <= KEEP_RESOURCES_MAX,
    ...(held?.inFlight && { inFlight: held.inFlight }),
    ...(held?.note !== undefined && { note: held.note }),
  }
  const to = { path: `resource/${id}` }
  out.push(send(to, msg))
  if (child.retiring) out.push(send(to, { type: 'retire' }))
  const pending = held?.inFlight
  // Of what was not ordered, a monitor or a stop for lost quorum, nobody is told the end.
  const ordered = pending && pending.action !== 'monitor' && decisionOf(pending.id) !== undefined
  const kept = withoutLost(s.open, id, held)
  const open = pending && ordered && !kept[pending.id] ? { ...kept, [pending.id]: { resource: id, to: [] } } : kept
  return { ...s, open, children: { ...s.children, [id]: { ...child, adoptAt: 0 } } }
}

/** What an earlier life of a child was given and the guard does not hold was not begun, and its repeat is an order like any other; so is a monitor. */
function withoutLost(open: Director['open'], id: ResourceId, held: Held | undefined): Director['open'] {
  const runs = [...(held?.finished ?? []), ...(held?.inFlight ? [held.inFlight] : [])]
  const seen = (op: string): boolean => runs.some((r) => r.id === op && r.action !== 'monitor')
  return Object.fromEntries(Object.entries(open).filter(([op, o]) => o.resource !== id || !o.doubt || seen(op)))
}

/** The last cleanup that concerns this resource here: its own, or that of a group that it is in. */
function cleanedAt(s: Director, name: string): Index {
  const groups = s.cluster?.config.groups.filter((g) => g.members.includes(name)).map((g) => g.name) ?? []
  const clone = s.cluster && cloneOf(s.cluster.config, name)
  const keys = [name, ...groups, ...(clone ? [clone.name] : [])].flatMap((n) => [n, `${n}@${s.node}`])
  return index(Math.max(0, ...keys.map((key) => s.cluster?.cleanups[key] ?? 0)))
}
