/**
 * Rows: S14, S20. Bytes on the control stream between nodes, behind the handshake: any chunks, frames that are nearly right, greetings that lie, numbers that
 * cannot be. The connection goes on or ends with a sentence; nothing is taken after its end and nothing before the greeting.
 */
import { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '../../runtime/random.js'
import type { Verdict } from '../../runtime/verdict.js'
import { pack } from '../../runtime/wire/codec.js'
import { Connection, type Hello, speaks } from '../../runtime/wire/connection.js'
import { Conversation } from '../../runtime/wire/conversation.js'
import { Session } from '../../runtime/wire/session.js'
import { a, b, cluster, life, now } from '../unit/wire/help.js'
import { check, damage, damaged, sentences } from './help.js'

const t = suite('fuzz: stream')

/** A socket whose handshake is done; its certificate names node b. */
class Socket extends EventEmitter {
  authorized = true
  remoteAddress = '127.0.0.2'
  destroyed = false
  setNoDelay(): void {}
  setKeepAlive(): void {}
  cork(): void {}
  uncork(): void {}
  write(): boolean {
    return true
  }
  end(): void {}
  destroy(): void {
    this.destroyed = true
  }
  getPeerX509Certificate(): unknown {
    return { subjectAltName: `URI:kyha:node:${b}` }
  }
}

const frame = (kind: number, n: bigint, ack: bigint, body: Uint8Array, size = body.length): Buffer => {
  const head = Buffer.alloc(21)
  head.writeUInt32BE((17 + size) >>> 0, 0)
  head[4] = kind
  head.writeBigUInt64BE(n, 5)
  head.writeBigUInt64BE(ack, 13)
  return Buffer.concat([head, body])
}
const hello = (more: object = {}): Uint8Array =>
  pack({ ...speaks, cluster, incarnation: life('1'), session: 'b-1', about: '', received: 0, generation: 1, ...more })
const good = frame(1, 0n, 0n, hello())
const body = pack({ to: 'log', from: 'log', msg: { type: 'count', n: 1 } })

interface End {
  socket: Socket
  conversation: Conversation
  got: number
  greeted: number
  over: number
  verdicts: Verdict[]
}
/** Node a's side of one accepted connection, with everything behind it up to the actors. */
function open(): End {
  const end: Partial<End> & { got: number; greeted: number; over: number; verdicts: Verdict[] } = {
    got: 0,
    greeted: 0,
    over: 0,
    verdicts: [],
  }
  const socket = new Socket()
  const session = new Session(a)
  const conversation = new Conversation({
    self: a,
    peer: b,
    session,
    ownLinks: 1,
    random: seeded('x'),
    now,
    events: {
      onMessage: (_, __, got) => {
        assert.ok(!socket.destroyed && end.greeted > 0, 'nothing is taken before the greeting or after the end')
        assert.type(got.msg.type, 'string')
        end.got++
      },
      onClosed: () => undefined,
      onLost: () => undefined,
    },
    onVerdict: (v) => end.verdicts.push(v),
    dial: () => {
      throw new Error('nobody dials here')
    },
  })
  new Connection(socket as unknown as TLSSocket, {
    link: 0,
    cluster,
    expected: undefined,
    on: {
      greeting: () => ({ ...speaks, cluster, incarnation: life('a'), ...conversation.hello(false) }),
      greeted: (c, h) => {
        end.greeted++
        conversation.greeted(c, h)
      },
      message: (c, n, ack, bytes) => conversation.message(c, n, ack, bytes),
      ack: (c, ack) => void conversation.acked(c, ack),
      drained: (c) => conversation.drained(c),
      ended: (c, how, why) => {
        end.over++
        conversation.ended(c, how, why)
      },
      refused: (v) => end.verdicts.push(v),
    },
  })
  return Object.assign(end, { socket, conversation })
}

/** Feeds `bytes` cut into pieces of at most `size`; everything that was said about it can be shown. */
function feed(bytes: Uint8Array, size: number): End {
  const end = open()
  for (let at = 0; at < bytes.length; at += size) end.socket.emit('data', Buffer.from(bytes.subarray(at, at + size)))
  for (const v of end.verdicts) sentences(v)
  assert.ok(end.over <= 1 && end.greeted <= 1)
  end.conversation.close()
  end.socket.emit('end')
  return end
}
const size = fc.integer({ min: 1, max: 200 })

t('any bytes: refused before anything is taken', () => {
  check(
    1000,
    fc.property(fc.uint8Array({ maxLength: 300 }), size, (bytes, piece) => {
      const end = feed(bytes, piece)
      assert.equal([end.greeted, end.got], [0, 0])
      if (bytes.length >= 21) assert.ok(end.socket.destroyed)
    }),
  )
})

t('frames that are nearly right, after a good greeting or a damaged one', () => {
  let got = 0
  let refused = 0
  const number = fc.oneof(fc.constantFrom(0n, 1n, 2n, 2n ** 53n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 5n }))
  const one = fc
    .tuple(fc.constantFrom(1, 2, 2, 2, 3, 4, 0, 9), number, number, fc.oneof(fc.constant(body), fc.uint8Array({ maxLength: 40 })))
    .map(([kind, n, ack, bytes]) => frame(kind, n, ack, bytes))
  check(
    1500,
    fc.property(fc.array(one, { maxLength: 6 }), fc.option(damage, { nil: undefined }), size, (frames, changes, piece) => {
      const bytes = Buffer.concat([good, frame(2, 1n, 0n, body), ...frames])
      const end = feed(changes ? damaged(bytes, changes) : bytes, piece)
      got += end.got
      refused += end.verdicts.length
    }),
  )
  assert.ok(got > 100 && refused > 100, `${got} taken, ${refused} refused`)
})

t('greetings of any content', () => {
  const odd = fc.oneof(fc.integer(), fc.string({ maxLength: 80 }), fc.constant(null), fc.double(), fc.array(fc.nat(3), { maxLength: 3 }))
  const keys = ['min', 'max', 'build', 'cluster', 'incarnation', 'session', 'about', 'received', 'generation'] as const
  check(
    1000,
    fc.property(fc.constantFrom(...keys), odd, (key: keyof Hello, value) => {
      const end = feed(Buffer.concat([frame(1, 0n, 0n, hello({ [key]: value })), frame(2, 1n, 0n, body)]), 50)
      assert.ok(end.greeted === 1 || end.verdicts.length > 0)
    }),
  )
})

t('a frame that announces more than is allowed ends at its head', () => {
  for (const announced of [0xffffffff - 17, 1 << 21, (1 << 20) + 22]) {
    const end = feed(Buffer.concat([good, frame(2, 1n, 0n, Buffer.alloc(0), announced)]), 100)
    assert.ok(end.socket.destroyed && end.verdicts.some((v) => v.key === 'wire.stream-size'))
  }
})

t.run()
