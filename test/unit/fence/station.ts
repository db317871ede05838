/**
 * A real HTTPS server on loopback that a device under test lives in, and all that such a server can do wrong: late, silent, broken, endless, garbage.
 * Certificates are the product's own kind: a CA, and a leaf for 127.0.0.1 or for a name.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeId } from '../../../runtime/ids.js'
import { issueNode, makeClusterCa } from '../../../runtime/wire/certificates.js'

export interface Heard {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly lateMs?: number }
  | 'close' // no answer, the connection ends
  | 'silent'
  | 'cut' // less than was announced
  | 'endless' // a body that never ends
  | 'drip' // a byte now and then
  | 'header' // a header that never ends
  | 'garbage' // bytes that are not HTTP
  | 'flood' // more than anybody may read, and whole

export const TROUBLES: readonly Reply[] = ['close', 'silent', 'cut', 'endless', 'drip', 'header', 'garbage', 'flood']

const ca = await makeClusterCa('station', Date.now())
const leaf = await issueNode(ca, nodeId('station'), 'bmc-1', ['127.0.0.1'], Date.now())
const named = await issueNode(ca, nodeId('station'), 'bmc-1', [], Date.now())
const dir = mkdtempSync(join(tmpdir(), 'kyha-station-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
/** The certificate to trust, as a file. */
export const caFile = join(dir, 'ca.pem')
writeFileSync(caFile, ca.cert)

export class Station {
  readonly heard: Heard[] = []
  readonly #sockets = new Set<Socket>()
  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {
    server.on('secureConnection', (s: Socket) => s.on('error', () => undefined))
    server.on('connection', (s: Socket) => {
      this.#sockets.add(s.on('error', () => undefined))
      s.on('close', () => this.#sockets.delete(s))
    })
  }
  static async start(answer: (heard: Heard, n: number) => Reply, by: 'address' | 'name' = 'address'): Promise<Station> {
    const server = createServer(by === 'address' ? leaf : named)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const station = new Station((server.address() as AddressInfo).port, server)
    server.on('request', (req, res) => {
      let body = ''
      req.setEncoding('utf8').on('data', (d) => {
        body += String(d)
      })
      req.on('end', () => {
        const url = req.url ?? ''
        const heard = { method: req.method ?? '', url, path: url.split('?')[0] ?? '', headers: req.headers, body }
        station.heard.push(heard)
        give(res, answer(heard, station.heard.length - 1))
      })
    })
    server.on('tlsClientError', () => undefined)
    return station
  }
  get orders(): readonly string[] {
    return this.heard.filter((h) => h.method !== 'GET').map((h) => `${h.method} ${h.url} ${h.body}`.trim())
  }
  close(): void {
    this.server.close()
    for (const s of this.#sockets) s.destroy()
  }
}

function give(res: ServerResponse, reply: Reply): void {
  const raw = res.socket
  const forever = (part: string, ms: number, write: (p: string) => void): void => {
    const timer = setInterval(() => write(part), ms)
    raw?.on('close', () => clearInterval(timer))
    write(part)
  }
  if (typeof reply === 'object') {
    const text = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
    setTimeout(() => {
      res.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      res.end(text)
    }, reply.lateMs ?? 0)
    return
  }
  switch (reply) {
    case 'silent':
      return
    case 'close':
      raw?.destroy()
      return
    case 'cut':
      res.writeHead(200, { 'content-length': '1000' })
      res.write('{"PowerState":"Off"')
      setTimeout(() => raw?.destroy(), 5)
      return
    case 'endless':
      res.writeHead(200)
      return forever(' '.repeat(65_536), 1, (p) => res.write(p))
    case 'drip':
      res.writeHead(200)
      res.write('{"PowerState":"Off"}')
      return forever(' ', 20, (p) => res.write(p))
    case 'header':
      raw?.write('HTTP/1.1 200 OK\r\n')
      return forever(`X-More: ${'x'.repeat(8000)}\r\n`, 1, (p) => raw?.write(p))
    case 'garbage':
      raw?.end('\u0000\u0001PowerState Off\r\n\r\n{"PowerState":"Off"}')
      return
    default:
      res.writeHead(200)
      res.end(`{"PowerState":"Off"}${' '.repeat(2_000_000)}`)
  }
}
