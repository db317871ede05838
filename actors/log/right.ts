/**
 * Names of rights. Who may run a resource is decided by the right of its id (`r7.0`). Of a clone each instance has one, bound to its node
 * (`r7.0@NODE`), and each promoted role one that any instance may have (`r7.0^0`, `r7.0^1` ...): at most one node holds it, like a resource.
 * Pure; used by the log, the coordinator and the directors.
 */
import type { NodeId, ResourceId } from '../../runtime/actor.js'
import { resourceId } from '../../runtime/ids.js'
import type { ClusterState, Grant } from './state.js'

export const instanceRight = (resource: ResourceId, node: NodeId): ResourceId => resourceId(`${resource}@${node}`)
export const promotedRight = (resource: ResourceId, slot: number): ResourceId => resourceId(`${resource}^${slot}`)

/** The resource that a right is about. */
export const resourceOf = (right: ResourceId): ResourceId => {
  const end = right.search(/[@^]/)
  return end < 0 ? right : resourceId(right.slice(0, end))
}
export const isPromotion = (right: ResourceId): boolean => right.includes('^')
/** It is one instance's, bound to its node. */
export const isBound = (right: ResourceId): boolean => right.includes('@')

/** What `node` has of a resource's right to run: that of its instance, or that of the resource itself. Also one that was released. */
export const runGrant = (grants: ClusterState['grants'], resource: ResourceId, node: NodeId): Grant | undefined => {
  const own = grants[resource]
  return own && !own.released ? own : (grants[instanceRight(resource, node)] ?? own)
}

/** The unreleased rights about a resource, of any kind, by name. */
export const rightsOf = (grants: ClusterState['grants'], resource: ResourceId): readonly Grant[] =>
  Object.keys(grants)
    .sort()
    .flatMap((right) => {
      const grant = grants[resourceId(right)]
      return grant && !grant.released && resourceOf(grant.resource) === resource ? [grant] : []
    })
