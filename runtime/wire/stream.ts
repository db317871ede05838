/**
 * Ordered messages between nodes over mutual TLS 1.3, on any link that is up. This file holds the sockets: a listener on each of this
 * node's link addresses (the port number of its datagrams, in TCP), dialing, and who may connect: a certificate of the cluster's own CA
 * that names a member. What is said with a peer is in conversation.ts, what survives a connection in session.ts. Lives on the core thread.
 * Strangers get nothing but a closed socket, and one sentence per kind and address (or the member whose address it is) in ten seconds.
 */
import { randomBytes } from 'node:crypto'
import { type ConnectionOptions, connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { ClusterId, Incarnation, Instant, NodeId } from '../actor.js'
import { assert, present } from '../assert.js'
import type { StreamEvents, Streams } from '../ports.js'
import { type Random, seeded } from '../random.js'
import { type Verdict, verdict } from '../verdict.js'
import { Connection, type ConnectionEvents, type Hello, speaks } from './connection.js'
import { Conversation } from './conversation.js'
import type { LinkAddress } from './datagram.js'
import { canonicalUuid } from './frame.js'
import type { TlsIdentity } from './identity.js'
import { listen, secureOptions } from './listen.js'
import { rarely } from './quiet.js'
import { Session } from './session.js'

export interface StreamOptions {
  readonly cluster: ClusterId
  readonly self: NodeId
  readonly incarnation: Incarnation
  readonly tls: TlsIdentity
  /** This node's own addresses; the position is the link's number. */
  readonly links: readonly LinkAddress[]
  readonly events: StreamEvents & {
    /** Somebody was refused, or could not be reached for a reason worth a sentence. Rate-limited; nothing else happens. */
    onRefused?(verdict: Verdict): void
  }
  readonly now: () => Instant
  readonly random?: Random
}

export interface StreamState {
  readonly node: NodeId
  readonly link: number | null
  readonly queuedBytes: number
  readonly reconnects: number
  /** Bulk messages dropped since the queue was full. */
  readonly shed: number
}

export interface OpenStreams extends Streams {
  state(): readonly StreamState[]
  /** Optional evidence of the heartbeat links: leaves a link that is down at once instead of after 500 ms. */
  linkIs(node: NodeId, link: number, up: boolean): void
}

/** Opens the listeners; returns at once. Messages to a node that is no peer are dead letters. */
export function openStreams(o: StreamOptions): OpenStreams {
  const conversations = new Map<NodeId, Conversation>()
  const random = o.random ?? seeded(randomBytes(8).toString('hex'))
  const say = rarely(o.now, (because) => o.events.onRefused?.(because))
  const context = createSecureContext(secureOptions(o.tls))
  const on: ConnectionEvents = {
    greeting: (connection, node) => {
      const conversation = conversations.get(node)
      // Who knows no members yet lets nobody in, and that is no news of the other.
      if (!conversation) return verdict('refuse', 'wire.stream-no-member', { node }, conversations.size === 0 ? 'debug' : 'warning')
      return greet(o, conversation.hello(connection.dialed))
    },
    greeted: (connection, hello) => find(connection)?.greeted(connection, hello),
    message: (connection, n, ack, body) => find(connection)?.message(connection, n, ack, body),
    ack: (connection, ack) => void find(connection)?.acked(connection, ack),
    drained: (connection) => find(connection)?.drained(connection),
    ended: (connection, end, why) => find(connection)?.ended(connection, end, why),
    refused: (because) => say(because, String(because.args['node'] ?? because.args['remote'])),
  }
  const find = (connection: Connection): Conversation | undefined => conversations.get(connection.expected ?? connection.node ?? o.self)
  const accept = (socket: TLSSocket, link: number): void =>
    void new Connection(socket, { link, cluster: o.cluster, expected: undefined, on })
  const listeners = o.links.map((own, link) => listen(o.tls, own, (socket) => accept(socket, link), say))
  const open = (peer: NodeId): Conversation =>
    new Conversation({
      self: o.self,
      peer,
      ownLinks: o.links.length,
      random: random.split(peer),
      now: o.now,
      events: o.events,
      onVerdict: say,
      session: new Session(randomBytes(8).toString('hex')),
      dial: (link, target, patienceMs) =>
        new Connection(dial(o, context, link, target, patienceMs), { link, cluster: o.cluster, expected: peer, on }),
    })

  return {
    send(to, body, cls) {
      conversations.get(to)?.send(body, cls === 'bulk')
    },
    setPeers(list) {
      const peers = list.filter((peer) => peer.node !== o.self)
      for (const [node, conversation] of conversations) {
        if (peers.some((peer) => peer.node === node)) continue
        conversations.delete(node)
        conversation.close()
      }
      for (const { node, links } of peers) {
        assert(canonicalUuid(node), `node id is a UUID in lower case: ${node}`)
        const conversation = conversations.get(node) ?? open(node)
        conversations.set(node, conversation)
        conversation.setLinks(links)
      }
    },
    linkIs(node, link, up) {
      conversations.get(node)?.linkIs(link, up)
    },
    state: () =>
      [...conversations].map(([node, { link, queuedBytes, reconnects, shed }]) => ({ node, link, queuedBytes, reconnects, shed })),
    close() {
      for (const listener of listeners) listener.close()
      for (const conversation of conversations.values()) conversation.close()
      conversations.clear()
    },
  }
}

const greet = (o: StreamOptions, hello: ReturnType<Conversation['hello']>): Hello => ({
  ...hello,
  ...speaks,
  cluster: o.cluster,
  incarnation: o.incarnation,
})

function dial(o: StreamOptions, secureContext: SecureContext, link: number, target: LinkAddress, patienceMs: number): TLSSocket {
  const options: ConnectionOptions & { readonly localAddress: string } = {
    ...secureOptions(o.tls),
    secureContext,
    host: target.address,
    port: target.port,
    localAddress: present(o.links[link], 'the own link that is dialed from').address,
    checkServerIdentity: () => undefined, // names are not used: the node id in the certificate is
  }
  const socket = connect(options)
  const late = setTimeout(() => socket.destroy(new Error(`no connection within ${patienceMs} ms`)), patienceMs)
  socket.once('secureConnect', () => clearTimeout(late))
  socket.once('close', () => clearTimeout(late))
  return socket
}
