/** Faults of processes and threads (F1 to F15): kyhad, its threads and actors, the guard. */
import type { Effect } from '../../../runtime/actor.js'
import { reason } from '../../../runtime/supervisor.js'
import type { Machine } from '../machine.js'
import { among, between, each, type Fault, later, machines, pick, pickOn } from './kind.js'

const threads = ['core', 'work'] as const
/** As runtime/host/threads.ts ends a thread without progress. */
const stuckMsMax: Readonly<Record<(typeof threads)[number], number>> = { core: 1250, work: 2000 }
const failpoints: readonly Effect['do'][] = ['persist', 'send', 'agent', 'agent-ack', 'token', 'note']

export const processFaults: readonly Fault[] = [
  {
    id: 'F1',
    name: 'kyhad-kill',
    apply(w) {
      const some = w.random.chance(0.2) ? machines(w) : [pick(w)]
      for (const m of some) m.crashKyhad()
      return `kyhad of ${some.map((m) => m.name).join(', ')} is killed`
    },
  },
  {
    id: 'F2',
    name: 'kyhad-stop',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 10, 60_000)
      m.pause()
      w.after(ms, () => m.resume())
      return `kyhad of ${m.name} is stopped for ${ms} ms`
    },
    ends: each((m) => m.resume()),
  },
  {
    id: 'F3',
    name: 'guard-stop',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 50, 10_000)
      m.holdGuard()
      w.after(ms, () => m.releaseGuard())
      return `the guard of ${m.name} is stopped for ${ms} ms`
    },
    ends: each((m) => m.releaseGuard()),
  },
  {
    id: 'F4',
    name: 'guard-kill',
    apply(w) {
      const m = pick(w)
      m.crashGuard()
      return `the guard of ${m.name} is killed`
    },
  },
  {
    id: 'F6',
    name: 'actor-throws',
    apply(w) {
      const m = pickOn(w)
      const path = m && among(w, m.host?.paths ?? [])
      if (!m || path === undefined) return undefined
      m.host?.fail(path)
      return `${path} of ${m.name} throws`
    },
  },
  {
    id: 'F7',
    name: 'thread-loops',
    apply(w) {
      const m = pickOn(w)
      const thread = among(w, threads)
      const host = m?.host
      if (!m || !thread || !host) return undefined
      host.stick(thread)
      w.after(stuckMsMax[thread], () => {
        if (m.host === host) host.endThread(thread, reason('lost', 'no progress'))
      })
      return `the ${thread} thread of ${m.name} runs in circles until its host ends it`
    },
  },
  {
    id: 'F8',
    name: 'thread-memory',
    apply(w) {
      const m = pickOn(w)
      const thread = among(w, threads)
      if (!m?.host || !thread) return undefined
      m.host.endThread(thread, reason('lost', 'heap limit'))
      return `the ${thread} thread of ${m.name} runs out of memory`
    },
  },
  {
    id: 'F9',
    name: 'native-crash',
    apply(w) {
      const m = pick(w)
      const times = 1 + w.random.int(4)
      for (let n = 0; n < times; n++) later(w, n * between(w, 260, 1500), () => m.crashKyhad())
      return `kyhad of ${m.name} crashes up to ${times} times`
    },
  },
  {
    id: 'F10',
    name: 'thread-stall',
    apply(w) {
      const m = pickOn(w)
      const thread = among(w, threads)
      const host = m?.host
      if (!m || !thread || !host) return undefined
      const ms = between(w, 50, stuckMsMax[thread] - 1)
      host.stick(thread)
      w.after(ms, () => {
        if (m.host === host) host.unstick(thread)
      })
      return `the ${thread} thread of ${m.name} stalls for ${ms} ms`
    },
  },
  {
    id: 'F11',
    name: 'cpu-starved',
    apply(w) {
      const m = pick(w)
      const ms = between(w, 5, 200)
      if (!m.host || !m.guard) return undefined
      m.host.lagMs = ms
      m.guard.extraMs = 10 * ms
      return `${m.name} is starved: timers up to ${ms} ms late, agents ${10 * ms} ms slower`
    },
    ends: calm,
  },
  {
    id: 'F12',
    name: 'restart-storm',
    apply(w) {
      const m = pickOn(w)
      const path = m && among(w, m.host?.paths ?? [])
      if (!m || path === undefined) return undefined
      for (let n = 0; n < 12; n++) later(w, n * 20, () => m.host?.fail(path))
      return `${path} of ${m.name} throws twelve times`
    },
  },
  {
    id: 'F13',
    name: 'slow-start',
    apply(w) {
      const m = pick(w)
      m.startExtraMs = between(w, 500, 8_000)
      m.crashKyhad()
      return `kyhad of ${m.name} dies and takes ${m.startExtraMs} ms longer to start`
    },
    ends: each((m) => (m.startExtraMs = 0)),
  },
  {
    id: 'F14',
    name: 'crash-at',
    apply(w) {
      const m = pickOn(w)
      const effect = among(w, failpoints)
      const when = w.random.chance(0.5) ? 'before' : 'after'
      if (!m || !effect) return undefined
      m.trap = { effect, when }
      return `kyhad of ${m.name} dies right ${when} its next ${effect}`
    },
    ends: each((m) => (m.trap = undefined)),
  },
  {
    id: 'F15',
    name: 'no-fork',
    apply(w) {
      const m = pickOn(w)
      if (!m?.guard) return undefined
      for (const action of ['start', 'stop', 'monitor', 'off']) if (w.random.chance(0.5)) m.guard.next.set(action, 'not-born')
      return `${m.name} has no memory for agents: the next ${[...m.guard.next.keys()].join(', ')} cannot be started`
    },
    ends: each((m) => m.guard?.mend()),
  },
]

function calm(w: { readonly machines: readonly Machine[] }): void {
  for (const m of w.machines) {
    if (m.host) m.host.lagMs = 0
  }
}
