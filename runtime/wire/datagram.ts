/**
 * Datagrams between nodes: one UDP socket per link, bound to this node's own address of that link. What arrives is checked in this
 * order and dropped at the first failure, which only counts: size, header, cluster, known sender, MAC, life and replay window, body.
 * Lives on the beat thread. A bare beat is built in a buffer that its peer and link own, so that beating makes little garbage.
 * A link whose address is missing on this machine is tried again every second; the other links go on.
 */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { ClusterId, Incarnation, Instant, NodeId } from '../actor.js'
import { assert } from '../assert.js'
import type { Datagram, Datagrams, WireCounters } from '../ports.js'
import { type Verdict, verdict } from '../verdict.js'
import { pack, readBody } from './codec.js'
import {
  bodyBytesMax,
  canonicalUuid,
  flagStandIn,
  frameBytesMax,
  frameBytesMin,
  frameTemplate,
  type HeaderFlaw,
  headerBytes,
  readHeader,
  uuidBytes,
  writeFrame,
} from './frame.js'
import { type ClusterKeys, openSigner, type Signer } from './keys.js'
import { type Lives, openLives } from './lives.js'

export interface LinkAddress {
  readonly address: string
  readonly port: number
}
export interface DatagramOptions {
  readonly cluster: ClusterId
  readonly self: NodeId
  readonly incarnation: Incarnation
  readonly keys: ClusterKeys
  /** This node's own addresses; the position is the link's number. */
  readonly links: readonly LinkAddress[]
  /**
   * Our numbers begin after this one (0). A beat thread that starts again within one kyhad counter gives more than its earlier life can have used:
   * its numbers are no replays for peers, and an echo of that earlier life is no proof for it.
   */
  readonly seqBase?: number
  readonly now: () => Instant
  readonly onDatagram: (datagram: Datagram) => void
  /** A link could not be bound, or is bound at last: once per change. */
  readonly onVerdict?: (verdict: Verdict) => void
}

export interface DatagramCounters extends WireCounters {
  /** Authentic, but of an unproven life: its body was not delivered, or nothing of it while another life is proven. */
  unproven: number
  bindErrors: number
}

const rebindMs = 1000
export const linksMax = 7
const peersKeptMax = 128

interface Peer {
  readonly node: NodeId
  readonly lives: Lives
  readonly bare: Buffer[] // per link, constant part filled in
  readonly sent: number[] // highest seq per link
  readonly standIn: number[]
  links: readonly LinkAddress[]
}

/** Opens all sockets; returns at once. Sending on a link that is not bound yet counts as a send error. */
export function openDatagrams(options: DatagramOptions): Datagrams & { readonly counters: DatagramCounters } {
  const { cluster, self, incarnation, now } = options
  assert(options.links.length >= 1 && options.links.length <= linksMax, `1 to ${linksMax} links`)
  const counters = noCounters()
  const seqBase = options.seqBase ?? 0
  const template = frameTemplate(cluster, self, incarnation)
  const signer = openSigner(cluster, self, incarnation.boot, options.keys)
  const known = new Map<NodeId, Peer>() // who left may come back: its numbers and windows must go on
  let peers: ReadonlyMap<NodeId, Peer> = new Map()
  const receive = receiver(options, counters, signer, (node) => peers.get(node))
  const sockets = options.links.map((own, link) => keepBound(own, link, counters, receive, options.onVerdict))
  const onSent = (error: Error | null): void => {
    if (error) counters.sendErrors++
  }
  const seal = (peer: Peer, frame: Buffer, link: number, seq: number, flags: number, watcher: number): void => {
    const echo = peer.lives.echo(link, seq, now())
    writeFrame(frame, { flags, link, watcher, seq, echo }, frame.length - frameBytesMin)
    signer.sign(frame, peer.node)
  }

  return {
    counters,
    send(to, link, flags, watcher, body) {
      const peer = peers.get(to)
      const target = peer?.links[link]
      const socket = sockets[link]?.bound()
      if (!peer || !target || !socket) {
        counters.sendErrors++
        return
      }
      const frame = body === undefined ? bareFrame(peer, link, template) : newFrame(template, pack(body))
      const seq = nextOf(peer.sent, link, seqBase)
      seal(peer, frame, link, seq, flags & ~flagStandIn, watcher)
      counters.sent++
      socket.send(frame, target.port, target.address, onSent)
    },
    presign(to, link, flags, count) {
      const peer = peers.get(to)
      const target = peer?.links[link]
      if (!peer || !target) return { address: '', port: 0, frames: [] }
      const frames: Uint8Array[] = []
      for (let i = 0; i < count; i++) {
        const frame = newFrame(template)
        const seq = nextOf(peer.standIn, link, seqBase)
        seal(peer, frame, link, seq, flags | flagStandIn, 0)
        frames.push(frame)
      }
      return { address: target.address, port: target.port, frames }
    },
    setPeers(list) {
      peers = membersOf(
        list.filter((peer) => peer.node !== self),
        known,
        () => openLives(incarnation, seqBase),
      )
    },
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

const noCounters = (): DatagramCounters => ({
  sent: 0,
  received: 0,
  tooShort: 0,
  foreign: 0,
  badMac: 0,
  replayed: 0,
  tooNew: 0,
  unreadable: 0,
  sendErrors: 0,
  unproven: 0,
  bindErrors: 0,
})

/** The peers of `list`, with the numbers and windows of those that `known` remembers; it forgets the oldest beyond its bound. */
function membersOf(list: Parameters<Datagrams['setPeers']>[0], known: Map<NodeId, Peer>, lives: () => Lives): Map<NodeId, Peer> {
  const members = new Map<NodeId, Peer>()
  for (const { node, links } of list) {
    assert(canonicalUuid(node), `node id is a UUID in lower case: ${node}`)
    const peer: Peer = known.get(node) ?? { node, lives: lives(), bare: [], sent: [], standIn: [], links }
    peer.links = links
    members.set(node, peer)
    known.set(node, peer)
  }
  for (const node of known.keys()) if (known.size > peersKeptMax && !members.has(node)) known.delete(node)
  return members
}

/** A frame with its constant part and body in place. */
function newFrame(template: Uint8Array, body?: Uint8Array): Buffer {
  const frame = Buffer.alloc(frameBytesMin + (body?.length ?? 0))
  frame.set(template, 0)
  if (body) frame.set(body, headerBytes)
  return frame
}

/** The checks of an incoming datagram, in their order. */
function receiver(o: DatagramOptions, counters: DatagramCounters, signer: Signer, peerOf: (node: NodeId) => Peer | undefined): Receive {
  const cluster = uuidBytes(o.cluster)
  const countFlaw = (flaw: HeaderFlaw): void => {
    if (flaw === 'short' || flaw === 'length') counters.tooShort++
    else if (flaw === 'newer') counters.tooNew++
    else counters.foreign++
  }
  return (bytes, link) => {
    const rxMs = o.now()
    counters.received++
    const header = bytes.length > frameBytesMax ? 'length' : readHeader(bytes, cluster)
    if (typeof header === 'string') return countFlaw(header)
    const peer = peerOf(header.sender)
    if (!peer || header.link !== link) return void counters.foreign++
    if (!signer.verify(bytes, header.sender, header.incarnation.boot)) return void counters.badMac++
    const judgement = peer.lives.judge(header, peer.sent, rxMs)
    if (judgement === 'replayed') return void counters.replayed++
    if (judgement === 'candidate') return void counters.unproven++
    const fresh = judgement === 'fresh'
    const datagram: Datagram = {
      from: header.sender,
      incarnation: header.incarnation,
      link,
      // stand-in frames count for themselves: to the reader they come after the last live one
      seq: header.flags & flagStandIn ? peer.lives.highest(link) : header.seq,
      echo: fresh ? header.echo.seq : -1,
      fresh,
      flags: header.flags & ~flagStandIn,
      watcher: header.watcher,
      rxMs,
    }
    if (header.bodyBytes === 0) return o.onDatagram(datagram)
    if (!fresh) {
      counters.unproven++ // the beat counts, the words may be old
      return o.onDatagram(datagram)
    }
    const body = readBody(bytes.subarray(headerBytes, headerBytes + header.bodyBytes), bodyBytesMax)
    if (body) o.onDatagram({ ...datagram, body })
    else counters.unreadable++
  }
}

type Receive = (bytes: Buffer, link: number) => void

/** One link's socket, bound again every second for as long as its address is missing. */
function keepBound(own: LinkAddress, link: number, counters: DatagramCounters, receive: Receive, say: DatagramOptions['onVerdict']): Bound {
  const type = isIPv6(own.address) ? 'udp6' : 'udp4'
  const family = type === 'udp6' ? 6 : 4
  const args = { link, address: own.address, port: own.port }
  let current: Socket | undefined
  let isBound = false
  let failed = false
  let closed = false
  let retry: NodeJS.Timeout | undefined
  const open = (): void => {
    // Addresses are always numbers: answering at once keeps a send in one step and makes no garbage.
    const socket = createSocket({
      type,
      reuseAddr: true,
      ipv6Only: family === 6,
      lookup: (host, _options, done) => done(null, host, family),
    })
    current = socket
    socket.on('message', (bytes) => receive(bytes, link))
    socket.on('error', (error) => {
      counters.bindErrors++
      isBound = false
      current = undefined
      socket.close()
      if (closed) return
      if (!failed) say?.(verdict('refuse', 'wire.link-unbound', { ...args, error: error.message }, 'warning'))
      failed = true
      retry = setTimeout(open, rebindMs)
    })
    socket.bind(own.port, own.address, () => {
      isBound = true
      if (failed) say?.(verdict('open', 'wire.link-bound', args, 'notice'))
      failed = false
    })
  }
  open()
  return {
    bound: () => (isBound ? current : undefined),
    close: () => {
      closed = true
      clearTimeout(retry)
      isBound = false
      current?.close()
    },
  }
}

/** The one frame that all beats without a body to `peer` on `link` are written into. */
function bareFrame(peer: Peer, link: number, template: Uint8Array): Buffer {
  const frame = peer.bare[link] ?? newFrame(template)
  peer.bare[link] = frame
  return frame
}

/** The next number on `link`; `base` is the one before the first. */
function nextOf(numbers: number[], link: number, base: number): number {
  const seq = (numbers[link] ?? base) + 1
  numbers[link] = seq
  return seq
}

interface Bound {
  bound(): Socket | undefined
  close(): void
}
