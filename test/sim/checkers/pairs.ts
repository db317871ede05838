/** What has to come before what, by a configuration: groups, mandatory orders, and of clones node by node where they say so. Used by ordering.ts. */
import type { ClusterState } from '../../../actors/log/state.js'
import type { ResourceId } from '../../../runtime/actor.js'
import { type ConfigDoc, INFINITY, type OrderDoc } from '../../../runtime/config/document.js'

export interface Pair {
  readonly first: ResourceId
  /** What starts after it. */
  readonly next: ResourceId
  /** On the same machine. */
  readonly together: boolean
  /** It is the promotion that comes first. */
  readonly promoted: boolean
}

interface Named {
  readonly first: string
  readonly next: string
  readonly together: boolean
  readonly promoted?: boolean
}

function membersOf(config: ConfigDoc, name: string): readonly string[] {
  const of = config.clones?.find((c) => c.name === name)?.resource ?? name
  return config.groups.find((g) => g.name === of)?.members ?? [of]
}

function named(config: ConfigDoc, o: OrderDoc): readonly Named[] {
  const [a, b] = [o.first, o.then].map((name) => config.clones?.find((c) => c.name === name))
  const promoted = o.firstAction === 'promote'
  const follows = config.colocations.some(
    (c) => c.resource === o.then && c.with === o.first && c.withRole === 'Promoted' && c.score >= INFINITY,
  )
  const together = promoted ? follows : a !== undefined && b?.interleave === true && !o.thenAction
  return membersOf(config, o.first).flatMap((first) => membersOf(config, o.then).map((next) => ({ first, next, together, promoted })))
}

export function pairsIn({ config, ids }: ClusterState): readonly Pair[] {
  const all: readonly Named[] = [
    ...config.groups.flatMap((g) => g.members.slice(1).map((next, i) => ({ first: g.members[i] ?? '', next, together: true }))),
    ...config.orders.filter((o) => o.kind === 'Mandatory').flatMap((o) => named(config, o)),
  ]
  // What is unmanaged is left alone, and nothing waits for it.
  const left = new Set(config.resources.filter((r) => !r.meta.managed).map((r) => r.name))
  return all.flatMap((p) => {
    const [first, next] = [ids[p.first], ids[p.next]]
    return first && next && !left.has(p.next) ? [{ first, next, together: p.together, promoted: p.promoted ?? false }] : []
  })
}
