/**
 * Frames between kyhad and the guard (native/guard/README.md), pure: u32 LE length of what follows, u8 verb, then fields of
 * u8 tag, u32 LE length, bytes; a number is 8 bytes LE. The numbers here are those of native/guard/guard.h.
 * Unknown tags are skipped; anything else that does not fit is a GuardFormat error with one sentence.
 */
import type { AgentDeath, AgentInventory, AgentOp, AgentResult } from '../actor.js'
import { opId, type ResourceId, resourceId, type Token, token } from '../ids.js'

export const PROTOCOL = 1
export const FRAME_BYTES_MAX = 256 * 1024
export const NAME_BYTES_MAX = 80
const STDIN_BYTES_MAX = 64 * 1024
const ENV_MAX = 250

/** What kyhad asks for. */
export const Verb = {
  hello: 1,
  run: 2,
  kill: 3,
  ack: 4,
  list: 5,
  raise: 6,
  standin: 8,
  prioritize: 9,
  leave: 10,
  lease: 11,
  endLife: 12,
  note: 13,
} as const
/** What the guard says. */
export const Answer = {
  hello: 0x81,
  result: 0x82,
  death: 0x83,
  resource: 0x84,
  stored: 0x85,
  listEnd: 0x86,
  prioritized: 0x87,
  lease: 0x88,
  leave: 0x89,
} as const
export const Tag = {
  id: 1,
  resource: 2,
  action: 3,
  kind: 4,
  argv: 5,
  env: 6,
  stdin: 7,
  changes: 8,
  reap: 9,
  limitMs: 10,
  token: 11,
  end: 12,
  rc: 13,
  detail: 14,
  stdout: 15,
  stderr: 16,
  durationMs: 17,
  pid: 18,
  left: 19,
  pids: 20,
  opId: 21,
  opAction: 22,
  boot: 23,
  counter: 24,
  containment: 25,
  notice: 26,
  watchdog: 27,
  root: 28,
  protocol: 29,
  beatMs: 30,
  address: 31,
  port: 32,
  bind: 33,
  frame: 34,
  first: 35,
  more: 36,
  tid: 37,
  ok: 38,
  how: 39,
  renewMs: 41,
  sentMs: 42,
  lease: 43,
  shell: 44,
  shellKey: 45,
  note: 46,
  hide: 47,
} as const

export type Field = readonly [tag: number, value: string | number | boolean | Uint8Array]
export interface Frame {
  readonly verb: number
  readonly fields: ReadonlyMap<number, Uint8Array>
}
/** The other side does not speak this protocol. */
export class GuardFormat extends Error {
  override readonly name = 'GuardFormat'
}

/** One frame. A frame over 256 KiB is a GuardFormat error: nothing of it is sent. */
export function encode(verb: number, fields: readonly Field[]): Buffer {
  const values = fields.map(([tag, value]) => [tag, raw(value)] as const)
  const length = values.reduce((sum, [, value]) => sum + 5 + value.length, 1)
  if (length > FRAME_BYTES_MAX) throw new GuardFormat(`a message of ${length} bytes is larger than the guard takes (${FRAME_BYTES_MAX})`)
  const out = Buffer.allocUnsafe(4 + length)
  let at = out.writeUInt8(verb, out.writeUInt32LE(length, 0))
  for (const [tag, value] of values) {
    at = out.writeUInt32LE(value.length, out.writeUInt8(tag, at))
    out.set(value, at)
    at += value.length
  }
  return out
}

/** Cuts a byte stream into frames; holds at most one incomplete frame. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    const frames: Frame[] = []
    let at = 0
    while (this.#held.length - at >= 4) {
      const length = this.#held.readUInt32LE(at)
      if (length < 1 || length > FRAME_BYTES_MAX) throw new GuardFormat(`the guard sent a frame of ${length} bytes`)
      if (this.#held.length - at < 4 + length) break
      frames.push(decode(this.#held.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    this.#held = this.#held.subarray(at)
    return frames
  }
}

function decode(body: Buffer): Frame {
  const fields = new Map<number, Uint8Array>()
  let at = 1
  while (at < body.length) {
    const end = at + 5 <= body.length ? at + 5 + body.readUInt32LE(at + 1) : Number.POSITIVE_INFINITY
    if (end > body.length) throw new GuardFormat('the guard sent a field that is longer than its frame')
    fields.set(body.readUInt8(at), body.subarray(at + 5, end))
    at = end
  }
  return { verb: body.readUInt8(0), fields }
}

function raw(value: Field[1]): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'object') return value
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(BigInt(value))
  return out
}

/** A field as text, '' if absent; output of agents may be any bytes: what is no UTF-8 shows as U+FFFD. */
export const text = (frame: Frame, tag: number): string => Buffer.from(frame.fields.get(tag) ?? []).toString()
/** A field as a number, undefined if absent; beyond 2^53 or not 8 bytes is a GuardFormat error. */
export function numberOf(frame: Frame, tag: number): number | undefined {
  const value = frame.fields.get(tag)
  if (value === undefined) return undefined
  const n = value.length === 8 ? Number(Buffer.from(value).readBigUInt64LE()) : Number.NaN
  if (!Number.isSafeInteger(n)) throw new GuardFormat(`the guard sent a number that is none (field ${tag})`)
  return n
}
const count = (frame: Frame, tag: number): number => numberOf(frame, tag) ?? 0

/** What the guard would take for nonsense, and close the connection for, is a GuardFormat error: nothing of it is sent. */
export function runFrame(op: AgentOp, highest: Token, hide: readonly string[] = []): Buffer {
  const env = Object.entries(op.env)
  const stdin = Buffer.byteLength(op.stdin ?? '')
  if (stdin > STDIN_BYTES_MAX) throw new GuardFormat(`an agent is to read ${stdin} bytes, the guard gives it ${STDIN_BYTES_MAX} at most`)
  if (env.length > ENV_MAX) throw new GuardFormat(`an agent is to have ${env.length} variables, the guard gives it ${ENV_MAX} at most`)
  return encode(Verb.run, [
    [Tag.id, op.id],
    [Tag.resource, op.resource],
    [Tag.action, op.action],
    [Tag.kind, op.kind === 'fence' ? 1 : 0],
    ...op.argv.map((arg): Field => [Tag.argv, arg]),
    ...env.map(([key, value]): Field => [Tag.env, `${key}=${value}`]),
    ...(op.stdin === undefined ? [] : [[Tag.stdin, op.stdin] as const]),
    [Tag.changes, op.changes],
    [Tag.reap, op.reap],
    [Tag.limitMs, op.timeoutMs],
    [Tag.token, highest],
    ...hide.map((value): Field => [Tag.hide, value]),
  ])
}

const ENDS = ['exited', 'signalled', 'timeout', 'refused', 'spawn-failed'] as const

export function resultOf(frame: Frame): AgentResult {
  const end = ENDS.find((known) => known === text(frame, Tag.end))
  if (!end) throw new GuardFormat(`the guard sent a result with the unknown end "${text(frame, Tag.end)}"`)
  const rc = numberOf(frame, Tag.rc)
  return {
    type: 'agent-result',
    id: opId(text(frame, Tag.id)),
    resource: resourceId(text(frame, Tag.resource)),
    action: text(frame, Tag.action),
    ...(rc === undefined ? {} : { rc }),
    end,
    detail: text(frame, Tag.detail),
    stdout: text(frame, Tag.stdout),
    stderr: text(frame, Tag.stderr),
    durationMs: count(frame, Tag.durationMs),
  }
}

export const deathOf = (frame: Frame): AgentDeath => ({
  type: 'agent-death',
  resource: resourceId(text(frame, Tag.resource)),
  pid: count(frame, Tag.pid),
  left: count(frame, Tag.left),
})

/** Frames of one `list` answer, put together: resources first, then stored results. */
export function inventoryOf(frames: readonly Frame[]): AgentInventory {
  const finished = new Map<ResourceId, AgentResult[]>()
  for (const frame of frames) {
    if (frame.verb !== Answer.stored) continue
    const result = resultOf(frame)
    finished.set(result.resource, [...(finished.get(result.resource) ?? []), result])
  }
  const resources = frames
    .filter((frame) => frame.verb === Answer.resource)
    .map((frame) => {
      const resource = resourceId(text(frame, Tag.resource))
      const inFlight = { id: opId(text(frame, Tag.opId)), action: text(frame, Tag.opAction) }
      return {
        resource,
        token: token(count(frame, Tag.token)),
        pids: count(frame, Tag.pids),
        ...(frame.fields.has(Tag.opId) ? { inFlight } : {}),
        ...(frame.fields.has(Tag.note) ? { note: text(frame, Tag.note) } : {}),
        finished: finished.get(resource) ?? [],
      }
    })
  return { type: 'agent-inventory', resources: resources.sort((a, b) => (a.resource < b.resource ? -1 : 1)) }
}
