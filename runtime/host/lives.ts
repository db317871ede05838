/**
 * Which incarnation of each other node is the newest that this thread has proof of: what an older one says is dropped (S14). Within a boot the
 * higher kyhad counter is newer; another boot replaces the one before it for good (wire has proved by then that it lives).
 */
import type { BootId, Incarnation, NodeId } from '../actor.js'

const goneMax = 16
const nodesMax = 128

export class NewestLives {
  readonly #newest = new Map<NodeId, { incarnation: Incarnation; gone: BootId[] }>()

  /** `new`: first heard of, or newer than before.  `same`.  `old`: drop it. */
  judge(node: NodeId, incarnation: Incarnation): 'new' | 'same' | 'old' {
    const known = this.#newest.get(node)
    if (!known) {
      if (this.#newest.size >= nodesMax) this.#newest.delete(this.#newest.keys().next().value as NodeId)
      this.#newest.set(node, { incarnation, gone: [] })
      return 'new'
    }
    const { boot, counter } = known.incarnation
    if (incarnation.boot === boot) {
      if (incarnation.counter === counter) return 'same'
      if (incarnation.counter < counter) return 'old'
    } else {
      if (known.gone.includes(incarnation.boot)) return 'old'
      known.gone = [boot, ...known.gone].slice(0, goneMax)
    }
    known.incarnation = incarnation
    return 'new'
  }
}

/** Types that only a host makes: a peer's body of such a type is dropped. */
export const hostMade: ReadonlySet<string> = new Set([
  'heard',
  'stall',
  'real-time',
  'last-gasp',
  'agent-result',
  'agent-death',
  'agent-inventory',
  'store-failed',
  'job-result',
  'disk-result',
  'down',
  'said',
  'leave-please',
])
