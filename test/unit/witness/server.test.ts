/** A quorum device and those it does not trust: strangers, other clusters, nodes that ask for others, hostile bytes, used codes, damaged files. */
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WitnessAsk } from '../../../actors/log/messages.js'
import { isRefusal } from '../../../console/join/names.js'
import { enrolCluster } from '../../../console/qdevice/add.js'
import { giveCode } from '../../../console/qdevice/codes.js'
import { clusterDir, readDevice } from '../../../console/qdevice/files.js'
import { recordFile } from '../../../console/qdevice/record.js'
import { DeviceServer, forgetCluster } from '../../../console/qdevice/server.js'
import { perSecondMax } from '../../../console/qdevice/visit.js'
import { clusterId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { render } from '../../../runtime/text/index.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { fingerprint, type TlsIdentity } from '../../../runtime/wire/identity.js'
import { newSecret } from '../../../runtime/wire/joincode.js'
import { secureOptions } from '../../../runtime/wire/listen.js'
import { Frames, type FromDevice, type FromNode, frame, fromDevice } from '../../../runtime/witness/protocol.js'
import { Asker, goodDevice, TestCluster, type TestNode, until } from '../../contract/witness.bench.js'
import { freePort } from '../../ports.js'
import { Place } from './place.js'

const t = suite('quorum device: whom it answers')

const claim = (node: TestNode, epoch: number): WitnessAsk => ({ type: 'witness-ask', ask: 'claim', witness: 'q1', node: node.id, epoch })
const enrol = (node: TestNode, epoch: number): WitnessAsk => ({ ...claim(node, epoch), ask: 'enrol' })

/** What comes back on a bare connection that sends `bytes` after the greeting. */
function speak(port: number, tls: TlsIdentity | undefined, ...said: readonly (FromNode | Buffer)[]): Promise<readonly FromDevice[]> {
  return new Promise((resolve) => {
    const options = tls ? secureOptions(tls) : { rejectUnauthorized: false }
    const socket: TLSSocket = connect({ ...options, host: '127.0.0.1', port, checkServerIdentity: () => undefined })
    const frames = new Frames()
    const heard: FromDevice[] = []
    socket.on('data', (chunk: Buffer) => {
      for (const msg of frames.take(chunk) ?? []) {
        const got = fromDevice(msg)
        if (got) heard.push(got)
        if (got?.type === 'device') for (const one of said) socket.write(Buffer.isBuffer(one) ? one : frame(one))
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(heard))
    setTimeout(() => socket.destroy(), 3000).unref()
  })
}
const refusedWith = (heard: readonly FromDevice[]): string => heard.map((m) => (m.type === 'refused' ? m.en : '')).join('')

t('[C24] two clusters at once, each with a record of its own', async () => {
  const place = await Place.open()
  const clusters = [await TestCluster.make('shop'), await TestCluster.make('bank')]
  const askers: Asker[] = []
  for (const cluster of clusters) {
    const device = goodDevice(await place.enrol(cluster))
    askers.push(...cluster.nodes.map((node) => new Asker(node, cluster, device)))
  }
  const [a, b, c, d] = askers as [Asker, Asker, Asker, Asker]
  for (const one of [a, c]) assert.is((await one.ask(enrol(one.node, 0))).ok, true)
  assert.is((await a.ask(claim(a.node, 0))).ok, true)
  assert.is((await b.ask(claim(b.node, 0))).ok, false)
  assert.is((await d.ask(claim(d.node, 0))).ok, true, 'what the other cluster did is nothing to this one')
  assert.is((await c.ask(claim(c.node, 0))).ok, false)
  for (const one of askers) one.close()
  for (const cluster of clusters) cluster.close()
  await place.close()
})

t('a stranger, a node of another cluster, and a node that asks for the other one are told why and let go', async () => {
  const place = await Place.open()
  const [cluster, other] = [await TestCluster.make('shop'), await TestCluster.make('bank')]
  await place.enrol(cluster)
  const open = { type: 'open', cluster: cluster.id } as const
  const [own, peer] = cluster.nodes as [TestNode, TestNode]
  assert.match(refusedWith(await speak(place.port, undefined, open)), /not one of a node of cluster/)
  assert.match(refusedWith(await speak(place.port, (other.nodes[0] as TestNode).tls, open)), /not one of a node of cluster/)
  assert.match(refusedWith(await speak(place.port, own.tls, { ...open, cluster: other.id })), /is not enrolled at this device/)
  const ca = { ca: cluster.ca.cert, cert: cluster.ca.cert, key: cluster.ca.key }
  assert.match(refusedWith(await speak(place.port, ca, open)), /not one of a node of cluster/, 'the CA is no node')
  const heard = await speak(place.port, own.tls, open, { type: 'ask', n: 1, ask: 'claim', node: peer.id, epoch: 0 })
  assert.match(refusedWith(heard), /a node asks for itself only/)
  assert.match(refusedWith(await speak(place.port, own.tls, { type: 'look', n: 1 })), /at the wrong time/)
  for (const c of [cluster, other]) c.close()
  await place.close()
})

t('whoever shows another certificate than the pinned one is not asked', async () => {
  const place = await Place.open()
  const cluster = await TestCluster.make('shop')
  const device = goodDevice(await place.enrol(cluster))
  const asker = new Asker(cluster.nodes[0] as TestNode, cluster, { ...device, fingerprint: '0'.repeat(64) })
  await until(() => asker.said.some((v) => v.key === 'witness.impostor'), 'the impostor is noticed')
  assert.is(asker.client.state.connected, false)
  asker.close()
  cluster.close()
  await place.close()
})

t('more questions than the rate end the connection with a sentence', async () => {
  const place = await Place.open()
  const cluster = await TestCluster.make('shop')
  await place.enrol(cluster)
  const looks = Array.from({ length: 200 }, (_, n) => ({ type: 'look', n: n + 1 }) as const)
  const heard = await speak(place.port, (cluster.nodes[0] as TestNode).tls, { type: 'open', cluster: cluster.id }, ...looks)
  assert.match(refusedWith(heard), new RegExp(`more than ${perSecondMax} questions a second`))
  assert.ok(heard.filter((m) => m.type === 'told').length < 100)
  cluster.close()
  await place.close()
})

t('hostile bytes are refused, and the device goes on', async () => {
  const place = await Place.open()
  const cluster = await TestCluster.make('shop')
  const device = goodDevice(await place.enrol(cluster))
  const { tls } = cluster.nodes[0] as TestNode
  const r = seeded('hostile')
  const good = frame({ type: 'open', cluster: cluster.id })
  for (let i = 0; i < 40; i++) {
    const bytes = r.chance(0.5) ? Buffer.from(good) : Buffer.from(Array.from({ length: 1 + r.int(300) }, () => r.int(256)))
    if (bytes.equals(good)) bytes[r.int(bytes.length)] = r.int(256)
    const heard = await speak(place.port, tls, bytes, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    assert.ok(
      heard.every((m) => m.type === 'device' || m.type === 'refused' || m.type === 'opened'),
      `attempt ${i}`,
    )
  }
  const asker = new Asker(cluster.nodes[0] as TestNode, cluster, device)
  assert.is((await asker.ask(enrol(asker.node, 0))).ok, true)
  asker.close()
  cluster.close()
  await place.close()
})

t('a code is good once, and five wrong secrets withdraw all', async () => {
  const place = await Place.open()
  const [cluster, other] = [await TestCluster.make('shop'), await TestCluster.make('bank')]
  const device = readDevice(place.dir)
  assert.ok(device && !isRefusal(device))
  const at = { cluster: clusterId(device.id), fingerprint: fingerprint(device.cert).slice(0, 32), address: '127.0.0.1', port: place.port }
  const use = async (c: TestCluster, secret: string): Promise<string> => {
    const files = (c.nodes[0] as TestNode).files
    const got = await enrolCluster({
      code: { ...at, secret, expiresS: 0 },
      node: { cluster: { id: c.id, name: c.name }, tls: files },
      dryRun: false,
    })
    return isRefusal(got) ? render('en', got.because.key, got.because.args) : 'enrolled'
  }
  const given = await giveCode(place.dir, 60_000, Date.now())
  assert.ok(!isRefusal(given))
  assert.is(await use(cluster, given.secret), 'enrolled')
  assert.match(await use(other, given.secret), /already used or withdrawn/)
  const next = await giveCode(place.dir, 60_000, Date.now())
  const late = await giveCode(place.dir, -5000, Date.now())
  assert.ok(!isRefusal(next) && !isRefusal(late))
  assert.match(await use(other, late.secret), /expired \d+ s ago/)
  for (let i = 0; i < 3; i++) assert.match(await use(other, newSecret()), /already used or withdrawn/)
  assert.match(await use(other, newSecret()), /withdrawn after 5 wrong secrets/)
  assert.match(await use(other, next.secret), /already used or withdrawn/)
  assert.is(readdirSync(join(place.dir, 'codes')).length, 0)
  for (const c of [cluster, other]) c.close()
  await place.close()
})

t('enrolling again keeps the record; another CA under the same id is refused', async () => {
  const place = await Place.open()
  const cluster = await TestCluster.make('shop')
  const device = goodDevice(await place.enrol(cluster))
  const asker = new Asker(cluster.nodes[0] as TestNode, cluster, device)
  await asker.ask(enrol(asker.node, 5))
  assert.equal(goodDevice(await place.enrol(cluster)), device)
  assert.equal((await asker.ask(enrol(asker.node, 4))).record, { epoch: 5 })
  const thief = await TestCluster.make('shop')
  const no = await place.enrol({ ...thief, id: cluster.id } as TestCluster)
  assert.ok(isRefusal(no))
  assert.match(String(no.because.args['why']), /another CA/)
  asker.close()
  for (const c of [cluster, thief]) c.close()
  await place.close()
})

t('a damaged record is refused for its cluster alone, with the file in the sentence; forgetting it makes room', async () => {
  const place = await Place.open()
  const [cluster, other] = [await TestCluster.make('shop'), await TestCluster.make('bank')]
  const [device] = [goodDevice(await place.enrol(cluster)), goodDevice(await place.enrol(other))]
  await place.stop()
  const file = recordFile(clusterDir(place.dir, cluster.id))
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40))
  await place.start()
  assert.ok(
    place.said.some((v) => v.key === 'witness.record-damaged'),
    'said at the start',
  )
  const open = { type: 'open', cluster: cluster.id } as const
  const heard = refusedWith(await speak(place.port, (cluster.nodes[0] as TestNode).tls, open))
  assert.ok(heard.includes(file), heard)
  const asker = new Asker(other.nodes[0] as TestNode, other, device)
  assert.is((await asker.ask(enrol(asker.node, 0))).ok, true, 'the other cluster is served')
  asker.close()
  const again = await place.enrol(cluster)
  assert.ok(isRefusal(again), 'enrolling does not paper over it')
  assert.equal(await forgetCluster(place.dir, cluster.id).then((r) => isRefusal(r) && r.because.key), 'witness.locked')
  await place.stop()
  assert.is(await forgetCluster(place.dir, cluster.id), 'shop')
  assert.is(existsSync(clusterDir(place.dir, cluster.id)), false)
  await place.start()
  goodDevice(await place.enrol(cluster))
  rmSync(join(clusterDir(place.dir, other.id), 'cluster.json'))
  for (const c of [cluster, other]) c.close()
  await place.close()
})

t('a second process does not serve from the same directory', async () => {
  const place = await Place.open()
  const said: Verdict[] = []
  const second = await DeviceServer.open({
    dir: place.dir,
    name: 'q2',
    listen: { address: '127.0.0.1', port: place.port },
    nowMs: () => Date.now(),
    say: (v) => said.push(v),
  })
  assert.ok(isRefusal(second))
  assert.is(second.because.key, 'witness.locked')
  await place.close()
})

t('a newer connection of a node takes the place of its older one', async () => {
  const place = await Place.open()
  const cluster = await TestCluster.make('shop')
  const device = goodDevice(await place.enrol(cluster))
  const node = cluster.nodes[0] as TestNode
  let isClosed = false
  const old = speak(place.port, node.tls, { type: 'open', cluster: cluster.id }).then((heard) => {
    isClosed = true
    return heard
  })
  await until(() => place.connections === 1, 'the older one is there')
  const asker = new Asker(node, cluster, device)
  await asker.ask(enrol(node, 0))
  await until(() => isClosed, 'the older one was closed', 1500) // by itself it stays for three seconds
  assert.is(refusedWith(await old), '')
  asker.close()
  cluster.close()
  await place.close()
})

t('it says that it listens when it does: an address that something else has is tried again', async () => {
  const port = await freePort()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const place = await Place.openAt(port)
  await until(() => place.said.some((v) => v.key === 'wire.stream-unbound'), 'the address is said to be taken')
  assert.not(place.serves)
  await new Promise((resolve) => other.close(resolve))
  await until(() => place.serves, 'it listens')
  const cluster = await TestCluster.make('shop')
  goodDevice(await place.enrol(cluster))
  cluster.close()
  await place.close()
})

t('[C24] a hundred clusters at one device: each gets its word', async () => {
  const place = await Place.open()
  const [cluster] = [await TestCluster.make('shop')]
  const ids = Array.from({ length: 100 }, () => clusterId(randomUUID()))
  const from = performance.now()
  const askers: Asker[] = []
  for (const id of ids) {
    const one = { ...cluster, id, nodes: cluster.nodes, name: `c${id.slice(0, 8)}` } as TestCluster
    const device = goodDevice(await place.enrol(one))
    askers.push(...one.nodes.map((node) => new Asker(node, one, device)))
  }
  const enrolledMs = performance.now() - from
  const told = await Promise.all(askers.flatMap((one, i) => (i % 2 === 0 ? one.ask(enrol(one.node, 0), 60_000) : [])))
  assert.ok(told.every((one) => one.ok))
  const second = performance.now()
  const claims = await Promise.all(askers.map((one) => one.ask(claim(one.node, 50), 60_000)))
  const claimedMs = performance.now() - second
  for (const [i, id] of ids.entries()) {
    const words = [claims[2 * i], claims[2 * i + 1]]
    assert.is(words.filter((one) => one?.ok).length, 1, `one of the two nodes of ${id}: ${JSON.stringify(words)}`)
  }
  process.stdout.write(
    `# figure 100 clusters at one quorum device: enrolled in ${Math.round(enrolledMs)} ms, 200 claims in ${Math.round(claimedMs)} ms\n`,
  )
  for (const one of askers) one.close()
  cluster?.close()
  await place.close()
})

t.run()
