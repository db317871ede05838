/** Faults of the network (F21 to F36, F40): what happens to packets, and who can reach whom. */
import type { LinkFault } from '../net.js'
import type { World } from '../world.js'
import { among, between, type Fault, later, names, others, pick } from './kind.js'

const heals = (w: World): void => w.net.heal()
const shuffled = (w: World): string[] =>
  names(w)
    .map((n) => ({ n, at: w.random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ n }) => n)

/** Changes everything, all links of one machine, one direction between two, or one link; says where. */
function somewhere(w: World, change: Partial<LinkFault>): string {
  const m = pick(w)
  const rest = others(w, m)
  switch (w.random.int(4)) {
    case 0:
      w.net.change(names(w), names(w), change)
      return 'everywhere'
    case 1:
      w.net.change([m.name], rest, change)
      w.net.change(rest, [m.name], change)
      return `around ${m.name}`
    case 2: {
      const to = among(w, rest) ?? m.name
      w.net.change([m.name], [to], change)
      return `from ${m.name} to ${to}`
    }
    default: {
      const link = w.random.int(w.net.links)
      for (const a of names(w)) for (const b of names(w)) if (a !== b) Object.assign(w.net.fault(a, b, link), change)
      return `on link ${link}`
    }
  }
}

/** Only these pairs reach each other. */
function only(w: World, pairs: readonly (readonly [string, string])[]): void {
  w.net.change(names(w), names(w), { cut: true })
  for (const [a, b] of pairs) w.net.partition([a], [b], false)
}

const packets: readonly Fault[] = [
  {
    id: 'F21',
    name: 'loss',
    apply(w) {
      const loss = w.random.next() * 0.3
      const burst = w.random.chance(0.5) ? 1 : 1 + w.random.int(8)
      return `${Math.round(loss * 100)} % loss in bursts of ${burst} ${somewhere(w, { loss, burst })}`
    },
    ends: heals,
  },
  {
    id: 'F22',
    name: 'delay',
    apply(w) {
      const delayMs = between(w, 1, 2000)
      const jitterMs = w.random.next() * delayMs
      return `delay of ${delayMs} ms and up to ${Math.round(jitterMs)} more ${somewhere(w, { delayMs, jitterMs })}`
    },
    ends: heals,
  },
  {
    id: 'F23',
    name: 'duplicates',
    apply: (w) => `half of all datagrams come twice ${somewhere(w, { duplicate: 0.5, jitterMs: 20 })}`,
    ends: heals,
  },
  {
    id: 'F24',
    name: 'reorder',
    apply: (w) => `datagrams overtake each other ${somewhere(w, { reorder: w.random.next() })}`,
    ends: heals,
  },
  {
    id: 'F25',
    name: 'corruption',
    apply: (w) => `bits flip ${somewhere(w, { corrupt: w.random.next() * 0.3 })}`,
    ends: heals,
  },
  {
    id: 'F33',
    name: 'swizzle-clog',
    apply(w) {
      const order = shuffled(w).slice(0, 1 + w.random.int(names(w).length))
      let ms = 0
      for (const name of order) {
        ms += between(w, 50, 3000)
        const clogUntilMs = w.nowMs() + ms
        w.net.change([name], names(w), { clogUntilMs })
        w.net.change(names(w), [name], { clogUntilMs })
      }
      return `traffic of ${order.join(', ')} is held, and let go in that order within ${ms} ms`
    },
    ends: heals,
  },
  {
    id: 'F34',
    name: 'mtu-black-hole',
    apply: (w) => `large packets vanish ${somewhere(w, { blackHole: true })}`,
    ends: heals,
  },
  {
    id: 'F35',
    name: 'streams-hang',
    apply: (w) => `streams hang while datagrams pass ${somewhere(w, { noStreams: true })}`,
    ends: heals,
  },
]

const partitions: readonly Fault[] = [
  {
    id: 'F26',
    name: 'partition',
    apply(w) {
      const all = shuffled(w)
      const cut = w.random.chance(0.5) ? 1 : w.random.chance(0.5) ? Math.floor(all.length / 2) : 1 + w.random.int(all.length)
      const [left, right] = [all.slice(0, cut), all.slice(cut)]
      w.net.partition(left, right, true)
      if (w.random.chance(0.5)) later(w, between(w, 100, 10_000), () => w.net.partition(left, right, false))
      return `${left.join(', ')} | ${right.join(', ') || 'nobody'}`
    },
    ends: heals,
  },
  {
    id: 'F27',
    name: 'one-way',
    apply(w) {
      const m = pick(w)
      const to = w.random.chance(0.5) ? others(w, m) : [among(w, others(w, m)) ?? m.name]
      const sends = w.random.chance(0.5)
      if (sends) w.net.change(to, [m.name], { cut: true })
      else w.net.change([m.name], to, { cut: true })
      return sends ? `${m.name} does not hear ${to.join(', ')}` : `${to.join(', ')} do not hear ${m.name}`
    },
    ends: heals,
  },
  {
    id: 'F28',
    name: 'majorities-ring',
    nodesMin: 5,
    apply(w) {
      const all = shuffled(w)
      only(
        w,
        all.map((n, i) => [n, all[(i + 1) % all.length] as string]),
      )
      return `each sees its two neighbours in the ring ${all.join(' ')}`
    },
    ends: heals,
  },
  {
    id: 'F29',
    name: 'bridge',
    nodesMin: 3,
    apply(w) {
      const [bridge, ...rest] = shuffled(w)
      const cut = 1 + w.random.int(rest.length - 1)
      w.net.partition(rest.slice(0, cut), rest.slice(cut), true)
      return `${rest.slice(0, cut).join(', ')} | ${rest.slice(cut).join(', ')}, only ${bridge} sees both`
    },
    ends: heals,
  },
  {
    id: 'F30',
    name: 'chained',
    nodesMin: 3,
    apply(w) {
      const all = shuffled(w)
      const star = w.random.chance(0.5)
      only(
        w,
        all.slice(1).map((n, i) => [n, (star ? all[0] : all[i]) as string]),
      )
      return star ? `only ${all[0]} reaches the others` : `a chain ${all.join(' ')}`
    },
    ends: heals,
  },
  {
    id: 'F31',
    name: 'link-dark',
    apply(w) {
      const link = w.random.int(w.net.links)
      const lossy = w.random.chance(0.3)
      const change = lossy ? { loss: 0.1 + 0.8 * w.random.next() } : { cut: true }
      for (const a of names(w)) for (const b of names(w)) if (a !== b) Object.assign(w.net.fault(a, b, link), change)
      return `link ${link} is ${lossy ? 'lossy' : 'dark'}`
    },
    ends: heals,
  },
  {
    id: 'F32',
    name: 'flapping',
    apply(w) {
      const m = pick(w)
      const everyMs = between(w, 50, 500)
      const times = 4 + 2 * w.random.int(8)
      for (let n = 0; n < times; n++) later(w, n * everyMs, () => w.net.partition([m.name], others(w, m), n % 2 === 0))
      return `${m.name} comes and goes every ${everyMs} ms, ${times} times`
    },
    ends: heals,
  },
  {
    id: 'F36',
    name: 'switch-reboot',
    apply(w) {
      const ms = between(w, 1_000, 30_000)
      w.net.change(names(w), names(w), { cut: true })
      later(w, ms, () => w.net.change(names(w), names(w), { cut: false }))
      return `no network at all for ${ms} ms`
    },
    ends: heals,
  },
  {
    id: 'F40',
    name: 'management-net',
    apply(w) {
      const m = pick(w)
      w.net.partition([m.name], others(w, m), true)
      w.pdu.ways.set(m.name, { how: 'mute' })
      return `${m.name} is cut off together with its power switch`
    },
    ends(w) {
      heals(w)
      w.pdu.ways.clear()
    },
  },
]

const witness: readonly Fault[] = [
  {
    id: 'F41',
    name: 'witness-gone',
    mode: 'witness',
    apply(w) {
      const m = pick(w)
      const all = w.random.chance(0.5)
      if (all) w.witnessed.up = false
      else w.witnessed.cut.add(m.name)
      if (w.random.chance(0.5)) w.net.partition([m.name], others(w, m), true)
      return `the witness is ${all ? 'down' : `out of reach of ${m.name}`}`
    },
    ends(w) {
      heals(w)
      w.witnessed.up = true
      w.witnessed.cut.clear()
    },
  },
  {
    id: 'F41',
    name: 'witness-slow',
    mode: 'witness',
    apply(w) {
      w.witnessed.extraMs = between(w, 20, 5_000)
      return `the witness takes ${w.witnessed.extraMs} ms to answer`
    },
    ends: (w) => {
      w.witnessed.extraMs = 0
    },
  },
]

export const networkFaults: readonly Fault[] = [...packets, ...partitions, ...witness]
