/** Faults of power and of its switches (F66 to F71). */
import type { Way } from '../power.js'
import type { World } from '../world.js'
import { among, between, type Fault, later, machines, names, others, pick } from './kind.js'

const works = (w: World): void => w.pdu.all(undefined)
/** Some or all switches behave like that, and somebody is cut off, so that they are asked. */
function switches(w: World, way: Way, words: string): string {
  const all = w.random.chance(0.5)
  const m = pick(w)
  if (all) w.pdu.all(way)
  else w.pdu.ways.set(m.name, way)
  const asked = w.random.chance(0.7)
  if (asked) w.random.chance(0.5) ? m.powerOff() : w.net.partition([m.name], others(w, m), true)
  return `${all ? 'all switches' : `the switch of ${m.name}`} ${words}${asked ? `, and ${m.name} is gone` : ''}`
}

export const powerFaults: readonly Fault[] = [
  {
    id: 'F66',
    name: 'fence-mute',
    apply: (w) => switches(w, { how: 'mute' }, 'give no answer'),
    ends: works,
  },
  {
    id: 'F66',
    name: 'fence-refuses',
    apply: (w) => switches(w, { how: 'refuses' }, 'refuse'),
    ends: works,
  },
  {
    id: 'F66',
    name: 'fence-lies',
    apply: (w) => switches(w, { how: 'lies' }, 'say that they did it, and did nothing'),
    ends(w) {
      works(w)
      // Who finds that a switch lied switches the machine off by hand.
      for (const m of w.machines) if (m.powered && w.pdu.lied.has(m.incarnation.boot)) m.powerOff()
    },
  },
  {
    id: 'F66',
    name: 'fence-late',
    apply(w) {
      const how = w.random.chance(0.5) ? 'answers-late' : 'acts-late'
      const ms = between(w, 200, 6_000)
      return switches(w, { how, ms }, `${how === 'acts-late' ? 'act and answer' : 'answer'} ${ms} ms late`)
    },
    ends: works,
  },
  {
    id: 'F67',
    name: 'fast-reboot',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 5, 400)
      m.powerOff()
      w.after(ms, () => m.powerOn())
      return `${m.name} is off for ${ms} ms only`
    },
  },
  {
    id: 'F68',
    name: 'boots-while-fenced',
    apply: (w) => switches(w, { how: 'bounces' }, 'switch on again before they have said off'),
    ends: works,
  },
  {
    id: 'F69',
    name: 'fence-race',
    apply(w) {
      const half = names(w).filter(() => w.random.chance(0.5))
      const left = half.length === 0 || half.length === names(w).length ? [names(w)[0] as string] : half
      const right = names(w).filter((n) => !left.includes(n))
      w.net.partition(left, right, true)
      w.pdu.all({ how: 'answers-late', ms: between(w, 1, 300) })
      return `${left.join(', ')} and ${right.join(', ')} lose each other, switches are slow`
    },
    ends(w) {
      works(w)
      w.net.heal()
    },
  },
  {
    id: 'F70',
    name: 'outlet-shared',
    apply(w) {
      const m = pick(w)
      const also = among(w, others(w, m))
      if (also === undefined) return undefined
      w.pdu.ways.set(m.name, { how: 'shared', also })
      m.powerOff()
      return `${m.name} dies, and its outlet takes ${also} with it`
    },
    ends: works,
  },
  {
    id: 'F71',
    name: 'site-power',
    apply(w) {
      const ms = between(w, 500, 20_000)
      const back = machines(w).filter(() => w.random.chance(0.8))
      for (const m of w.machines) m.powerOff()
      for (const m of back) w.after(w.random.int(ms), () => m.powerOn())
      return `all power is lost; ${back.map((m) => m.name).join(', ') || 'nobody'} comes back within ${ms} ms`
    },
  },
  {
    id: 'X3',
    name: 'power-off',
    apply(w) {
      const m = pick(w)
      m.powerOff()
      if (w.random.chance(0.5)) later(w, between(w, 1000, 10_000), () => m.powerOn())
      return `${m.name} loses power`
    },
  },
]
