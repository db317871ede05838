/** Faults of agents and services (F17 to F20), and services that die by themselves. */
import { idsOf } from '../cluster.js'
import type { Mishap } from '../guard-world.js'
import type { World } from '../world.js'
import { among, each, type Fault, later, pickOn } from './kind.js'

const clear = each((m) => m.guard?.mend())

/** The next run of `action` goes wrong; a service dies, so that there is one soon. */
function mishap(w: World, how: Mishap, actions: readonly string[]): string | undefined {
  const m = pickOn(w)
  const roles = w.standing?.clones ? ['promote', 'demote'].filter((a) => how !== 'lies' || a === 'demote') : []
  const told = w.standing?.clones?.some((c) => c.notify) && how !== 'lies' ? ['notify'] : []
  const action = among(w, [...actions, ...roles, ...told])
  if (!m?.guard || action === undefined) return undefined
  m.guard.next.set(action, how)
  const mine = [...m.guard.active.keys()].sort()
  const dies = action === 'stop' || action === 'demote' || action === 'notify' || w.random.chance(0.3) ? undefined : among(w, mine)
  if (dies) m.guard.crash(dies)
  return `the next ${action} on ${m.name} ${words[how]}${dies ? `, and ${dies} dies` : ''}`
}
const words: Readonly<Record<Mishap, string>> = {
  fails: 'fails',
  hangs: 'hangs',
  stuck: 'hangs in a system call',
  lies: 'says that it is done, and is not',
  crashes: 'crashes half-way',
  'not-born': 'cannot be started',
}

export const agentFaults: readonly Fault[] = [
  {
    id: 'X1',
    name: 'service-dies',
    apply(w) {
      const m = pickOn(w)
      const ids = [...(m?.guard?.active.keys() ?? [])].sort()
      const r = among(w, ids)
      if (!m || !r) return undefined
      const times = 1 + w.random.int(4)
      for (let n = 0; n < times; n++) later(w, n * 300, () => m.guard?.crash(r))
      return `${r} dies on ${m.name}, up to ${times} times`
    },
  },
  {
    id: 'F17',
    name: 'agent-hangs',
    apply: (w) => mishap(w, 'hangs', ['start', 'stop', 'monitor']),
    ends: clear,
  },
  {
    id: 'F18',
    name: 'agent-stuck',
    apply: (w) => mishap(w, 'stuck', ['start', 'stop', 'monitor']),
    ends: clear,
  },
  {
    id: 'F19',
    name: 'agent-lies',
    apply: (w) => mishap(w, 'lies', ['start', 'stop']),
    ends: (w) => {
      clear(w)
      // Whoever mends a lie ends what it hid.
      for (const m of w.machines) for (const r of [...(m.guard?.lied ?? [])]) m.guard?.crash(r)
    },
  },
  {
    id: 'F20',
    name: 'service-escapes',
    apply(w) {
      const m = pickOn(w)
      const r = among(w, [...(m?.guard?.active.keys() ?? [])].sort())
      if (!m?.guard || !r) return undefined
      m.guard.escaped.add(r)
      if (w.random.chance(0.5)) m.guard.next.set('stop', 'hangs')
      return `${r} on ${m.name} leaves its containment, where no kill reaches it`
    },
    ends: clear,
  },
  {
    id: 'X2',
    name: 'agent-fails',
    apply(w) {
      const told = mishap(w, w.random.chance(0.8) ? 'fails' : 'crashes', ['start', 'stop', 'monitor', 'off'])
      if (told && w.random.chance(0.5)) for (const r of Object.values(idsOf(w))) pickOn(w)?.guard?.crash(r)
      return told
    },
    ends: clear,
  },
]
