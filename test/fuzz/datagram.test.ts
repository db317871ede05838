/**
 * Rows: S14, S19, S20. The datagram socket as it runs, over loopback: frames of a real sender, damaged, replayed, mixed with bytes of any kind. What is
 * delivered was sent, once; everything else is counted, each datagram under one counter.
 */
import { createSocket, type Socket } from 'node:dgram'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Datagram } from '../../runtime/ports.js'
import { type DatagramCounters, openDatagrams } from '../../runtime/wire/datagram.js'
import { freePort } from '../ports.js'
import { a, b, cluster, key, life, now, until } from '../unit/wire/help.js'
import { checkLater, damage, damaged } from './help.js'

const t = suite('fuzz: datagrams')
type Wire = ReturnType<typeof openDatagrams>
const open: { close(): void }[] = []
t.after(() => {
  for (const one of open) one.close()
})

async function side(self: typeof a, peer: typeof a, address: string): Promise<{ wire: Wire; got: Datagram[]; port: number }> {
  const got: Datagram[] = []
  const port = await freePort(address)
  const wire = openDatagrams({
    cluster,
    self,
    incarnation: life(self[0] as string),
    keys: key(1),
    links: [{ address, port }],
    now,
    onDatagram: (d) => got.push(d),
  })
  open.push(wire)
  assert.type(peer, 'string')
  return { wire, got, port }
}
/** What does not reach the actors is counted under exactly one of these. */
const dropped = (c: DatagramCounters): number => c.tooShort + c.foreign + c.badMac + c.replayed + c.tooNew + c.unreadable

/** Frames of `from` to `to`, taken off the wire instead of delivered. */
async function caught(from: Wire, to: typeof a, count: number): Promise<Buffer[]> {
  const frames: Buffer[] = []
  const socket = createSocket('udp4', (bytes) => frames.push(bytes))
  await new Promise<void>((done) => socket.bind(0, '127.0.0.9', done))
  from.setPeers([{ node: to, links: [{ address: '127.0.0.9', port: socket.address().port }] }])
  await until('caught', () => {
    if (frames.length < count)
      from.send(to, 0, frames.length % 4, frames.length % 3, frames.length % 2 ? { to: 'x', from: 'y', msg: { type: 'z' } } : undefined)
    return frames.length >= count
  })
  socket.close()
  return frames.slice(0, count)
}

const send = async (socket: Socket, y: { wire: Wire; port: number }, frames: readonly Uint8Array[]): Promise<void> => {
  const before = y.wire.counters.received
  for (const frame of frames) socket.send(frame, y.port, '127.0.0.2')
  await until('received', () => y.wire.counters.received === before + frames.length)
}

t('damaged, cut, replayed and made-up datagrams change nothing but counters', async () => {
  const x = await side(a, b, '127.0.0.1')
  const y = await side(b, a, '127.0.0.2')
  x.wire.setPeers([{ node: b, links: [{ address: '127.0.0.2', port: y.port }] }])
  y.wire.setPeers([{ node: a, links: [{ address: '127.0.0.1', port: x.port }] }])
  await until('both fresh', () => {
    x.wire.send(b, 0, 0, 0)
    y.wire.send(a, 0, 0, 0)
    return y.got.some((d) => d.fresh)
  })
  const attacker = createSocket('udp4')
  open.push(attacker)
  const frames = await caught(x.wire, b, 64)
  const seen = new Set<string>()
  const bad = fc.oneof(
    fc.tuple(fc.nat(63), damage).map(([n, changes]) => damaged(frames[n] as Buffer, changes)),
    fc.tuple(fc.nat(63), fc.nat(120)).map(([n, size]) => (frames[n] as Buffer).subarray(0, size)),
    fc
      .tuple(fc.nat(63), fc.uint8Array({ maxLength: 1300 }))
      .map(([n, tail]) => Buffer.concat([(frames[n] as Buffer).subarray(0, 92), tail])),
    fc.uint8Array({ maxLength: 1400 }),
  )
  const genuine = fc.nat(63).map((n) => frames[n] as Buffer)
  await checkLater(
    400,
    fc.asyncProperty(fc.array(fc.oneof(bad, genuine), { minLength: 1, maxLength: 20 }), async (list) => {
      const { got } = y
      const from = got.length
      const before = dropped(y.wire.counters)
      await send(attacker, y, list)
      const fresh = list.filter((bytes) => {
        const hex = Buffer.from(bytes).toString('hex')
        const isNew = frames.some((f) => f.equals(bytes)) && !seen.has(hex)
        if (isNew) seen.add(hex)
        return isNew
      })
      assert.is(got.length - from, fresh.length, 'each genuine frame once, and nothing else')
      assert.is(dropped(y.wire.counters) - before, list.length - fresh.length)
      assert.ok(got.slice(from).every((d) => d.from === a && d.incarnation.boot === life('a').boot))
    }),
  )
  const { tooShort, foreign, badMac, replayed } = y.wire.counters
  assert.ok(tooShort > 0 && foreign > 0 && badMac > 0 && replayed > 0, JSON.stringify(y.wire.counters))
})

t.run()
