/** The simulator's host under the duties of a host, in virtual time. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AgentOp, type AgentResult, type Msg, persist, type StoreOp, send, type WalRecord } from '../../runtime/actor.js'
import type { Job } from '../../runtime/host/job.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'
import { reason } from '../../runtime/supervisor.js'
import { instant } from '../../runtime/time.js'
import { timing } from '../sim/cluster.js'
import { SimDisk } from '../sim/disk.js'
import { EventHeap } from '../sim/heap.js'
import { SimHost } from '../sim/host.js'
import type { MachineSpec } from '../sim/spec.js'
import { type HostUnderTest, hostCases, storyOf } from './host.cases.js'
import { standingCases } from './host.cases.still.js'
import { scripted } from './host.script.js'

const t = suite('host: simulated')
const untilMsMax = 100_000
const settleMs = 60
let started = 0

/** What was made durable, in order. */
class NotedDisk extends SimDisk {
  readonly #pending: StoreOp[] = []
  readonly written: StoreOp[] = []
  override begin(op: StoreOp): void {
    super.begin(op)
    this.#pending.push(op)
  }
  override settle(): boolean {
    const op = this.#pending.shift()
    if (op) this.written.push(op)
    return super.settle()
  }
  override refuse(): void {
    this.#pending.shift()
    super.refuse()
  }
}

const spec: MachineSpec = {
  node: nodeId('node-1'),
  name: 'n1',
  links: [],
  cluster: clusterId('00000000-0000-4000-8000-000000000001'),
  timing,
  actors: new Map(['a', 'b', 'resource', 'child'].map((kind) => [kind, scripted(kind)])),
  order: ['a', 'b', 'resource'],
  args: () => undefined,
  persists: (path) => path === 'a',
  heals: () => true,
  threadOf: () => 'work',
  jobs: new Map<string, Job>([
    ['echo', (args) => args],
    ['slow', (args) => args],
    [
      'fail',
      () => {
        throw new Error('told to fail')
      },
    ],
  ]),
  jobFate: (kind) => (kind === 'spin' ? 'late' : kind === 'die' ? 'crashed' : 'ends'),
}

interface Started extends HostUnderTest {
  readonly host: SimHost
  readonly disk: SimDisk
}
async function start(over: Partial<MachineSpec> = {}, stands: 'pause' | 'stick' = 'stick'): Promise<Started> {
  const heap = new EventHeap()
  const disk = new NotedDisk()
  const seen: Msg[] = []
  const ran: AgentOp[] = []
  const issuers = new Map<string, string>()
  let nowMs = 1000
  const host = new SimHost({
    spec: { ...spec, ...over },
    world: {
      nowMs: () => nowMs,
      after: (ms, run) => heap.add(nowMs + Math.max(0, ms), run),
      again: (event, ms) => heap.again(event, nowMs + Math.max(0, ms)),
    },
    disk,
    incarnation: { boot: 'boot' as never, counter: 1 },
    name: 'life',
    random: seeded(`host ${++started}`),
    guard: () =>
      ({
        run: (op: AgentOp, _token: unknown, issuer: string) => {
          ran.push(op)
          issuers.set(op.id, issuer)
        },
      }) as never,
    diskExtraMs: () => 0,
    depart: () => undefined,
    delivered: (_path, _from, msg) => msg,
    said: () => undefined,
    bug: () => undefined,
    show: (msg) => seen.push(msg),
    gaveUp: () => undefined,
  })
  host.start()
  const pass = (ms: number, isOver: () => boolean): void => {
    const end = nowMs + ms
    while (!isOver()) {
      const next = heap.pop(end)
      if (!next) break
      nowMs = next.atMs
      next.run()
    }
    if (!isOver()) nowMs = end
  }
  return {
    host,
    disk,
    now: () => instant(nowMs),
    seen,
    ran,
    written: disk.written,
    send: (path, msg) => void heap.add(nowMs, () => host.deliver(path, { path: 'console' }, msg)),
    until: async (what, holds) => {
      pass(untilMsMax, holds)
      if (!holds()) throw new Error(`it does not come to pass that ${what}; seen: ${JSON.stringify(seen).slice(0, 2000)}`)
    },
    settle: async () => pass(settleMs, () => false),
    stall: async (ms, meanwhile) => {
      if (stands === 'pause') host.pause()
      else host.stick('work')
      meanwhile()
      pass(ms, () => false)
      if (stands === 'pause') host.resume()
      else host.unstick('work')
    },
    holdDisk: () => host.holdDisk(),
    releaseDisk: (fail) => host.releaseDisk(fail),
    result: (result: AgentResult) => host.agentResult(result, issuers.get(result.id) ?? ''),
    stop: async () => host.end(),
  }
}

hostCases(t, () => start())

/** All of kyhad, not a thread. */
const stopped = storyOf(t, () => start({}, 'pause'))
standingCases((name, tell) => stopped(`kyhad is stopped: ${name}`, tell))

/** As in the product: `a`, which persists, has a thread of its own between two others. */
const threads: Partial<MachineSpec> = {
  order: ['b', 'a', 'resource'],
  threadOf: (path) => (path === 'b' ? 'beat' : path === 'a' ? 'core' : 'work'),
}
/** Each is told of when it is durable. */
const writes = (...indexes: readonly number[]): Msg => {
  const record = (index: number): WalRecord => ({
    index: index as WalRecord['index'],
    term: 1 as WalRecord['term'],
    bytes: new Uint8Array(1),
  })
  const effects = indexes.map((index) =>
    persist({ slot: 'wal', records: [record(index)] }, [send({ path: 'console' }, { type: 'durable', index } as Msg)]),
  )
  return { type: 'do', effects } as unknown as Msg
}
const ofType = (h: HostUnderTest, type: string): number =>
  h.seen.filter((m) => (m as Msg & { msg?: Msg }).msg?.type === type || m.type === type).length

t(
  'the end of a thread leaves the writes of another one alone: they stay on their way, and one that the disk had no room for says so',
  async () => {
    const h = await start(threads)
    h.send('a', writes(1))
    await h.settle()
    h.disk.full = true
    h.holdDisk()
    h.send('a', writes(2))
    await h.settle()
    h.host.endThread('work', reason('lost'))
    await h.until(
      'it is born again',
      () => h.seen.filter((m) => m.type === 'born' && (m as Msg & { path: string }).path === 'resource').length === 2,
    )
    h.releaseDisk()
    await h.settle()
    assert.equal([h.disk.lastIndex, ofType(h, 'durable'), ofType(h, 'store-failed')], [1, 1, 1])
    h.disk.full = false
    h.send('a', writes(2, 3))
    await h.settle()
    assert.equal([h.disk.lastIndex, ofType(h, 'durable'), ofType(h, 'store-failed')], [3, 3, 1])
  },
)

t('of the writes of a thread that is lost a front part is there, of one that ends in order all are', async () => {
  const ends = async (how: 'lost' | 'error'): Promise<number> => {
    const h = await start(threads)
    h.holdDisk()
    h.send('a', writes(1, 2, 3))
    await h.settle()
    h.host.endThread('core', reason(how))
    const { lastIndex } = h.disk
    h.releaseDisk()
    await h.settle()
    assert.equal([h.disk.lastIndex, ofType(h, 'durable'), ofType(h, 'store-failed')], [lastIndex, 0, 0])
    return lastIndex
  }
  const lost = new Set<number>()
  for (let n = 0; n < 100; n++) lost.add(await ends('lost'))
  assert.equal([...lost].sort(), [0, 1, 2, 3])
  assert.is(await ends('error'), 3)
})

t.run()
