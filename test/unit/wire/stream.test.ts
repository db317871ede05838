/** Rows: A9 (part), S14, S20. Streams over loopback and relays that cut and swallow: nothing lost, nothing doubled, order kept. */
import { createServer, connect as tcp } from 'node:net'
import { connect as tls } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import type { Incarnation, NodeId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { type Issued, issueNode, makeClusterCa } from '../../../runtime/wire/certificates.js'
import { pack } from '../../../runtime/wire/codec.js'
import type { LinkAddress } from '../../../runtime/wire/datagram.js'
import { type OpenStreams, openStreams } from '../../../runtime/wire/stream.js'
import { freePort } from '../../ports.js'
import { a, b, c, cluster, life, now, otherCluster, pause, until } from './help.js'
import { openProxy, type Proxy as Relay } from './proxy.js'

const t = suite('wire/stream')
const nowMs = Date.UTC(2026, 10, 23)
interface End {
  streams: OpenStreams
  got: number[]
  types: string[]
  from: Incarnation[]
  closed: number
  lost: number
  refused: Verdict[]
  links: LinkAddress[]
}
let ca: Issued
let foreignCa: Issued
const issued = new Map<string, Issued>()
const certOf = (node: NodeId): Issued => present(issued.get(node), `the certificate of ${node}`)
const linkOf = (one: End, link: number): LinkAddress => present(one.links[link], `link ${link}`)
const stateOf = (one: End): ReturnType<OpenStreams['state']>[number] => present(one.streams.state()[0], 'the state of its stream')
const closing: (() => void)[] = []

t.before(async () => {
  ca = await makeClusterCa('demo', nowMs)
  foreignCa = await makeClusterCa('other', nowMs)
  for (const id of [a, b, c]) issued.set(id, await issueNode(ca, id, 'n', [], nowMs))
})
t.after.each(() => {
  for (const close of closing.splice(0).reverse()) close()
})

async function end(
  self: NodeId,
  more: { incarnation?: Incarnation; of?: typeof cluster; identity?: Issued; ca?: Issued; links?: LinkAddress[] } = {},
): Promise<End> {
  const host = self[0] === 'a' ? '127.0.0.1' : self[0] === 'b' ? '127.0.0.2' : '127.0.0.3'
  const links = more.links ?? [
    { address: host, port: await freePort(host) },
    { address: host.replace('0.0.', '0.1.'), port: await freePort(host.replace('0.0.', '0.1.')) },
  ]
  const one: Omit<End, 'streams'> = { got: [], types: [], from: [], closed: 0, lost: 0, refused: [], links }
  const streams = openStreams({
    cluster: more.of ?? cluster,
    self,
    incarnation: more.incarnation ?? life(present(self[0], 'the first letter of a node id')),
    links,
    now,
    tls: { ca: (more.ca ?? ca).cert, ...(more.identity ?? certOf(self)) },
    events: {
      onMessage: (_, incarnation, body) => {
        one.got.push((body.msg as unknown as { n: number }).n)
        one.types.push(`${body.from}>${body.to}:${body.msg.type}`)
        one.from.push(incarnation)
      },
      onClosed: () => one.closed++,
      onLost: (_, messages) => (one.lost += messages),
      onRefused: (because) => {
        for (const lang of ['en', 'zh'] as const) assert.not.match(render(lang, because.key, because.args), /[{}]/)
        one.refused.push(because)
      },
    },
  })
  closing.push(() => streams.close())
  return Object.assign(one, { streams })
}
const say = (from: End, to: NodeId, n: number): void =>
  from.streams.send(to, { to: 'log', from: 'log', msg: { type: 'count', n } as never }, 'control')
const count = (to: number): number[] => Array.from({ length: to }, (_, n) => n)
const up = (one: End): boolean => one.streams.state()[0]?.link !== null
const keys = (one: End): string[] => one.refused.map((because) => because.key)

/** a and b, each of whose links lead through a relay. */
async function relayed(): Promise<{ x: End; y: End; links: readonly { cut(): void; blackhole(): void; pass(): void }[] }> {
  const [x, y] = [await end(a), await end(b)]
  const relays: (readonly [toX: Relay, toY: Relay])[] = []
  for (const link of [0, 1]) {
    const pair = [await openProxy(`127.0.2.${link + 1}`, linkOf(x, link)), await openProxy(`127.0.3.${link + 1}`, linkOf(y, link))] as const
    for (const relay of pair) closing.push(() => relay.close())
    relays.push(pair)
  }
  y.streams.setPeers([{ node: a, links: relays.map((pair) => pair[0]) }])
  x.streams.setPeers([{ node: b, links: relays.map((pair) => pair[1]) }])
  const both = (pair: readonly Relay[], act: 'cut' | 'blackhole' | 'pass') => () => {
    for (const relay of pair) relay[act]()
  }
  return { x, y, links: relays.map((pair) => ({ cut: both(pair, 'cut'), blackhole: both(pair, 'blackhole'), pass: both(pair, 'pass') })) }
}

t('messages go both ways, in order, with the sender and its incarnation', async () => {
  const [x, y] = [await end(a), await end(b)]
  for (const n of count(50)) say(x, b, n)
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  for (const n of count(500)) {
    say(x, b, n)
    say(y, a, n)
  }
  await until('all', () => y.got.length === 500 && x.got.length === 500)
  assert.equal(y.got, count(500))
  assert.equal(x.got, count(500))
  assert.equal(y.from[0], life('a'))
  assert.is(y.types[0], 'log>log:count')
  await until('acknowledged', () => stateOf(x).queuedBytes === 0)
  assert.is(stateOf(x).link, 0)
})

t('a link that is cut: the other one carries on, nothing lost or doubled', async () => {
  const { x, y, links } = await relayed()
  const going = count(3000)
  for (const n of going) {
    say(x, b, n)
    say(y, a, n)
    if (n === 500) await until('up', () => up(x) && up(y))
    if (n % 700 === 600) {
      const link = present(links[stateOf(x).link ?? 0], 'the link in use')
      link.cut()
      setTimeout(() => link.pass(), 60)
    }
    if (n % 20 === 0) await pause(1)
  }
  await until('all', () => x.got.length >= going.length && y.got.length >= going.length)
  assert.equal(x.got, going)
  assert.equal(y.got, going)
  assert.ok(stateOf(x).reconnects >= 3)
  assert.ok(x.closed + y.closed >= 1, 'a reset of the connection in use is told')
  assert.is(x.lost + y.lost, 0)
})

for (const [name, talker] of [
  ['the one that dials', 1],
  ['the one that is dialed', 0],
] as const) {
  t(`a link that swallows everything, noticed by ${name}`, async () => {
    const { x, y, links } = await relayed()
    await until('up', () => up(x) && up(y))
    const [from, to, peer] = talker === 1 ? ([y, x, a] as const) : ([x, y, b] as const)
    say(from, peer, 0)
    await until('first', () => to.got.length === 1)
    const first = present(stateOf(from).link, 'the link in use')
    present(links[first], 'that link').blackhole()
    for (const n of count(200).slice(1)) say(from, peer, n)
    await until('all', () => to.got.length >= 200)
    assert.equal(to.got, count(200))
    assert.is.not(stateOf(from).link, first)
    assert.is(x.closed + y.closed, 0, 'changing links is no last gasp')
  })
}

t('evidence that a link is down moves an idle connection', async () => {
  const { x, y } = await relayed()
  await until('up', () => up(x) && up(y))
  const first = present(stateOf(x).link, 'the link in use')
  x.streams.linkIs(b, first, false)
  await until('moved', () => stateOf(x).link === 1 - first && stateOf(y).link === 1 - first)
  say(x, b, 0)
  await until('still talks', () => y.got.length === 1)
})

t('a new incarnation: what waited is lost and said, and numbering starts again', async () => {
  const [x, y] = [await end(a), await end(b, { incarnation: life('b', 1) })]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  say(x, b, 0)
  await until('first, acknowledged', () => y.got.length === 1 && stateOf(x).queuedBytes === 0)
  y.streams.close()
  await until('last gasp', () => x.closed === 1)
  for (const n of count(7)) say(x, b, n)
  const z = await end(b, { incarnation: life('b', 2), links: y.links })
  z.streams.setPeers([{ node: a, links: x.links }])
  await until('up again', () => up(x) && up(z))
  assert.is(x.lost, 7)
  for (const n of count(20)) {
    say(x, b, n)
    say(z, a, n)
  }
  await until('talks', () => z.got.length === 20 && x.got.length === 20)
  assert.equal(z.got, count(20))
  assert.equal(x.from.at(-1), life('b', 2))
})

t('one-way reachability suffices: the dialed one dials in the end', async () => {
  const [x, y] = [await end(a), await end(b)]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: [{ address: '127.0.0.9', port: 9 }] }])
  await until('up', () => up(x) && up(y))
})

t('a certificate of another CA is refused by both ends, with a sentence', async () => {
  const [x, z] = [await end(a), await end(b, { identity: await issueNode(foreignCa, b, 'n', [], nowMs), ca: foreignCa })]
  x.streams.setPeers([{ node: b, links: z.links }])
  z.streams.setPeers([{ node: a, links: x.links }])
  say(z, a, 1)
  await until('both say it', () => [x, z].every((one) => keys(one).includes('wire.stream-impostor')))
  const answers = present(
    x.refused.find((because) => because.key === 'wire.stream-impostor'),
    'the sentence about who answers',
  )
  assert.equal([answers.args['node'], answers.args['times']], [b, 1])
  assert.ok(z.links.some((l) => l.address === answers.args['remote']))
  assert.is(keys(x).filter((key) => key === 'wire.stream-impostor').length, 1, 'once, however many links and attempts there are')
  assert.is(x.got.length, 0)
  assert.is(x.closed, 0)
  assert.is(stateOf(x).link, null)
})

t('another node of the same CA at that address, and a node that is no member', async () => {
  const [x, z] = [await end(a), await end(c)]
  z.streams.setPeers([
    { node: b, links: x.links },
    { node: a, links: x.links },
  ])
  await until('refused', () => keys(z).includes('wire.stream-other-node') && keys(x).includes('wire.stream-no-member'))
  await until('shut out', () => keys(z).includes('wire.stream-shut-out'))
  assert.is(x.got.length, 0)
})

t('a node that knows no members yet turns everybody away, and neither side makes a warning of it', async () => {
  const [x, y] = [await end(a), await end(b)]
  y.streams.setPeers([{ node: a, links: x.links }])
  await until('turned away', () => keys(x).includes('wire.stream-no-member'))
  await pause(1500)
  assert.equal(
    x.refused.map((because) => because.severity),
    ['debug'],
  )
  assert.equal(keys(y), [])
  x.streams.setPeers([{ node: b, links: y.links }])
  await until('up', () => up(x) && up(y))
})

t('same CA, another cluster id', async () => {
  const [x, y] = [await end(a), await end(b, { of: otherCluster })]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  await until('refused', () => keys(x).includes('wire.stream-cluster'))
})

t('garbage, no certificate, silence: a sentence or nothing, never a message; members are not disturbed', async () => {
  const [x, y] = [await end(a), await end(b)]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  const { address, port } = linkOf(x, 0)
  const knock = (): void => {
    const raw = tcp(port, address, () => raw.write('GET / HTTP/1.1\r\n\r\n'))
    const bare = tls({ host: address, port, rejectUnauthorized: false })
    for (const socket of [raw, bare]) {
      socket.on('error', () => socket.destroy())
      closing.push(() => socket.destroy())
    }
  }
  knock()
  const again = setInterval(knock, 3000) // a handshake may take longer than it may on a busy machine
  closing.push(() => clearInterval(again))
  await until('said', () => keys(x).includes('wire.stream-handshake') && keys(x).includes('wire.stream-foreign'))
  clearInterval(again)
  const member = certOf(b)
  const rude = tls({ host: address, port, rejectUnauthorized: false, cert: member.cert, key: member.key, ca: ca.cert })
  rude.on('error', () => rude.destroy())
  rude.write(Buffer.alloc(64, 0xff))
  await until('size', () => keys(x).includes('wire.stream-size'))
  const hasty = tls({ host: address, port, rejectUnauthorized: false, cert: member.cert, key: member.key, ca: ca.cert })
  hasty.on('error', () => hasty.destroy())
  hasty.write(Buffer.concat([Buffer.of(0, 0, 0, 18, 2), Buffer.alloc(16), Buffer.of(0xc0)]))
  await until('greeting', () => keys(x).includes('wire.stream-greeting'))
  say(y, a, 1)
  await until('delivered', () => x.got.length === 1)
  for (const socket of [rude, hasty]) socket.destroy()
})

t('another protocol version is refused with both versions in the sentence', async () => {
  const x = await end(a)
  x.streams.setPeers([{ node: b, links: [] }])
  const { cert, key } = certOf(b)
  const newer = tls({ host: linkOf(x, 0).address, port: linkOf(x, 0).port, rejectUnauthorized: false, cert, key, ca: ca.cert })
  newer.on('error', () => newer.destroy())
  const hello = { cluster, min: 8, max: 9, build: 77, incarnation: life('b'), session: 's', about: '', received: 0, generation: 1 }
  const head = Buffer.alloc(21)
  const body = pack(hello)
  head.writeUInt32BE(17 + body.length, 0)
  head[4] = 1
  newer.write(Buffer.concat([head, body]))
  await until('refused', () => keys(x).includes('wire.stream-version'))
  const { args } = present(x.refused.at(-1), 'a refusal')
  assert.is(render('en', 'wire.stream-version', args).includes('8-9 (build 77), this node 1-1'), true)
  newer.destroy()
})

t('an earlier kyhad of the same boot changes nothing', async () => {
  const [x, y] = [await end(a), await end(b, { incarnation: life('b', 2) })]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  await until('up', () => up(x) && up(y))
  y.streams.close()
  await until('closed', () => x.closed === 1)
  const old = await end(b, { incarnation: life('b', 1), links: y.links })
  old.streams.setPeers([{ node: a, links: x.links }])
  say(old, a, 1)
  await until('turned away twice', () => stateOf(old).reconnects >= 2)
  assert.is(up(x), false)
  assert.equal(x.got, [])
})

t("something that speaks no TLS at the peer's address gets its sentence", async () => {
  const y = await end(b)
  const port = await freePort()
  const echo = createServer((socket) => socket.on('error', () => socket.destroy()).end('220 mail ready\r\n')).listen(port, '127.0.0.1')
  closing.push(() => echo.close())
  y.streams.setPeers([{ node: a, links: [{ address: '127.0.0.1', port }] }])
  await until('said', () => keys(y).includes('wire.stream-handshake'))
})

t('a message that is too large is a Bug of the sender; one at the limit arrives', async () => {
  const [x, y] = [await end(a), await end(b)]
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([{ node: a, links: x.links }])
  const large = (bytes: number): void =>
    x.streams.send(b, { to: 'log', from: 'log', msg: { type: 'count', n: 1, bytes: new Uint8Array(bytes) } as never }, 'bulk')
  assert.throws(() => large(1 << 20), /1048576 are allowed/)
  large((1 << 20) - 100)
  await until('arrived', () => y.got.length === 1)
})

t('a peer that is not reachable: the queue is bounded, losses are said', async () => {
  const x = await end(a)
  x.streams.setPeers([{ node: b, links: [{ address: '127.0.0.9', port: 9 }] }])
  for (let n = 0; n < 12; n++)
    x.streams.send(
      b,
      { to: 'log', from: 'log', msg: { type: 'count', bytes: new Uint8Array(1_000_000) } as never },
      n < 4 ? 'bulk' : 'control',
    )
  const state = stateOf(x)
  assert.ok(state.queuedBytes <= 8 << 20)
  assert.is(state.shed, 4)
  assert.is(x.lost, 0)
  x.streams.send(c, { to: 'log', from: 'log', msg: { type: 'count' } }, 'control')
})

t('an address that is missing is said once and does not matter to the other link', async () => {
  const port = await freePort()
  const x = await end(a, {
    links: [
      { address: '203.0.113.9', port },
      { address: '127.0.0.1', port },
    ],
  })
  const y = await end(b)
  x.streams.setPeers([{ node: b, links: y.links }])
  y.streams.setPeers([
    {
      node: a,
      links: [
        { address: '203.0.113.9', port },
        { address: '127.0.0.1', port },
      ],
    },
  ])
  await until('up', () => up(x) && up(y))
  assert.is(keys(x).filter((one) => one === 'wire.stream-unbound').length, 1)
})

t.run()
