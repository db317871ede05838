/**
 * S22: the same input gives the same plan to the last byte, in whatever order its maps were filled. Looked at where it matters: when a guard
 * lets a start in, one of `every`, for every coordinator that leads.
 */
import { type Coordinator, inputOf } from '../../../actors/coordinator/lead.js'
import { plan } from '../../../actors/coordinator/plan.js'
import { instant } from '../../../runtime/time.js'
import { utcOf } from '../clock.js'
import type { World } from '../world.js'

/** A copy whose maps were filled in the opposite order; lists keep theirs. */
export function turned<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turned) as T
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, turned(v)]),
  ) as T
}

/** A plan costs more than all other checkers of a start together. */
const every = 4

export function purity(world: World): void {
  let starts = 0
  world.runs.push((_, op) => {
    if (op.kind !== 'resource' || op.action !== 'start' || starts++ % every !== 0) return
    for (const machine of world.machines) {
      const s = machine.stateOf('coordinator') as Coordinator | undefined
      if (!s?.lead || !s.cluster) continue
      const input = inputOf(s, s.cluster, { now: instant(world.nowMs()), utcS: utcOf(world.nowMs()) })
      const [one, other] = [JSON.stringify(plan(input)), JSON.stringify(plan(turned(input)))]
      if (one !== other) world.violate('S22', `the plan of ${machine.name} at index ${s.cluster.index} depends on the order of a map`)
    }
  })
}
