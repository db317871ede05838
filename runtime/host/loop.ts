/**
 * Runs the actors of one thread: one message at a time, in the order of arrival per sender, effects of a step in order. It yields to the event
 * loop after 64 messages or 2 ms, so that sockets and timers are served however much mail there is. A throw ends the actor, never the loop.
 * A timer that is late comes after the mail that waited: node runs timers before ports and sockets, so an actor whose thread stood still would else
 * act upon its timer before it heard what is older.
 */
import type { Address, Boot, Effect, Env, Incarnation, Instant, Msg, NodeId, SendClass, Step } from '../actor.js'
import { Mailbox } from '../mailbox.js'
import type { Random } from '../random.js'
import type { Recorder } from '../trace/recorder.js'
import type { Timer } from './clock.js'
import type { AnyActor } from './registry.js'

export interface Letter {
  readonly from: Address
  readonly msg: Msg
  readonly incarnation?: Incarnation | undefined
}

/** One life of an actor. */
export interface Cell {
  readonly path: string
  readonly kind: string
  /** Unique for the process; a later life of the same path has a higher one. */
  readonly life: number
  readonly actor: AnyActor
  readonly self: Address
  readonly random: Random
  readonly mailbox: Mailbox<Letter>
  readonly timers: Map<string, Timer>
  state: unknown
  alive: boolean
  queued: boolean
  handled: number
  last: string
}

export interface LoopHooks {
  readonly now: () => Instant
  readonly recorder: Recorder
  perform(cell: Cell, effect: Effect): void
  /** The actor threw in `init` or `receive` or an effect of it could not be carried out; its cell is over. */
  threw(cell: Cell, error: unknown): void
  /** A control message did not fit: a fault of the receiver. */
  overflowed(cell: Cell): void
}

const turnMessagesMax = 64
const turnMsMax = 2
/** More than a full turn and a timer's own inexactness: the thread did something else, or stood still. */
const lateMs = 5
/** A late timer waits no longer for mail to end: a peer that is not beaten to is silent after 200 ms. */
const lateWaitMsMax = 50

export class Loop {
  readonly #cells = new Map<string, Cell>()
  readonly #ready: Cell[] = []
  #scheduled = false
  /** Late timers, in the order of their deadlines, while mail is taken first. */
  readonly #late: { readonly timer: Timer; readonly run: () => void }[] = []
  #delivered = 0
  deadLetters = 0

  constructor(private readonly hooks: LoopHooks) {}

  cell(path: string): Cell | undefined {
    return this.#cells.get(path)
  }
  cells(): readonly Cell[] {
    return [...this.#cells.values()]
  }

  /** Runs `init` now. False when it threw (then `threw` was told). */
  open(cell: Cell, boot: Boot): boolean {
    this.#cells.set(cell.path, cell)
    this.#step(cell, { path: '' }, undefined, (env) => cell.actor.init(boot, env))
    return cell.alive
  }

  /** Puts a message into the mailbox of `path`; without such an actor it is a dead letter. */
  deliver(path: string, letter: Letter, cls: SendClass): void {
    const cell = this.#cells.get(path)
    this.#delivered++
    if (!cell) {
      this.deadLetters++
      return
    }
    if (cell.mailbox.push(letter, cls) === 'fault') return this.hooks.overflowed(cell)
    this.#wake(cell)
  }

  /** Ahead of all other mail: what the host tells of exits. */
  urgent(cell: Cell, letter: Letter): void {
    cell.mailbox.urgent(letter)
    this.#wake(cell)
  }

  /** A timer of an actor is due: `run` now, or, when it is late, after the mail that waits, which may cancel it still. None overtakes another. */
  fire(timer: Timer, run: () => void): void {
    const nowMs = this.hooks.now()
    if (this.#late.length === 0 && nowMs - timer.atMs < lateMs) return run()
    this.#late.push({ timer, run })
    if (this.#late.length === 1) this.#mailFirst(nowMs + lateWaitMsMax)
  }

  /** Until the event loop went round once (ports, sockets, writes) and brought nothing, and nobody here has mail any more. */
  #mailFirst(untilMs: number): void {
    const before = this.#delivered
    setImmediate(() => {
      const isQuiet = this.#ready.length === 0 && this.#delivered === before
      if (!isQuiet && this.hooks.now() < untilMs) return this.#mailFirst(untilMs)
      for (const { timer, run } of this.#late.splice(0)) if (!timer.cancelled) run()
    })
  }

  /** Ends a life: its mail and timers are gone. */
  close(cell: Cell): void {
    if (!cell.alive) return
    cell.alive = false
    cell.mailbox.clear()
    for (const timer of cell.timers.values()) timer.cancelled = true
    cell.timers.clear()
    if (this.#cells.get(cell.path) === cell) this.#cells.delete(cell.path)
  }

  /** Carries out effects for a cell that still lives; one that cannot be carried out is its bug. */
  perform(cell: Cell, effects: readonly Effect[]): void {
    try {
      for (const effect of effects) if (cell.alive) this.hooks.perform(cell, effect)
    } catch (error) {
      this.#fail(cell, error)
    }
  }

  #wake(cell: Cell): void {
    if (cell.queued) return
    cell.queued = true
    this.#ready.push(cell)
    this.#schedule()
  }

  /** Mail is looked at as soon as the callback that brought it is done; what is left after a turn waits until sockets and timers were served. */
  #schedule(later: (run: () => void) => unknown = process.nextTick): void {
    if (this.#scheduled) return
    this.#scheduled = true
    later(() => {
      this.#turn()
      this.#scheduled = false
      if (this.#ready.length > 0) this.#schedule(setImmediate)
    })
  }

  /** One message per actor and round; new mail goes behind. */
  #turn(): void {
    const untilMs = this.hooks.now() + turnMsMax
    for (let n = 0; n < turnMessagesMax && this.hooks.now() <= untilMs; n++) {
      const cell = this.#ready.shift()
      if (!cell) return
      cell.queued = false
      if (!cell.alive) continue
      const letter = cell.mailbox.take()
      if (cell.mailbox.length > 0) this.#wake(cell)
      if (letter) this.#receive(cell, letter)
    }
  }

  #receive(cell: Cell, letter: Letter): void {
    const { from, msg, incarnation } = letter
    cell.handled++
    cell.last = msg.type
    this.hooks.recorder.note(this.hooks.now(), cell.path, from, msg.type)
    this.#step(cell, from, incarnation, (env) => cell.actor.receive(cell.state, msg, env))
  }

  #step(cell: Cell, from: Address, incarnation: Incarnation | undefined, run: (env: Env) => Step<unknown>): void {
    const base = { now: this.hooks.now(), utcS: Math.floor(Date.now() / 1000), random: cell.random, self: cell.self, from }
    try {
      const step = run(incarnation ? { ...base, fromIncarnation: incarnation } : base)
      cell.state = step.state
      for (const effect of step.effects) if (cell.alive) this.hooks.perform(cell, effect)
    } catch (error) {
      this.#fail(cell, error)
    }
  }

  #fail(cell: Cell, error: unknown): void {
    if (!cell.alive) return
    this.close(cell)
    this.hooks.threw(cell, error)
  }
}

export const newCell = (o: Pick<Cell, 'path' | 'kind' | 'life' | 'actor' | 'random'> & { readonly node: NodeId }): Cell => ({
  path: o.path,
  kind: o.kind,
  life: o.life,
  actor: o.actor,
  random: o.random,
  self: { node: o.node, path: o.path },
  mailbox: new Mailbox(o.actor.mailbox.limit, o.actor.mailbox.full),
  timers: new Map(),
  state: undefined,
  alive: true,
  queued: false,
  handled: 0,
  last: '',
})
