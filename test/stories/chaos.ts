/**
 * Parts of kyhad die at random on all hosts for minutes, under load: actors by `actor PATH restart`, threads, whole kyhads; others stand still for a
 * moment. No client notices. Afterwards the accounts must balance: each death that was caused is found in its node's log exactly once, with
 * what followed from it up the supervision tree, and nothing else was restarted. One seed, one order of blows; their effects overlap as they like.
 */
import { spawn } from 'node:child_process'
import { type Random, seeded } from '../../runtime/random.js'
import { type Thread, threads, tree } from '../../runtime/tree.js'
import type { Agents } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import type { Machine } from '../rig/machine.js'
import { endThread, goesOn } from './processes.js'
import { allOnline, check, type Story, serves, sleep, type Told, under, unnoticed, type Wish } from './scene.js'

/**
 * Three times in 60 s the guard starts kyhad again, and peers hold a fence while only its guard beats: for a kyhad that is gone, or whose beat thread is,
 * or that stands still. Root restarts a thread four times in 30 s. One less of each.
 */
const crashesMax = { count: 2, withinMs: 65_000 }
const rootsMax = { count: 3, withinMs: 33_000 }
/** A pause up to the first is noticed by nobody; a longer one is a manager that is down. Beyond 1 s its guard ends kyhad as stalled. */
const pauseMs = { short: 150, long: 600 }

interface Cause {
  readonly host: string
  /** What died: an actor's path, a thread, or kyhad. */
  readonly what: 'actor' | 'thread' | 'kyhad' | 'pause'
  readonly name: string
  readonly at: string
}
interface Report {
  readonly id: string
  readonly time: string
  readonly actor: string
  readonly key: string
  readonly args: Readonly<Record<string, string | number>>
  told: boolean
}

class Chaos {
  readonly causes: Cause[] = []
  readonly #lab: Lab
  readonly #random: Random
  /** Actors of each host as they should be. */
  readonly #whole = new Map<string, string>()
  readonly #crashed = new Map<string, number[]>()
  readonly #rooted = new Map<string, number[]>()
  /** Why a host's API last gave no list. */
  readonly #refused = new Map<string, string>()

  constructor(lab: Lab, seed: string) {
    this.#lab = lab
    this.#random = seeded(seed)
  }

  async run(minutes: number): Promise<void> {
    for (const h of this.#lab.hosts) this.#whole.set(h.name, (await this.#actors(h)).join())
    const end = performance.now() + minutes * 60_000
    while (performance.now() < end) {
      const host = this.#pick(this.#lab.hosts)
      if (await this.#isWhole(host)) await this.#blow(host)
      await sleep(100 + this.#random.int(900))
    }
    for (const host of this.#lab.hosts) {
      for (let tries = 0; !(await this.#isWhole(host)); tries++) {
        if (tries === 300) check(false, `${host.name} has all its actors again: ${await this.#actors(host)}${this.#silent(host)}`)
        await sleep(100)
      }
    }
  }

  async #blow(host: Machine): Promise<void> {
    const kind = this.#random.int(10)
    if (kind < 5) return this.#restartActor(host, this.#pick(await this.#actors(host)))
    if (kind < 7) return this.#endThread(host, this.#pick(threads))
    if (kind < 8) return this.#kill(host)
    return this.#pause(host, this.#random.int(pauseMs.long))
  }

  async #pause(host: Machine, ms: number): Promise<void> {
    if (ms > pauseMs.short && !room(this.#crashed, host.name, crashesMax)) return
    const pids = host.kyhad()
    this.causes.push({ host: host.name, what: 'pause', name: `${ms} ms`, at: new Date().toISOString() })
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    for (const pid of pids) goesOn(pid)
  }

  async #restartActor(host: Machine, path: string): Promise<void> {
    if (isBeat(path) && !room(this.#crashed, host.name, crashesMax)) return
    if ((isBeat(path) || isCore(path)) && !room(this.#rooted, host.name, rootsMax)) return
    const cause: Cause = { host: host.name, what: 'actor', name: path, at: new Date().toISOString() }
    this.causes.push(cause)
    await this.#lab.api(host.name, `/runtime/actor/restart?path=${encodeURIComponent(path)}`, { method: 'POST' }).catch((e: unknown) => {
      if (path !== 'console') throw e // its own answer dies with it
    })
  }

  async #endThread(host: Machine, thread: Thread): Promise<void> {
    if (thread === 'beat' && !room(this.#crashed, host.name, crashesMax)) return
    if (thread !== 'console' && !room(this.#rooted, host.name, rootsMax)) return
    this.causes.push({ host: host.name, what: 'thread', name: thread, at: new Date().toISOString() })
    await endThread(this.#lab, host, thread)
  }

  async #kill(host: Machine): Promise<void> {
    if (!room(this.#crashed, host.name, crashesMax)) return
    const before = host.kyhad()
    this.causes.push({ host: host.name, what: 'kyhad', name: '', at: new Date().toISOString() })
    for (const pid of before) process.kill(pid, 'SIGKILL')
    while (host.kyhad().length === 0 || host.kyhad().some((pid) => before.includes(pid))) await sleep(50)
  }

  async #actors(host: Machine): Promise<string[]> {
    const get = this.#lab.api<{ answer: { path: string }[] }>(host.name, '/runtime/actors')
    return get
      .then((r) => r.answer.map((a) => a.path).sort())
      .catch((e: unknown) => {
        this.#refused.set(host.name, String(e)) // between two lives
        return []
      })
  }
  #silent(host: Machine): string {
    const log = host.log().trimEnd().split('\n').slice(-12).join('\n')
    return `\nlast refusal: ${this.#refused.get(host.name)}\nkyhad: ${host.kyhad()}; its log ends:\n${log}`
  }
  /** The notifier is temporary: who ends it has ended it for good. */
  async #isWhole(host: Machine): Promise<boolean> {
    const lasting = (paths: readonly string[]): string => paths.filter((path) => path !== 'notifier').join()
    return lasting(await this.#actors(host)) === lasting((this.#whole.get(host.name) ?? '').split(','))
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#random.int(list.length)] as T
  }
}

/** Deaths of these take their thread along: their supervisors allow none. */
const isBeat = (path: string): boolean => ['membership', 'disk-heartbeat'].includes(path) || path.startsWith('link/')
const isCore = (path: string): boolean => ['quorum', 'log'].includes(path)

/** Counts one more, if that does not come too soon. */
function room(when: Map<string, number[]>, host: string, most: { readonly count: number; readonly withinMs: number }): boolean {
  const now = performance.now()
  const recent = (when.get(host) ?? []).filter((at) => now - at < most.withinMs)
  if (recent.length >= most.count) return false
  when.set(host, [...recent, now])
  return true
}

/** What a node's log says of deaths and restarts behind its first `from` characters. */
function reportsOf(host: Machine, from: number): Report[] {
  const keys = ['runtime.child-restarted', 'runtime.intensity', 'runtime.child-dropped', 'runtime.ended', 'runtime.thread-stalled']
  return linesOf(host, from)
    .filter((r) => keys.includes(r.key))
    .map((r) => ({ ...r, told: false }))
}
const linesOf = (host: Machine, from: number): Report[] =>
  host
    .log()
    .slice(from)
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Report] : []))

/** Each cause has its report and what follows from it; nothing is left over. */
function balance(host: Machine, causes: readonly Cause[], from: number): void {
  const reports = reportsOf(host, from)
  const take = (child: string, at: string): Report | undefined => {
    const found = reports.find((r) => !r.told && r.args['child'] === child && r.time >= at)
    if (found) found.told = true
    return found
  }
  for (const c of causes) {
    if (c.what === 'kyhad' || c.what === 'pause') continue
    let child = c.what === 'thread' ? supervisorOf(c.name) : c.name
    for (let r = take(child, c.at); ; r = take(child, c.at)) {
      check(r !== undefined, `${host.name}: the end of ${child} (${c.what} ${c.name} at ${c.at}) is not in the log`)
      if (r?.key !== 'runtime.intensity') break
      child = String(r.args['supervisor'] ?? r.actor)
    }
  }
  const left = reports.filter((r) => !r.told)
  check(left.length === 0, `${host.name}: nobody caused ${left.map((r) => `${r.time} ${r.key} ${JSON.stringify(r.args)}`).join('; ')}`)
}
const supervisorOf = (thread: string): string => {
  const find = (node: typeof tree): string | undefined =>
    node.thread === thread ? node.id : node.children.flatMap((c) => (c.type === 'supervisor' ? (find(c) ?? []) : []))[0]
  return find(tree) ?? thread
}

/**
 * Each kyhad that has lived replaced one that was killed here; or by its guard, which says so: on a busy machine a beat thread may need more than the
 * second that a guard gives to a kyhad without a sign of life.
 */
function countLives(host: Machine, causes: readonly Cause[], from: number): void {
  const lives = new Set(linesOf(host, from).flatMap((r) => /^[^:]+:([^:]+:\d+)\./.exec(r.id ?? '')?.[1] ?? [])).size
  const kills = causes.filter((c) => c.what === 'kyhad').length
  const excuses = causes.filter((c) => c.what === 'pause' || c.name === 'beat' || (c.what === 'actor' && isBeat(c.name))).length
  const stalls =
    host
      .log()
      .slice(from)
      .match(/kyhad gave no sign of life for \d+ ms and is killed/g)?.length ?? 0
  check(stalls <= excuses, `${host.name}: its guard ended kyhad ${stalls} times, ${excuses} ends or pauses of the beat thread were caused`)
  check(lives <= kills + stalls + 1, `${host.name}: ${kills + stalls} kyhads were killed, and ${lives} have lived`)
}

async function chaos(lab: Lab, agents: Agents, wish: Wish = {}): Promise<Told> {
  const seed = wish.seed ?? String(Date.now())
  const blows = new Chaos(lab, seed)
  const n1 = lab.host('n1')
  let before: number[] = []
  const from = new Map<string, number>()
  const hog = spawn('nice', ['-n', '10', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' })
  try {
    const told = await under(lab, agents, {
      async fault() {
        before = n1.pids(/^nginx: master/)
        for (const h of lab.hosts) from.set(h.name, h.log().length)
        await blows.run(wish.minutes ?? 1)
      },
      after: (s) => serves(s, 'n1') && allOnline(s),
      untilMs: 60_000,
      settleMs: 2000,
    })
    check(before.join() === n1.pids(/^nginx: master/).join(), 'nginx is the same process as before')
    for (const host of lab.hosts) {
      const own = blows.causes.filter((c) => c.host === host.name)
      balance(host, own, from.get(host.name) ?? 0)
      countLives(host, own, from.get(host.name) ?? 0)
    }
    return unnoticed(told)
  } catch (e) {
    const done = blows.causes.map((c) => `${c.at} ${c.host} ${c.what} ${c.name}`)
    throw new Error(`${(e as Error).message}\nseed ${seed}, blows:\n${done.slice(-60).join('\n')}`)
  } finally {
    hog.kill('SIGKILL')
  }
}

export const chaosStories: readonly Story[] = [
  {
    name: 'chaos',
    about: 'actors, threads, kyhads die at random for minutes: unnoticed, and every report adds up',
    lab: { hosts: 3 },
    tell: chaos,
  },
  { name: 'chaos-two-nodes', about: 'the same with two nodes', lab: { hosts: 2 }, tell: chaos },
]
