/** The simulator's guard under the cases of the real one, in virtual time. What a machine without processes, files and output cannot be asked is named. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentDeath, AgentInventory, AgentOp, AgentResult } from '../../runtime/actor.js'
import { bootId, resourceId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'
import { SimGuard } from '../sim/guard.js'
import type { Conduct } from '../sim/guard-world.js'
import { EventHeap } from '../sim/heap.js'
import { type Behaviour, type GuardHarness, guardCases, type Manager, until } from './guard.cases.js'
import { facts } from './host.group.js'

const senseless: Readonly<Record<string, string>> = {
  'an exit code, output, environment and stdin arrive as they were': 'a simulated run has no environment and prints nothing',
  'output is capped and keeps its end': 'a simulated run prints nothing',
  'a run ends with its process, whoever closes or keeps stdout': 'a simulated run prints nothing',
  'an executable outside the trusted directories, or none at all, is refused': 'a simulated machine has no files',
  "a process that left session, parent and environment behind is still its resource's": 'a simulated service has no session to leave',
  'so is the death of a process whose parent lives on': 'a simulated service is one process',
  'the guard crashes: services run on and are found again, tokens hold, an operation in flight is unknown and not run again':
    'the simulated guard dies only with its machine',
}

const forever = Number.POSITIVE_INFINITY
const conducts: Readonly<Partial<Record<Behaviour, Conduct>>> = {
  ok: { ms: 5, rc: 0, serves: false },
  rc7: { ms: 5, rc: 7, serves: false },
  hang: { ms: forever, rc: 0, serves: false },
  stubborn: { ms: forever, rc: 0, serves: false },
  daemon: { ms: 5, rc: 0, serves: true },
  'daemon-hang': { ms: forever, rc: 0, serves: true },
}
const conductOf = (op: AgentOp): Conduct => {
  const conduct = conducts[op.argv[0] as Behaviour]
  if (!conduct) throw new Error(`the simulated machine has no agent ${op.argv[0]}`)
  return conduct
}

class SimHarness implements GuardHarness {
  readonly stranger = 'stranger'
  readonly #heap = new EventHeap()
  readonly #began: AgentOp[] = []
  readonly #lives: { results: AgentResult[]; deaths: AgentDeath[] }[] = []
  readonly #guard: SimGuard
  readonly #clock: NodeJS.Timeout
  #nowMs = 0

  constructor() {
    this.#guard = new SimGuard(
      {
        now: () => this.#nowMs,
        after: (ms, run) => void this.#heap.add(this.#nowMs + ms, run),
        power: () => undefined,
        began: (op) => this.#began.push(op),
        result: (result) => this.#lives.at(-1)?.results.push(result),
        death: (resource, pid) => this.#lives.at(-1)?.deaths.push({ type: 'agent-death', resource, pid, left: 0 }),
        conduct: conductOf,
      },
      seeded('guard'),
      new Map(),
    )
    this.#born()
    this.#clock = setInterval(() => this.#pass(20), 1)
  }

  close(): void {
    clearInterval(this.#clock)
  }
  manager(): Manager {
    const guard = this.#guard
    const life = this.#lives.length
    const { results, deaths } = this.#lives.at(-1) ?? this.#born()
    const one = async <T>(what: string, list: readonly T[], wanted: (value: T) => boolean): Promise<T> => {
      await until(what, () => list.some(wanted))
      return list.filter(wanted).at(-1) as T
    }
    return {
      hello: { ...facts('').guard, boot: bootId('0123456789abcdef0123456789abcdef'), counter: life },
      guard: {
        run: (op, token) => guard.run(op, token, ''),
        kill: (id) => guard.kill(id),
        ack: (id) => guard.ack(id),
        raise: (resource, token) => guard.raise(resource, token),
        note: (resource, note) => guard.note(resource, note),
        lease: (ms, agoMs) => guard.lease(ms, this.#nowMs - agoMs),
        endLife: () => guard.endLife(),
      },
      leases: () => [],
      result: (id) => one(`result of ${id}`, results, (r) => r.id === id),
      results: (id) => results.filter((r) => r.id === id).length,
      death: (resource) => one(`death of ${resource}`, deaths, (d) => d.resource === resource),
      deaths: (resource) => deaths.filter((d) => d.resource === resource).length,
      list: async () => ({ type: 'agent-inventory', resources: guard.inventory() }) as AgentInventory,
    }
  }
  agent(behaviour: Behaviour): string {
    return behaviour
  }
  running(resource: string): number {
    const id = resourceId(resource)
    return (this.#guard.active.has(id) ? 1 : 0) + this.#guard.flying(id).filter((op) => conductOf(op).ms === forever).length
  }
  started(resource: string): number {
    return this.#began.filter((op) => op.resource === resource).length
  }
  killOne(resource: string): void {
    this.#guard.crash(resourceId(resource))
  }
  async crashManager(): Promise<Manager> {
    this.#born()
    return this.manager()
  }
  async crashGuard(): Promise<Manager> {
    throw new Error('the simulated guard does not crash')
  }

  #born(): { results: AgentResult[]; deaths: AgentDeath[] } {
    const life = { results: [], deaths: [] }
    this.#lives.push(life)
    return life
  }
  #pass(ms: number): void {
    const end = this.#nowMs + ms
    for (let next = this.#heap.pop(end); next; next = this.#heap.pop(end)) {
      this.#nowMs = next.atMs
      next.run()
    }
    this.#nowMs = end
  }
}

const t = suite('guard: simulated')
const harness = new SimHarness()
t.after(() => harness.close())

t('the cases that make no sense for it are cases', () => {
  const names = guardCases.map((c) => c.name)
  assert.equal(
    Object.keys(senseless).filter((name) => !names.includes(name)),
    [],
  )
})
for (const one of guardCases) if (!Object.hasOwn(senseless, one.name)) t(`guard simulated: ${one.name}`, () => one.run(harness))

t('the 257th result that nobody acknowledged is not ordered any more', async () => {
  const fresh = new SimHarness()
  const m = fresh.manager()
  const op = (n: number): AgentOp => ({
    id: `9.${n}.0` as AgentOp['id'],
    kind: 'resource',
    resource: resourceId(`full-${n}`),
    action: 'monitor',
    argv: ['ok'],
    env: {},
    changes: false,
    reap: false,
    timeoutMs: 1000,
  })
  for (let n = 0; n < 257; n++) {
    m.guard.run(op(n), 0 as never)
    await m.result(`9.${n}.0`)
  }
  assert.is((await m.result('9.255.0')).end, 'exited')
  assert.match((await m.result('9.256.0')).detail, /256 finished operations wait/)
  fresh.close()
})

t.run()
