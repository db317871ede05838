/**
 * Parameters that changed while the resource runs here (OCF 1.1). Its agent is asked for its meta-data, on this node and now: agents differ between nodes
 * and are replaced. Where it has the action `reload-agent` and marks each changed parameter as reloadable, that action is run once, under the same token
 * and with the new parameters; else, or when it does not end with 0, the resource shows `failed` without a failure and is restarted in order.
 * A note at the guard tells a later life of kyhad which parameters the instance really has. Sentences name parameters, never their values.
 */
import { type AgentResult, type Effect, noteBytesMax, say } from '../../runtime/actor.js'
import { changedParams, type OpDoc, type ResourceDoc } from '../../runtime/config/document.js'
import { verdict } from '../../runtime/verdict.js'
import { type Current, differs, docInForce, type Instance, isUp, outdated } from './instance.js'
import { disarm, PROBE } from './monitor.js'
import { effectiveRc, exitReason, Ocf } from './ocf.js'

/** The operations that it takes. A reload is given as long as a start, as long as no other limit can be configured. */
export const reloadOp = (action: 'meta-data' | 'reload-agent', doc: ResourceDoc): OpDoc => (action === 'meta-data' ? PROBE : doc.ops.start)

/** It runs with other parameters than the configuration has, and we may act on it. */
export const isDue = (s: Instance): boolean => isUp(s) && outdated(s) && acts(s)
const acts = (s: Instance): boolean => s.doc.meta.managed && !s.maintenance

/** Nothing but parameters differs, and it runs under a right. */
export const mayReload = (s: Instance): boolean =>
  s.token > 0 && s.active !== undefined && s.active.agent === s.doc.agent && s.active.name === s.doc.name

/** It cannot stay as it is. */
export const isUnfit = (s: Instance): boolean => outdated(s) && acts(s) && !mayReload(s)

/** What the agent would have to take over: parameters that were added, removed, or have another value; also of a reload whose end is not known. */
const changed = (s: Instance): readonly string[] => [
  ...new Set([docInForce(s), ...(s.half ? [s.half] : [])].flatMap((old) => changedParams(old, s.doc))),
]

/** What to run for a resource that is due: the question, the reload; or nothing, it has to be restarted. */
export function step(s: Instance): 'meta-data' | 'reload-agent' | 'restart' {
  if (!mayReload(s)) return 'restart'
  if (s.reloadable === undefined) return 'meta-data'
  return changed(s).every((name) => s.reloadable?.includes(name)) ? 'reload-agent' : 'restart'
}

/** `failed` without a failure: the coordinator stops it in order, with the parameters that it has, and starts it anew. */
export function restarts(s: Instance, out: Effect[]): Instance {
  out.push(...disarm(docInForce(s)), say(verdict('restart', 'resource.changed', { resource: s.doc.name }, 'notice')))
  return { ...s, state: 'failed', monitorsDue: [] }
}

/** A reload begins: from here on it may have either parameters. */
export function begins(s: Instance, out: Effect[]): Instance {
  out.push(noteOf(s, docInForce(s), s.doc))
  return { ...s, half: s.doc, noted: true }
}

/** The agent has said what it can take over, or has not: then it can take over nothing. */
export const answered = (s: Instance, current: Current, { reloadable = [] }: AgentResult): Instance =>
  isDue(s) && !current.killed ? { ...s, reloadable } : s

/** The reload ended. One that was killed is followed by what it was killed for; where the state is not known a probe decides, and it is asked again. */
export function reloaded(s: Instance, current: Current, result: AgentResult, out: Effect[]): Instance {
  const { half, ...rest } = s
  if (!half || !isUp(s) || current.killed) return s
  const resource = s.doc.name
  const params = names(s, half)
  if (effectiveRc(result) === Ocf.success) {
    out.push(say(verdict('reload', 'resource.reloaded', { resource, params, ms: result.durationMs }, 'notice')))
    const now: Instance = { ...rest, active: differs(half, s.doc) ? half : s.doc }
    out.push(...disarm(docInForce(s)), noteOf(s, half))
    return now
  }
  const args = { resource, params, rc: effectiveRc(result), reason: exitReason(result) }
  out.push(...disarm(docInForce(s)), say(verdict('restart', 'resource.reload-failed', args, 'warning')))
  return { ...s, state: 'failed', monitorsDue: [] }
}

const NAMES_MAX = 20
/** The parameters that a reload to `to` is about. */
function names(s: Instance, to: ResourceDoc): string {
  const all = changedParams(docInForce(s), to)
  return [...all.slice(0, NAMES_MAX), ...(all.length > NAMES_MAX ? ['…'] : [])].join(', ')
}

interface Noted {
  readonly agent: string
  readonly params: ResourceDoc['params']
  /** A reload to these was begun. */
  readonly to?: ResourceDoc['params']
}

/** For a later life of kyhad: what it runs with from now on. Too much to be noted: nothing is, and that life takes the configuration for it. */
export function noteOf(s: Pick<Instance, 'id'>, { agent, params }: ResourceDoc, to?: ResourceDoc): Effect {
  const noted: Noted = { agent, params, ...(to && { to: to.params }) }
  const note = JSON.stringify(noted)
  return { do: 'note', resource: s.id, note: new TextEncoder().encode(note).length <= noteBytesMax ? note : '' }
}

/** What the note of an earlier life says that it runs with, on top of the rest of the configuration. */
export function noted(note: string | undefined, doc: ResourceDoc): Pick<Instance, 'active' | 'half'> {
  if (note === undefined) return {}
  try {
    const { agent, params, to } = JSON.parse(note) as Noted
    const active = { ...doc, agent, params }
    // What is no change keeps the configuration's own.
    return { active: differs(active, doc) ? active : doc, ...(to && { half: { ...active, params: to } }) }
  } catch {
    return {} // not a note of ours
  }
}
