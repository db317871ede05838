/**
 * Which devices end a node, in which order, and what each is told (Fence Agent API: key=value lines on stdin). Pure. A value with a line
 * break could say something else to the agent than was configured: such a device is not used.
 */
import type { AgentOp } from '../../runtime/actor.js'
import { type ConfigDoc, type FenceDoc, leaseMsOf } from '../../runtime/config/document.js'
import { opId, resourceId } from '../../runtime/ids.js'
import type { ClusterState, Leased } from '../log/state.js'

export type FenceAction = 'off' | 'on' | 'status'

/** Devices that list the node, by level; the devices of a level are needed together. */
export function levelsFor(config: ConfigDoc, name: string): readonly (readonly FenceDoc[])[] {
  const mine = config.fencing.filter((d) => Object.hasOwn(d.hosts, name))
  const levels = [...new Set(mine.map((d) => d.level))].sort((a, b) => a - b)
  return levels.map((level) => mine.filter((d) => d.level === level))
}

/** The node ends itself: nothing is asked, it is waited for. */
export const isSelfFence = (d: FenceDoc): boolean => leaseMsOf(d) !== undefined

/** Clock rates differ by at most this much; and what a petting period of the watchdog is of it. */
const drift = 0.01
const petsPerWatchdog = 4
const spareMs = 1_000

/**
 * After an intent was seen committed: no lease of that life can have been renewed by an ask that was sent later (actors/log/lease.ts), so within this
 * time its guard has killed everything, or its watchdog has reset the machine: L(1 + 2 drift) + Tp + 2 Tw + a spare second (design 8.6).
 */
export const selfFenceMs = ({ leaseMs, watchdogMs }: Leased): number =>
  Math.ceil(leaseMs * (1 + 2 * drift) + watchdogMs / petsPerWatchdog + 2 * watchdogMs) + spareMs

/** Why waiting for `node` to end itself proves nothing; else the lease that its life has. */
export function leaseOf(s: ClusterState, node: keyof ClusterState['lives']): Leased | string {
  const voters = s.members.filter((m) => m.votes > 0).length
  if (voters < 3) return 'fence_watchdog is evidence with three voters and more; with two a node that is cut off could not tell who goes on'
  const leased = s.lives[node]?.leased
  return leased?.armed ? leased : 'this life of it has no lease: it has no hardware watchdog, or has not armed it yet'
}

/** `verify: 'true'` among the parameters asks for a status after off: it is kyha's, not the agent's. */
export const verifies = (d: FenceDoc): boolean => d.params['verify'] === 'true'

const OWN = new Set(['verify', 'action', 'nodename', 'port', 'plug'])

/** The run to ask the guard for; or why this device cannot be asked. */
export function fenceOp(d: FenceDoc, node: string, action: FenceAction, id: string): AgentOp | { readonly problem: string } {
  const plug = d.hosts[node] || node
  const given = Object.keys(d.params)
    .filter((key) => !OWN.has(key))
    .sort()
    .map((key) => [key, d.params[key] ?? ''] as const)
  const all = [...given, ['nodename', node], ['port', plug], ['plug', plug], ['action', action]] as const
  const bad = all.find(([key, value]) => /[\r\n\0=]/.test(key) || /[\r\n\0]/.test(value))
  if (bad)
    return { problem: `parameter ${bad[0].replace(/[^\w.-]/g, '?')} of ${d.name} holds a line break or a name that no agent can read` }
  return {
    id: opId(id),
    kind: 'fence',
    resource: resourceId(`fence/${d.name}`),
    action,
    argv: [d.agent],
    env: {},
    stdin: `${all.map(([key, value]) => `${key}=${value}`).join('\n')}\n`,
    changes: false,
    reap: false,
    timeoutMs: Math.max(1_000, d.timeoutMs),
  }
}
