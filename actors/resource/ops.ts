/**
 * What is asked of the guard for one operation: argv, environment, limits. Actors know no host paths, so argv[0] is the agent's name
 * (`ocf:heartbeat:IPaddr2`, `kyha:http`); the host turns it into a path and adds OCF_ROOT, PATH, HA_RSCTMP ... (agents/contract.ts).
 * Parameters travel in the environment only: they are never part of a command line, so no shell ever reads them as code.
 */
import type { AgentOp, OpId, ResourceId } from '../../runtime/actor.js'
import type { OpDoc, ResourceDoc } from '../../runtime/config/document.js'
import type { CloneMeta } from './messages.js'

/** Limits of what an operation may be given, ms. */
export const OpMs = { min: 100, max: 86_400_000, whenZero: 20_000 } as const
/** A notification of which nothing is configured. */
export const NOTIFY: OpDoc = { intervalMs: 0, timeoutMs: OpMs.whenZero, onFail: 'ignore', depth: 0 }
const VALUE_CHARS_MAX = 16_384
const PARAMS_MAX = 256

export interface OpRequest {
  readonly id: OpId
  readonly resource: ResourceId
  readonly doc: ResourceDoc
  readonly action: string
  readonly op: Pick<OpDoc, 'timeoutMs' | 'depth' | 'intervalMs'>
  /** This node's name. */
  readonly node: string
  readonly token: number
  /** What it is told of its clone. */
  readonly clone?: CloneMeta
}

/** The run to ask the guard for, or the reason why these parameters cannot be handed to any program. */
export function agentOp(request: OpRequest): AgentOp | { readonly problem: string } {
  const { doc, action, op } = request
  const agent = parseAgent(doc.agent)
  if (!agent) return { problem: `agent name ${doc.agent} is not of the form ocf:PROVIDER:TYPE, kyha:TYPE or systemd:UNIT` }
  const params = agent.unit === undefined ? doc.params : { ...doc.params, unit: agent.unit }
  const problem = paramProblem(params)
  if (problem) return { problem }
  const timeoutMs = boundedMs(op.timeoutMs)
  const env: Record<string, string> = {
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: doc.name,
    OCF_RESOURCE_TYPE: agent.type,
    OCF_RESOURCE_PROVIDER: agent.provider,
    OCF_CHECK_LEVEL: String(op.depth),
    OCF_RESKEY_crm_feature_set: '3.16.1',
    OCF_RESKEY_CRM_meta_name: action,
    OCF_RESKEY_CRM_meta_timeout: String(timeoutMs),
    OCF_RESKEY_CRM_meta_interval: String(op.intervalMs),
    OCF_RESKEY_CRM_meta_on_node: request.node,
    OCF_RESKEY_CRM_meta_on_node_uuid: request.node,
    KYHA_TOKEN: String(request.token),
    ...Object.fromEntries(Object.entries(request.clone ?? {}).map(([k, v]) => [`OCF_RESKEY_CRM_meta_${k}`, v])),
  }
  for (const name of Object.keys(params).sort()) env[`OCF_RESKEY_${name.replaceAll('-', '_')}`] = params[name] ?? ''
  return {
    id: request.id,
    kind: 'resource',
    resource: request.resource,
    action,
    argv: [agent.program, action],
    env,
    changes: action === 'start' || action === 'promote' || action === 'demote' || action === 'reload-agent',
    reap: action === 'stop' && doc.meta.reap,
    timeoutMs,
  }
}

/** An agent's name in parts; `program` is what the host resolves to a path. A systemd unit runs through kyha's `systemd` agent. */
export function parseAgent(
  name: string,
): { readonly program: string; readonly provider: string; readonly type: string; readonly unit?: string } | undefined {
  const ocf = /^ocf:([A-Za-z0-9_][\w.-]{0,63}):([A-Za-z0-9_][\w.+-]{0,63})$/.exec(name)
  if (ocf) return { program: name, provider: ocf[1] ?? '', type: ocf[2] ?? '' }
  const own = /^kyha:([A-Za-z0-9_][\w-]{0,63})$/.exec(name)
  if (own) return { program: name, provider: 'kyha', type: own[1] ?? '' }
  const unit = /^systemd:([A-Za-z0-9_@\\][\w.@:\\-]{0,255})$/.exec(name)
  return unit ? { program: 'kyha:systemd', provider: 'kyha', type: 'systemd', unit: unit[1] ?? '' } : undefined
}

/** Why these parameters cannot be an environment, in one sentence; undefined when they can. */
export function paramProblem(params: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(params).sort()
  if (names.length > PARAMS_MAX) return `${names.length} parameters, at most ${PARAMS_MAX} are possible`
  for (const name of names) {
    if (!/^[A-Za-z_][\w-]{0,127}$/.test(name))
      return `parameter name ${JSON.stringify(name.slice(0, 64))} holds characters other than letters, digits, _ and -`
    const value = params[name] ?? ''
    if (value.includes('\0')) return `the value of ${name} holds a NUL character`
    if (value.length > VALUE_CHARS_MAX)
      return `the value of ${name} has ${value.length} characters, at most ${VALUE_CHARS_MAX} are possible`
  }
  return undefined
}

/** A time limit that can be kept: 0 or nonsense becomes 20 s, all else lies between 100 ms and a day. */
export const boundedMs = (ms: number): number =>
  Number.isFinite(ms) && ms > 0 ? Math.min(OpMs.max, Math.max(OpMs.min, Math.trunc(ms))) : OpMs.whenZero
