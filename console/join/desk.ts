/**
 * Where new nodes are taken in, on the console thread of a node of the cluster: gives out join codes, and while one is good listens with TLS
 * on every link address at the link's port + 1. Takes at most eight connections at once and thirty a minute, each of 20 seconds and a few
 * kilobytes. Closed again with the last code. Only the node that holds the CA key can take a node in; others say which one it is.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Member } from '../../actors/log/messages.js'
import { type ClusterId, type NodeId, nodeId } from '../../runtime/ids.js'
import { type Lang, render } from '../../runtime/text/index.js'
import { type Refusal, type Verdict, verdict } from '../../runtime/verdict.js'
import { fingerprint } from '../../runtime/wire/identity.js'
import { encodeJoinCode } from '../../runtime/wire/joincode.js'
import type { Refused } from '../api/changes.js'
import { errorView, problemText } from '../api/errors.js'
import { Codes, type Given, lifeMsDefault } from './codes.js'
import { addMember, type Cluster, checkNew } from './members.js'
import { checkName, isRefusal, type Link, refuse, shown } from './names.js'
import * as p from './protocol.js'

export interface DeskOptions {
  readonly cluster: { readonly id: ClusterId; readonly name: string }
  readonly self: { readonly node: NodeId; readonly name: string }
  readonly links: readonly Link[]
  /** Files of this node. The CA's key is only where the cluster was created. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string; readonly clusterKey: string; readonly caKey: string }
  readonly members: Cluster
  readonly nowMs: () => number
  readonly say: (because: Verdict) => void
}

export interface CodeView {
  readonly code: string
  readonly fingerprint: string
  readonly name: string | null
  readonly seconds: number
  /** `address:port` where this node listens for it. */
  readonly listens: readonly string[]
}

const socketsMax = 8
const minuteMax = 30
const askMsMax = 10_000
const handshakeMs = 3000

export class Desk {
  readonly #o: DeskOptions
  readonly #codes = new Codes()
  #servers: readonly Server[] = []
  readonly #sockets = new Set<TLSSocket>()
  #arrivals: readonly number[] = []
  #close: NodeJS.Timeout | undefined
  /** One node is taken in at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: DeskOptions) {
    this.#o = options
  }

  /** A new code, with the listeners open for it. */
  async give(wish: { lifeMs?: number; name?: string; votes?: number } = {}): Promise<CodeView | Refusal> {
    const { cluster, links, files, nowMs, members } = this.#o
    const no = this.#noKey() ?? (wish.name === undefined ? undefined : this.#badName(wish.name))
    if (no) return no
    const away = await this.#open()
    if (away) return away
    const at = links[0] as Link
    const print = fingerprint(readFileSync(files.ca, 'utf8'))
    const given = this.#codes.give(
      { cluster: cluster.id, fingerprint: print, address: at.address, port: at.port + p.portOffset },
      { lifeMs: wish.lifeMs ?? lifeMsDefault, name: wish.name, votes: wish.votes ?? 1 },
      nowMs(),
    )
    if (isRefusal(given)) return given
    this.#plan()
    const who = members.state()?.config.name ?? cluster.name
    this.#o.say(verdict('invite', 'cli.code-made', { cluster: who, minutes: Math.round((given.endsMs - nowMs()) / 60_000) }, 'notice'))
    return { ...this.#view(given), code: encodeJoinCode(given.code), fingerprint: print }
  }

  /** Open codes, without their secrets. */
  list(): readonly Omit<CodeView, 'code' | 'fingerprint'>[] {
    return this.#codes.open(this.#o.nowMs()).map((g) => this.#view(g))
  }

  withdraw(): void {
    this.#codes.withdraw()
    this.#plan()
  }

  close(): void {
    this.withdraw()
    for (const socket of this.#sockets) socket.destroy()
  }

  #view(g: Given): Omit<CodeView, 'code' | 'fingerprint'> {
    const listens = this.#o.links.map((l) => `${l.address.includes(':') ? `[${l.address}]` : l.address}:${l.port + p.portOffset}`)
    return { name: g.name ?? null, seconds: Math.max(0, Math.round((g.endsMs - this.#o.nowMs()) / 1000)), listens }
  }

  #noKey(): Refusal | undefined {
    const { files, self } = this.#o
    return existsSync(files.caKey) ? undefined : refuse('no-ca-key', 'cli.no-ca-key', { node: self.name, file: files.caKey })
  }

  #badName(name: string): Refusal | undefined {
    const { members, cluster } = this.#o
    const taken = members.state()?.members.some((m) => m.name === name)
    return checkName('node', name) ?? (taken ? refuse('exists', 'cli.member-name', { node: name, cluster: cluster.name }) : undefined)
  }

  /** Listens on every link address that can be bound; the first link's must be, since the code names it. */
  async #open(): Promise<Refusal | undefined> {
    if (this.#servers.length > 0) return undefined
    const { files, links } = this.#o
    const tls = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
    const opened = await Promise.all(links.map((link) => listen(link, tls, (socket) => this.#arrived(socket))))
    const first = opened[0]
    this.#servers = opened.filter((s): s is Server => typeof s !== 'string')
    if (typeof first !== 'string') return undefined
    this.#shut()
    const { address, port } = links[0] as Link
    return refuse('unavailable', 'cli.desk-unbound', { address, port: port + p.portOffset, error: first })
  }

  #shut(): void {
    for (const server of this.#servers) server.close()
    this.#servers = []
  }

  /** Closes the listeners when the last code ends. */
  #plan(): void {
    clearTimeout(this.#close)
    const open = this.#codes.open(this.#o.nowMs())
    if (open.length === 0) return this.#shut()
    const last = Math.max(...open.map((g) => g.endsMs))
    this.#close = setTimeout(() => this.#plan(), Math.max(100, last - this.#o.nowMs())).unref()
  }

  #arrived(socket: TLSSocket): void {
    const now = this.#o.nowMs()
    this.#arrivals = [...this.#arrivals.filter((at) => now - at < 60_000), now].slice(-minuteMax - 1)
    if (this.#sockets.size >= socketsMax || this.#arrivals.length > minuteMax) return void socket.destroy()
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const done = (): void => void socket.end()
    this.#serve(socket).then(done, (e: Error) => {
      this.#o.say(verdict('refuse', 'cli.join-failed', { error: e.message.slice(0, 200) }, 'error'))
      socket.destroy()
    })
  }

  async #serve(socket: TLSSocket): Promise<void> {
    const { cluster, files } = this.#o
    const nonce = randomBytes(32).toString('hex')
    const greeting: p.Greeting = {
      protocol: p.protocol,
      cluster: cluster.id,
      name: cluster.name,
      ca: readFileSync(files.ca, 'utf8'),
      nonce,
    }
    p.sendLine(socket, greeting)
    const ask = await p.readLine(socket, p.Ask, askMsMax)
    if (!ask) return
    const said = p.transcript(socket, nonce, ask.nonce, ask.body)
    const given = this.#codes.take((secret) => p.proves(secret, said, ask.proof), this.#o.nowMs())
    const turn = this.#turn.then(() => (isRefusal(given) ? given : this.#takeIn(given, ask, said)))
    this.#turn = turn.catch(() => undefined)
    const answer = await turn.finally(() => this.#plan()) // only now: the code may have come back
    if ('ok' in answer) return p.sendLine(socket, answer)
    const remote = socket.remoteAddress ?? '-'
    const text = wordsOf(answer)
    this.#o.say(verdict('refuse', 'cli.join-refused', { remote, why: text.en }, 'warning'))
    p.sendLine(socket, { ok: false, ...text } satisfies p.Answer)
  }

  /** Certificate and membership for a node that proved the secret. The code comes back when nothing was changed. */
  async #takeIn(given: Given, ask: p.Ask, said: Buffer): Promise<p.Answer | Refusal | Refused> {
    const { files, members, nowMs } = this.#o
    const back = <T>(why: T): T => {
      this.#codes.restore(given)
      return why
    }
    const request = requestOf(ask.body)
    if (!request || !p.signed(request.publicKey, said, ask.signature)) return back(refuse('invalid', 'cli.join-request', {}))
    const no = this.#noKey() ?? this.#unfit(given, request)
    if (no) return back(no)
    const node = nodeId(request.node)
    const member: Member = { node, name: request.name, votes: 0, links: request.links }
    const ca = { cert: readFileSync(files.ca, 'utf8'), key: readFileSync(files.caKey, 'utf8') }
    const addresses = request.links.map((l) => l.address)
    const { certifyNode } = await import('../../runtime/wire/certificates.js') // large, and needed only now
    const cert = await certifyNode(ca, Buffer.from(request.publicKey, 'base64'), node, request.name, addresses, nowMs())
    const clusterKey = readFileSync(files.clusterKey, 'utf8')
    const outcome = await addMember(members, member, this.#o.self.name)
    if (!outcome.done) return 'code' in outcome.why && outcome.why.code === 'unknown-outcome' ? outcome.why : back(outcome.why)
    this.#o.say(verdict('join', 'cli.joined', { node: request.name, links: addresses.join(', ') }, 'notice'))
    const list = (members.state()?.members ?? []).map((m) => ({ node: m.node, name: m.name, votes: m.votes, links: [...m.links] }))
    return { ok: true, cert, clusterKey, members: list, votes: given.votes }
  }

  #unfit(given: Given, request: p.Request): Refusal | Refused | undefined {
    const { cluster, members } = this.#o
    const state = members.state()
    if (request.cluster !== cluster.id) return refuse('join-code-cluster', 'wire.join-code-cluster', { cluster: request.cluster })
    if (given.name !== undefined && given.name !== request.name)
      return refuse('invalid', 'cli.code-name', { name: given.name, asked: shown(request.name) })
    if (!state) return { code: 'starting', args: {} }
    const member: Member = { node: nodeId(request.node), name: request.name, votes: 0, links: request.links }
    return checkName('node', request.name) ?? checkNew(state, member)
  }
}

function listen(link: Link, tls: { cert: string; key: string }, take: (socket: TLSSocket) => void): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer({ ...tls, minVersion: 'TLSv1.3', handshakeTimeout: handshakeMs }, take)
    server.maxConnections = socketsMax
    server.on('tlsClientError', (_, socket) => socket.destroy())
    server.on('error', (e: NodeJS.ErrnoException) => resolve(e.code ?? e.message))
    server.listen({ host: link.address, port: link.port + p.portOffset, ipv6Only: true }, () => resolve(server))
  })
}

function requestOf(body: string): p.Request | undefined {
  try {
    return p.parseRequest(JSON.parse(body))
  } catch {
    return undefined // no JSON: refused like any other request that is none
  }
}

function wordsOf(why: Refusal | Refused): { refused: string; en: string; zh: string } {
  if ('refused' in why) {
    const { key, args } = why.because
    return { refused: why.refused, en: render('en', key, args), zh: render('zh', key, args) }
  }
  const view = errorView(why.code, why.args)
  const more = (lang: Lang): string => (why.problems ?? []).map((p) => problemText(lang, p)).join(' ')
  return {
    refused: why.code,
    en: `${view.message.en} ${view.todo.en} ${more('en')}`.trim(),
    zh: `${view.message.zh}${view.todo.zh}${more('zh')}`,
  }
}
