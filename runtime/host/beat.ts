/**
 * Datagrams of the beat thread: beats out, `Heard` in, small messages between membership actors, and the sheaf of stand-in frames that the guard
 * sends while kyhad is down (design 8.7). Frames are signed ahead again when a peer or its life changed, when its beat thread began anew (to
 * which an echo of the thread before proves nothing), and every 20 s.
 */
import { Flag, type Heard } from '../../actors/heartbeat-link/messages.js'
import type { Address, Instant, Msg, NodeId, SendClass } from '../actor.js'
import type { Datagram, Datagrams } from '../ports.js'
import type { Timer, Timers } from './clock.js'
import type { Facts } from './facts.js'
import { hostMade, NewestLives } from './lives.js'
import type { Letter } from './loop.js'
import type { Lab, Peers, Sheaf } from './messages.js'

export interface BeatNetOptions {
  readonly facts: Facts
  readonly now: () => Instant
  readonly timers: Timers
  open(onDatagram: (d: Datagram) => void): Datagrams
  deliver(path: string, letter: Letter, cls: SendClass): void
  sheaf(beatMs: number, sheaves: readonly Sheaf[]): void
  /** A beat left, or the members are known and nobody is there to beat to. */
  beating(): void
}

/** Frames are signed ahead again so long after a peer, its life or a link changed, and at least so often. */
const signSoonMs = 100
const signAgainMs = 20_000
const spareFrames = 10
const framesMax = 128
/** Bits of a beat that describe the sender; a message in between must not unsay them. */
const lasting = Flag.rt | Flag.leaving | Flag.deaf

export class BeatNet {
  readonly #lives = new NewestLives()
  readonly #cut = new Set<number>()
  /** Lasting flags of the last beat, by peer and link. */
  readonly #flags = new Map<string, number>()
  /** Peers, by link, whose last datagram answered to one of this thread. */
  readonly #proven = new Set<string>()
  readonly #count = { heard: 0, old: 0, forged: 0 }
  readonly #net: Datagrams
  #peers: Peers = []
  #sign: Timer

  constructor(private readonly o: BeatNetOptions) {
    this.#net = o.open((d) => this.#arrived(d))
    this.#sign = this.#signIn(signAgainMs)
  }

  send(from: Address, to: NodeId, path: string, msg: Msg, link: number | undefined): void {
    if (msg.type === 'beat' && link !== undefined) {
      const beat = msg as Msg & { readonly flags: number; readonly watcher: number }
      this.#flags.set(`${to}/${link}`, beat.flags & lasting)
      if (!this.#cut.has(link)) this.#net.send(to, link, beat.flags, beat.watcher)
      return this.o.beating()
    }
    const body = { to: path, from: from.path, msg }
    const links = link === undefined ? (this.#peers.find((p) => p.node === to)?.links.keys() ?? []) : [link]
    for (const l of links) if (!this.#cut.has(l)) this.#net.send(to, l, this.#flags.get(`${to}/${l}`) ?? 0, 0, body)
  }

  setPeers(next: Peers): void {
    this.#peers = next.filter((p) => p.node !== this.o.facts.boot.node)
    this.#net.setPeers(this.#peers)
    this.#stale()
    if (this.#peers.length === 0) this.o.beating()
  }

  lab(order: Lab): void {
    if (order.cut) this.#cut.add(order.link)
    else this.#cut.delete(order.link)
    this.#stale()
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#count, ...(this.#net.counters as unknown as Record<string, number>) }
  }

  close(): void {
    this.#net.close()
  }

  #arrived(d: Datagram): void {
    if (this.#cut.has(d.link)) return
    if (d.fresh) {
      const life = this.#lives.judge(d.from, d.incarnation)
      if (life === 'old') return void this.#count.old++
      if (life === 'new') this.#stale()
      this.#proven.add(`${d.from}/${d.link}`)
    } else if (this.#proven.delete(`${d.from}/${d.link}`)) this.#stale()
    this.#count.heard++
    const { from, incarnation, link, body } = d
    this.o.deliver(`link/${from}/${link}`, { from: { node: from, path: '' }, msg: heardOf(d), incarnation }, 'beat')
    if (!body) return
    if (hostMade.has(body.msg.type)) return void this.#count.forged++
    this.o.deliver(body.to, { from: { node: from, path: body.from }, msg: body.msg, incarnation }, 'beat')
  }

  /** The sheaf does not fit any more. */
  #stale(): void {
    const inMs = this.#sign.atMs - this.o.now()
    if (inMs <= signSoonMs) return
    this.#sign.cancelled = true
    this.#sign = this.#signIn(signSoonMs)
  }

  #signIn(ms: number): Timer {
    return this.o.timers.after(ms, () => {
      this.#sign = this.#signIn(signAgainMs)
      // Without peers there is nothing to sign: the guard keeps what an earlier life of this thread gave it.
      if (this.#peers.length > 0) this.o.sheaf(this.o.facts.boot.timing.beatMs, this.#sheaves())
    })
  }

  #sheaves(): readonly Sheaf[] {
    const { beatMs, managerGraceMs } = this.o.facts.boot.timing
    const frames = Math.min(framesMax, Math.ceil(managerGraceMs / beatMs) + spareFrames)
    return this.#peers.flatMap((peer) =>
      peer.links.flatMap((_, link) => {
        const own = this.o.facts.node.links[link]
        if (!own || this.#cut.has(link)) return []
        const signed = this.#net.presign(peer.node, link, Flag.kyhadDown, frames)
        return signed.frames.length > 0 ? [{ ...signed, bind: own.address }] : []
      }),
    )
  }
}

const heardOf = (d: Datagram): Heard => ({
  type: 'heard',
  seq: d.seq,
  echo: d.echo,
  fresh: d.fresh,
  flags: d.flags,
  watcher: d.watcher,
  incarnation: d.incarnation,
  rxMs: d.rxMs,
})
