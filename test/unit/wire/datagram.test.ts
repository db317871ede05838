/** Rows: S14, S19, S20. Over loopback: what is forged, cut, replayed, foreign or old is not delivered, and the right counter says so. */
import { createSocket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import type { Incarnation, NodeId } from '../../../runtime/ids.js'
import type { Datagram, Datagrams } from '../../../runtime/ports.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { type DatagramCounters, type LinkAddress, openDatagrams } from '../../../runtime/wire/datagram.js'
import type { ClusterKeys } from '../../../runtime/wire/keys.js'
import { freePort } from '../../ports.js'
import { a, b, c, cluster, key, life, now, otherCluster, until } from './help.js'

const t = suite('wire/datagram')
type Wire = Datagrams & { counters: DatagramCounters }
interface Side {
  wire: Wire
  got: Datagram[]
  links: LinkAddress[]
  said: Verdict[]
}
const open: Wire[] = []
const lastOpen = (): Wire => present(open.at(-1), 'an open wire')
const linkOf = (of: Side, link: number): LinkAddress => present(of.links[link], `link ${link}`)
const firstOf = <T>(list: readonly T[]): T => present(list[0], 'the first of a list')

async function side(
  self: NodeId,
  host: string,
  more: { keys?: ClusterKeys; of?: typeof cluster; incarnation?: Incarnation; links?: LinkAddress[] } = {},
): Promise<Side> {
  const links = more.links ?? [
    { address: host, port: await freePort(host) },
    { address: host, port: await freePort(host) },
  ]
  const got: Datagram[] = []
  const said: Verdict[] = []
  const wire = openDatagrams({
    cluster: more.of ?? cluster,
    self,
    incarnation: more.incarnation ?? life(present(self[0], 'the first letter of a node id')),
    keys: more.keys ?? key(1),
    links,
    now,
    onDatagram: (d) => got.push(d),
    onVerdict: (v) => said.push(v),
  })
  open.push(wire)
  return { wire, got, links, said }
}
const meet = (x: Side, xs: NodeId, y: Side, ys: NodeId): void => {
  x.wire.setPeers([{ node: ys, links: y.links }])
  y.wire.setPeers([{ node: xs, links: x.links }])
}
/** Beats both ways on link 0 until each side has proven itself to the other. */
async function prove(x: Side, xs: NodeId, y: Side, ys: NodeId): Promise<void> {
  await until('both fresh', () => {
    x.wire.send(ys, 0, 0, 0)
    y.wire.send(xs, 0, 0, 0)
    return x.got.some((d) => d.fresh) && y.got.some((d) => d.fresh)
  })
}
/** Sends raw bytes to a side's link 0 and waits until they were counted. */
async function inject(to: Side, frames: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4')
  const { received } = to.wire.counters
  const { address, port } = linkOf(to, 0)
  for (const frame of frames) socket.send(frame, port, address)
  await until('received', () => to.wire.counters.received >= received + frames.length)
  socket.close()
}
/** Frames as `from` would send them to `to`, caught by an address that only listens. */
async function caught(from: Side, to: NodeId, count: number, send: () => void): Promise<Buffer[]> {
  const frames: Buffer[] = []
  const socket = createSocket('udp4', (bytes) => frames.push(bytes))
  await new Promise<void>((done) => socket.bind(0, '127.0.0.9', done))
  const { port } = socket.address()
  from.wire.setPeers([{ node: to, links: [{ address: '127.0.0.9', port }] }])
  await until('caught', () => {
    if (frames.length < count) send()
    return frames.length >= count
  })
  socket.close()
  return frames
}

t.after.each(() => {
  for (const wire of open.splice(0)) wire.close()
})

t('beats prove both sides, bodies arrive, each link counts for itself', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  meet(x, a, y, b)
  await prove(x, a, y, b)
  assert.equal(firstOf(y.got).incarnation, life('a'))
  assert.is(firstOf(y.got).seq >= 1, true)
  x.wire.send(b, 0, 3, 4, { to: 'membership', from: 'link', msg: { type: 'hello' } })
  await until('body', () => y.got.some((d) => d.body !== undefined))
  const d = firstOf(y.got.filter((one) => one.body))
  assert.equal([d.flags, d.watcher, d.link, d.body], [3, 4, 0, { to: 'membership', from: 'link', msg: { type: 'hello' } }])
  x.wire.send(b, 1, 0, 0)
  await until('link 1', () => y.got.some((one) => one.link === 1))
  assert.is(firstOf(y.got.filter((one) => one.link === 1)).seq, 1)
})

t('a body does not count until its sender has proven itself', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  meet(x, a, y, b)
  await until('first', () => {
    x.wire.send(b, 0, 0, 0, { to: 'membership', from: 'link', msg: { type: 'hello' } })
    return y.got.length > 0
  })
  assert.equal([firstOf(y.got).fresh, firstOf(y.got).echo, firstOf(y.got).body], [false, -1, undefined])
  assert.ok(y.wire.counters.unproven > 0)
})

t('garbage, truncation, foreign clusters, strangers, other keys: only counted', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  y.wire.setPeers([{ node: a, links: x.links }])
  const frame = firstOf(await caught(x, b, 1, () => x.wire.send(b, 0, 0, 0)))
  const foreign = await caught(await side(a, '127.0.0.3', { of: otherCluster }), b, 1, () => lastOpen().send(b, 0, 0, 0))
  const stranger = await caught(await side(c, '127.0.0.3'), b, 1, () => lastOpen().send(b, 0, 0, 0))
  const otherKey = await caught(await side(a, '127.0.0.3', { keys: key(2) }), b, 1, () => lastOpen().send(b, 0, 0, 0))
  const toOther = await caught(x, c, 1, () => x.wire.send(c, 0, 0, 0))
  await inject(y, [Buffer.alloc(0), Buffer.alloc(5000), frame.subarray(0, 100), Buffer.concat([frame, Buffer.of(0)])])
  await inject(y, [firstOf(foreign), firstOf(stranger), Buffer.alloc(200, 7)])
  await inject(y, [firstOf(otherKey), firstOf(toOther)])
  const newer = Buffer.from(frame)
  newer[4] = 2
  await inject(y, [newer])
  const { tooShort, foreign: strange, badMac, tooNew } = y.wire.counters
  assert.equal({ tooShort, strange, badMac, tooNew }, { tooShort: 4, strange: 3, badMac: 2, tooNew: 1 })
  assert.is(y.got.length, 0)
})

t('a replayed frame, and one carried over to another link', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  y.wire.setPeers([{ node: a, links: x.links }])
  const frame = firstOf(await caught(x, b, 1, () => x.wire.send(b, 0, 0, 0)))
  await inject(y, [frame, frame, frame])
  assert.is(y.got.length, 1)
  assert.is(y.wire.counters.replayed, 2)
  await inject({ ...y, links: [linkOf(y, 1)] }, [frame])
  assert.is(y.wire.counters.foreign, 1)
  assert.is(y.got.length, 1)
})

t('an old boot and an old counter change nothing', async () => {
  const y = await side(b, '127.0.0.2')
  const old = await side(a, '127.0.0.3', { incarnation: life('1', 1) })
  const frames = await caught(old, b, 3, () => old.wire.send(b, 0, 0, 0))
  const x = await side(a, '127.0.0.1', { incarnation: life('2', 5) })
  meet(x, a, y, b)
  await prove(x, a, y, b)
  const before = y.got.length
  await inject(y, [firstOf(frames)])
  assert.is(y.wire.counters.unproven >= 1, true)
  const staleCounter = await side(a, '127.0.0.3', { incarnation: life('2', 4) })
  const stale = await caught(staleCounter, b, 2, () => staleCounter.wire.send(b, 0, 0, 0))
  const { replayed } = y.wire.counters
  await inject(y, stale)
  assert.is(y.wire.counters.replayed, replayed + stale.length)
  assert.is(
    y.got.slice(before).some((d) => d.incarnation.boot !== life('2').boot || d.incarnation.counter !== 5),
    false,
  )
})

t('a rebooted peer proves itself against its former life', async () => {
  const y = await side(b, '127.0.0.2')
  const first = await side(a, '127.0.0.1', { incarnation: life('1') })
  meet(first, a, y, b)
  await prove(first, a, y, b)
  first.wire.close()
  open.splice(open.indexOf(first.wire), 1)
  const second = await side(a, '127.0.0.1', { incarnation: life('2'), links: first.links })
  second.wire.setPeers([{ node: b, links: y.links }])
  await until('second life fresh', () => {
    second.wire.send(b, 0, 0, 0)
    y.wire.send(a, 0, 0, 0)
    return y.got.some((d) => d.fresh && d.incarnation.boot === life('2').boot)
  })
})

t('an unreadable body of an authentic sender is counted', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  meet(x, a, y, b)
  await prove(x, a, y, b)
  x.wire.send(b, 0, 0, 0, { to: '', from: 'x', msg: { type: 'hello' } })
  x.wire.send(b, 0, 0, 0, { to: 'x', from: 'x', msg: { type: '' } })
  await until('unreadable', () => y.wire.counters.unreadable === 2)
  assert.is(
    y.got.some((d) => d.body !== undefined),
    false,
  )
  assert.throws(
    () => x.wire.send(b, 0, 0, 0, { to: 'x', from: 'x', msg: { type: 'y', big: 'x'.repeat(1300) } as never }),
    /1200 are allowed/,
  )
})

t('stand-in frames arrive later, once, and disturb no numbers', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  meet(x, a, y, b)
  await prove(x, a, y, b)
  const sheaf = x.wire.presign(b, 0, 2, 3)
  assert.equal([sheaf.address, sheaf.port, sheaf.frames.length], ['127.0.0.2', linkOf(y, 0).port, 3])
  x.wire.send(b, 0, 0, 0)
  await until('the live one, its number as if nothing had been signed ahead', () => y.got.some((d) => d.seq === x.wire.counters.sent))
  const last = x.wire.counters.sent
  await inject(y, sheaf.frames)
  await inject(y, sheaf.frames)
  assert.equal(
    y.got.filter((d) => d.flags === 2).map((d) => [d.flags, d.fresh, d.seq]),
    [
      [2, true, last],
      [2, true, last],
      [2, true, last],
    ],
  )
  assert.is(y.wire.counters.replayed, 3)
  assert.equal(x.wire.presign(c, 0, 2, 3).frames, [])
})

t('nobody to send to is counted', async () => {
  const x = await side(a, '127.0.0.1')
  x.wire.send(b, 0, 0, 0)
  x.wire.setPeers([{ node: b, links: [] }])
  x.wire.send(b, 0, 0, 0)
  assert.is(x.wire.counters.sendErrors, 2)
})

t('a peer that left and came back goes on with its numbers', async () => {
  const [x, y] = [await side(a, '127.0.0.1'), await side(b, '127.0.0.2')]
  meet(x, a, y, b)
  await prove(x, a, y, b)
  const last = Math.max(...y.got.map((d) => d.seq))
  x.wire.setPeers([])
  x.wire.setPeers([{ node: b, links: y.links }])
  y.got.length = 0
  x.wire.send(b, 0, 0, 0)
  await until('heard', () => y.got.length > 0)
  assert.ok(present(y.got.at(-1), 'a datagram').seq >= last)
  assert.is(y.wire.counters.replayed, 0)
})

t('a link whose address is missing is said once and tried again; the other works', async () => {
  const y = await side(b, '127.0.0.2')
  const x = await side(a, '127.0.0.1', {
    links: [
      { address: '127.0.0.1', port: await freePort() },
      { address: '203.0.113.7', port: 7000 },
    ],
  })
  meet(x, a, y, b)
  await prove(x, a, y, b)
  await until('tried again', () => x.wire.counters.bindErrors >= 2)
  assert.equal(
    x.said.map((v) => [v.key, v.args['link']]),
    [['wire.link-unbound', 1]],
  )
  const { sendErrors } = x.wire.counters
  x.wire.send(b, 1, 0, 0)
  assert.is(x.wire.counters.sendErrors, sendErrors + 1)
})

t('IPv6 links', async () => {
  const port = await freePort()
  const x = await side(a, '', { links: [{ address: '::1', port }] })
  const y = await side(b, '', { links: [{ address: '::1', port: await freePort() }] })
  meet(x, a, y, b)
  await prove(x, a, y, b)
})

t.run()
