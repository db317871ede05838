/**
 * Monitors and links between the actors of a node, in whatever thread they run (OTP: "processes").
 * A monitor is one way: exactly one Down per monitor, at once with `noproc` when the actor does not run. A link goes both ways: the end of
 * either, unless it was normal, ends the other. A watched actor of another thread is asked about by way of main; when that thread dies, all
 * that it ran is `lost`. Bounded by the number of actors: one entry per watcher, watched path and kind.
 */
import { type Reason, reason } from '../supervisor.js'
import type { Thread } from '../tree.js'
import type { Asker, Down, Watching } from './messages.js'

export interface WatchHooks {
  /** The running life of a path in this thread. */
  life(path: string): number | undefined
  threadOf(path: string): Thread | undefined
  readonly thread: Thread
  /** To the thread of the path `to`, by way of main. */
  tell(to: string, msg: Watching | Down): void
  down(by: Asker, path: string, why: Reason): void
  /** A linked actor ended abnormally: end this one, too. */
  endLinked(by: Asker, path: string, why: Reason): void
}

interface Watch {
  readonly by: Asker
  readonly path: string
  readonly link: boolean
}
const noproc = reason('lost', 'noproc')

export class Watches {
  /** What this thread's actors watch, and who watches this thread's actors. */
  #out: Watch[] = []
  #in: Watch[] = []

  constructor(private readonly hooks: WatchHooks) {}

  /** An effect of the actor `by`. */
  watch(by: Asker, path: string, link: boolean): void {
    const local = this.hooks.threadOf(path) === this.hooks.thread
    if (!local && this.hooks.threadOf(path) === undefined) return this.#fire({ by, path, link }, noproc)
    this.#out.push({ by, path, link })
    const ask: Watching = { type: 'watch', by, path, link }
    if (local) this.asked(ask)
    else this.hooks.tell(path, ask)
  }

  unwatch(by: Asker, path: string, link: boolean): void {
    const gone = (w: Watch): boolean => w.by.path === by.path && w.by.life === by.life && w.path === path && w.link === link
    this.#out = this.#out.filter((w) => !gone(w))
    if (link) this.#out = this.#out.filter((w) => !(w.link && w.by.path === path && w.path === by.path))
  }

  /** Somebody, here or in another thread, watches an actor of this thread. */
  asked(ask: Watching): void {
    const life = this.hooks.life(ask.path)
    if (life === undefined) return this.#answer({ by: ask.by, path: ask.path, link: ask.link }, noproc)
    this.#in.push({ by: ask.by, path: ask.path, link: ask.link })
    if (!ask.link) return
    // The other direction: the watcher's thread tells when it ends.
    const back: Watch = { by: { path: ask.path, life }, path: ask.by.path, link: true }
    this.#out.push(back)
    if (this.hooks.threadOf(ask.by.path) === this.hooks.thread) this.#in.push(back)
    else this.hooks.tell(ask.by.path, { type: 'watch-back', by: back.by, path: back.path, link: true })
  }

  /** The thread of a linked actor wants to know when ours ends. */
  askedBack(ask: Watching): void {
    if (this.hooks.life(ask.path) === undefined) return this.#answer({ by: ask.by, path: ask.path, link: true }, noproc)
    this.#in.push({ by: ask.by, path: ask.path, link: true })
  }

  /** An actor of this thread ended: those who watch it learn it, what it watched is forgotten. */
  ended(who: Asker, why: Reason): void {
    this.#out = this.#out.filter((w) => w.by.path !== who.path || w.by.life !== who.life)
    const told = this.#in.filter((w) => w.path === who.path)
    this.#in = this.#in.filter((w) => w.path !== who.path && !(w.by.path === who.path && w.by.life === who.life))
    for (const w of told) this.#answer(w, why)
  }

  /** The answer of another thread. */
  told(msg: Down): void {
    this.#fire({ by: msg.by, path: msg.path, link: msg.link }, msg.reason)
  }

  threadDown(thread: Thread, why: Reason): void {
    const lost = this.#out.filter((w) => this.hooks.threadOf(w.path) === thread)
    this.#in = this.#in.filter((w) => this.hooks.threadOf(w.by.path) !== thread)
    for (const w of lost) this.#fire(w, reason('lost', why.detail || `thread ${thread} ended`))
  }

  #answer(w: Watch, why: Reason): void {
    if (this.hooks.threadOf(w.by.path) === this.hooks.thread) return this.#fire(w, why)
    this.hooks.tell(w.by.path, { type: 'watched-down', by: w.by, path: w.path, link: w.link, reason: why })
  }

  /** Tells the watcher, if it still waits: once. */
  #fire(w: Watch, why: Reason): void {
    const at = this.#out.findIndex((o) => o.by.path === w.by.path && o.by.life === w.by.life && o.path === w.path && o.link === w.link)
    if (at < 0 && why !== noproc) return
    if (at >= 0) this.#out.splice(at, 1)
    if (!w.link) return this.hooks.down(w.by, w.path, why)
    if (why.how !== 'normal') this.hooks.endLinked(w.by, w.path, why)
  }
}
