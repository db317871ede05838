/**
 * Datagrams of the beat thread: beats out, `Heard` in, small messages between membership actors, and the sheaf of stand-in frames that the guard
 * sends while kyhad is down (design 8.7). Frames are signed ahead again when a peer or its life changed, and every 5 s.
 */
import { Flag, type Heard } from '../../actors/heartbeat-link/messages.js'
import type { Address, Instant, Msg, NodeId, SendClass } from '../actor.js'
import type { Datagram, Datagrams } from '../ports.js'
import type { Timers } from './clock.js'
import type { Facts } from './facts.js'
import { hostMade, NewestLives } from './lives.js'
import type { Letter } from './loop.js'
import type { Lab, Peers, Sheaf } from './messages.js'

export interface BeatNet {
  send(from: Address, to: NodeId, path: string, msg: Msg, link: number | undefined): void
  setPeers(peers: Peers): void
  lab(cut: Lab): void
  counters(): Readonly<Record<string, number>>
  close(): void
}
export interface BeatNetOptions {
  readonly facts: Facts
  readonly now: () => Instant
  readonly timers: Timers
  open(onDatagram: (d: Datagram) => void): Datagrams
  deliver(path: string, letter: Letter, cls: SendClass): void
  sheaf(beatMs: number, sheaves: readonly Sheaf[]): void
}

const signMs = 1000
const signAtLeastMs = 5000
const spareFrames = 10
const framesMax = 128
/** Bits of a beat that describe the sender; a message in between must not unsay them. */
const lasting = Flag.rt | Flag.leaving

export function openBeatNet(o: BeatNetOptions): BeatNet {
  const lives = new NewestLives()
  const cut = new Set<number>()
  const flags = new Map<string, number>()
  let peers: Peers = []
  let stale = true // the sheaf does not fit any more
  let signedAt = 0
  const count = { heard: 0, old: 0, forged: 0 }

  const net = o.open((d) => {
    if (cut.has(d.link)) return
    if (d.fresh) {
      const life = lives.judge(d.from, d.incarnation)
      if (life === 'old') return void count.old++
      if (life === 'new') stale = true
    }
    count.heard++
    const heard: Heard = {
      type: 'heard',
      seq: d.seq,
      echo: d.echo,
      fresh: d.fresh,
      flags: d.flags,
      watcher: d.watcher,
      incarnation: d.incarnation,
      rxMs: d.rxMs,
    }
    const from = (path: string): Address => ({ node: d.from, path })
    o.deliver(`link/${d.from}/${d.link}`, { from: from(''), msg: heard, incarnation: d.incarnation }, 'beat')
    if (!d.body) return
    if (hostMade.has(d.body.msg.type)) return void count.forged++
    o.deliver(d.body.to, { from: from(d.body.from), msg: d.body.msg, incarnation: d.incarnation }, 'beat')
  })

  const sign = (): void => {
    o.timers.after(signMs, sign)
    const now = o.now()
    if (!stale && now - signedAt < signAtLeastMs) return
    stale = false
    signedAt = now
    o.sheaf(o.facts.boot.timing.beatMs, sheaves())
  }
  const sheaves = (): readonly Sheaf[] => {
    const { beatMs, managerGraceMs } = o.facts.boot.timing
    const frames = Math.min(framesMax, Math.ceil(managerGraceMs / beatMs) + spareFrames)
    return peers.flatMap((peer) =>
      peer.links.flatMap((_, link) => {
        const own = o.facts.node.links[link]
        if (!own || cut.has(link)) return []
        const signed = net.presign(peer.node, link, Flag.kyhadDown, frames)
        return signed.frames.length > 0 ? [{ ...signed, bind: own.address }] : []
      }),
    )
  }
  sign()

  return {
    send(from, to, path, msg, link) {
      const peer = peers.find((p) => p.node === to)
      if (msg.type === 'beat' && link !== undefined) {
        const beat = msg as Msg & { readonly flags: number; readonly watcher: number }
        flags.set(`${to}/${link}`, beat.flags & lasting)
        if (!cut.has(link)) net.send(to, link, beat.flags, beat.watcher)
        return
      }
      const body = { to: path, from: from.path, msg }
      const links = link === undefined ? (peer?.links.keys() ?? []) : [link]
      for (const l of links) if (!cut.has(l)) net.send(to, l, flags.get(`${to}/${l}`) ?? 0, 0, body)
    },
    setPeers(next) {
      peers = next.filter((p) => p.node !== o.facts.boot.node)
      net.setPeers(peers)
      stale = true
    },
    lab(order) {
      if (order.cut) cut.add(order.link)
      else cut.delete(order.link)
      stale = true
    },
    counters: () => ({ ...count, ...(net.counters as unknown as Record<string, number>) }),
    close: () => net.close(),
  }
}
