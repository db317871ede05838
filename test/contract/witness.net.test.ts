/** A quorum device in a process of its own, asked over real sockets, keeps what every witness promises; it starts anew from its disk after SIGKILL. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WitnessAsk, WitnessTold } from '../../actors/log/messages.js'
import { nodeId } from '../../runtime/ids.js'
import { Asker, DeviceHost, goodDevice, TestCluster } from './witness.bench.js'
import { type Witnessed, witnessCases } from './witness.cases.js'

const t = suite('contract: witness (quorum device over real sockets)')

witnessCases(t, async (): Promise<Witnessed> => {
  const host = await DeviceHost.open()
  const cluster = await TestCluster.make('shop')
  const device = goodDevice(await host.enrol(cluster))
  const askers = cluster.nodes.map((node) => new Asker(node, cluster, device))
  /** The cases' names for the two nodes. */
  const names = ['node-a', 'node-b'].map(nodeId)
  const owner = (id: string | undefined): string | undefined => names[cluster.nodes.findIndex((n) => n.id === id)]
  return {
    async ask(ask: WitnessAsk): Promise<WitnessTold> {
      const asker = askers[names.indexOf(ask.node)]
      assert.ok(asker, 'one of the two nodes asks')
      const { record, ...told } = await asker.ask({ ...ask, node: asker.node.id })
      const by = record && owner(record.owner)
      return { ...told, ...(record ? { record: { epoch: record.epoch, ...(by ? { owner: nodeId(by) } : {}) } } : {}) }
    },
    async restart() {
      await host.stop('SIGKILL')
      await host.start()
    },
    async forget() {
      await host.replace()
      const anew = goodDevice(await host.enrol(cluster))
      for (const asker of askers) asker.use(anew)
    },
    async close() {
      for (const asker of askers) asker.close()
      await host.close()
      cluster.close()
    },
  }
})

t.run()
