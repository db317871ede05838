/**
 * kyhad's end of the guard's socket (fd 3, KYHA_GUARD_FD). `connectGuard` resolves when the guard has said hello, and rejects with a
 * sentence when it does not, or speaks another protocol. When the guard is gone, onGone is called once and everything after that is
 * without effect: kyhad has to end then, since a new guard starts a new kyhad. Bounded: 24 MiB unsent, 4,096 + 256 frames of a list.
 */
import { Socket } from 'node:net'
import type { AgentOp } from '../actor.js'
import { bootId, type OpId, type ResourceId, type Token } from '../ids.js'
import type { Guard, GuardEvents } from '../ports.js'
import { render, type TextKey } from '../text/index.js'
import type { Instant } from '../time.js'
import {
  Answer,
  deathOf,
  encode,
  type Field,
  type Frame,
  FrameReader,
  GuardFormat,
  inventoryOf,
  numberOf,
  PROTOCOL,
  resultOf,
  runFrame,
  Tag,
  text,
  Verb,
} from './protocol.js'

const UNSENT_BYTES_MAX = 24 * 1024 * 1024
const LIST_FRAMES_MAX = 4096 + 256
const ASKED_MAX = 256
/** Frames of one stand-in message stay well under the frame limit. */
const SHEAF_PART_BYTES = 128 * 1024

type Sheaves = Parameters<Guard['standIn']>[1]
type Prioritized = { ok: boolean; detail: string }

/** `fd` belongs to the client from here on. `helloMs`: how long the guard may take to answer. */
export function connectGuard(fd: number, events: GuardEvents, helloMs = 5000): Promise<Guard> {
  return new Promise((resolve, reject) => {
    const wire = new Wire(fd)
    const timer = setTimeout(() => wire.end('guard.silent', { helloMs }), helloMs)
    wire.onGone = (reason) => {
      clearTimeout(timer)
      reject(new Error(reason))
    }
    wire.onFrame = (frame) => {
      if (frame.verb !== Answer.hello) return
      clearTimeout(timer)
      const theirs = numberOf(frame, Tag.protocol) ?? 0
      if (theirs !== PROTOCOL) return wire.end('guard.protocol', { theirs, ours: PROTOCOL })
      resolve(new Client(wire, helloOf(frame), events))
    }
    wire.send(Verb.hello, [[Tag.protocol, PROTOCOL]])
  })
}

function helloOf(frame: Frame): Guard['hello'] {
  const containment = text(frame, Tag.containment)
  const notice = text(frame, Tag.notice)
  return {
    boot: bootId(text(frame, Tag.boot)),
    counter: numberOf(frame, Tag.counter) ?? 0,
    containment: containment === 'cgroup2' || containment === 'cgroup1' ? containment : 'subreaper',
    deathNotice: notice === 'pidfd' || notice === 'connector' ? notice : 'waitid',
    watchdog: text(frame, Tag.watchdog),
    lease: text(frame, Tag.lease),
    shell: text(frame, Tag.shell),
    shellKey: text(frame, Tag.shellKey),
    root: numberOf(frame, Tag.root) === 1,
  }
}

/** The socket: frames in and out, and one end. */
class Wire {
  onFrame: (frame: Frame) => void = () => undefined
  onGone: (reason: string) => void = () => undefined
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  #over = false

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: true })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', (error) => this.end('guard.broken', { error: error.message }))
    this.#socket.on('close', () => this.end('guard.gone', {}))
    this.#socket.on('end', () => this.end('guard.gone', {}))
  }

  #take(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) if (!this.#over) this.onFrame(frame)
    } catch (error) {
      if (!(error instanceof GuardFormat)) throw error
      this.end('guard.broken', { error: error.message })
    }
  }

  write(bytes: Buffer): void {
    if (this.#over) return
    this.#socket.write(bytes)
    if (this.#socket.writableLength > UNSENT_BYTES_MAX) this.end('guard.full', { bytes: this.#socket.writableLength })
  }

  send(verb: number, fields: readonly Field[] = []): void {
    this.write(encode(verb, fields))
  }

  end(key: TextKey, args: Readonly<Record<string, string | number>>): void {
    if (this.#over) return
    this.#over = true
    this.#socket.destroy()
    this.onGone(render('en', key, args))
  }

  /** Our own end of it: nobody is told. */
  close(): void {
    this.#over = true
    this.#socket.end()
  }
}

class Client implements Guard {
  readonly #asked = new Map<number, ((answer: Prioritized) => void)[]>()
  #list: Frame[] = []

  constructor(
    readonly wire: Wire,
    readonly hello: Guard['hello'],
    readonly events: GuardEvents,
  ) {
    wire.onFrame = (frame) => this.#take(frame)
    wire.onGone = (reason) => {
      for (const waiting of this.#asked.values()) for (const answer of waiting) answer({ ok: false, detail: reason })
      this.#asked.clear()
      events.onGone(reason)
    }
  }

  run(op: AgentOp, token: Token, hide: readonly string[] = []): void {
    try {
      this.wire.write(runFrame(op, token, hide))
    } catch (error) {
      if (!(error instanceof GuardFormat)) throw error
      const { id, resource, action } = op
      const refused = {
        type: 'agent-result',
        id,
        resource,
        action,
        end: 'refused',
        detail: error.message,
        stdout: '',
        stderr: '',
        durationMs: 0,
      } as const
      queueMicrotask(() => this.events.onResult(refused))
    }
  }

  kill(id: OpId): void {
    this.wire.send(Verb.kill, [[Tag.id, id]])
  }
  ack(id: OpId): void {
    this.wire.send(Verb.ack, [[Tag.id, id]])
  }
  list(): void {
    this.wire.send(Verb.list)
  }
  raise(resource: ResourceId, token: Token): void {
    this.wire.send(Verb.raise, [
      [Tag.resource, resource],
      [Tag.token, token],
    ])
  }
  note(resource: ResourceId, note: string): void {
    this.wire.send(Verb.note, [
      [Tag.resource, resource],
      [Tag.note, note],
    ])
  }
  lease(renewMs: number, sentMs: Instant): void {
    this.wire.send(Verb.lease, [
      [Tag.renewMs, renewMs],
      [Tag.sentMs, sentMs],
    ])
  }
  endLife(): void {
    this.wire.send(Verb.endLife)
  }
  leave(how: 'stop' | 'restart'): void {
    this.wire.send(Verb.leave, [[Tag.how, how]])
  }
  close(): void {
    this.wire.close()
  }

  standIn(beatMs: number, sheaves: Sheaves): void {
    const parts = partsOf(sheaves)
    for (const [i, fields] of parts.entries()) {
      this.wire.send(Verb.standin, [[Tag.first, i === 0], [Tag.more, i < parts.length - 1], [Tag.beatMs, beatMs], ...fields])
    }
  }

  prioritize(tid: number): Promise<Prioritized> {
    const waiting = this.#asked.get(tid) ?? []
    if (this.#asked.size >= ASKED_MAX) return Promise.resolve({ ok: false, detail: `${ASKED_MAX} threads wait for an answer already` })
    return new Promise((resolve) => {
      this.#asked.set(tid, [...waiting, resolve])
      this.wire.send(Verb.prioritize, [[Tag.tid, tid]])
    })
  }

  #take(frame: Frame): void {
    switch (frame.verb) {
      case Answer.result:
        return this.events.onResult(resultOf(frame))
      case Answer.death:
        return this.events.onDeath(deathOf(frame))
      case Answer.resource:
      case Answer.stored:
        if (this.#list.push(frame) > LIST_FRAMES_MAX)
          this.wire.end('guard.broken', { error: `its list has more than ${LIST_FRAMES_MAX} parts` })
        return
      case Answer.listEnd: {
        const frames = this.#list
        this.#list = []
        return this.events.onInventory(inventoryOf(frames))
      }
      case Answer.prioritized: {
        const tid = numberOf(frame, Tag.tid) ?? 0
        const [answer, ...others] = this.#asked.get(tid) ?? []
        if (others.length > 0) this.#asked.set(tid, others)
        else this.#asked.delete(tid)
        return answer?.({ ok: numberOf(frame, Tag.ok) === 1, detail: text(frame, Tag.detail) })
      }
      case Answer.lease:
        return this.events.onLease(text(frame, Tag.lease))
      case Answer.leave:
        return this.events.onLeave()
      default: // a newer guard may say more than this kyhad knows
    }
  }
}

/** A sheaf is never divided: the guard sends one frame per sheaf and beat. */
function partsOf(sheaves: Sheaves): Field[][] {
  const parts: Field[][] = [[]]
  let bytes = 0
  for (const sheaf of sheaves) {
    const size = sheaf.frames.reduce((sum, frame) => sum + frame.length + 5, 200)
    if (bytes + size > SHEAF_PART_BYTES && bytes > 0) {
      parts.push([])
      bytes = 0
    }
    bytes += size
    parts
      .at(-1)
      ?.push(
        [Tag.address, sheaf.address],
        [Tag.port, sheaf.port],
        [Tag.bind, sheaf.bind],
        ...sheaf.frames.map((frame): Field => [Tag.frame, frame]),
      )
  }
  return parts
}
