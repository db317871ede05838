/**
 * A TLS listener on one own address. Bounded: 64 sockets in their first four seconds; more are closed at once, so that strangers cannot
 * use up descriptors. A missing address is tried again every second.
 */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Verdict, verdict } from '../verdict.js'
import type { LinkAddress } from './datagram.js'
import type { TlsIdentity } from './identity.js'

const handshakeMs = 2000
const strangerMs = 4000
const strangersMax = 64
const relistenMs = 1000

/** Certificates are judged in Connection, which has a sentence for each way to be wrong; a socket not `authorized` gets no byte. */
export const secureOptions = (tls: TlsIdentity) =>
  ({
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
  }) as const

const placeOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

/** `take` gets each socket after its TLS handshake, whatever its certificate. `known`: whose it is was
 * proven, so it takes no stranger's place. Closing ends all sockets that came in here. `up`: it listens, told each time that it begins to. */
export function listen(
  tls: TlsIdentity,
  own: LinkAddress,
  take: (socket: TLSSocket) => void,
  say: (because: Verdict, who: string) => void,
  up?: () => void,
): { close(): void; known(socket: TLSSocket): void } {
  const sockets = new Set<Socket>()
  const strangers = new Set<string>()
  let server: Server | undefined
  let retry: NodeJS.Timeout | undefined
  let isClosed = false

  const arrived = (socket: Socket): void => {
    if (strangers.size >= strangersMax) return void socket.destroy()
    sockets.add(socket)
    const from = placeOf(socket)
    strangers.add(from)
    const known = setTimeout(() => strangers.delete(from), strangerMs).unref()
    socket.once('close', () => {
      clearTimeout(known)
      strangers.delete(from)
      sockets.delete(socket)
    })
  }
  const open = (): void => {
    const one = createServer({ ...secureOptions(tls), requestCert: true, handshakeTimeout: handshakeMs })
    server = one
    one.on('connection', arrived)
    if (up) one.on('listening', up)
    one.on('secureConnection', take)
    one.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const remote = socket.remoteAddress ?? '-'
      if (error.code !== 'ECONNRESET') say(verdict('refuse', 'wire.stream-handshake', { remote, error: error.message }, 'warning'), remote)
      socket.destroy()
    })
    one.on('error', (error) => {
      one.close()
      if (isClosed) return
      say(verdict('refuse', 'wire.stream-unbound', { address: own.address, port: own.port, error: error.message }, 'warning'), own.address)
      retry = setTimeout(open, relistenMs)
    })
    one.listen({ port: own.port, host: own.address, ipv6Only: true })
  }

  open()
  return {
    known: (socket) => void strangers.delete(placeOf(socket)),
    close() {
      isClosed = true
      clearTimeout(retry)
      server?.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
