/**
 * kyhad's threads with scripted actors in the product's own tree: every way to lose an actor or a thread ends in the restart that the tree describes,
 * and the beat thread goes on unless the tree says otherwise.
 */
import { mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel } from 'node:worker_threads'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentOp, Effect, JobKind, Msg } from '../../runtime/actor.js'
import type { ActorInfo, ChildInfo } from '../../runtime/host/messages.js'
import { NodeHost } from '../../runtime/host/node.js'
import { opId, resourceId, token } from '../../runtime/ids.js'
import type { Guard } from '../../runtime/ports.js'
import { reason } from '../../runtime/supervisor.js'
import { instant } from '../../runtime/time.js'
import { actorsIn, placement, subtree, tree } from '../../runtime/tree.js'
import { facts } from './host.group.js'
import type { Do } from './host.script.js'
import type { Answer, Heard, Order } from './host.world.js'

const t = suite('host: threads')
let dir = ''
let signs = ''
let n = 0
t.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'kyha-threads-'))
  signs = join(dir, 'signs')
  process.env['KYHA_ALIVE_FD'] = String(openSync(signs, 'a'))
})
t.after(() => rmSync(dir, { recursive: true, force: true }))

/** Bytes that the beat thread wrote for the guard. */
const signsOfLife = (): number => statSync(signs).size

class FakeGuard implements Guard {
  readonly hello = facts('').guard
  readonly ran: AgentOp[] = []
  sheaves = 0
  lists = 0
  run(op: AgentOp): void {
    this.ran.push(op)
  }
  kill(): void {}
  ack(): void {}
  list(): void {
    this.lists++
  }
  readonly leases: [renewMs: number, sentMs: number][] = []
  raise(): void {}
  note(): void {}
  lease(renewMs: number, sentMs: number): void {
    this.leases.push([renewMs, sentMs])
  }
  endLife(): void {}
  standIn(): void {
    this.sheaves++
  }
  prioritize(): Promise<{ ok: boolean; detail: string }> {
    return Promise.resolve({ ok: true, detail: 'real-time: SCHED_RR 20' })
  }
  leave(): void {}
  close(): void {}
}

class Kyhad {
  readonly guard = new FakeGuard()
  readonly seen: Heard[] = []
  readonly answers: Answer[] = []
  readonly host: NodeHost
  readonly stuck: string[] = []
  readonly logFile: string
  readonly #channel: BroadcastChannel
  ended: { readonly reason: { how: string; detail: string }; readonly startFailed: boolean } | undefined

  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    const name = `kyha-test-${process.pid}-${++n}`
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = (event: unknown) => {
      const { data } = event as { data: Heard | Answer }
      if ('heard' in data) this.seen.push(data)
      else if ('ok' in data) this.answers.push(data)
    }
    const f = facts(dir)
    this.logFile = join(dir, `${name}.log`)
    this.host = new NodeHost({
      facts: { ...f, node: { ...f.node, settings: { channel: name, ...settings } } },
      args: { log: { genesis: [] } },
      guard: this.guard,
      complete: (op) => ({ ...op, argv: ['/resolved', ...op.argv.slice(1)] }),
      logTo: this.logFile,
      environment: new URL('./host.world.js', import.meta.url).href,
      childKinds: {},
      jobs: new URL('./host.jobs.js', import.meta.url).href,
      stuck: (thread) => this.stuck.push(thread),
    })
    void this.host.ended.then((e) => {
      this.ended = e
    })
  }

  async up(): Promise<this> {
    await this.host.started
    await this.until('the console is up', () => this.seen.some((s) => s.heard.type === 'console-up'))
    return this
  }
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let i = 0; i < 1600 && !holds(); i++) await sleep(5)
    if (!holds()) throw new Error(`it does not come to pass that ${what}; log: ${this.log().slice(-3000)}`)
  }
  log(): string {
    return readFileSync(this.logFile, { encoding: 'utf8', flag: 'a+' })
  }
  order(order: Order): void {
    this.#channel.postMessage(order)
  }
  do(path: string, what: Partial<Do>): void {
    this.order({ to: { path }, send: { type: 'do', effects: [], ...what } as Do })
  }
  /** The life of each actor that runs now. */
  async lives(): Promise<Readonly<Record<string, number>>> {
    const actors = (await this.host.inspect({ type: 'actors' })) as ActorInfo[]
    return Object.fromEntries(actors.map((a) => [a.path, a.life]))
  }
  /** Until all of `paths` run in a later life than `before`; gives their lives then. */
  async reborn(before: Readonly<Record<string, number>>, ...paths: readonly string[]): Promise<Readonly<Record<string, number>>> {
    for (let i = 0; i < 200; i++) {
      const after = await this.lives()
      if (paths.every((path) => (after[path] ?? 0) > (before[path] ?? 0))) return after
      await sleep(30)
    }
    throw new Error(`these are not born again: ${paths.join(' ')}; log: ${this.log().slice(-3000)}`)
  }
  /** Until the console takes orders again after it was restarted. */
  async console(times: number): Promise<void> {
    await this.until('the console is up again', () => this.seen.filter((s) => s.heard.type === 'console-up').length >= times)
  }
  notes(): readonly Msg[] {
    return this.seen.map((s) => s.heard).filter((m) => m.type === 'note')
  }
  /** How often each thread was started, by its supervisor in main. */
  async restarts(): Promise<Readonly<Record<string, number>>> {
    const children = (await this.host.inspect({ type: 'children' })) as ChildInfo[]
    return Object.fromEntries(children.filter((c) => c.thread === 'main').map((c) => [c.id, c.restarts]))
  }
  async stop(): Promise<void> {
    this.host.stop(reason('shutdown'))
    await this.host.ended
    this.#channel.close()
  }
}

type Lives = Readonly<Record<string, number>>
const story = (name: string, tell: (k: Kyhad, before: Lives) => Promise<void>): void =>
  t(name, async () => {
    const k = await new Kyhad().up()
    try {
      await tell(k, await k.lives())
    } finally {
      await k.stop()
    }
  })
const note = (path = 'console'): Effect => ({ do: 'send', to: { path }, msg: { type: 'note' }, class: 'control' })

t('the tree places every actor in the thread that it names', () => {
  const placed = placement(tree)
  assert.is(placed('membership'), 'beat')
  assert.is(placed('link/x/0'), 'beat')
  assert.is(placed('log'), 'core')
  assert.is(placed('resource/r1'), 'work')
  assert.is(placed('console'), 'console')
  assert.is(placed('nobody'), undefined)
  const work = subtree(tree, 'work')
  assert.ok(work && actorsIn(work).some((a) => a.id === 'resource'))
})

story('messages travel between threads, the guard is told alive, frames are signed ahead, orders reach the guard', async (k) => {
  k.do('membership', { effects: [note('log'), note()] })
  await k.until('both come', () => k.notes().length === 1 && k.seen.some((s) => s.heard.type === 'got' && s.from.path === 'log'))
  const op = {
    id: opId('op-1'),
    kind: 'resource',
    resource: resourceId('r1'),
    action: 'start',
    argv: ['kyha:x', 'start'],
  } as unknown as AgentOp
  k.do('resource', {
    effects: [{ do: 'agent', op, token: token(3) }, { do: 'agent-list' }, { do: 'lease', renewMs: 5000, sentMs: instant(7) }],
  })
  await k.until('the guard runs it', () => k.guard.ran.length === 1 && k.guard.lists === 1)
  assert.equal(k.guard.ran[0]?.argv, ['/resolved', 'start'])
  await k.until('the lease comes by', () => k.guard.leases.length === 1)
  assert.equal(k.guard.leases, [[5000, 7]])
  k.host.guardEvents.onDeath({ type: 'agent-death', resource: resourceId('r1'), pid: 7, left: 0 })
  await k.until('the director is told', () =>
    k.seen.some((s) => s.from.path === 'resource' && JSON.stringify(s.heard).includes('agent-death')),
  )
  const peers = [
    { node: facts('').boot.node, links: [] },
    { node: 'other' as never, links: [{ address: '127.0.0.2', port: 9 }] },
  ]
  k.do('log', { effects: [{ do: 'peers', peers }] })
  const before = k.guard.sheaves
  await k.until('frames are signed ahead', () => k.guard.sheaves > before)
  await k.until('the guard is told that kyhad lives', () => signsOfLife() > 0)
})

story('a throw restarts the actor alone; its death is logged with a sentence', async (k, before) => {
  k.do('coordinator', { fail: 'told to' })
  const after = await k.reborn(before, 'coordinator')
  assert.equal({ ...after, coordinator: 0 }, { ...before, coordinator: 0 })
  assert.match(k.log(), /coordinator ended \(error: Bug: told to\); work restarts it \(one_for_one\), restart 1 of at most 3 in 5000 ms/)
  await k.until('the console is told', () =>
    k.seen.some((s) => s.heard.type === 'said' && JSON.stringify(s.heard).includes('runtime.child-restarted')),
  )
})

for (const [name, crime, said] of [
  ['an endless loop', 'spin', /Thread work made no progress for \d+ ms/],
  ['a full heap', 'hog', /ERR_WORKER_OUT_OF_MEMORY|Thread work made no progress/],
  ['a throw outside of an actor', 'stray', /thrown outside of an actor/],
] as const) {
  story(`${name} in work restarts work and what comes after it; beats go on`, async (k, before) => {
    k.do('fencer', { crime })
    const after = await k.reborn(before, 'fencer', 'coordinator', 'resource')
    assert.match(k.log(), said)
    for (const path of ['membership', 'disk-heartbeat', 'quorum', 'log']) assert.is(after[path], before[path])
    const restarts = await k.restarts()
    assert.equal([restarts['beat'], restarts['core'], restarts['work']], [0, 0, 1])
    const told = signsOfLife()
    await k.until('the guard hears of it', () => signsOfLife() > told)
  })
}

story('a killed core thread: core, work and console start anew, beat does not', async (k, before) => {
  k.host.crash('core')
  const after = await k.reborn(before, 'log', 'quorum', 'resource')
  assert.is(after['membership'], before['membership'])
})

story('a killed beat thread: everything after it starts anew, the console after its pause', async (k, before) => {
  k.host.crash('beat')
  await k.reborn(before, 'membership', 'log', 'resource')
  await k.console(2)
})

story('an actor that dies again and again takes its supervisor, then its thread with it; the node heals', async (k, before) => {
  let lives = before
  for (let i = 1; i <= 4; i++) {
    k.do('health-monitor', { fail: `time ${i}` })
    lives = await k.reborn(lives, 'health-monitor')
    if (i < 4) assert.is(lives['fencer'], before['fencer'])
  }
  assert.ok((lives['fencer'] ?? 0) > (before['fencer'] ?? 0))
  assert.match(k.log(), /that would be restart 4 in 5000 ms and work allows 3/)
  assert.is(lives['membership'], before['membership'])
})

story('monitors reach over threads; a lost thread is told', async (k, before) => {
  k.do('membership', { effects: [{ do: 'monitor', path: 'coordinator' }, note()] })
  await k.until('it watches', () => k.notes().length === 1)
  await sleep(50)
  k.do('coordinator', { fail: 'told to' })
  const downs = (): readonly string[] =>
    k.seen.filter((s) => s.from.path === 'membership' && s.heard.type === 'got').map((s) => JSON.stringify(s.heard))
  await k.until('it is told', () => downs().some((d) => d.includes('"down"') && d.includes('told to')))
  await k.reborn(before, 'coordinator')
  k.do('membership', { effects: [{ do: 'monitor', path: 'coordinator' }, note()] })
  await k.until('it watches again', () => k.notes().length === 2)
  await sleep(50)
  k.host.crash('work')
  await k.reborn(before, 'coordinator')
  const trace = JSON.stringify(await k.host.inspect({ type: 'trace', path: 'membership' }))
  assert.is(trace.match(/"type":"down"/g)?.length, 2)
})

story('the runtime shows its inside: actors, state, trace, children, restart; a wrong path is a sentence', async (k, before) => {
  const ask = async (inspect: Msg): Promise<Answer> => {
    const id = Math.trunc(k.answers.length + 1)
    k.order({ inspect, id })
    await k.until('it is answered', () => k.answers.some((a) => a.id === id))
    return k.answers.find((a) => a.id === id) as Answer
  }
  const actors = (await ask({ type: 'actors' })).value as ActorInfo[]
  assert.equal(actors.find((a) => a.path === 'log')?.supervisor, 'core')
  assert.ok(actors.some((a) => a.path === 'membership' && a.thread === 'beat'))
  k.do('quorum', { effects: [note()] })
  await k.until('it is done', () => k.notes().length === 1)
  assert.equal((await ask({ type: 'state', path: 'quorum' } as Msg)).value, { got: ['do'] })
  assert.match(JSON.stringify((await ask({ type: 'trace', path: 'quorum' } as Msg)).value), /"from":"console","type":"do"/)
  assert.ok((await ask({ type: 'restart', path: 'fencer' } as Msg)).ok)
  assert.is((await k.reborn(before, 'fencer'))['log'], before['log'])
  const wrong = await ask({ type: 'state', path: 'nobody' } as Msg)
  assert.is(wrong.ok, false)
  assert.match(String(wrong.value), /no actor runs at nobody/)
})

story(
  'a job runs beside the thread that asked: it takes messages meanwhile, and is told; a job that never ends harms nobody',
  async (k, before) => {
    const ask = (id: string, kind: string, timeoutMs: number): Effect => ({ do: 'job', id, kind: kind as JobKind, args: id, timeoutMs })
    const answers = (): readonly string[] =>
      k.seen
        .filter((s) => s.from.path === 'coordinator' && JSON.stringify(s.heard).includes('job-result'))
        .map((s) => JSON.stringify(s.heard))
    k.do('coordinator', { effects: [ask('one', 'spin', 4000), ask('two', 'echo', 20_000), note()] })
    await k.until('the short one is done', () => answers().some((a) => a.includes('"id":"two","ok":true,"value":"two"')))
    k.do('coordinator', { effects: [note()] })
    await k.until('it takes messages', () => k.notes().length === 2)
    await k.until('the long one is answered', () => answers().some((a) => /"id":"one","ok":false.*runtime.job-late/.test(a)))
    assert.is(answers().length, 2)
    assert.equal(await k.lives(), before)
  },
)

story('a service has jobs carried out, too', async (k) => {
  k.order({ job: 'echo', args: { of: 'console' }, limitMs: 10_000, id: 71 })
  k.order({ job: 'fail', args: null, limitMs: 10_000, id: 72 })
  await k.until('both are answered', () => k.answers.length === 2)
  const [done, failed] = [71, 72].map((id) => k.answers.find((a) => a.id === id))
  assert.equal([done?.ok, done?.value], [true, { of: 'console' }])
  assert.equal([failed?.ok, failed?.value], [false, 'failed'])
})

t('a console that cannot start, or throws, fails alone', async () => {
  const k = new Kyhad({ broken: true })
  await k.host.started
  await k.until('it is tried again', () => (k.log().match(/console-thread ended/g) ?? []).length >= 1)
  assert.match(k.log(), /the console cannot start/)
  assert.is(k.ended, undefined)
  await k.stop()
  const restarts = k.log().match(/(beat|core|work) ended/g)
  assert.is(restarts, null)
})

t('a thread that dies too often takes kyhad down: the guard starts it again', async () => {
  const k = await new Kyhad().up()
  for (let i = 1; i <= 5; i++) {
    const before = await k.lives()
    k.host.crash('work')
    if (i < 5) await k.reborn(before, 'fencer')
  }
  await k.until('root gives up', () => k.ended !== undefined)
  assert.is(k.ended?.reason.how, 'shutdown')
  assert.match(k.log(), /root allows 4/)
  await k.stop()
})

t.run()
