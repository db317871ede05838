/**
 * The node's recent events, bounded, and who listens. Decisions have the id `index.n`, the same on every node; observations
 * `node:boot:seq`. A cursor names the last of both, `index.n~node:boot:seq`, so that another node can serve the decisions after it.
 */
import type { EventView } from './views.js'

export const eventsMax = 2000
const listenersMax = 64

export type Listener = (event: EventView, cursor: string) => void

export class Events {
  readonly #ring: EventView[] = []
  readonly #ids = new Set<string>()
  readonly #listeners = new Set<Listener>()

  /** An id that is here already (a log that started again says its decisions again) is the same event. */
  add(event: EventView): void {
    if (this.#ids.has(event.id)) return
    this.#ids.add(event.id)
    this.#ring.push(event)
    if (this.#ring.length > eventsMax) this.#ids.delete(this.#ring.shift()?.id ?? '')
    const cursor = this.cursor()
    for (const listener of this.#listeners) listener(event, cursor)
  }

  /** Newest last. */
  all(): readonly EventView[] {
    return this.#ring
  }

  cursor(): string {
    const decision = this.#ring.findLast((e) => isDecision(e.id))?.id ?? ''
    const observation = this.#ring.findLast((e) => !isDecision(e.id))?.id ?? ''
    return `${decision}~${observation}`
  }

  /** Events after `cursor`, or undefined when this node cannot tell which those are. */
  since(cursor: string): readonly EventView[] | undefined {
    const [decision = '', observation = ''] = cursor.split('~')
    if (decision === '' && observation === '') return this.#ring
    const at = this.#ring.findLastIndex((e) => e.id === decision || e.id === observation)
    return at < 0 ? undefined : this.#ring.slice(at + 1)
  }

  /** Adds a listener; undefined when there are too many already. */
  listen(listener: Listener): (() => void) | undefined {
    if (this.#listeners.size >= listenersMax) return undefined
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

const isDecision = (id: string): boolean => /^\d+\.\d+$/.test(id)
