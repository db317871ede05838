/**
 * A bounded queue with a stated reaction at its bound, and a lane for system messages that is taken first.
 * `keep-newest`: the oldest goes.  `shed`: the new one is refused.  `fault`: beats and bulk are refused or dropped, counted, before anything else;
 * bulk at half the bound already, so that it never causes a fault; a control message beyond the bound is a fault of the receiver.
 * Used for every actor's mail and for what waits for a thread.
 */
import type { SendClass } from './actor.js'
import { assert } from './assert.js'

export type Full = 'keep-newest' | 'shed' | 'fault'
/** `kept`: in the queue.  `replaced`: in the queue, an older one went.  `shed`: refused.  `fault`: refused, and that may not be. */
export type Pushed = 'kept' | 'replaced' | 'shed' | 'fault'

export interface MailCounters {
  taken: number
  dropped: number
  shed: number
}

interface Entry<T> {
  readonly item: T
  readonly cls: SendClass
}
/** System messages are few by their nature (one exit per actor); beyond this somebody is wrong. */
const urgentMax = 1024

export class Mailbox<T> {
  readonly counters: MailCounters = { taken: 0, dropped: 0, shed: 0 }
  readonly #ring: (Entry<T> | undefined)[] = []
  readonly #urgent: T[] = []
  #head = 0
  #length = 0

  constructor(
    readonly limit: number,
    readonly full: Full,
  ) {
    assert(Number.isInteger(limit) && limit >= 2, `a mailbox holds at least 2 messages, not ${limit}`)
  }

  get length(): number {
    return this.#length + this.#urgent.length
  }

  push(item: T, cls: SendClass): Pushed {
    if (this.full === 'fault') return this.#pushOrFault(item, cls)
    if (this.#length < this.limit) return this.#append(item, cls)
    if (this.full === 'shed') return this.#refuse()
    this.#remove(0)
    this.#append(item, cls)
    return 'replaced'
  }

  /** Ahead of everything else; for exits and orders of the host. */
  urgent(item: T): void {
    assert(this.#urgent.length < urgentMax, 'system messages pile up')
    this.#urgent.push(item)
  }

  take(): T | undefined {
    const urgent = this.#urgent.shift()
    if (urgent !== undefined || this.#length === 0) return urgent
    const entry = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#ring.length
    this.#length--
    this.counters.taken++
    return entry?.item
  }

  clear(): void {
    while (this.take() !== undefined);
  }

  #pushOrFault(item: T, cls: SendClass): Pushed {
    if (cls === 'bulk' && this.#length >= this.limit / 2) return this.#refuse()
    if (this.#length < this.limit) return this.#append(item, cls)
    const victim = this.#oldestDroppable()
    if (victim < 0) return cls === 'control' ? 'fault' : this.#refuse()
    this.#remove(victim)
    this.#append(item, cls)
    return 'replaced'
  }

  #append(item: T, cls: SendClass): Pushed {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) % this.#ring.length] = { item, cls }
    this.#length++
    return 'kept'
  }

  /** Doubles the ring up to the bound: most mailboxes never hold more than a few. */
  #grow(): void {
    const ordered = Array.from({ length: this.#length }, (_, i) => this.#ring[(this.#head + i) % this.#ring.length])
    const size = Math.min(this.limit, Math.max(8, this.#length * 2))
    this.#ring.length = 0
    for (let i = 0; i < size; i++) this.#ring.push(ordered[i])
    this.#head = 0
  }

  #refuse(): Pushed {
    this.counters.shed++
    return 'shed'
  }

  #oldestDroppable(): number {
    for (let i = 0; i < this.#length; i++) if (this.#ring[(this.#head + i) % this.#ring.length]?.cls !== 'control') return i
    return -1
  }

  /** Takes out the entry at position `at` from the oldest; what is older moves up by one. */
  #remove(at: number): void {
    const size = this.#ring.length
    for (let i = at; i > 0; i--) this.#ring[(this.#head + i) % size] = this.#ring[(this.#head + i - 1) % size]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % size
    this.#length--
    this.counters.dropped++
  }
}
