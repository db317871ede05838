/**
 * Under which right something runs (actors/log/right.ts): an agent is told a resource and a token only, so what was granted is remembered. Of a clone
 * each node has a right of its own, so tokens of different nodes say nothing about each other.
 */
import { instanceRight, isBound, isPromotion, resourceOf } from '../../../actors/log/right.js'
import type { ClusterState, Grant } from '../../../actors/log/state.js'
import type { NodeId, ResourceId, Token } from '../../../runtime/actor.js'
import { cloneWith } from '../clones.js'
import type { Applied } from './state-machine.js'

export interface Rights {
  /** The right to run it that this node was given with this token. */
  of(resource: ResourceId, node: NodeId, token: Token): ResourceId
}

export function rightsGiven(applied: Applied): Rights {
  const given = new Map<string, ResourceId>()
  let last: ClusterState['grants'] | undefined
  applied.each.push((_, state) => {
    if (state.grants === last) return
    last = state.grants
    for (const g of Object.values(state.grants))
      if (!isPromotion(g.resource)) given.set(`${resourceOf(g.resource)} ${g.node} ${g.token}`, g.resource)
  })
  return {
    of(resource, node, token) {
      const known = given.get(`${resource} ${node} ${token}`)
      return known ?? (cloneWith(applied.newest(), resource) ? instanceRight(resource, node) : resource)
    },
  }
}

/** What `node` holds of a resource: its right to run it, and to a promoted role of it. */
export const runsBy = (state: ClusterState | undefined, resource: ResourceId, node: NodeId): readonly Grant[] =>
  held(state, resource, node).filter((g) => !isPromotion(g.resource))
export const promotedBy = (state: ClusterState | undefined, resource: ResourceId, node: NodeId): readonly Grant[] =>
  held(state, resource, node).filter((g) => isPromotion(g.resource))

const held = (state: ClusterState | undefined, resource: ResourceId, node: NodeId): readonly Grant[] =>
  Object.values(state?.grants ?? {}).filter((g) => !g.released && g.node === node && resourceOf(g.resource) === resource)

export { isBound }
