/** kyhad's service `witness`: what the log asks goes to the device that the configuration names, its word comes back; nothing else is ever answered. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WitnessAsk, WitnessTold } from '../../../actors/witness/messages.js'
import { Model } from '../../../console/api/model.js'
import { witnessView } from '../../../console/api/witness.js'
import type { Address, Msg } from '../../../runtime/actor.js'
import type { DeviceDoc } from '../../../runtime/config/document.js'
import { now } from '../../../runtime/host/clock.js'
import type { Service, ServiceContext } from '../../../runtime/host/service.js'
import { nodeId } from '../../../runtime/ids.js'
import { after } from '../../../runtime/time.js'
import type { Verdict } from '../../../runtime/verdict.js'
import type { WitnessStatus } from '../../../runtime/witness/messages.js'
import { startWitness } from '../../../runtime/witness/service.js'
import { goodDevice, TestCluster, type TestNode, until } from '../../contract/witness.bench.js'
import { Place } from './place.js'

/** One node's service, as its host would run it, with a log that knows `device`. */
class Rig {
  readonly sent: { readonly to: string; readonly msg: Msg }[] = []
  readonly said: Verdict[] = []
  device: DeviceDoc | undefined
  #service: Service | undefined

  constructor(
    readonly cluster: TestCluster,
    readonly node = cluster.nodes[0] as TestNode,
    readonly links: readonly string[] = [],
  ) {}

  async start(): Promise<this> {
    const context = {
      boot: { cluster: this.cluster.id, node: this.node.id },
      node: { tls: this.node.files, links: this.links.map((address) => ({ address, port: 1 })) },
      now,
      send: (to: Address, msg: Msg) => {
        this.sent.push({ to: to.path, msg })
        if (to.path === 'log' && msg.type === 'hello') setImmediate(() => this.state())
      },
      say: (v: Verdict) => this.said.push(v),
    }
    this.#service = await startWitness(context as unknown as ServiceContext)
    return this
  }
  state(): void {
    const config = { quorum: this.device ? { witness: this.device.name, device: this.device } : undefined }
    this.hear({ type: 'state', state: { config } } as Msg)
  }
  hear(msg: Msg, from: Address = { path: 'log' }): void {
    this.#service?.receive(msg, from)
  }
  told(): readonly WitnessTold[] {
    return this.sent.flatMap(({ to, msg }) => (to === 'log' && msg.type === 'witness-told' ? [msg as WitnessTold] : []))
  }
  status(): WitnessStatus | undefined {
    return this.sent.findLast(({ to }) => to === 'console')?.msg as WitnessStatus | undefined
  }
  stop = (): Promise<void> => this.#service?.stop() ?? Promise.resolve()
}
const ask = (rig: Rig, kind: WitnessAsk['ask'], epoch: number, witness = 'q1'): WitnessAsk => ({
  type: 'witness-ask',
  ask: kind,
  witness,
  node: rig.node.id,
  epoch,
})

const t = suite<{ place: Place; cluster: TestCluster }>('kyhad asks its quorum device')
t.before.each(async (c) => {
  c.place = await Place.open()
  c.cluster = await TestCluster.make('shop')
})
t.after.each(async (c) => {
  c.cluster.close()
  await c.place.close()
})

t(
  'an ask of the log is answered with the same words; the console hears which device, and when it last answered',
  async ({ place, cluster }) => {
    const rig = new Rig(cluster)
    rig.device = goodDevice(await place.enrol(cluster))
    await rig.start()
    await until(() => rig.status()?.connected === true, 'it is connected')
    rig.hear(ask(rig, 'enrol', 3))
    await until(() => rig.told().length === 1, 'an answer')
    assert.equal(rig.told()[0], { type: 'witness-told', ask: 'enrol', witness: 'q1', epoch: 3, ok: true, record: { epoch: 3 } })
    rig.hear(ask(rig, 'claim', 3))
    await until(() => rig.told().length === 2, 'an answer')
    assert.equal([rig.told()[1]?.ok, rig.told()[1]?.record], [true, { epoch: 4, owner: rig.node.id }])
    const { name, address, connected, answeredAgoMs, record } = rig.status() as WitnessStatus
    assert.equal([name, address, connected, record], ['q1', `127.0.0.1:${place.port}`, true, { epoch: 4, owner: rig.node.id }])
    assert.type(answeredAgoMs, 'number')
    await rig.stop()
  },
)

t('an ask for another witness, from another node, or from nobody that may ask is never answered', async ({ place, cluster }) => {
  const rig = new Rig(cluster)
  await rig.start()
  rig.hear(ask(rig, 'enrol', 0))
  await until(() => rig.said.some((v) => v.key === 'witness.unknown'), 'it is said that no device is configured')
  rig.device = goodDevice(await place.enrol(cluster))
  rig.state()
  await until(() => rig.status()?.connected === true, 'it is connected')
  rig.hear(ask(rig, 'enrol', 0, 'q2'))
  rig.hear(ask(rig, 'enrol', 0), { node: nodeId('other'), path: 'log' })
  rig.hear(ask(rig, 'enrol', 5)) // this one is answered, and none before it was
  await until(() => rig.told().length > 0, 'an answer')
  assert.equal(
    rig.told().map((m) => m.epoch),
    [5],
  )
  await rig.stop()
})

t(
  'a device that goes is missed in one sentence, and found again; one that the configuration drops is not asked any more',
  async ({ place, cluster }) => {
    const rig = new Rig(cluster)
    rig.device = goodDevice(await place.enrol(cluster))
    await rig.start()
    await until(() => rig.status()?.connected === true, 'it is connected')
    await place.stop()
    await until(() => rig.status()?.connected === false, 'it is missed')
    rig.hear(ask(rig, 'enrol', 1))
    await place.start()
    await until(() => rig.status()?.connected === true, 'it is found again')
    rig.hear(ask(rig, 'enrol', 1))
    await until(() => rig.told().length > 0, 'an answer')
    assert.is(rig.said.filter((v) => v.key === 'witness.unreachable').length, 1)
    rig.device = undefined
    rig.state()
    await until(() => rig.status()?.because.key === 'witness.none', 'none is configured')
    await until(() => place.connections === 0, 'the connection is closed')
    await rig.stop()
  },
)

t('a way to the device that leads over a heartbeat link is a warning', async ({ place, cluster }) => {
  const rig = new Rig(cluster, cluster.nodes[0], ['10.0.0.1', '127.0.0.1'])
  rig.device = goodDevice(await place.enrol(cluster))
  await rig.start()
  await until(() => rig.said.some((v) => v.key === 'witness.on-link'), 'the warning')
  assert.is(rig.said.find((v) => v.key === 'witness.on-link')?.args['link'], 1)
  await rig.stop()
})

t('the view names the witness, whether it is in use, its last answer with its age and what it held', () => {
  const model = new Model()
  const at = now()
  assert.is(witnessView(model, at), null)
  const members = [{ node: 'a', name: 'n1' }]
  model.state = { config: { quorum: { witness: 'q1' } }, members, witness: 'q1' } as unknown as NonNullable<Model['state']>
  assert.equal([witnessView(model, at)?.inUse, witnessView(model, at)?.answeredAgoMs], [true, null])
  const because = {
    do: 'reach',
    key: 'witness.reached',
    args: { witness: 'q1', address: '10.9.0.9', port: 5409 },
    severity: 'notice',
  } as const
  const said: WitnessStatus = {
    type: 'witness-status',
    name: 'q1',
    connected: true,
    answeredAgoMs: 200,
    record: { epoch: 4, owner: nodeId('a') },
    because,
  }
  assert.is(model.receive(said, at), true)
  const view = witnessView(model, after(at, 1000))
  assert.equal([view?.connected, view?.answeredAgoMs, view?.record], [true, 1200, { epoch: 4, owner: 'n1' }])
  model.receive({ ...said, name: 'q2' } as Msg, at)
  assert.is(witnessView(model, at)?.connected, false, 'what another device says is not this one’s word')
})

t.run()
