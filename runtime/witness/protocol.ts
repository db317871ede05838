/**
 * What a quorum device and its clusters say to each other: msgpack messages in frames (u32 length, big-endian) inside TLS 1.3, where both ends have
 * shown certificates. The node knows the device by the certificate's fingerprint in its configuration, the device knows the node by a certificate of
 * the CA that was enrolled for the cluster. Nothing is longer than 16 KiB; whatever is not exactly one of these messages ends the connection.
 *   device: Greeting, at once
 *   node:   Open -> Opened | Refused       then Ask -> Told | Refused, Look -> Told, any number of them, answered in order
 *   or      EnrolCluster -> Enrolled | Refused, once, with the secret of a code that the device gave out (console/qdevice)
 */
import type { WitnessRecord } from '../../actors/log/register.js'
import type { Msg, NodeId } from '../actor.js'
import { pack, unpackMsg } from '../wire/codec.js'
import { canonicalUuid } from '../wire/frame.js'

export const protocol = 1
export const frameBytesMax = 16 * 1024

export interface Greeting extends Msg {
  readonly type: 'device'
  readonly protocol: number
  readonly device: string
  readonly name: string
  /** 64 hex digits. */
  readonly nonce: string
}
export interface Open extends Msg {
  readonly type: 'open'
  readonly cluster: string
}
export interface Opened extends Msg {
  readonly type: 'opened'
}
export interface Ask extends Msg {
  readonly type: 'ask'
  /** From 1 per connection. */
  readonly n: number
  readonly ask: 'enrol' | 'claim'
  readonly node: NodeId
  readonly epoch: number
}
export interface Look extends Msg {
  readonly type: 'look'
  readonly n: number
}
/** The answer to the ask or look with the same number. What it says is durable. */
export interface Told extends Msg {
  readonly type: 'told'
  readonly n: number
  readonly ok: boolean
  readonly record?: WitnessRecord
}
/** `body`: the JSON text of {cluster, name, ca}; `proof`: of the code's secret, over this very connection. */
export interface EnrolCluster extends Msg {
  readonly type: 'enrol-cluster'
  readonly nonce: string
  readonly body: string
  readonly proof: string
}
export interface Enrolled extends Msg {
  readonly type: 'enrolled'
}
/** Ends the connection. */
export interface Refused extends Msg {
  readonly type: 'refused'
  readonly refused: string
  readonly en: string
  readonly zh: string
}
export type FromNode = Open | Ask | Look | EnrolCluster
export type FromDevice = Greeting | Opened | Told | Enrolled | Refused

export function frame(msg: FromNode | FromDevice): Buffer {
  const body = pack(msg)
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  return Buffer.concat([head, body])
}

/** Cuts what arrives into messages. */
export class Frames {
  #held: Buffer = Buffer.alloc(0)

  /** The messages that are complete now; undefined when something is no frame or no message: nothing after it can be read. */
  take(chunk: Buffer): readonly Msg[] | undefined {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const messages: Msg[] = []
    while (this.#held.length >= 4) {
      const bytes = this.#held.readUInt32BE(0)
      if (bytes === 0 || bytes > frameBytesMax) return undefined
      if (this.#held.length < 4 + bytes) break
      const got = unpackMsg(this.#held.subarray(4, 4 + bytes), frameBytesMax)
      if (!got.ok) return undefined
      messages.push(got.value)
      this.#held = this.#held.subarray(4 + bytes)
    }
    return messages
  }
}

type Fields = Msg &
  Readonly<Partial<Record<'cluster' | 'n' | 'ask' | 'node' | 'epoch' | 'nonce' | 'body' | 'proof', unknown>>> &
  Readonly<Partial<Record<'protocol' | 'device' | 'name' | 'ok' | 'record' | 'refused' | 'en' | 'zh', unknown>>>
const isText = (value: unknown, charsMax: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= charsMax
const isHex = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isUuid = (value: unknown): value is string => typeof value === 'string' && canonicalUuid(value)
const isAsk = (value: unknown): boolean => value === 'enrol' || value === 'claim'

/** What a node may say, or undefined. */
export function fromNode(msg: Msg): FromNode | undefined {
  const m = msg as Fields
  const good: Readonly<Record<FromNode['type'], () => boolean>> = {
    open: () => isUuid(m.cluster),
    ask: () => isCount(m.n) && isAsk(m.ask) && isUuid(m.node) && isCount(m.epoch),
    look: () => isCount(m.n),
    'enrol-cluster': () => isHex(m.nonce) && isText(m.body, frameBytesMax) && isHex(m.proof),
  }
  return Object.hasOwn(good, m.type) && good[m.type as FromNode['type']]() ? (msg as FromNode) : undefined
}

/** What a device may say, or undefined. */
export function fromDevice(msg: Msg): FromDevice | undefined {
  const m = msg as Fields
  const good: Readonly<Record<FromDevice['type'], () => boolean>> = {
    device: () => isCount(m.protocol) && isUuid(m.device) && isText(m.name, 64) && isHex(m.nonce),
    opened: () => true,
    told: () => isCount(m.n) && typeof m.ok === 'boolean' && (m.record === undefined || isRecord(m.record)),
    enrolled: () => true,
    refused: () => isText(m.refused, 64) && isText(m.en, 2000) && isText(m.zh, 2000),
  }
  return Object.hasOwn(good, m.type) && good[m.type as FromDevice['type']]() ? (msg as FromDevice) : undefined
}

/** {epoch, owner?} with a whole epoch and a node's id. */
export function isRecord(value: unknown): value is WitnessRecord {
  if (typeof value !== 'object' || value === null) return false
  const { epoch, owner } = value as { readonly epoch?: unknown; readonly owner?: unknown }
  return isCount(epoch) && (owner === undefined || isUuid(owner))
}
