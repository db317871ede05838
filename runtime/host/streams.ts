/** Streams of the core thread: control and bulk messages between nodes. A stream that its peer closed is a last gasp, no more than a suspicion. */
import type { View } from '../../actors/membership/messages.js'
import type { Address, Msg, NodeId, SendClass } from '../actor.js'
import type { StreamEvents, Streams } from '../ports.js'
import { type Verdict, verdict } from '../verdict.js'
import { hostMade, NewestLives } from './lives.js'
import type { Letter } from './loop.js'
import type { Lab, Peers } from './messages.js'

export type OpenedStreams = Streams & { linkIs?(node: NodeId, link: number, up: boolean): void }
export interface StreamNetOptions {
  readonly node: NodeId
  open(events: StreamEvents): OpenedStreams
  /** To an actor of this node, in whatever thread. */
  route(path: string, letter: Letter, cls: SendClass): void
  say(v: Verdict): void
}
export interface StreamNet {
  send(from: Address, to: NodeId, path: string, msg: Msg, cls: SendClass): void
  setPeers(peers: Peers): void
  /** Membership's view on its way to the log: a stream leaves a link that fell silent at once. */
  heard(view: View): void
  lab(cut: Lab): void
  counters(): Readonly<Record<string, number>>
  close(): void
}

export function openStreamNet(o: StreamNetOptions): StreamNet {
  const lives = new NewestLives()
  const count = { received: 0, old: 0, forged: 0, lost: 0, closed: 0 }
  let peers: Peers = []
  const cut = new Set<number>()
  const down = new Set<string>()
  const linkIs = (node: NodeId, link: number, up: boolean): void => {
    const name = `${node}/${link}`
    if (down.has(name) !== up) return
    if (up) down.delete(name)
    else down.add(name)
    streams.linkIs?.(node, link, up)
  }
  const streams = o.open({
    onMessage(from, incarnation, body) {
      if (lives.judge(from, incarnation) === 'old') return void count.old++
      if (hostMade.has(body.msg.type)) return void count.forged++
      count.received++
      o.route(body.to, { from: { node: from, path: body.from }, msg: body.msg, incarnation }, 'control')
    },
    onClosed(from) {
      count.closed++
      o.route('membership', { from: { path: '' }, msg: { type: 'last-gasp', peer: from } as Msg }, 'control')
    },
    onLost(to, messages) {
      count.lost += messages
      o.say(verdict('lose', 'runtime.undeliverable', { node: to, messages }, 'warning'))
    },
  })
  return {
    send: (from, to, path, msg, cls) => streams.send(to, { to: path, from: from.path, msg }, cls === 'bulk' ? 'bulk' : 'control'),
    setPeers(next) {
      peers = next.filter((p) => p.node !== o.node)
      streams.setPeers(peers)
    },
    heard(view) {
      for (const peer of view.peers) {
        for (const { link, state } of peer.links) {
          if (state === 'silent') linkIs(peer.node, link, false)
          else if (state === 'up' && !cut.has(link)) linkIs(peer.node, link, true)
        }
      }
    },
    lab(order) {
      if (order.cut) cut.add(order.link)
      else cut.delete(order.link)
      for (const peer of peers) linkIs(peer.node, order.link, !order.cut)
    },
    counters: () => count,
    close: () => streams.close(),
  }
}
