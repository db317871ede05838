/** The product's own actor modules, as the simulator runs them: the same ones as runtime/host, by kind. */
import { actor as coordinator } from '../../actors/coordinator/actor.js'
import { job as plan } from '../../actors/coordinator/job.js'
import { actor as diskHeartbeat } from '../../actors/disk-heartbeat/actor.js'
import { actor as fencer } from '../../actors/fencer/actor.js'
import { actor as healthMonitor } from '../../actors/health-monitor/actor.js'
import { actor as heartbeatLink } from '../../actors/heartbeat-link/actor.js'
import { actor as log } from '../../actors/log/actor.js'
import { actor as membership } from '../../actors/membership/actor.js'
import { actor as notifier } from '../../actors/notifier/actor.js'
import { actor as quorum } from '../../actors/quorum/actor.js'
import { actor as resource } from '../../actors/resource/actor.js'
import { actor as resourceChild } from '../../actors/resource/child.js'
import type { Job } from '../../runtime/host/job.js'
import { actorsIn, placement, type SupervisorNode, type TreeNode, tree } from '../../runtime/tree.js'
import type { AnyActor } from './spec.js'

/** Static children of a node's tree in start order. */
export const pathsInOrder = [
  'disk-heartbeat',
  'membership',
  'quorum',
  'log',
  'fencer',
  'coordinator',
  'resource',
  'health-monitor',
  'notifier',
] as const

export function actorsOf(): ReadonlyMap<string, AnyActor> {
  return new Map<string, AnyActor>([
    ['disk-heartbeat', diskHeartbeat],
    ['membership', membership],
    ['heartbeat-link', heartbeatLink],
    ['quorum', quorum],
    ['log', log],
    ['fencer', fencer],
    ['coordinator', coordinator],
    ['resource', resource],
    ['resource-child', resourceChild],
    ['health-monitor', healthMonitor],
    ['notifier', notifier],
  ])
}

export const jobs: ReadonlyMap<string, Job> = new Map([['plan', plan]])

const persistent: ReadonlySet<string> = new Set(actorsIn(tree).flatMap((a) => (a.persists === true ? [a.id] : [])))
/** Those that persist, by the tree. */
export const persists = (path: string): boolean => persistent.has(path)

/** The thread of an actor, by the tree. */
const place = placement(tree)
export const threadOf = (path: string): string => place(path) ?? 'work'

/** The tree starts an actor alone when its supervisor allows restarts; where it allows none, a thread and all after it begin anew. */
export function heals(path: string): boolean {
  const above = (node: TreeNode): SupervisorNode | undefined => {
    if (node.type === 'actor') return undefined
    return node.children.some((c) => c.id === path) ? node : node.children.map(above).find((n) => n !== undefined)
  }
  return (above(tree)?.intensity ?? 0) > 0
}
