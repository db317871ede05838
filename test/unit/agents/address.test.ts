/**
 * Virtual addresses in a private network: two namespaces joined by a veth pair, one for the agent, one for a neighbour. kyha's IPaddr2
 * in IPv4 and IPv6, and the stock agents of the field under the very same environment.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { file, program, root, when } from '../../needs.js'
import { Place } from './cycle.js'

const t = suite('addresses')
const stock = (type: string) => file(`/usr/lib/ocf/resource.d/heartbeat/${type}`, 'the package resource-agents')
const net = [root(), program('unshare'), program('nsenter'), program('ip')] as const
const able = net.every((n) => n === undefined)

const holders: ChildProcess[] = []
let place: Place
let near: readonly string[] = []
let far: readonly string[] = []

/** A process that holds a network namespace until its stdin closes; its pid. */
const hold = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('unshare', ['-n', 'sh', '-c', 'echo up; read -r _'], { stdio: ['pipe', 'pipe', 'ignore'] })
    holders.push(child)
    child.on('error', reject)
    child.stdout.once('data', () => resolve(child.pid ?? 0))
  })
const inside = (into: readonly string[], ...words: readonly string[]): string =>
  execFileSync(into[0] ?? '', [...into.slice(1), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

t.before(async () => {
  if (!able) return
  const [a, b] = [await hold(), await hold()]
  near = ['nsenter', '-t', String(a), '-n']
  far = ['nsenter', '-t', String(b), '-n']
  const link = `ip link set lo up; ip link add v0 type veth peer name v1 netns ${b}; ip link set v0 up`
  inside(near, 'sh', '-ec', `${link}; ip addr add 10.99.0.1/24 dev v0; ip addr add fd99::1/64 dev v0 nodad`)
  inside(far, 'sh', '-ec', 'ip link set lo up; ip addr add 10.99.0.9/24 dev v1; ip link set v1 up; ip addr add fd99::9/64 dev v1 nodad')
  place = new Place(near)
})
t.after(async () => {
  const ended = holders.map((h) => new Promise((resolve) => h.once('exit', resolve)))
  for (const h of holders) h.stdin?.end()
  await Promise.all(ended)
  place?.close()
})

const eventually = async (what: () => boolean, why: string): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    if (what()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.unreachable(why)
}

for (const [ip, more] of [
  ['10.99.0.50', {}],
  ['10.99.0.51', { nic: 'v0', cidr_netmask: '32', iflabel: 'ha' }],
  ['fd99::50', {}],
  ['fd99::51', { nic: 'v0', cidr_netmask: '64' }],
] as const) {
  when(t, ...net)(`[C2] kyha:IPaddr2 leads the full cycle with ${ip} ${JSON.stringify(more)}`, async () => {
    const wrong = await place.fullCycle('kyha:IPaddr2', { ip, ...more }, async () => {
      inside(far, 'ping', '-c', '1', '-W', '2', ip)
    })
    assert.is(wrong, '')
    assert.not.match(inside(near, 'ip', 'addr', 'show'), ip)
  })
}

when(
  t,
  ...net,
  program('arping'),
)('[E2] neighbours learn of a moved address at once (gratuitous ARP)', async () => {
  inside(far, 'ip', 'neigh', 'replace', '10.99.0.60', 'lladdr', '02:00:00:00:00:01', 'nud', 'stale', 'dev', 'v1')
  const mac = /link\/ether (\S+)/.exec(inside(near, 'ip', 'link', 'show', 'v0'))?.[1] ?? 'none'
  await place.run('kyha:IPaddr2', 'start', { ip: '10.99.0.60', nic: 'v0', cidr_netmask: '24' })
  try {
    await eventually(() => inside(far, 'ip', 'neigh', 'show', '10.99.0.60').includes(mac), 'the neighbour still has the old owner')
  } finally {
    await place.run('kyha:IPaddr2', 'stop', { ip: '10.99.0.60', nic: 'v0', cidr_netmask: '24' })
  }
})

when(t, ...net)('[E2] a monitor fails when the link of the address is lost; a probe still sees the address', async () => {
  const params = { ip: '10.99.0.52' }
  await place.run('kyha:IPaddr2', 'start', params)
  try {
    inside(far, 'ip', 'link', 'set', 'v1', 'down')
    const ran = await place.run('kyha:IPaddr2', 'monitor', params, { intervalMs: 1_000 })
    assert.equal([ran.rc, ran.reason], [1, 'v0, which holds 10.99.0.52, has no link'])
    assert.is((await place.run('kyha:IPaddr2', 'monitor', params)).rc, 0)
  } finally {
    inside(far, 'ip', 'link', 'set', 'v1', 'up')
    await place.run('kyha:IPaddr2', 'stop', params)
  }
})

when(
  t,
  ...net,
  program('arping'),
)('an address that somebody else has: refused before start on request, else the monitor says degraded', async () => {
  inside(far, 'ip', 'addr', 'add', '10.99.0.70/24', 'dev', 'v1')
  const params = { ip: '10.99.0.70', nic: 'v0', cidr_netmask: '24', arp_count: '1' }
  try {
    const refused = await place.run('kyha:IPaddr2', 'start', { ...params, check_duplicate: 'true' })
    assert.equal([refused.rc, refused.reason], [1, 'another machine in the network of v0 answers for 10.99.0.70'])
    assert.is((await place.run('kyha:IPaddr2', 'monitor', params)).rc, 7)
    assert.is((await place.run('kyha:IPaddr2', 'start', params)).rc, 0)
    let last = { rc: 0, reason: '' }
    for (let i = 0; i < 50 && last.rc === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      last = await place.run('kyha:IPaddr2', 'monitor', params, { intervalMs: 1_000 })
    }
    assert.is(last.rc, 190, last.reason)
  } finally {
    await place.run('kyha:IPaddr2', 'stop', params)
    inside(far, 'ip', 'addr', 'del', '10.99.0.70/24', 'dev', 'v1')
  }
})

when(t, ...net)('an interface or network that is not here: one sentence, and a stop works all the same', async () => {
  const absent = await place.run('kyha:IPaddr2', 'start', { ip: '10.99.0.53', nic: 'none0', cidr_netmask: '24' })
  assert.equal([absent.rc, absent.reason], [5, 'there is no interface none0 here'])
  const foreign = await place.run('kyha:IPaddr2', 'start', { ip: '203.0.113.5' })
  assert.is(foreign.rc, 1)
  assert.match(foreign.reason, 'no interface of this node is in the network of 203.0.113.5')
  assert.is((await place.run('kyha:IPaddr2', 'stop', { ip: '10.99.0.53', nic: 'none0' })).rc, 0)
  const bad = await place.run('kyha:IPaddr2', 'start', { ip: '10.99.0.300', nic: 'v0', cidr_netmask: '24' })
  assert.is(bad.rc, 6)
})

when(
  t,
  ...net,
  stock('IPaddr2'),
)('[C3] stock ocf:heartbeat:IPaddr2 leads the full cycle under the same environment', async () => {
  assert.is(
    await place.fullCycle('ocf:heartbeat:IPaddr2', { ip: '10.99.0.80', nic: 'v0', cidr_netmask: '24', arp_count: '1', arp_interval: '10' }),
    '',
  )
})

when(
  t,
  ...net,
  stock('nginx'),
  program('nginx'),
  program('curl'),
)('[C3] stock ocf:heartbeat:nginx leads a life under the same environment', async () => {
  const conf = join(place.dir, 'stock.conf')
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((x) => `${x}_temp_path ${place.dir}/${x};`).join(' ')
  const server = 'server { listen 127.0.0.1:8082; location /nginx_status { stub_status; } }'
  writeFileSync(conf, `pid ${place.dir}/stock.pid;\nerror_log ${place.dir}/e.log;\nevents {}\nhttp { access_log off; ${temp} ${server} }\n`)
  const params = { configfile: conf, status10url: 'http://127.0.0.1:8082/nginx_status', port: '8082' }
  const life: string[] = []
  for (const action of ['monitor', 'start', 'monitor', 'stop', 'monitor']) {
    const ran = await place.run('ocf:heartbeat:nginx', action, params)
    life.push(`${action} ${ran.rc}`)
  }
  assert.equal(life, ['monitor 7', 'start 0', 'monitor 0', 'stop 0', 'monitor 7'])
})

t.run()
