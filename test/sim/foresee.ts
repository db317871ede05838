/**
 * What would have happened: a user's own configuration under faults drawn from a seed, for hours of virtual time (`kyha simulate`). One fault after
 * the other, each mended after a while; from each to some time after all is well again everything is simulated. The quiet in between is counted and
 * not simulated, since nothing goes on in it that this would show. Whether a resource runs is ground truth: what the simulated guards run.
 */
import type { ResourceId } from '../../runtime/actor.js'
import { DISKS } from '../../runtime/config/defaults.js'
import { type ConfigDoc, cloneOf, leaseMsOf, type QuorumDoc } from '../../runtime/config/document.js'
import { type Random, seeded } from '../../runtime/random.js'
import { isPromoted } from './clones.js'
import { formed, idsOf, propose } from './cluster.js'
import { type Fault, heal } from './faults/index.js'
import type { Machine } from './machine.js'
import { SimWitness } from './witness.js'
import type { Violation, World } from './world.js'

export interface Ask {
  readonly seed: string
  readonly doc: ConfigDoc
  /** The nodes by their names, as many as the cluster has. */
  readonly nodes: readonly string[]
  readonly faults: readonly Fault[]
  readonly hours: number
  /** Told now and then which share is done, 0 to 1. */
  readonly progress?: (share: number) => void
}

/** A resource was nowhere running, or began to run elsewhere. Times are ms of the history. */
export interface Outage {
  readonly atMs: number
  readonly ms: number
  readonly from: string
  /** Where it ran afterwards; absent: nowhere until the end. */
  readonly to?: string
  /** Name of the fault that stood then. */
  readonly fault: string
  readonly why: Why
}
/** What of a clone is looked at: whether any of its instances runs, or whether one has the promoted role. */
export type Counts = 'any' | 'promoted'
/** What the cluster's own decisions say of it. */
export type Why = 'taken-over' | 'quorum' | 'failed' | 'moved' | 'below' | 'gone'
export interface Foreseen {
  readonly faults: readonly { readonly atMs: number; readonly fault: string; readonly what: string }[]
  readonly resources: readonly {
    readonly name: string
    readonly counts?: Counts
    /** False: it ran at no time, `because` says why as far as the cluster knows. */
    readonly ran: boolean
    readonly outages: readonly Outage[]
    /** How often an operator had to clean it up until it ran again. */
    readonly cleanups: number
  }[]
  readonly fences: readonly { readonly atMs: number; readonly node: string; readonly fault: string }[]
  /** Rounds of fencing that no device confirmed: meanwhile nothing was taken over. */
  readonly unconfirmed: number
  readonly violations: readonly Violation[]
  readonly hours: number
  /** What was simulated of it, ms. */
  readonly busyMs: number
}

const hourMs = 3_600_000
/** From one fault to the next, on average. */
const everyMs = 30 * 60_000
const lastsMsMin = 1_000
const lastsMsMax = 10 * 60_000
/** Nothing stops or moves for so long: all is well. */
const calmMs = 60_000
const wellMsMax = 10 * 60_000
const lookMs = 10
const operatorMs = 10_000
/** Hardware watchdogs, where the configuration has nodes end themselves. */
const watchdogMsUsual = 5_000
/** What was said so long before an outage belongs to it. */
const beforeMs = 3_000

/** The same configuration for machines called n1, n2 ...: the simulator's names, its own power switch behind every fence device. */
export function translated(doc: ConfigDoc, nodes: readonly string[]): ConfigDoc {
  const to = (name: string): string => (nodes.includes(name) ? `n${nodes.indexOf(name) + 1}` : name)
  const known = <T>(record: Readonly<Record<string, T>>): [string, T][] => Object.entries(record).filter(([name]) => nodes.includes(name))
  return {
    ...doc,
    ...(doc.quorum ? { quorum: quorumOf(doc.quorum, to) } : {}),
    nodes: Object.fromEntries(known(doc.nodes).map(([name, node]) => [to(name), node])),
    locations: doc.locations.map((l) => ({
      ...l,
      ...(l.levels ? { levels: l.levels.map(to) } : {}),
      ...(l.node === undefined ? {} : { node: to(l.node) }),
    })),
    ...(doc.pools ? { pools: doc.pools.map((p) => ({ ...p, standby: p.standby.map(to) })) } : {}),
    fencing: doc.fencing.map((f) => ({
      ...f,
      ...(leaseMsOf(f) === undefined ? { agent: 'fence_lab', params: {} } : {}),
      hosts: Object.fromEntries(known(f.hosts).map(([name]) => [to(name), to(name)])),
    })),
  }
}

/** A quorum device is the simulator's witness, shared disks are its own. */
function quorumOf({ tieBreak, witness }: QuorumDoc, to: (name: string) => string): QuorumDoc {
  const named = witness === undefined || witness === DISKS ? witness : SimWitness.called
  return { ...(tieBreak === undefined ? {} : { tieBreak: to(tieBreak) }), ...(named === undefined ? {} : { witness: named }) }
}

export function foresee(ask: Ask): Foreseen {
  const disks = ask.doc.quorum?.witness === DISKS ? 1 : 0
  const watchdogMs = ask.doc.fencing.some((f) => leaseMsOf(f) !== undefined) ? { watchdogMs: watchdogMsUsual } : {}
  const { world } = formed(ask.seed, ask.nodes.length, translated(ask.doc, ask.nodes), { disks, ...watchdogMs })
  return new History(ask, world, seeded(`${ask.seed} foresee`)).tell()
}

/** It is up there: not on its way up or down. */
const serves = (m: Machine, id: ResourceId): boolean =>
  m.guard?.active.has(id) === true && m.guard.flying(id).every((op) => op.action === 'monitor')

interface Track {
  readonly name: string
  readonly counts?: Counts
  /** Several machines may have it at a time: that it is gone from one of them is no outage. */
  readonly isShared: boolean
  readonly outages: Outage[]
  /** It has run once. */
  ran: boolean
  /** Where it runs; where it ran last. */
  at: Machine | undefined
  home: Machine | undefined
  /** On how many it runs. */
  count: number
  downSinceMs: number | undefined
  cleanups: number
}
type Timed<T> = T & { readonly atMs: number }

class History {
  readonly #tracks: Track[]
  readonly #faults: Timed<{ fault: string; what: string }>[] = []
  readonly #fences: Timed<{ node: string; fault: string }>[] = []
  #unconfirmed = 0
  /** Quiet time that was counted and not simulated, ms. */
  #skippedMs = 0
  /** On the world's clock: the last change of who runs what, and what was heard already. */
  #changedMs = 0
  #heardMs = 0
  /** Resources as the log names them, once it does. */
  #ids: Readonly<Record<string, ResourceId>> = {}
  #fault = '-'
  #mended = true
  #over = false

  constructor(
    private readonly ask: Ask,
    private readonly world: World,
    private readonly random: Random,
  ) {
    const blank = { ran: false, at: undefined, home: undefined, count: 0, downSinceMs: undefined, cleanups: 0 }
    const track = (name: string, isShared: boolean, counts?: Counts): Track => ({
      name,
      outages: [],
      isShared,
      ...blank,
      ...(counts && { counts }),
    })
    this.#tracks = ask.doc.resources.flatMap(({ name }) => {
      const clone = cloneOf(ask.doc, name)
      if (!clone) return [track(name, false)]
      const roles = clone.targetRole === 'Started' ? (clone.promoted ?? 0) : 0
      return [track(name, true, 'any'), ...(roles > 0 ? [track(name, roles > 1, 'promoted')] : [])]
    })
  }

  tell(): Foreseen {
    const { ask, world } = this
    this.#look()
    world.run(60_000, () => this.#tracks.every((t) => t.ran))
    world.run(calmMs)
    const fromMs = this.#nowMs()
    const endMs = fromMs + ask.hours * hourMs
    this.#heardMs = world.nowMs()
    this.#operate()
    for (let next = this.#nextMs(); next < endMs; next = this.#nextMs()) {
      this.#quiet(next)
      this.#incident()
      ask.progress?.(Math.min(1, (this.#nowMs() - fromMs) / (endMs - fromMs)))
    }
    this.#quiet(endMs)
    this.#over = true
    for (const t of this.#tracks) if (t.downSinceMs !== undefined) this.#away(t, undefined)
    const at = <T>(list: readonly Timed<T>[]): Timed<T>[] => list.map((x) => ({ ...x, atMs: Math.round(x.atMs - fromMs) }))
    return {
      faults: at(this.#faults),
      resources: this.#tracks.map(({ name, counts, ran, cleanups, outages }) => ({
        ...{ name, ...(counts && { counts }), ran, cleanups },
        outages: at(outages),
      })),
      fences: at(this.#fences),
      unconfirmed: this.#unconfirmed,
      violations: world.violations,
      hours: ask.hours,
      busyMs: Math.round(world.nowMs()),
    }
  }

  #nowMs(): number {
    return this.world.nowMs() + this.#skippedMs
  }

  #nextMs(): number {
    return this.#nowMs() + Math.max(calmMs, -Math.log(1 - this.random.next()) * everyMs)
  }

  /** Until `ms` of the history nothing happens: time passes, and what is down stays down. */
  #quiet(ms: number): void {
    this.#skippedMs += Math.max(0, ms - this.#nowMs())
  }

  #incident(): void {
    const { world } = this
    const fault = this.ask.faults[this.random.int(this.ask.faults.length)] as Fault
    const what = fault.apply(world)
    if (what === undefined) return
    this.#fault = fault.name
    this.#mended = false
    this.#faults.push({ atMs: this.#nowMs(), fault: fault.name, what: this.#named(what) })
    world.run(lastsMsMin * (lastsMsMax / lastsMsMin) ** this.random.next())
    heal(world)
    this.#mended = true
    if (!this.#settles()) {
      for (const t of this.#tracks) if (t.downSinceMs !== undefined) this.#cleanUp(t)
      this.#settles()
    }
    this.#hear()
  }

  /** All that ran runs again, and nothing changes any more. */
  #settles(): boolean {
    const { world } = this
    const endMs = world.nowMs() + wellMsMax
    const allRun = (): boolean => this.#tracks.every((t) => t.downSinceMs === undefined)
    while (world.nowMs() < endMs) {
      world.run(5_000)
      if (allRun() && world.machines.every((m) => m.managed) && world.nowMs() - this.#changedMs >= calmMs) return true
    }
    return allRun()
  }

  /** An operator has repaired the cause, and says so: `kyha resource cleanup`. */
  #cleanUp(t: Track): void {
    t.cleanups++
    const entry = { type: 'cleanup', resource: t.name, by: 'operator' }
    for (const m of this.world.machines.slice(0, 1)) propose(this.world, m, `cleanup-${t.name}-${t.cleanups}`, entry)
  }

  /** Somebody switches on what is off once the fault is mended: `fencing-action: off` leaves a machine so on purpose. */
  #operate(): void {
    if (this.#over) return
    if (this.#mended) for (const m of this.world.machines) m.powerOn()
    this.world.after(operatorMs, () => this.#operate())
  }

  #look(): void {
    if (this.#over) return
    if (Object.keys(this.#ids).length === 0) this.#ids = idsOf(this.world)
    for (const t of this.#tracks) this.#lookAt(t)
    this.world.after(lookMs, () => this.#look())
  }

  #lookAt(t: Track): void {
    const id = this.#ids[t.name]
    const has = (m: Machine): boolean => id !== undefined && m.powered && serves(m, id) && (t.counts !== 'promoted' || isPromoted(m, id))
    const on = this.world.machines.filter(has)
    if (on.length !== t.count) this.#changedMs = this.world.nowMs()
    t.count = on.length
    const at = t.at && on.includes(t.at) ? t.at : on[0]
    if (at === t.at) return
    this.#changedMs = this.world.nowMs()
    const goesOn = t.isShared && at && t.at
    if (at && t.ran && !goesOn) this.#away(t, at)
    if (!at) t.downSinceMs = this.#nowMs()
    t.ran = true
    t.at = at
    t.home = at ?? t.home
  }

  /** It runs again (or does not, at the end): how long it was away, and why. */
  #away(t: Track, to: Machine | undefined): void {
    const atMs = t.downSinceMs ?? this.#nowMs()
    t.downSinceMs = undefined
    t.outages.push({
      atMs,
      ms: Math.round(this.#nowMs() - atMs),
      from: this.#named(t.home?.name ?? '-'),
      fault: this.#fault,
      why: this.#why(t, to, atMs - this.#skippedMs),
      ...(to && { to: this.#named(to.name) }),
    })
  }

  /** What was decided of it around then. */
  #why(t: Track, to: Machine | undefined, sinceMs: number): Why {
    const said = this.world.verdicts.filter((v) => v.atMs >= sinceMs - beforeMs)
    const fenced = said.some((v) => v.verdict.key === 'fencer.off' && v.verdict.args['node'] === t.home?.name)
    if (fenced && to && to !== t.home) return 'taken-over'
    const of = (...keys: string[]): boolean => said.some((v) => keys.includes(v.verdict.key) && v.verdict.args['resource'] === t.name)
    if (said.some((v) => v.verdict.key === 'resource.quorum-stop' && v.node === t.home?.name)) return 'quorum'
    if (of('coordinator.stop-move') || (to !== t.home && of('coordinator.demote'))) return 'moved'
    if (of('coordinator.stop-failed-here', 'coordinator.start-again', 'resource.failed')) return 'failed'
    return of('coordinator.stop-first') ? 'below' : 'gone'
  }

  /** Fences since the last time. */
  #hear(): void {
    for (const { atMs, verdict } of this.world.verdicts) {
      if (atMs <= this.#heardMs) continue
      if (verdict.key === 'fencer.unconfirmed') this.#unconfirmed++
      if (verdict.key === 'fencer.off')
        this.#fences.push({ atMs: atMs + this.#skippedMs, node: this.#named(String(verdict.args['node'])), fault: this.#fault })
    }
    this.#heardMs = this.world.nowMs()
  }

  /** The user's names. */
  #named(text: string): string {
    const ids = new Map(Object.entries(this.#ids).map(([name, id]) => [id as string, name]))
    return text
      .replace(/\br\d+\.\d+\b/g, (id) => ids.get(id) ?? id)
      .replace(/\bn(\d+)\b/g, (whole, n: string) => this.ask.nodes[Number(n) - 1] ?? whole)
  }
}
