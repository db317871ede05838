/**
 * Ends one worker thread of a kyhad from outside, through Node's inspector on this network's loopback (which SIGUSR1 opens): the thread dies
 * in the middle of whatever it does and nothing in kyhad is prepared for it. Runs in the host's network namespace.
 *
 *   node endthread.js THREAD     prints the title of the thread that ended; exit 1 = there is none of that name
 */
import { randomBytes } from 'node:crypto'
import { get, request } from 'node:http'
import type { Socket } from 'node:net'

const inspector = { host: '127.0.0.1', port: 9229 }

interface Said {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly sessionId: string; readonly workerInfo: { readonly title: string } }
}

/** Where the inspector takes connections; it opens a moment after the signal. */
async function target(tries = 100): Promise<string> {
  const answer = await new Promise<string | undefined>((resolve) => {
    get({ ...inspector, path: '/json/list' }, (response) => {
      let text = ''
      response.on('data', (d: Buffer) => (text += d.toString())).on('end', () => resolve(text))
    }).on('error', () => resolve(undefined))
  })
  if (answer !== undefined)
    return new URL((JSON.parse(answer) as { webSocketDebuggerUrl: string }[])[0]?.webSocketDebuggerUrl ?? '').pathname
  if (tries === 0) throw new Error('the inspector does not open')
  await new Promise((r) => setTimeout(r, 50))
  return target(tries - 1)
}

const upgrade = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const key = randomBytes(16).toString('base64')
    request({ ...inspector, path, headers: { ...headers, 'sec-websocket-key': key } })
      .on('upgrade', (_, socket: Socket) => resolve(socket))
      .on('error', reject)
      .end()
  })

/** One text frame, masked as a client's must be. */
function sendText(socket: Socket, value: object): void {
  const body = Buffer.from(JSON.stringify(value))
  const mask = randomBytes(4)
  const length = body.length < 126 ? Buffer.from([0x80 | body.length]) : Buffer.from([0x80 | 126, body.length >> 8, body.length & 255])
  const masked = body.map((byte, i) => byte ^ (mask[i % 4] as number))
  socket.write(Buffer.concat([Buffer.from([0x81]), length, mask, masked]))
}

/** The texts of whole frames in `data`, and the rest. */
function frames(data: Buffer): { readonly texts: readonly string[]; readonly rest: Buffer } {
  const texts: string[] = []
  let at = 0
  while (data.length - at >= 2) {
    const short = (data[at + 1] as number) & 127
    const head = short === 126 ? 4 : short === 127 ? 10 : 2
    if (data.length - at < head) break
    const length = short === 126 ? data.readUInt16BE(at + 2) : short === 127 ? Number(data.readBigUInt64BE(at + 2)) : short
    if (data.length - at < head + length) break
    texts.push(data.toString('utf8', at + head, at + head + length))
    at += head + length
  }
  return { texts, rest: data.subarray(at) }
}

const wanted = `kyha-${process.argv[2]}`
const socket = await upgrade(await target())
const late = setTimeout(() => {
  process.stderr.write(`no thread ${wanted}\n`)
  process.exit(1)
}, 3000)
let rest: Buffer = Buffer.alloc(0)
let isEnded = false
socket.on('data', (d: Buffer) => {
  const got = frames(Buffer.concat([rest, d]))
  rest = got.rest
  for (const text of got.texts) heard(JSON.parse(text) as Said)
})
sendText(socket, { id: 1, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } })

function heard({ id, method, params }: Said): void {
  // Once: the thread that takes its place attaches as well.
  if (method === 'NodeWorker.attachedToWorker' && params?.workerInfo.title.endsWith(wanted) && !isEnded) {
    isEnded = true
    const message = JSON.stringify({ id: 2, method: 'Runtime.evaluate', params: { expression: 'process.exit(1)' } })
    sendText(socket, { id: 3, method: 'NodeWorker.sendMessageToWorker', params: { sessionId: params.sessionId, message } })
    process.stdout.write(`${params.workerInfo.title}\n`)
  }
  if (id !== 3) return
  clearTimeout(late)
  setTimeout(() => process.exit(0), 50)
}
