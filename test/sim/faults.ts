/** Faults that the swarm draws from, and their end. Each says what it did. */
import { idsOf, propose } from './cluster.js'
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
    w.powerAnswers = w.random.chance(0.5)
    w.powerWorks = false
    w.after(3000, () => {
      w.powerWorks = true
    })
    return `the power switch ${w.powerAnswers ? 'says no' : 'does not answer'} for 3 s`
  },
  (w) => {
    for (const m of w.machines) m.powerOff()
    for (const m of w.machines) w.after(w.random.int(4000), () => m.powerOn())
    return 'all power is lost, and comes back within 4 s, one by one'
  },
  (w) => {
    for (const m of w.machines) m.crashKyhad()
    return 'kyhad dies everywhere'
  },
  (w) => {
    const left = w.machines.filter(() => w.random.chance(0.5)).map((m) => m.name)
    const right = w.machines.map((m) => m.name).filter((n) => !left.includes(n))
    w.net.partition(left, right, true)
    return `${left.join(', ') || 'nobody'} | ${right.join(', ') || 'nobody'}`
  },
  (w) => {
    const m = pick(w)
    const { mends } = w
    for (let n = 0; n < 8; n++) {
      w.after(n * 500, () => {
        const cut = n % 2 === 0
        if (w.mends !== mends) return
        w.net.partition(
          [m.name],
          w.machines.filter((o) => o !== m).map((o) => o.name),
          cut,
        )
      })
    }
    return `${m.name} comes and goes every 500 ms for 4 s`
  },
  (w) => {
    const link = w.random.int(w.net.links)
    for (const a of w.machines) for (const b of w.machines) w.net.fault(a.name, b.name, link).cut = true
    return `link ${link} is dark`
  },
  (w) => {
    const m = pick(w)
    m.powerOff()
    const ms = 20 + w.random.int(400)
    w.after(ms, () => m.powerOn())
    return `${m.name} is off for ${ms} ms only`
  },
  (w) => {
    const m = pick(w)
    const action = w.random.chance(0.5) ? 'start' : 'stop'
    m.guard?.failing.add(action)
    for (const r of Object.values(idsOf(w))) m.guard?.crash(r)
    return `the next ${action} on ${m.name} fails, and its services die`
  },
  (w) => {
    const m = pick(w)
    m.guard?.failing.add('stop')
    w.net.partition(
      [m.name],
      w.machines.filter((o) => o !== m).map((o) => o.name),
      true,
    )
    return `${m.name} is cut off, and its next stop fails`
  },
  (w) => {
    const m = pick(w)
    const ms = 200 + w.random.int(2000)
    m.slowDisk(20 + w.random.int(300))
    w.after(ms, () => m.slowDisk(0))
    return `each write of ${m.name} is slow for ${ms} ms`
  },
  (w) => {
    const [m, to] = [pick(w), pick(w)]
    const id = `wish-${Math.round(w.nowMs())}`
    const wish = { type: 'intent', id, kind: 'move', resource: 'shop', node: to.spec.node, forMs: 1_000, by: 'swarm' }
    propose(w, m, id, wish)
    return `${m.name} is asked to move shop to ${to.name}`
  },
]

/** Everything is mended and every machine is on. */
export function heal(world: World): void {
  world.mends++
  world.powerWorks = true
  for (const a of world.machines)
    for (const b of world.machines)
      for (let l = 0; l < world.net.links; l++)
        Object.assign(world.net.fault(a.name, b.name, l), { cut: false, loss: 0, jitterMs: 0.3, duplicate: 0 })
  for (const m of world.machines) {
    m.slowDisk(0)
    m.guard?.failing.clear()
    m.resume()
    if (!m.powered) m.powerOn()
  }
}
