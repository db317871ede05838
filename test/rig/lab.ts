/**
 * A lab of real hosts: namespaces wired by net.ts, each host a cage with its own pid, mount and uts namespace in which the guard and kyhad
 * run, a client in a namespace of its own. Used by stories and by the bench. Needs root; ends everything it started.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventView, StatusView } from '../../console/api/views.js'
import { ApiError, type Call, call } from '../../console/cli/client.js'
import { ask } from '../../console/demo/power.js'
import { nodeId } from '../../runtime/ids.js'
import { agentDir, kyhadArgv, nativeDir, root } from '../../runtime/paths.js'
import { issueNode, makeClusterCa } from '../../runtime/wire/certificates.js'
import { makeKeyLine } from '../../runtime/wire/keys.js'
import { type Attempt, parseProbe } from './downtime.js'
import { addressOf, nsOf, resetAddresses, run, setPort, unwire, type Wiring, wire } from './net.js'

export interface Host {
  readonly name: string
  readonly dir: string
  readonly api: string
  readonly power: string
}

export const nowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
let labs = 0

export class Lab {
  readonly wiring: Wiring
  readonly dir: string
  readonly hosts: readonly Host[]
  readonly #children: ChildProcess[] = []

  private constructor(wiring: Wiring, dir: string) {
    this.wiring = wiring
    this.dir = dir
    this.hosts = wiring.hosts.map((name) => {
      const own = join(dir, name)
      return { name, dir: own, api: join(own, 'run', 'api.sock'), power: join(dir, 'power', `${name}.sock`) }
    })
  }

  /** Wires and boots `count` hosts with `links` links and waits until they have a leader. */
  static async up(options: { hosts: number; links?: number }): Promise<Lab> {
    const wiring: Wiring = {
      lab: `ky${process.pid % 10_000}x${labs++}`,
      net: 100 + (process.pid % 100),
      hosts: Array.from({ length: options.hosts }, (_, i) => `n${i + 1}`),
      links: options.links ?? 2,
    }
    const lab = new Lab(wiring, mkdtempSync(join(tmpdir(), 'kyha-rig-')))
    try {
      wire(wiring)
      await lab.#settings()
      for (const h of lab.hosts) lab.boot(h.name)
      await lab.until('every host online', 30_000, (s) => s.nodes.length === options.hosts && s.nodes.every((n) => n.state === 'online'))
    } catch (e) {
      await lab.down() // a lab that did not come up leaves nothing either
      throw e
    }
    return lab
  }

  get vip(): string {
    return `10.${this.wiring.net}.1.100`
  }

  host(name: string): Host {
    const found = this.hosts.find((h) => h.name === name)
    if (!found) throw new Error(`no host ${name}`)
    return found
  }

  async #settings(): Promise<void> {
    mkdirSync(join(this.dir, 'power'), { recursive: true })
    const cluster = { id: randomUUID(), name: this.wiring.lab }
    const ca = await makeClusterCa(cluster.name, Date.now())
    const key = makeKeyLine()
    const members = this.hosts.map((h) => ({
      node: randomUUID(),
      name: h.name,
      votes: 1,
      links: Array.from({ length: this.wiring.links }, (_, l) => ({ address: addressOf(this.wiring, h.name, l), port: 5405 })),
    }))
    for (const [i, h] of this.hosts.entries()) {
      const m = members[i] as (typeof members)[number]
      for (const sub of ['state', 'run', 'tls', 'nginx']) mkdirSync(join(h.dir, sub), { recursive: true })
      const issued = await issueNode(
        ca,
        nodeId(m.node),
        m.name,
        m.links.map((l) => l.address),
        Date.now(),
      )
      const put = (name: string, text: string): string => {
        writeFileSync(join(h.dir, 'tls', name), text, { mode: 0o600 })
        return join(h.dir, 'tls', name)
      }
      const settings = {
        cluster,
        node: { id: m.node, name: m.name },
        genesis: members,
        links: m.links,
        stateDir: join(h.dir, 'state'),
        runDir: join(h.dir, 'run'),
        keyFile: put('cluster.key', key),
        tls: { ca: put('ca.pem', ca.cert), cert: put('node.pem', issued.cert), key: put('node.key', issued.key) },
        api: { socket: h.api },
        agents: { kyha: [agentDir], fence: [nativeDir, '/usr/sbin'] },
        lab: {},
      }
      writeFileSync(join(h.dir, 'node.json'), JSON.stringify(settings, null, 1))
      writeFileSync(join(h.dir, 'nginx', 'nginx.conf'), nginxConf(h))
    }
  }

  /** Starts the host's cage (its machine is on); a host whose cage runs is switched on instead. */
  boot(name: string): void {
    const h = this.host(name)
    const kyhad = kyhadArgv(join(h.dir, 'node.json'))
    const guard = [join(nativeDir, 'guard'), '--run', join(h.dir, 'run'), '--state', join(h.dir, 'state')]
    for (const dir of [join(root, 'agents'), nativeDir, '/usr/lib/ocf/resource.d', '/usr/sbin']) guard.push('--agents', dir)
    const links = Array.from({ length: this.wiring.links }, (_, l) => `eth${l}`).join(',')
    const cage = [join(nativeDir, 'cage'), '--socket', h.power, '--name', name, '--links', links, '--pidns', '--wipe', join(h.dir, 'run')]
    // What a host has of its own: its name and the directory where stock agents keep their volatile state.
    const init = [
      '/bin/sh',
      '-c',
      'hostname "$0"; mkdir -p /run/resource-agents; mount -t tmpfs tmpfs /run/resource-agents; mount --bind "$1" /etc/nginx; shift; exec "$@"',
      name,
      join(h.dir, 'nginx'),
    ]
    const argv = [
      'netns',
      'exec',
      nsOf(this.wiring, name),
      ...cage,
      '--log',
      join(h.dir, 'node.log'),
      '--',
      ...init,
      ...guard,
      '--',
      ...kyhad,
    ]
    const child = spawn('ip', argv, { stdio: 'ignore', detached: true })
    this.#children.push(child)
  }

  async power(name: string, verb: 'off' | 'on' | 'crash' | 'status'): Promise<string> {
    if (verb === 'on') resetAddresses(this.wiring, name)
    return (await ask(this.host(name).power, verb)) ?? 'no answer'
  }

  cut(name: string, link: number): void {
    setPort(this.wiring, name, link, false)
  }
  healLink(name: string, link: number): void {
    setPort(this.wiring, name, link, true)
  }
  cutAll(name: string): void {
    for (let l = 0; l < this.wiring.links; l++) this.cut(name, l)
  }
  healAll(name: string): void {
    for (let l = 0; l < this.wiring.links; l++) this.healLink(name, l)
  }

  /** Processes of a host (as this pid namespace numbers them) whose command line matches. */
  pidsOf(name: string, pattern: RegExp): number[] {
    const netns = statSync(`/run/netns/${nsOf(this.wiring, name)}`).ino
    return run('ps', ['-eo', 'pid=,args='])
      .split('\n')
      .map((line) => line.trim().match(/^(\d+) (.*)$/))
      .filter((m) => m !== null && pattern.test(m[2] as string))
      .map((m) => Number((m as RegExpMatchArray)[1]))
      .filter((pid) => inoOf(`/proc/${pid}/ns/net`) === netns)
  }

  kyhad(name: string): number[] {
    return this.pidsOf(name, /^\S*node( -\S+)* \S*dist\/runtime\/main\.js/)
  }

  api<T>(name: string, path: string, options: Call = {}): Promise<T> {
    return call<T>({ socket: this.host(name).api }, path, options)
  }

  /** The freshest view of a quorate node; undefined when none answers. */
  async status(): Promise<StatusView | undefined> {
    const all = await Promise.all(
      this.hosts.map((h) =>
        this.api<StatusView>(h.name, '/status').catch((e: unknown) => {
          if (e instanceof ApiError) return undefined
          throw e
        }),
      ),
    )
    return all.filter((s) => s !== undefined).sort((a, b) => Number(b.quorate) - Number(a.quorate) || b.index - a.index)[0]
  }

  async until(what: string, msMax: number, holds: (s: StatusView) => boolean): Promise<StatusView> {
    const end = nowMs() + msMax
    for (;;) {
      const s = await this.status()
      if (s && holds(s)) return s
      if (nowMs() > end)
        throw new Error(
          `${what} did not come about within ${msMax} ms; last view: ${JSON.stringify(s?.verdict.sentence.text.en)} ${JSON.stringify(s?.nodes.map((n) => [n.name, n.state]))} ${JSON.stringify(s?.resources.map((r) => [r.name, r.role, r.node]))}`,
        )
      await sleep(20)
    }
  }

  /** What all hosts that answer say, each event once, in order of their clocks (one machine's clock, in a rig). */
  async events(): Promise<readonly EventView[]> {
    const lists = await Promise.all(
      this.hosts.map((h) =>
        this.api<{ events: EventView[] }>(h.name, '/events').catch((e: unknown) => {
          if (e instanceof ApiError) return { events: [] }
          throw e
        }),
      ),
    )
    const all = new Map(lists.flatMap((l) => l.events).map((e) => [e.id, e]))
    return [...all.values()].sort((a, b) => (a.at < b.at ? -1 : 1))
  }

  /** Sends a configuration until a leader takes it. */
  async configure(yaml: string): Promise<void> {
    const key = `rig-${randomUUID()}`
    const end = nowMs() + 15_000
    for (;;) {
      try {
        await this.api(this.hosts[0]?.name ?? '', '/config', { method: 'PUT', body: yaml, headers: { 'idempotency-key': key } })
        return
      } catch (e) {
        const again =
          e instanceof ApiError && ['no-leader', 'no-quorum', 'starting', 'disconnected', 'unknown-outcome'].includes(e.view.code)
        if (!again || nowMs() > end) throw e instanceof ApiError ? new Error(`${e.view.message.en} ${e.view.problems.join(' ')}`) : e
        await sleep(100)
      }
    }
  }

  /** Starts the client's probe and waits until it is served; `stop` gives what it saw. */
  async probe(port: number, everyMs = 5): Promise<{ stop: () => Promise<Attempt[]> }> {
    const script = join(root, 'dist', 'test', 'rig', 'probe.js')
    const child = spawn(
      'ip',
      ['netns', 'exec', nsOf(this.wiring, 'client'), process.execPath, script, this.vip, String(port), String(everyMs)],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    let text = ''
    child.stdout?.on('data', (d: Buffer) => {
      text += d.toString()
    })
    const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
    const end = nowMs() + 15_000
    while (!text.includes(' ok ')) {
      if (nowMs() > end) {
        child.kill('SIGKILL')
        throw new Error('the client was not served within 15 s although the service runs')
      }
      await sleep(20)
    }
    return {
      stop: async () => {
        child.kill('SIGTERM')
        await closed
        return parseProbe(text)
      },
    }
  }

  log(name: string): string {
    return readFileSync(join(this.host(name).dir, 'node.log'), 'utf8')
  }

  /** Ends every host and removes every trace; `keep` leaves the folder with the logs. */
  async down(keep = false): Promise<void> {
    await Promise.all(this.hosts.map((h) => ask(h.power, 'quit')))
    for (const c of this.#children) if (c.exitCode === null && c.pid !== undefined) c.kill('SIGKILL')
    unwire(this.wiring)
    if (!keep) rmSync(this.dir, { recursive: true, force: true })
  }
}

function inoOf(path: string): number | undefined {
  try {
    return statSync(path).ino
  } catch {
    return undefined // the process ended meanwhile
  }
}

const nginxConf = (h: Host): string => `worker_processes 1;
pid ${join(h.dir, 'nginx', 'nginx.pid')};
error_log ${join(h.dir, 'nginx', 'error.log')};
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${join(h.dir, 'nginx', 'b')}; proxy_temp_path ${join(h.dir, 'nginx', 'p')};
  fastcgi_temp_path ${join(h.dir, 'nginx', 'f')}; uwsgi_temp_path ${join(h.dir, 'nginx', 'u')}; scgi_temp_path ${join(h.dir, 'nginx', 's')};
  server { listen 8080; location / { return 200 "owner ${h.name}\\n"; } }
}
`
