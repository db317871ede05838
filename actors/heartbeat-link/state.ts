/**
 * Which life of a peer a message speaks for (design 8.4). Counters are compared only inside one boot; boots have no order, so a boot
 * that was once left behind is remembered and never believed again (S14). Used by the links and by membership.
 */
import type { BootId, Incarnation } from '../../runtime/actor.js'

/** The life that a peer was last proved to be in, and the boots before it (newest last, at most 8). */
export interface Lives {
  readonly incarnation?: Incarnation
  readonly retired: readonly BootId[]
}

export const noLives: Lives = { retired: [] }
const RETIRED_MAX = 8

/** How `incoming` stands to what is known: `older` must change nothing. */
export function lifeOrder(known: Lives, incoming: Incarnation): 'same' | 'newer' | 'older' {
  const now = known.incarnation
  if (!now) return known.retired.includes(incoming.boot) ? 'older' : 'newer'
  if (now.boot === incoming.boot) return incoming.counter === now.counter ? 'same' : incoming.counter > now.counter ? 'newer' : 'older'
  return known.retired.includes(incoming.boot) ? 'older' : 'newer'
}

/** Lives after `incoming`, which is `newer`, was proved. */
export function enterLife(known: Lives, incoming: Incarnation): Lives {
  const left = known.incarnation
  const retired = left && left.boot !== incoming.boot ? [...known.retired, left.boot].slice(-RETIRED_MAX) : known.retired
  return { incarnation: incoming, retired }
}
