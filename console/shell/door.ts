/**
 * kyhad's side of the shell's door (native/guard/shell.c): a unix socket for the guard alone. Before the bytes of each connection stands one line,
 * `kyha-peer KEY UID GID PID`, which only the guard can write, since it made the key. So every request over it has a person; what it changes, and
 * every line that a shell announces, is said with uid and pid.
 */
import { timingSafeEqual } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import type { Server as HttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Verdict, verdict } from '../../runtime/verdict.js'

/** Who is at the other end, as the kernel told the guard. */
export interface Peer {
  readonly uid: number
  readonly gid: number
  readonly pid: number
}
export const peerPath = '/api/v1/peer'
/** `/run/kyha/api.sock` and what lies beside it. */
export const relaySocket = (runDir: string): string => join(runDir, 'relay.sock')
const lineCharsMax = 300

const lineBytesMax = 4096
const headBytesMax = 200
const headMsMax = 2000
const connectionsMax = 64
const peers = new WeakMap<object, Peer>()

/** Whoever the guard let in on this connection. */
export const peerOf = (socket: object | null | undefined): Peer | undefined => (socket ? peers.get(socket) : undefined)

function parse(line: string, key: string): Peer | undefined {
  const [word, given = '', ...numbers] = line.split(' ')
  const theirs = Buffer.from(given)
  const ours = Buffer.from(key)
  if (word !== 'kyha-peer' || key === '' || theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) return undefined
  if (numbers.length !== 3 || !numbers.every((n) => /^\d{1,10}$/.test(n))) return undefined
  const [uid = 0, gid = 0, pid = 0] = numbers.map(Number)
  return { uid, gid, pid }
}

/** Hands each connection with a good first line to `http`; all others are closed. */
function head(socket: Socket, key: string, http: HttpServer): void {
  let got = Buffer.alloc(0)
  const late = setTimeout(() => socket.destroy(), headMsMax)
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clearTimeout(late))
  const take = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    got = Buffer.concat([got, chunk])
    const end = got.indexOf('\n')
    if (end < 0 && got.length <= headBytesMax) return
    clearTimeout(late)
    socket.off('readable', take)
    const peer = end < 0 || end > headBytesMax ? undefined : parse(got.subarray(0, end).toString('latin1'), key)
    if (!peer) return void socket.destroy()
    peers.set(socket, peer)
    socket.unshift(got.subarray(end + 1))
    http.emit('connection', socket)
  }
  socket.on('readable', take)
}

/** Listens in `runDir`; resolves when it does. */
export async function openDoor(http: HttpServer, runDir: string, key: string): Promise<Server> {
  const path = relaySocket(runDir)
  const server = createServer((socket) => head(socket, key, http))
  server.maxConnections = connectionsMax
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return server
}

/** A line of the shell without what must not be written down: a join code is a secret. */
const shown = (line: string): string => line.replace(/\b(join|code)\b\s+\S.*$/s, '$1 ...').slice(0, lineCharsMax)

/** What a shell does is said before it is done; `GET` (and, with a line, `POST`) /api/v1/peer answers who asks. */
export async function attended(request: Request, peer: Peer, say: (v: Verdict) => void, go: () => Promise<Response>): Promise<Response> {
  const { pathname } = new URL(request.url)
  const { uid, pid } = peer
  if (pathname === peerPath) {
    const isSmall = Number(request.headers.get('content-length') ?? Number.NaN) <= lineBytesMax
    const line = request.method === 'POST' && isSmall ? await request.text() : ''
    if (line !== '') say(verdict('shell', 'console.shell-line', { uid, pid, line: shown(line) }))
    return Response.json(peer)
  }
  if (!['GET', 'HEAD'].includes(request.method))
    say(verdict('shell', 'console.shell-request', { uid, pid, method: request.method, path: pathname.slice(0, lineCharsMax) }))
  return go()
}
