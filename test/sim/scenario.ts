/** The simulator's standing scenario: a group and a lone resource on three levels, the lab switch, and faults drawn from the seed. */
import type { ResourceId } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { parseConfig } from '../../runtime/config/parse.js'
import { sentence } from '../../runtime/config/problem.js'
import { formed, owners } from './cluster.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

export function docFor(nodes: number): ConfigDoc {
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`)
  const parsed = parseConfig(
    `apiVersion: kyha/v1
name: sim
properties: {fencing-enabled: true, fencing-action: off, resource-stickiness: 100}
resources:
  - {name: vip, agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.0.0.100}}
  - {name: web, agent: 'ocf:heartbeat:nginx', meta: {migration-threshold: 3}}
  - {name: job, agent: 'kyha:Dummy'}
groups: [{name: shop, members: [vip, web]}]
location: [{resource: shop, levels: [${names.join(', ')}]}, {resource: job, levels: [${[...names].reverse().join(', ')}]}]
fencing: [{name: lab, agent: fence_lab, hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}, timeout: 10s}]
`,
    names,
  )
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => sentence('en', p)).join('\n'))
  return parsed.doc
}

/** Opaque ids of the configured resources as any powered node knows them. */
export function idsOf(world: World): Readonly<Record<string, ResourceId>> {
  for (const m of world.machines) {
    const state = (m.stateOf('coordinator') as { cluster?: { ids: Record<string, ResourceId> } } | undefined)?.cluster
    if (state && Object.keys(state.ids).length > 0) return state.ids
  }
  return {}
}

export const allRun = (world: World): boolean => {
  const ids = Object.values(idsOf(world))
  return ids.length > 0 && ids.every((r) => owners(world, r).length === 1)
}

type Fault = (world: World) => string
const pick = (world: World): Machine => world.machines[world.random.int(world.machines.length)] as Machine
const up = (world: World): Machine[] => world.machines.filter((m) => m.powered)

const faults: readonly Fault[] = [
  (w) => {
    const m = pick(w)
    m.powerOff()
    return `power off ${m.name}`
  },
  (w) => {
    const m = pick(w)
    m.crashKyhad()
    return `kyhad of ${m.name} dies`
  },
  (w) => {
    const m = pick(w)
    m.pause()
    const ms = 100 + w.random.int(2000)
    w.after(ms, () => m.resume())
    return `kyhad of ${m.name} stopped ${ms} ms`
  },
  (w) => {
    const m = pick(w)
    w.net.partition(
      [m.name],
      w.machines.filter((o) => o !== m).map((o) => o.name),
      true,
    )
    return `${m.name} cut off`
  },
  (w) => {
    const a = pick(w)
    const b = pick(w)
    if (a !== b) for (let l = 0; l < w.net.links; l++) w.net.fault(a.name, b.name, l).cut = true
    return `${a.name} > ${b.name} cut one way`
  },
  (w) => {
    for (const a of w.machines)
      for (const b of w.machines)
        for (let l = 0; l < w.net.links; l++)
          Object.assign(w.net.fault(a.name, b.name, l), { loss: w.random.next() * 0.2, jitterMs: w.random.next() * 60, duplicate: 0.02 })
    return 'loss and jitter everywhere'
  },
  (w) => {
    const m = pick(w)
    const ids = Object.values(idsOf(w))
    const r = ids[w.random.int(ids.length || 1)]
    if (r) m.guard?.crash(r)
    return `a service of ${m.name} dies`
  },
  (w) => {
    w.powerWorks = false
    w.after(3000, () => {
      w.powerWorks = true
    })
    return 'the power switch is out of order for 3 s'
  },
]

/** Everything is mended and every machine is on. */
export function heal(world: World): void {
  world.powerWorks = true
  for (const a of world.machines)
    for (const b of world.machines)
      for (let l = 0; l < world.net.links; l++)
        Object.assign(world.net.fault(a.name, b.name, l), { cut: false, loss: 0, jitterMs: 0.3, duplicate: 0 })
  for (const m of world.machines) {
    m.resume()
    if (!m.powered) m.powerOn()
  }
}

export interface Run {
  readonly seed: string
  readonly hash: string
  readonly hours: number
  readonly events: number
  readonly violations: World['violations']
  readonly faults: readonly string[]
}

/** Forms a cluster, hurts it for a while (safety), mends it, and demands that it serves again (liveness). */
export function runSeed(seed: string, nodes: number, trace?: (line: string) => void): Run {
  const world = formed(seed, nodes, docFor(nodes), trace ? { trace } : {})
  if (!world.run(30_000, () => allRun(world))) world.violate('L3', 'the cluster did not start its resources within 30 s of a clean start')
  const told: string[] = []
  const rounds = 2 + world.random.int(5)
  for (let n = 0; n < rounds; n++) {
    const fault = faults[world.random.int(faults.length)] as Fault
    const what = fault(world)
    told.push(`${Math.round(world.nowMs())} ${what}`)
    trace?.(`${world.nowMs().toFixed(2)} FAULT ${what}`)
    world.run(world.random.int(3000))
    if (world.random.chance(0.3)) heal(world)
  }
  heal(world)
  trace?.(`${world.nowMs().toFixed(2)} HEALED`)
  if (!world.run(60_000, () => up(world).length === nodes && allRun(world)))
    world.violate('L3', 'a minute after everything was mended, not every resource runs')
  world.run(2000)
  if (!allRun(world)) world.violate('L5', 'resources stopped again although nothing was wrong any more')
  return { seed, hash: world.hash(), hours: world.nowMs() / 3_600_000, events: world.events, violations: world.violations, faults: told }
}
