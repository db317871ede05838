/**
 * What every Guard must do, whoever implements it: the C guard in each containment, the simulator's twin. A harness gives agents that
 * behave in a named way, the ground truth of what runs, and crashes. Each case uses a resource of its own; no case asserts a time.
 */
import * as assert from 'uvu/assert'
import type { AgentDeath, AgentInventory, AgentOp, AgentResult } from '../../runtime/actor.js'
import { opId, resourceId, type Token, token } from '../../runtime/ids.js'
import type { Guard } from '../../runtime/ports.js'

/**
 * `ok`, `rc7`: exit at once. `hang`: never ends, with a child. `stubborn`: the same, ignoring SIGTERM. `daemon`: leaves one process
 * behind, double-forked, own session. `nameless`: the same with its environment wiped. `chatty`: a daemon that keeps stdout and writes
 * to it. `mute`: closes its outputs, exits 3. `print`: 100 KiB on stdout, 20 KiB on stderr, ending in END. `env`, `stdin`: print what
 * they got. `daemon-hang`: daemon, then hang. `pair`: a daemon with a worker, which is its child.
 */
export type Behaviour =
  | 'ok'
  | 'rc7'
  | 'hang'
  | 'stubborn'
  | 'daemon'
  | 'nameless'
  | 'chatty'
  | 'mute'
  | 'print'
  | 'env'
  | 'stdin'
  | 'daemon-hang'
  | 'pair'

/** One life of kyhad. */
export interface Manager {
  readonly hello: Guard['hello']
  readonly guard: Pick<Guard, 'run' | 'kill' | 'ack' | 'raise' | 'note'> & {
    /** A renewal of `ms` that was sent `agoMs` ago. */
    lease(ms: number, agoMs: number): void
    endLife(): void
  }
  result(id: string): Promise<AgentResult>
  /** Results seen so far for that operation. */
  results(id: string): number
  death(resource: string): Promise<AgentDeath>
  deaths(resource: string): number
  /** States of the lease told so far. */
  leases(): readonly string[]
  list(): Promise<AgentInventory>
}
export interface GuardHarness {
  manager(): Manager
  agent(behaviour: Behaviour): string
  /** An executable outside of what the guard trusts. */
  readonly stranger: string
  /** Processes of the resource that really run. */
  running(resource: string): number
  /** How often agents were really started for it. */
  started(resource: string): number
  killOne(resource: string, which?: 'first' | 'last'): void
  /** Resolves with the next life of kyhad. */
  crashManager(): Promise<Manager>
  /** SIGKILL to the guard; a new one is started. */
  crashGuard(): Promise<Manager>
}

let n = 0
export const op = (h: GuardHarness, resource: string, action: string, behaviour: Behaviour, more: Partial<AgentOp> = {}): AgentOp => ({
  id: opId(`1.${++n}.0`),
  kind: 'resource',
  resource: resourceId(resource),
  action,
  argv: [h.agent(behaviour), action],
  env: {},
  changes: action === 'start',
  reap: action === 'stop',
  timeoutMs: 20_000,
  ...more,
})
export const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.unreachable(`never happened: ${what}`)
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))
const T = (k: number): Token => token(k)
const row = (inventory: AgentInventory, resource: string) => inventory.resources.find((r) => r.resource === resource)

export async function run(h: GuardHarness, o: AgentOp, t = T(1)): Promise<AgentResult> {
  const m = h.manager()
  m.guard.run(o, t)
  const result = await m.result(o.id)
  m.guard.ack(o.id)
  return result
}
export async function startDaemon(h: GuardHarness, resource: string, behaviour: Behaviour = 'daemon', t = T(1)): Promise<void> {
  assert.is((await run(h, op(h, resource, 'start', behaviour), t)).end, 'exited')
  await until(`${resource} runs`, () => h.running(resource) === 1)
}

export interface Case {
  readonly name: string
  readonly run: (h: GuardHarness) => Promise<void>
}

const endings: readonly Case[] = [
  {
    name: 'an exit code, output, environment and stdin arrive as they were',
    run: async (h) => {
      assert.is((await run(h, op(h, 'plain', 'monitor', 'rc7'))).rc, 7)
      const env = await run(h, op(h, 'plain', 'monitor', 'env', { env: { OCF_RESKEY_ip: '10.0.0.1' } }))
      const lines = env.stdout.split('\n')
      assert.ok(lines.includes('OCF_RESKEY_ip=10.0.0.1'))
      assert.ok(lines.includes('KYHA_RESOURCE=plain'))
      assert.is(
        lines.some((line) => line.startsWith('KYHA_TEST') || line.startsWith('HOME=')),
        false,
        'the environment is clean',
      )
      assert.is((await run(h, op(h, 'plain', 'monitor', 'stdin', { stdin: 'action=off\nplug=n1\n' }))).stdout, 'action=off\nplug=n1\n')
    },
  },
  {
    name: 'output is capped and keeps its end',
    run: async (h) => {
      const { stdout, stderr } = await run(h, op(h, 'capped', 'monitor', 'print'))
      assert.is(stdout.length, 64 * 1024)
      assert.is(stderr.length, 8 * 1024)
      assert.ok(stdout.endsWith('END\n') && stderr.endsWith('END\n'))
    },
  },
  {
    name: 'a run ends with its process, whoever closes or keeps stdout',
    run: async (h) => {
      assert.is((await run(h, op(h, 'mute', 'monitor', 'mute'))).rc, 3)
      await startDaemon(h, 'chatty', 'chatty')
      await settle()
      assert.is(h.running('chatty'), 1, 'it writes on and is not killed by a closed pipe')
    },
  },
  {
    name: 'a monitor at its limit loses its whole group, the daemons of the resource stay',
    run: async (h) => {
      await startDaemon(h, 'limit')
      const result = await run(h, op(h, 'limit', 'monitor', 'hang', { timeoutMs: 150 }))
      assert.is(result.end, 'timeout')
      assert.is(result.rc, undefined)
      assert.match(result.detail, /not finished after \d+ ms/)
      assert.is(h.running('limit'), 1)
    },
  },
  {
    name: 'an agent that ignores SIGTERM is killed, the daemons of the resource stay',
    run: async (h) => {
      await startDaemon(h, 'stubborn')
      assert.is((await run(h, op(h, 'stubborn', 'monitor', 'stubborn', { timeoutMs: 100 }))).end, 'timeout')
      assert.is(h.running('stubborn'), 1)
    },
  },
  {
    name: 'a start or stop at its limit takes everything of its resource',
    run: async (h) => {
      assert.is((await run(h, op(h, 'half', 'start', 'daemon-hang', { timeoutMs: 400 }))).end, 'timeout')
      assert.is(h.started('half'), 1)
      assert.is(h.running('half'), 0)
      await startDaemon(h, 'half')
      assert.is((await run(h, op(h, 'half', 'stop', 'hang', { timeoutMs: 100 }))).end, 'timeout')
      assert.is(h.running('half'), 0, 'also what an earlier operation had started')
      assert.is(h.manager().deaths('half'), 0)
    },
  },
  {
    name: 'a kill ends a run, and its result still comes',
    run: async (h) => {
      const o = op(h, 'killed', 'monitor', 'hang')
      h.manager().guard.run(o, T(1))
      await until('it runs', () => h.running('killed') > 0)
      h.manager().guard.kill(o.id)
      assert.is((await h.manager().result(o.id)).end, 'signalled')
      h.manager().guard.ack(o.id)
      assert.is(h.running('killed'), 0)
    },
  },
]

const refusals: readonly Case[] = [
  {
    name: 'a lower token is refused and starts nothing (S3)',
    run: async (h) => {
      await run(h, op(h, 'token', 'start', 'ok'), T(7))
      const low = await run(h, op(h, 'token', 'start', 'ok'), T(6))
      assert.is(low.end, 'refused')
      assert.match(low.detail, /token 6 is below 7/)
      assert.is(h.started('token'), 1)
      assert.is((await run(h, op(h, 'token', 'monitor', 'ok'), T(6))).end, 'exited', 'a monitor changes nothing')
      h.manager().guard.raise(resourceId('token'), T(9))
      assert.is((await run(h, op(h, 'token', 'start', 'ok'), T(8))).end, 'refused')
      assert.is((await run(h, op(h, 'token', 'start', 'ok'), T(9))).end, 'exited')
    },
  },
  {
    name: 'one operation id runs at most once (S18)',
    run: async (h) => {
      const o = op(h, 'once', 'start', 'ok')
      const m = h.manager()
      m.guard.run(o, T(1))
      m.guard.run(o, T(1))
      await m.result(o.id)
      m.guard.run(o, T(1))
      await m.list()
      await settle()
      assert.is(m.results(o.id), 2, 'the one result, and the stored one again')
      assert.is((await m.result(o.id)).end, 'exited')
      m.guard.ack(o.id)
      assert.is(h.started('once'), 1)
    },
  },
  {
    name: 'a second operation of a resource is busy, a fence operation is not',
    run: async (h) => {
      const m = h.manager()
      const first = op(h, 'busy', 'monitor', 'hang')
      m.guard.run(first, T(1))
      await until('it runs', () => h.running('busy') > 0)
      const second = await run(h, op(h, 'busy', 'stop', 'ok'))
      assert.is(second.end, 'refused')
      assert.match(second.detail, /busy/)
      m.guard.kill(first.id)
      await m.result(first.id)
      const monitor = op(h, 'fence/lab', 'monitor', 'hang', { kind: 'fence' })
      m.guard.run(monitor, T(0))
      await until('it runs', () => h.running('fence/lab') > 0)
      assert.is((await run(h, op(h, 'fence/lab', 'off', 'ok', { kind: 'fence' }), T(0))).rc, 0)
      m.guard.kill(monitor.id)
      await m.result(monitor.id)
    },
  },
  {
    name: 'an executable outside the trusted directories, or none at all, is refused',
    run: async (h) => {
      for (const path of [h.stranger, `${h.agent('ok')}/../../../../../../../bin/sh`, '/no/such/agent', 'sh']) {
        const result = await run(h, op(h, 'trust', 'start', 'ok', { argv: [path, 'start'] }))
        assert.is(result.end, 'refused', path)
        assert.ok(result.detail.length > 10)
      }
      assert.is((await run(h, op(h, 'trust', 'start', 'ok', { env: { LD_PRELOAD: '/tmp/x.so' } }))).end, 'refused')
      assert.is(h.started('trust'), 0)
    },
  },
]

const afterwards: readonly Case[] = [
  {
    name: 'leftovers are killed after a stop that returned 0, not after one that failed',
    run: async (h) => {
      await startDaemon(h, 'left')
      assert.is((await run(h, op(h, 'left', 'stop', 'rc7'))).rc, 7)
      assert.is(h.running('left'), 1)
      assert.is((await run(h, op(h, 'left', 'stop', 'ok', { reap: false }))).rc, 0)
      assert.is(h.running('left'), 1)
      const stop = await run(h, op(h, 'left', 'stop', 'ok'))
      assert.is(stop.rc, 0)
      assert.is(h.running('left'), 0)
      assert.is(h.manager().deaths('left'), 0, 'a stop is no death')
    },
  },
  {
    name: "a process that left session, parent and environment behind is still its resource's",
    run: async (h) => {
      await startDaemon(h, 'nameless', 'nameless')
      assert.is(row(await h.manager().list(), 'nameless')?.pids, 1)
      assert.is((await run(h, op(h, 'nameless', 'stop', 'ok'))).rc, 0)
      assert.is(h.running('nameless'), 0)
    },
  },
  {
    name: 'the death of a service process is told at once',
    run: async (h) => {
      await startDaemon(h, 'dies')
      await run(h, op(h, 'dies', 'monitor', 'ok'))
      h.killOne('dies')
      assert.is((await h.manager().death('dies')).left, 0)
    },
  },
  {
    name: 'so is the death of a process whose parent lives on',
    run: async (h) => {
      assert.is((await run(h, op(h, 'worker', 'start', 'pair'))).end, 'exited')
      await until('both run', () => h.running('worker') === 2)
      await run(h, op(h, 'worker', 'monitor', 'ok'))
      h.killOne('worker', 'last')
      assert.is((await h.manager().death('worker')).left, 1)
    },
  },
]

const crashes: readonly Case[] = [
  {
    name: 'kyhad crashes: services run on, results wait, the incarnation grows',
    run: async (h) => {
      await startDaemon(h, 'survivor', 'daemon', T(4))
      const before = h.manager()
      before.guard.note(resourceId('survivor'), 'an older note')
      before.guard.note(resourceId('survivor'), '{"params":"\u00e4"}')
      const done = op(h, 'survivor', 'monitor', 'rc7')
      before.guard.run(done, T(4))
      await before.result(done.id)
      const flying = op(h, 'flying', 'monitor', 'hang')
      before.guard.run(flying, T(1))
      await until('it runs', () => h.running('flying') > 0)
      const m = await h.crashManager()
      assert.is(h.running('survivor'), 1)
      assert.is(m.hello.boot, before.hello.boot)
      assert.ok(m.hello.counter > before.hello.counter)
      const inventory = await m.list()
      assert.is(row(inventory, 'survivor')?.pids, 1)
      assert.is(row(inventory, 'survivor')?.token, 4)
      assert.is(row(inventory, 'survivor')?.note, '{"params":"\u00e4"}')
      assert.equal(
        row(inventory, 'survivor')?.finished.map((r) => [r.id, r.rc]),
        [[done.id, 7]],
      )
      assert.equal(row(inventory, 'flying')?.inFlight, { id: flying.id, action: 'monitor' })
      m.guard.ack(done.id)
      m.guard.kill(flying.id)
      assert.is((await m.result(flying.id)).end, 'signalled')
      m.guard.ack(flying.id)
      assert.equal(row(await m.list(), 'survivor')?.finished, [])
      m.guard.note(resourceId('survivor'), '')
      assert.is(row(await m.list(), 'survivor')?.note, undefined)
      h.killOne('survivor')
      await m.death('survivor')
    },
  },
  {
    name: 'the guard crashes: services run on and are found again, tokens hold, an operation in flight is unknown and not run again',
    run: async (h) => {
      await startDaemon(h, 'adopted', 'daemon', T(5))
      const before = h.manager()
      before.guard.note(resourceId('adopted'), 'of before')
      const done = op(h, 'adopted', 'monitor', 'rc7')
      before.guard.run(done, T(5))
      await before.result(done.id)
      const flying = op(h, 'lost', 'start', 'hang')
      before.guard.run(flying, T(2))
      await until('it runs', () => h.running('lost') > 0)
      const m = await h.crashGuard()
      assert.is(h.running('adopted'), 1)
      assert.is(m.hello.boot, before.hello.boot)
      assert.ok(m.hello.counter > before.hello.counter)
      await until('the lost operation is over', () => h.running('lost') === 0)
      let inventory = await m.list()
      for (let i = 0; i < 100 && row(inventory, 'lost')?.inFlight; i++) inventory = await m.list()
      assert.is(row(inventory, 'adopted')?.pids, 1)
      assert.equal(
        row(inventory, 'adopted')?.finished.map((r) => r.rc),
        [7],
      )
      const unknown = row(inventory, 'lost')?.finished[0]
      assert.is(unknown?.end, 'signalled')
      assert.is(unknown?.rc, undefined)
      assert.match(unknown?.detail ?? '', /unknown/)
      m.guard.run(flying, T(2))
      await m.result(flying.id)
      assert.is(h.started('lost'), 1)
      for (const id of [done.id, flying.id]) m.guard.ack(id)
      assert.is(row(inventory, 'adopted')?.note, 'of before', 'so did the note')
      assert.is((await run(h, op(h, 'adopted', 'start', 'ok'), T(4))).end, 'refused', 'the token outlived the guard')
      h.killOne('adopted')
      assert.is((await m.death('adopted')).left, 0)
    },
  },
]

export const guardCases: readonly Case[] = [...endings, ...refusals, ...afterwards, ...crashes]
