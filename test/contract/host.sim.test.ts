/** The simulator's host under the duties of a host, in virtual time. */
import { suite } from 'uvu'
import type { AgentOp, AgentResult, Msg, StoreOp } from '../../runtime/actor.js'
import type { Job } from '../../runtime/host/job.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'
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

async function start(stands: 'pause' | 'stick' = 'stick'): Promise<HostUnderTest> {
  const heap = new EventHeap()
  const disk = new NotedDisk()
  const seen: Msg[] = []
  const ran: AgentOp[] = []
  const issuers = new Map<string, string>()
  let nowMs = 1000
  const host = new SimHost({
    spec,
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
const stopped = storyOf(t, () => start('pause'))
standingCases((name, tell) => stopped(`kyhad is stopped: ${name}`, tell))

t.run()
