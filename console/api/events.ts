/**
 * The node's recent events, bounded, and who listens. Decisions have the id `index.n`, the same on every node; observations
 * `node:boot:seq` (`counter.n`). A cursor names the last of both, `index.n~node:boot:seq`, so that another node can serve the decisions after it.
 * Readers keep a place here, not a copy: one that falls behind the oldest event has lost its place.
 */
import { lifeText } from '../../runtime/text/index.js'
import type { EventView } from './views.js'

export const eventsMax = 2000
export const listenersMax = 64

export interface Entry {
  readonly event: EventView
  readonly json: string
  /** Cursor of whoever has seen everything up to here. */
  readonly cursor: string
}

export class Events {
  readonly #ring: Entry[] = []
  readonly #ids = new Set<string>()
  readonly #listeners = new Set<() => void>()
  /** Place of the oldest event that is kept. */
  #oldest = 0
  #decision = ''
  #observation = ''

  /** An id that is here already (a log that started again says its decisions again) is the same event. */
  add(event: EventView): void {
    if (this.#ids.has(event.id)) return
    this.#ids.add(event.id)
    if (isDecision(event.id)) this.#decision = event.id
    else this.#observation = event.id
    this.#ring.push({ event, json: JSON.stringify(event), cursor: this.cursor() })
    if (this.#ring.length > eventsMax) {
      this.#ids.delete(this.#ring.shift()?.event.id ?? '')
      this.#oldest++
    }
    for (const listener of this.#listeners) listener()
  }

  /** Newest last. */
  all(): readonly EventView[] {
    return this.#ring.map((e) => e.event)
  }

  cursor(): string {
    return `${this.#decision}~${this.#observation}`
  }

  /** Place of the first event after `cursor`, or undefined when this node cannot tell which that is. */
  placeOf(cursor: string): number | undefined {
    const [decision = '', observation = ''] = cursor.split('~')
    if (decision === '' && observation === '') return this.#oldest
    const at = this.#ring.findLastIndex(({ event }) => event.id === decision || event.id === observation || shortId(event) === observation)
    return at < 0 ? undefined : this.#oldest + at + 1
  }

  /** Events after `cursor`; undefined as placeOf. */
  since(cursor: string): readonly EventView[] | undefined {
    const place = this.placeOf(cursor)
    return place === undefined ? undefined : this.#ring.slice(place - this.#oldest).map((e) => e.event)
  }

  /** What stands at a place: `gone` when it is forgotten already, undefined when nothing happened there yet. */
  at(place: number): Entry | 'gone' | undefined {
    return place < this.#oldest ? 'gone' : this.#ring[place - this.#oldest]
  }

  /** Place of the newest `n` events. */
  lately(n: number): number {
    return this.#oldest + Math.max(0, this.#ring.length - n)
  }

  get full(): boolean {
    return this.#listeners.size >= listenersMax
  }
  get listeners(): number {
    return this.#listeners.size
  }

  /** Calls `run` at each event; undefined when there are too many listeners already. */
  listen(run: () => void): (() => void) | undefined {
    if (this.full) return undefined
    this.#listeners.add(run)
    return () => void this.#listeners.delete(run)
  }
}

const isDecision = (id: string): boolean => /^\d+\.\d+$/.test(id)

/** An observation as people copy it: `name:life:seq`, the life by its first digits. */
export function shortId({ id, node }: EventView): string {
  const [, boot = '', seq = ''] = id.split(':')
  return `${node}:${lifeText(boot)}:${seq}`
}

/** `index.n~node:boot:seq` (or name:life:seq), either side may be empty. */
export const isCursor = (text: string): boolean => /^(\d{1,16}\.\d{1,9})?(~([\w.-]{1,80}:[\w.-]{1,80}:[\d.]{1,24})?)?$/.test(text)
