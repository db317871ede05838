/** Faults that the swarm draws from, and their end. Each says what it did. */
import { idsOf } from './cluster.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

export type Fault = (world: World) => string
const pick = (world: World): Machine => world.machines[world.random.int(world.machines.length)] as Machine

export const faults: readonly Fault[] = [
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
