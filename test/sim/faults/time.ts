/** Faults of time (F44 to F48). Wall clocks have no part here: no actor is given one. */
import { between, each, type Fault, pick } from './kind.js'

const rateOf = (w: { random: { next(): number } }, share: number): number => 1 + (2 * w.random.next() - 1) * share

export const timeFaults: readonly Fault[] = [
  {
    id: 'F44',
    name: 'clock-slew',
    apply(w) {
      const m = pick(w)
      if (m.isFrozen) return undefined
      m.clock.rate = rateOf(w, 500e-6)
      return `the clock of ${m.name} is slewed: ${m.clock.rate.toFixed(6)}`
    },
  },
  {
    id: 'F45',
    name: 'clock-drift',
    apply(w) {
      for (const m of w.machines) if (!m.isFrozen) m.clock.rate = rateOf(w, 0.01)
      return `clocks drift: ${w.machines.map((m) => `${m.name} ${m.clock.rate.toFixed(4)}`).join(', ')}`
    },
  },
  {
    id: 'F46',
    name: 'suspend',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 100, 20_000)
      m.freeze(true)
      w.after(ms, () => m.thaw())
      return `${m.name} is suspended for ${ms} ms`
    },
    ends: each((m) => m.thaw()),
  },
  {
    id: 'F47',
    name: 'vm-pause',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 100, 60_000)
      m.freeze(false)
      w.after(ms, () => m.thaw())
      return `${m.name} is paused from outside for ${ms} ms`
    },
    ends: each((m) => m.thaw()),
  },
  {
    id: 'F48',
    name: 'late-timers',
    apply(w) {
      const ms = between(w, 1, 40)
      for (const m of w.machines) if (m.host) m.host.lagMs = ms
      return `timers are up to ${ms} ms late everywhere`
    },
    ends: each((m) => {
      if (m.host) m.host.lagMs = 0
    }),
  },
]
