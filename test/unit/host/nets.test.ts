/** Datagrams and streams as the host gives them to actors: what becomes of each frame, what is dropped, when frames are signed ahead again. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Flag } from '../../../actors/heartbeat-link/messages.js'
import type { View } from '../../../actors/membership/messages.js'
import type { Address, Instant, Msg } from '../../../runtime/actor.js'
import { BeatNet } from '../../../runtime/host/beat.js'
import type { Timers } from '../../../runtime/host/clock.js'
import type { Letter } from '../../../runtime/host/loop.js'
import type { Peers, Sheaf } from '../../../runtime/host/messages.js'
import { openStreamNet } from '../../../runtime/host/streams.js'
import { bootId, nodeId } from '../../../runtime/ids.js'
import type { Datagram, Datagrams, StreamEvents } from '../../../runtime/ports.js'
import { instant } from '../../../runtime/time.js'
import { facts } from '../../contract/host.group.js'

const t = suite('host: nets')
const peer = nodeId('00000000-0000-4000-8000-00000000000b')
const self = facts('').boot.node
const peers: Peers = [
  { node: self, links: [{ address: '127.0.0.1', port: 1 }] },
  {
    node: peer,
    links: [
      { address: '127.0.0.2', port: 1 },
      { address: '127.0.1.2', port: 1 },
    ],
  },
]
const incarnation = (counter: number) => ({ boot: bootId('b'.repeat(32)), counter })
const heard = (more: Partial<Datagram> = {}): Datagram => ({
  from: peer,
  incarnation: incarnation(1),
  link: 0,
  seq: 1,
  echo: 1,
  fresh: true,
  flags: 0,
  watcher: 0,
  rxMs: instant(5),
  ...more,
})
const from: Address = { path: 'membership' }

function beatNet() {
  const delivered: [string, string, Letter][] = []
  const sent: [number, number, string][] = []
  const signed: (readonly Sheaf[])[] = []
  let due: { readonly atMs: Instant; cancelled: boolean; readonly run: () => void }[] = []
  const began: number[] = []
  let now = 1000
  let arrive: (d: Datagram) => void = () => undefined
  const port: Datagrams = {
    send: (_to, link, flags, _watcher, body) => void sent.push([link, flags, body?.msg.type ?? '']),
    presign: (_to, link, flags, count) => ({
      address: `peer-${link}`,
      port: 1,
      frames: Array.from({ length: count }, () => new Uint8Array([flags])),
    }),
    setPeers: () => undefined,
    counters: { sent: 0, received: 0, tooShort: 0, foreign: 0, badMac: 0, replayed: 0, tooNew: 0, unreadable: 0, sendErrors: 0 },
    close: () => undefined,
  }
  const base = facts('')
  const links = [0, 1].map((n) => ({ address: `127.0.${n}.1`, port: 1 }))
  const net = new BeatNet({
    facts: { ...base, node: { ...base.node, links } },
    now: () => instant(now),
    timers: {
      after: (ms: number, run: () => void) => {
        const timer = { atMs: instant(now + ms), cancelled: false, run }
        due.push(timer)
        return timer
      },
    } as unknown as Timers,
    open: (onDatagram) => {
      arrive = onDatagram
      return port
    },
    deliver: (path, letter) => void delivered.push([path, letter.msg.type, letter]),
    beating: () => void began.push(sent.length),
    sheaf: (_beatMs, sheaves) => void signed.push(sheaves),
  })
  const second = (): void => {
    now += 1000
    const over = due.filter((timer) => timer.atMs <= now)
    due = due.filter((timer) => timer.atMs > now)
    for (const timer of over) if (!timer.cancelled) timer.run()
  }
  return { net, delivered, sent, signed, second, began, arrive: (d: Datagram) => arrive(d) }
}
const paths = (delivered: readonly [string, string, Letter][]): readonly string[] =>
  delivered.map(([path, type]) => `${path.replace(peer, 'B')} ${type}`)

t('a bare beat is heard by its link; a body goes to its actor too, with the sender that wire proved', () => {
  const { arrive, delivered } = beatNet()
  arrive(heard())
  arrive(heard({ seq: 2, body: { to: 'membership', from: 'membership', msg: { type: 'accuse' } } }))
  assert.equal(paths(delivered), ['link/B/0 heard', 'link/B/0 heard', 'membership accuse'])
  assert.equal(delivered[2]?.[2].from, { node: peer, path: 'membership' })
  assert.equal(delivered[2]?.[2].incarnation, incarnation(1))
})

t('an older incarnation is dropped; what only a host makes is not taken from a peer', () => {
  const { arrive, delivered, net } = beatNet()
  arrive(heard({ incarnation: incarnation(2) }))
  arrive(heard({ incarnation: incarnation(1) }))
  for (const type of ['heard', 'stall', 'agent-result', 'store-failed', 'last-gasp'])
    arrive(heard({ incarnation: incarnation(2), body: { to: 'membership', from: 'x', msg: { type } } }))
  assert.ok(paths(delivered).every((line) => line === 'link/B/0 heard'))
  assert.is(delivered.length, 6)
  assert.is(net.counters()['old'], 1)
  assert.is(net.counters()['forged'], 5)
})

t('a beat goes over its link; a message over all, with the lasting flags of the last beat', () => {
  const { net, sent, began } = beatNet()
  net.setPeers(peers)
  assert.equal(began, [])
  net.send(from, peer, 'link/x/1', { type: 'beat', flags: Flag.rt | Flag.probe, watcher: 0 } as Msg, 1)
  net.send(from, peer, 'membership', { type: 'accuse' }, undefined)
  assert.equal(sent, [
    [1, Flag.rt | Flag.probe, ''],
    [0, 0, 'accuse'],
    [1, Flag.rt, 'accuse'],
  ])
  assert.equal(began, [1])
})

t('a cut link is dark both ways and has no stand-in frames', () => {
  const { net, sent, arrive, delivered, signed, second } = beatNet()
  net.setPeers(peers)
  net.lab({ type: 'lab-link', link: 0, cut: true })
  net.send(from, peer, 'membership', { type: 'accuse' }, undefined)
  arrive(heard())
  arrive(heard({ link: 1 }))
  assert.equal(sent, [[1, 0, 'accuse']])
  assert.equal(paths(delivered), ['link/B/1 heard'])
  second()
  assert.equal(
    signed.at(-1)?.map((s) => s.address),
    ['peer-1'],
  )
})

t(
  'stand-in frames: for each link of each peer, from our address, for the grace and some; again when a life is new, else every 20 s',
  () => {
    const { net, arrive, signed, second } = beatNet()
    second()
    assert.is(signed.length, 0)
    net.setPeers(peers)
    second()
    const sheaves = signed[0] ?? []
    assert.equal(
      sheaves.map((s) => [s.address, s.bind, s.frames.length]),
      [
        ['peer-0', '127.0.0.1', 70],
        ['peer-1', '127.0.1.1', 70],
      ],
    )
    assert.is(sheaves[0]?.frames[0]?.[0], Flag.kyhadDown)
    second()
    assert.is(signed.length, 1)
    arrive(heard())
    second()
    assert.is(signed.length, 2)
    for (let s = 0; s < 19; s++) second()
    assert.is(signed.length, 2)
    second()
    assert.is(signed.length, 3)
  },
)

t('stand-in frames are signed again, once, when the beat thread of a peer began anew: it takes none that echo the one before', () => {
  const { net, arrive, signed, second } = beatNet()
  net.setPeers(peers)
  arrive(heard())
  arrive(heard({ link: 1 }))
  second()
  assert.is(signed.length, 1)
  arrive(heard({ seq: 2 }))
  second()
  assert.is(signed.length, 1)
  for (const seq of [3, 4, 5]) {
    arrive(heard({ seq, fresh: false, echo: -1 }))
    second()
    assert.is(signed.length, 2)
  }
  arrive(heard({ seq: 6 }))
  arrive(heard({ seq: 7, link: 1, fresh: false, echo: -1 }))
  second()
  assert.is(signed.length, 3)
})

function streamNet() {
  const routed: string[] = []
  const links: string[] = []
  let events: StreamEvents | undefined
  const said: string[] = []
  const net = openStreamNet({
    node: self,
    open: (e) => {
      events = e
      return {
        send: () => undefined,
        setPeers: () => undefined,
        state: () => [],
        close: () => undefined,
        linkIs: (_node, link, up) => void links.push(`${link} ${up ? 'up' : 'down'}`),
      }
    },
    route: (path, letter, cls) => void routed.push(`${path} ${letter.msg.type} ${letter.from.node === peer ? 'B' : 'host'} ${cls}`),
    say: (v) => void said.push(v.key),
  })
  return { net, routed, links, said, events: events as StreamEvents }
}

t('streams: messages are routed; a closed stream is a last gasp; lost ones are said; old lives and host-made types are dropped', () => {
  const { events, routed, said, net } = streamNet()
  const msg = (type: string) => ({ to: 'log', from: 'log', msg: { type } })
  events.onMessage(peer, incarnation(2), msg('append'))
  events.onMessage(peer, incarnation(1), msg('append'))
  events.onMessage(peer, incarnation(2), msg('store-failed'))
  events.onClosed(peer)
  events.onLost(peer, 3)
  assert.equal(routed, ['log append B control', 'membership last-gasp host control'])
  assert.equal(said, ['runtime.undeliverable'])
  assert.is(net.counters()['old'], 1)
})

t('streams leave a link that membership calls silent, once, and may come back; a cut one stays left', () => {
  const { net, links } = streamNet()
  net.setPeers(peers)
  const view = (state: string): View => ({ peers: [{ node: peer, links: [{ link: 0, state }] }] }) as unknown as View
  for (const state of ['never-heard', 'up', 'late', 'silent', 'silent', 'up', 'up']) net.heard(view(state))
  assert.equal(links, ['0 down', '0 up'])
  net.lab({ type: 'lab-link', link: 0, cut: true })
  net.heard(view('up'))
  assert.equal(links.slice(2), ['0 down'])
  net.lab({ type: 'lab-link', link: 0, cut: false })
  assert.equal(links.slice(2), ['0 down', '0 up'])
})

t.run()
