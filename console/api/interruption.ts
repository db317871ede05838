/**
 * For how long each resource is away while a plan is carried out: its actions laid out in time, each as soon as what comes before it has ended, with the
 * durations that their nodes measured last. What the cluster itself takes in between (a decision in the log, messages) is not in it.
 */
import type { ActionView, ChangeView } from './views.js'

type Step = Pick<ActionView, 'id' | 'resource' | 'node' | 'action' | 'after' | 'expectMs'>

/** From its first stop to the end of its last start; without a start, for the stop alone. -1 = some step on the way was never measured. */
export function interruptions(actions: readonly Step[]): ChangeView['interruption'] {
  const ends = schedule(actions)
  const stopped = [...new Set(actions.filter((a) => a.action === 'stop').map((a) => a.resource))]
  return stopped.map((resource) => ({ resource, ms: Math.max(...chains(actions, resource).map((chain) => away(chain, ends))) }))
}

/** A resource's stops and starts; of one that stops on several nodes (a clone) those of each node by themselves. */
function chains(actions: readonly Step[], resource: string): readonly (readonly Step[])[] {
  const own = actions.filter((a) => a.resource === resource && (a.action === 'stop' || a.action === 'start'))
  const nodes = [...new Set(own.filter((a) => a.action === 'stop').map((a) => a.node))]
  return nodes.length < 2 ? [own] : nodes.map((node) => own.filter((a) => a.node === node))
}

function away(chain: readonly Step[], ends: ReadonlyMap<string, number>): number {
  const end = Math.max(...chain.map((a) => ends.get(a.id) ?? -1))
  const begin = Math.min(...chain.filter((a) => a.action === 'stop').map((a) => (ends.get(a.id) ?? -1) - a.expectMs))
  const known = chain.every((a) => a.expectMs >= 0 && (ends.get(a.id) ?? -1) >= 0)
  return known ? Math.max(0, end - begin) : -1
}

/** When each action ends, ms from the beginning; -1 = nobody knows: it, or something before it, was never measured, or it waits in a circle. */
function schedule(actions: readonly Step[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>()
  const known = new Map(actions.map((a) => [a.id, a]))
  const endOf = (a: Step): number => {
    const found = ends.get(a.id)
    if (found !== undefined) return found
    ends.set(a.id, -1) // until it is known: a circle ends here
    const before = a.after.flatMap((id) => {
      const first = known.get(id)
      return first ? [endOf(first)] : []
    })
    const end = a.expectMs < 0 || before.includes(-1) ? -1 : Math.max(0, ...before) + a.expectMs
    ends.set(a.id, end)
    return end
  }
  for (const a of actions) endOf(a)
  return ends
}
