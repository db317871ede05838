/**
 * What a joining node and a node of the cluster say to each other: lines of JSON inside TLS 1.3, three in all.
 *   server: Greeting   {protocol, cluster, name, ca, nonce}
 *   client: Ask        {nonce, body, proof, signature}      body = the JSON text of a Request
 *   server: Answer     {ok, ...}
 * The client knows the server by the CA's fingerprint in the join code. The server knows the client by an HMAC with the code's secret over
 * this very TLS connection (exported keying material), both nonces and the body: the secret itself is never sent, and a proof is worth
 * nothing on another connection. The signature shows that the client holds the key that it asks a certificate for.
 */
import { createHash, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import * as v from 'valibot'
import { LINKS_MAX } from '../../runtime/config/node.js'

export const protocol = 1
export const lineBytesMax = 64 * 1024
/** The listener's port on each link address: the link's own, plus this. */
export const portOffset = 1

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const Uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/))
const Base64 = v.pipe(v.string(), v.maxLength(1024), v.regex(/^[A-Za-z0-9+/]+={0,2}$/))
const Link = v.object({
  address: v.pipe(v.string(), v.ip()),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_534)),
})
const Links = v.pipe(v.array(Link), v.minLength(1), v.maxLength(LINKS_MAX))
const Member = v.object({ node: Uuid, name: Text, votes: v.pipe(v.number(), v.integer(), v.minValue(0)), links: Links })

export const Greeting = v.object({
  protocol: v.number(),
  cluster: Uuid,
  name: Text,
  ca: v.pipe(v.string(), v.maxLength(8192)),
  nonce: Hex,
})
export type Greeting = v.InferOutput<typeof Greeting>

export const Request = v.object({ cluster: Uuid, node: Uuid, name: Text, links: Links, publicKey: Base64 })
export type Request = v.InferOutput<typeof Request>

export const Ask = v.object({ nonce: Hex, body: v.pipe(v.string(), v.maxLength(16_384)), proof: Hex, signature: Base64 })
export type Ask = v.InferOutput<typeof Ask>

const Sentence = v.pipe(v.string(), v.maxLength(2000))
export const Answer = v.variant('ok', [
  v.object({
    ok: v.literal(true),
    cert: v.pipe(v.string(), v.maxLength(8192)),
    clusterKey: v.pipe(v.string(), v.maxLength(512)),
    members: v.array(Member),
    votes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  v.object({ ok: v.literal(false), refused: v.pipe(v.string(), v.maxLength(64)), en: Sentence, zh: Sentence }),
])
export type Answer = v.InferOutput<typeof Answer>

/** What both ends hash: this connection, both nonces, and what is asked. */
export function transcript(socket: TLSSocket, serverNonce: string, clientNonce: string, body: string): Buffer {
  const channel = socket.exportKeyingMaterial(32, 'EXPORTER-kyha-join', Buffer.alloc(0))
  return createHash('sha256').update('kyha join 1\n').update(channel).update(`${serverNonce}\n${clientNonce}\n`).update(body).digest()
}
export const proofOf = (secret: string, said: Buffer): string => createHmac('sha256', Buffer.from(secret, 'hex')).update(said).digest('hex')
export const proves = (secret: string, said: Buffer, proof: string): boolean =>
  timingSafeEqual(Buffer.from(proofOf(secret, said), 'hex'), Buffer.from(proof, 'hex'))

export const signatureOf = (key: KeyObject, said: Buffer): string => sign('sha256', said, key).toString('base64')
export function signed(publicKey: string, said: Buffer, signature: string): boolean {
  try {
    const key = { key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' } as const
    return verify('sha256', said, key, Buffer.from(signature, 'base64'))
  } catch {
    return false // not a key at all: the same refusal says it
  }
}

export const sendLine = (socket: TLSSocket, value: unknown): void => void socket.write(`${JSON.stringify(value)}\n`)

/** The next line of `socket` as what `schema` describes; undefined when none comes in time, it is too long, or it is something else. */
export function readLine<T>(socket: TLSSocket, schema: v.GenericSchema<unknown, T>, msMax: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const end = (value: T | undefined): void => {
      clearTimeout(late)
      socket.off('data', take).off('close', none).off('error', none)
      socket.pause()
      resolve(value)
    }
    const none = (): void => end(undefined)
    const late = setTimeout(none, msMax)
    const take = (chunk: Buffer): void => {
      text += chunk.toString('utf8')
      if (text.length > lineBytesMax) return end(undefined)
      if (!text.includes('\n')) return
      const got = v.safeParse(schema, jsonOf(text.slice(0, text.indexOf('\n'))))
      end(got.success ? got.output : undefined)
    }
    socket.on('data', take).on('close', none).on('error', none)
    socket.resume()
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON: the schema refuses undefined
  }
}

export function parseRequest(value: unknown): Request | undefined {
  const got = v.safeParse(Request, value)
  return got.success ? got.output : undefined
}
