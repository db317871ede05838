/**
 * A lab of real hosts: namespaces wired by net.ts, each host a machine of its own (machine.ts), a client in a namespace of its own. Used by
 * stories and by the bench. Needs root; ends everything it started.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { EventView, StatusView } from '../../console/api/views.js'
import { ApiError, type Call, call } from '../../console/cli/client.js'
import { root } from '../../runtime/paths.js'
import { type Attempt, parseProbe } from './downtime.js'
import { form } from './form.js'
import { close, open, sweep } from './leftovers.js'
import { Machine } from './machine.js'
import { type Family, nsPath, repair, resetAddresses, setPort, virtualOf, type Wiring, wire } from './net.js'

export interface LabOptions {
  readonly hosts: number
  /** Heartbeat links; 2 where not given. */
  readonly links?: number
  readonly family?: Family
  /** How many of the hosts form the cluster: all where not given; 0 = bare hosts without `kyha` in the path. */
  readonly members?: number
  /** Puts things into the hosts' folders before they boot. */
  readonly prepare?: (lab: Lab) => void
  /** Runs on the booted hosts before the cluster is formed. */
  readonly booted?: (lab: Lab) => Promise<void>
}

export const nowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
let labs = 0

export class Lab {
  readonly wiring: Wiring
  readonly dir: string
  readonly hosts: readonly Machine[]
  /** Those who formed the cluster. */
  readonly members: readonly Machine[]
  readonly family: Family
  /** Events before it belong to another story. */
  #since = ''

  private constructor(wiring: Wiring, dir: string, family: Family, members: number) {
    this.wiring = wiring
    this.dir = dir
    this.family = family
    this.hosts = wiring.hosts.map((name) => new Machine(wiring.lab, dir, name, wiring.links))
    this.members = this.hosts.slice(0, members)
  }

  /** Wires and boots the hosts, and forms the cluster. */
  static async up(options: LabOptions): Promise<Lab> {
    await sweep()
    const wiring: Wiring = {
      lab: `ky${process.pid}x${labs++}`,
      hosts: Array.from({ length: options.hosts }, (_, i) => `n${i + 1}`),
      links: options.links ?? 2,
    }
    const members = options.members ?? options.hosts
    const lab = new Lab(wiring, open(wiring.lab, wiring.hosts), options.family ?? 4, members)
    try {
      wire(wiring)
      options.prepare?.(lab)
      await Promise.all(lab.hosts.map((h) => h.plugIn(members === 0)))
      await options.booted?.(lab)
      if (members > 0) await form(lab, lab.family)
    } catch (e) {
      await lab.down() // a lab that did not come up leaves nothing either
      throw e
    }
    return lab
  }

  /** The address that the client asks. */
  get vip(): string {
    return virtualOf(0, this.family)
  }

  host(name: string): Machine {
    const found = this.hosts.find((h) => h.name === name)
    if (!found) throw new Error(`no host ${name}`)
    return found
  }

  async power(name: string, verb: 'off' | 'on' | 'crash' | 'status'): Promise<string> {
    if (verb === 'on') resetAddresses(this.wiring, name)
    const said = await this.host(name).switch(verb)
    if (verb === 'on') await this.host(name).booted()
    return said
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

  pidsOf(name: string, pattern: RegExp): number[] {
    return this.host(name).pids(pattern)
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

  /** What all hosts that answer have said since the lab was formed or restored, each event once, in order of their clocks (one clock, in a rig). */
  async events(): Promise<readonly EventView[]> {
    const lists = await Promise.all(
      this.hosts.map((h) =>
        this.api<{ events: EventView[] }>(h.name, '/events').catch((e: unknown) => {
          if (e instanceof ApiError) return { events: [] }
          throw e
        }),
      ),
    )
    const all = new Map(lists.flatMap((l) => l.events.filter((e) => e.at >= this.#since)).map((e) => [e.id, e]))
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
      'nsenter',
      [`--net=${nsPath(this.wiring.lab, 'client')}`, process.execPath, script, this.vip, String(port), String(everyMs)],
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

  /** Watches the virtual address on every host; `stop` gives the changes, one line each: "Deleted 3: eth0 inet ..." when one lost it. */
  watchAddress(): { stop: () => Promise<readonly string[]> } {
    const watches = this.hosts.map((h) => {
      const argv = [`--net=${nsPath(this.wiring.lab, h.name)}`, 'ip', '-o', 'monitor', 'address']
      const child = spawn('nsenter', argv, { stdio: ['ignore', 'pipe', 'ignore'] })
      const lines: string[] = []
      const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
      child.stdout?.on('data', (d: Buffer) => lines.push(...d.toString().split('\n')))
      return { name: h.name, child, lines, closed }
    })
    return {
      stop: async () => {
        for (const w of watches) w.child.kill('SIGTERM')
        await Promise.all(watches.map((w) => w.closed))
        const mine = (line: string): boolean => line.includes(` ${this.vip}/`)
        return watches.flatMap((w) => w.lines.filter(mine).map((line) => `${w.name} ${line.trim()}`))
      },
    }
  }

  /** Every host healed, on and online. What hosts said before does not count any more. */
  async heal(): Promise<void> {
    for (const h of this.hosts) {
      repair(this.wiring, h.name)
      if ((await h.switch('status')) === 'off') await this.power(h.name, 'on')
      this.healAll(h.name)
    }
    await this.until('every host online', 20_000, (s) => s.nodes.every((n) => n.state === 'online') && s.intents.length === 0)
    this.#since = new Date().toISOString()
  }

  /** Ends every host and removes every trace; `keep` leaves the folder with the logs. */
  async down(keep = false): Promise<void> {
    await Promise.all(this.hosts.map((h) => h.switch('quit')))
    await close(this.wiring.lab, this.dir, keep)
  }
}
