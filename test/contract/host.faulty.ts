/**
 * A whole kyhad (host.kyhad.ts) under the real guard, for tests that hurt it: a peer counts its heartbeats, a service runs, and at the end of each story
 * the service must be the very same one.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { Flag } from '../../actors/heartbeat-link/messages.js'
import { now } from '../../runtime/host/clock.js'
import type { ActorInfo } from '../../runtime/host/messages.js'
import { bootId, nodeId, token } from '../../runtime/ids.js'
import type { Datagram, Datagrams } from '../../runtime/ports.js'
import { openDatagrams } from '../../runtime/wire/datagram.js'
import { makeKeyLine, readKeys } from '../../runtime/wire/keys.js'
import { when } from '../needs.js'
import { freePort } from '../ports.js'
import { op } from './guard.cases.js'
import { cannot, guardPath, type Life, RealGuard } from './guard.harness.js'
import { facts } from './host.group.js'
import type { Do } from './host.script.js'

const program = fileURLToPath(new URL('./host.kyhad.js', import.meta.url))
const us = facts('').boot.node
export const peer = nodeId('00000000-0000-4000-8000-00000000000b')
export const service = 'svc'

/** Long, since a busy machine only makes it later: nothing here is about time. */
export const until = async (what: string | (() => string), holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 4000 && !holds(); i++) await sleep(10)
  assert.ok(holds(), `never happened: ${typeof what === 'string' ? what : what()}`)
}

export type Lives = Readonly<Record<string, number>>

export class Node extends RealGuard {
  /** Beats in order, as `counter` or `counter down` (a stand-in of the guard). */
  readonly beats: string[] = []
  #net: Datagrams | undefined
  #ports: readonly [number, number] = [0, 0]

  constructor() {
    super({ cgroup: 'subreaper' })
  }

  override launch(): void {
    const dirs = ['--run', join(this.dir, 'run'), '--state', join(this.dir, 'state'), '--agents', join(this.dir, 'agents')]
    const child = spawn(guardPath, [...dirs, '--cgroup', 'subreaper', '--', process.execPath, program], {
      env: {
        ...process.env,
        KYHA_TEST_SOCKET: join(this.dir, 'test.sock'),
        KYHA_TEST_DIR: this.dir,
        KYHA_TEST_KEY: join(this.dir, 'key'),
        KYHA_TEST_PORT: String(this.#ports[0]),
        KYHA_TEST_PEER: JSON.stringify({ node: peer, address: '127.0.0.1', port: this.#ports[1] }),
      },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    this.exit = undefined
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text
    })
    child.on('exit', (code) => {
      this.exit = code
    })
    this.guard = child
  }

  async up(): Promise<this> {
    this.#ports = [await freePort(), await freePort()]
    writeFileSync(join(this.dir, 'key'), makeKeyLine(), { mode: 0o600 })
    const keys = readKeys(join(this.dir, 'key'))
    if ('refused' in keys) throw new Error(keys.refused)
    const net = openDatagrams({
      cluster: facts('').boot.cluster,
      self: peer,
      incarnation: { boot: bootId('fedcba9876543210fedcba9876543210'), counter: 1 },
      keys,
      links: [{ address: '127.0.0.1', port: this.#ports[1] }],
      now,
      onDatagram: (d) => this.#heard(d),
    })
    this.#net = net
    net.setPeers([{ node: us, links: [{ address: '127.0.0.1', port: this.#ports[0] }] }])
    await this.open()
    await this.console(1)
    const start = op(this, service, 'start', 'daemon')
    this.tell({ call: 'run', args: [start, token(1)] })
    await until('the service runs', () => this.running(service) === 1)
    await this.beating('1')
    return this
  }
  /** As a living peer does: each beat is answered by one, which also proves both lives to each other. */
  #heard(d: Datagram): void {
    this.beats.push(`${d.incarnation.counter}${d.flags & Flag.kyhadDown ? ' down' : ''}`)
    this.#net?.send(us, 0, 0, 0)
  }
  /** Until five more real beats of that start of kyhad have come. */
  async beating(counter: string): Promise<void> {
    const before = this.beats.length
    await until(
      () => `beats of start ${counter}, ${this.said.slice(-2000)}`,
      () => this.beats.slice(before).filter((b) => b === counter).length >= 5,
    )
  }

  tell(what: object): void {
    this.manager().socket.write(`${JSON.stringify(what)}\n`)
  }
  do(path: string, what: Partial<Do>): void {
    this.tell({ order: { to: { path }, send: { type: 'do', effects: [], ...what } } })
  }
  heard(type: string, life: Life = this.manager()): number {
    return life.all<{ heard: { type: string } }>('heard').filter((h) => h.heard.type === type).length
  }
  async console(times: number): Promise<void> {
    await until(
      () => `the console is up; ${this.said.slice(-2000)}`,
      () => this.heard('console-up') >= times,
    )
  }
  async livesNow(): Promise<Lives> {
    const before = this.manager().all('lives').length
    this.tell({ lives: true })
    await until(
      () => `lives are told; ${this.said.slice(-2000)}`,
      () => this.manager().all('lives').length > before,
    )
    return Object.fromEntries((this.manager().all<ActorInfo[]>('lives').at(-1) ?? []).map((a) => [a.path, a.life]))
  }
  async reborn(before: Lives, ...paths: readonly string[]): Promise<Lives> {
    for (let i = 0; i < 1600; i++) {
      const after = await this.livesNow()
      if (paths.every((path) => (after[path] ?? 0) > (before[path] ?? 0))) return after
      await sleep(25)
    }
    throw new Error(`these are not born again: ${paths.join(' ')}; ${this.said.slice(-3000)}`)
  }
  override async close(): Promise<void> {
    this.#net?.close()
    await super.close()
  }
}

/** Adds stories to a suite: each has a node of its own, that beats and whose service runs. */
export async function stories(t: Test): Promise<(name: string, tell: (n: Node, before: Lives) => Promise<void>) => void> {
  const check = when(t, await cannot({}))
  return (name, tell) =>
    check(name, async () => {
      const n = new Node()
      try {
        await n.up()
        await tell(n, await n.livesNow())
        assert.equal([n.running(service), n.started(service)], [1, 1])
        assert.is(
          n.lives.reduce((sum, life) => sum + life.deaths(service), 0),
          0,
        )
      } finally {
        await n.close()
      }
    })
}
