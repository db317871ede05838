/** A group of the worker host without a worker: its ways out are caught here, its store is an array. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { AgentOp, JobResult, Msg, StoreOp } from '../../runtime/actor.js'
import { now, Timers } from '../../runtime/host/clock.js'
import type { Facts } from '../../runtime/host/facts.js'
import { Group } from '../../runtime/host/group.js'
import { type JobOutcome, unpackJob } from '../../runtime/host/job.js'
import type { FromThread } from '../../runtime/host/messages.js'
import { bootId, clusterId, nodeId } from '../../runtime/ids.js'
import { Pool } from '../../runtime/pool.js'
import type { Store } from '../../runtime/ports.js'
import { reason } from '../../runtime/supervisor.js'
import { Recorder } from '../../runtime/trace/recorder.js'
import { actor, group as supervisorOf, withChildren } from '../../runtime/tree.js'
import type { HostUnderTest } from './host.cases.js'
import { scripted } from './host.script.js'

export const facts = (stateDir: string): Facts => ({
  boot: {
    cluster: clusterId('00000000-0000-4000-8000-000000000001'),
    node: nodeId('00000000-0000-4000-8000-00000000000a'),
    name: 'n1',
    incarnation: { boot: bootId('0123456789abcdef0123456789abcdef'), counter: 1 },
    timing: {
      beatMs: 50,
      limitMsFloor: 200,
      limitMsMax: 600,
      confirmMsMax: 25,
      electionMsMin: 1000,
      electionMsMax: 2000,
      managerGraceMs: 3000,
      rankMs: 15,
      fenceDelayMs: 125,
    },
  },
  node: {
    links: [{ address: '127.0.0.1', port: 1 }],
    stateDir,
    runDir: stateDir,
    keyFile: '',
    tls: { ca: '', cert: '', key: '' },
    settings: {},
  },
  guard: {
    boot: bootId('0123456789abcdef0123456789abcdef'),
    counter: 1,
    containment: 'subreaper',
    deathNotice: 'pidfd',
    watchdog: 'none',
    lease: 'not armed',
    shell: 'none',
    shellKey: '',
    root: false,
  },
})

/** Writes wait while it is held; refused ones say full. */
export class FakeStore implements Store {
  readonly recovered: Store['recovered']
  #held: { op: StoreOp; resolve(): void; reject(e: Error): void }[] | undefined

  constructor(readonly written: StoreOp[]) {
    this.recovered = { entries: written.flatMap((op) => (op.slot === 'wal' ? op.records : [])), notes: [] }
  }
  write(op: StoreOp): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.written.push(op)
        resolve()
      }
      if (this.#held) this.#held.push({ op, resolve: done, reject })
      else setImmediate(done)
    })
  }
  hold(): void {
    this.#held ??= []
  }
  release(fail = false): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const h of held) fail ? h.reject(Object.assign(new Error('ENOSPC'), { full: true })) : h.resolve()
  }
  async close(): Promise<void> {
    await Promise.resolve()
  }
}

const top = supervisorOf(
  'work',
  { intensity: 100 },
  [actor('a', { kind: 'small', persists: true }), actor('b', { kind: 'small' }), withChildren('resources', 'resource', 'resource/*')],
  { thread: 'work' },
)
const tree = supervisorOf('root', { strategy: 'rest_for_one' }, [
  top,
  supervisorOf('outside', {}, [actor('console', { service: true })], { thread: 'console' }),
])
const actors = new Map(['small', 'resource', 'child'].map((kind) => [kind, scripted(kind)]))

/** What comes while the thread stands still waits at a port, as it does in a worker. */
function inboxOf(deliver: (path: string, msg: Msg) => void): Pick<HostUnderTest, 'send' | 'stall'> & { close(): void } {
  const { port1: main, port2: port } = new MessageChannel()
  port.on('message', ({ path, msg }: { path: string; msg: Msg }) => deliver(path, msg))
  let stands = false
  return {
    send: (path, msg) => (stands ? main.postMessage({ path, msg }) : deliver(path, msg)),
    stall: (ms, meanwhile) =>
      // From the end of a round of the event loop: timers come next.
      new Promise((goesOn) => {
        setImmediate(() => {
          stands = true
          meanwhile()
          stands = false
          for (const untilMs = now() + ms; now() < untilMs; );
          goesOn()
        })
      }),
    close: () => port.close(),
  }
}

export async function startGroup(
  stateDir: string,
): Promise<HostUnderTest & { readonly group: Group; readonly said: readonly FromThread[] }> {
  const seen: Msg[] = []
  const ran: AgentOp[] = []
  const by = new Map<string, { path: string; life: number }>()
  const said: FromThread[] = []
  const written: StoreOp[] = []
  let store: FakeStore | undefined
  const timers = new Timers(now)
  const pool = new Pool(new URL('./host.jobs.js', import.meta.url).href)
  const answer = ({ by, id }: Extract<FromThread, { type: 'job' }>, outcome: JobOutcome): void => {
    const { ok } = outcome
    group.answer(by, '', { type: 'job-result', id, ok, value: ok ? unpackJob(outcome.bytes) : outcome } as JobResult)
  }
  const group: Group = new Group({
    thread: 'work',
    tree,
    top,
    facts: facts(stateDir),
    args: {},
    actors,
    spawn: 1,
    now,
    timers,
    recorder: new Recorder(),
    ready: () => undefined,
    done: () => timers.close(),
    outside: {
      send: (_from, to, msg) => {
        if (to.path === 'console') seen.push(msg)
      },
      host: (msg) => {
        said.push(msg)
        if (msg.type === 'job') void pool.run(msg.kind, msg.args, msg.limitMs).then((outcome) => answer(msg, outcome))
        if (msg.type !== 'run') return
        ran.push(msg.op)
        by.set(msg.op.id, msg.by)
      },
      openStore: async () => (store = new FakeStore(written)),
      peers: () => undefined,
    },
  })
  group.start()
  const inbox = inboxOf((path, msg) => group.deliver(path, { from: { path: 'console' }, msg }, 'control'))
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 4000 && !holds(); i++) await sleep(5)
    if (!holds()) throw new Error(`it does not come to pass that ${what}; seen: ${JSON.stringify(seen).slice(0, 2000)}`)
  }
  return {
    group,
    said,
    now,
    seen,
    ran,
    written,
    until,
    settle: () => sleep(60),
    ...inbox,
    holdDisk: () => store?.hold(),
    releaseDisk: (fail) => store?.release(fail),
    result: (result) => group.answer(by.get(result.id) ?? null, 'resource', result),
    stop: async () => {
      group.stop(reason('shutdown'))
      pool.close()
      inbox.close()
      await sleep(5)
    },
  }
}
