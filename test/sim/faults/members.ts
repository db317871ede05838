/**
 * What operators do to the member list while all this happens: nodes are added, removed, taken in anew, replaced. A fault here says what they want
 * from now on; the commands that they give until it is so, and go on to give when everything is mended, are those of ../roster.ts.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { coveredByOthers } from './disk.js'
import { among, between, type Fault, machines } from './kind.js'

/** Fewer are never wanted, whatever is removed. */
const wantedMin = 2

const leads = (m: Machine): boolean => (m.stateOf('log') as LogState | undefined)?.role === 'leader'

function removed(w: World, m: Machine | undefined, what: string): string | undefined {
  if (!m || w.roster.wanted.length <= wantedMin) return undefined
  w.roster.unwant(m)
  return `${what} ${m.name}, is to be removed`
}

/** A slot of a shared disk belongs to a node for good. */
const never = 'disk'

/** It is noticed by then that a machine is dead: so many of the longest limit. */
const deadLimits = 2
/** A list is on its way to some disk; one of two that dies for good meanwhile is a limit of the log (actors/log/README.md). */
const isOpen = (w: World): boolean =>
  machines(w).some((m) => {
    const log = m.stateOf('log') as LogState | undefined
    return log !== undefined && log.members !== log.cluster.members
  })

export const memberFaults: readonly Fault[] = [
  {
    id: 'O11',
    name: 'node-add',
    never,
    apply(w) {
      const m = among(
        w,
        w.machines.filter((o) => !w.roster.wanted.includes(o)),
      )
      if (!m) return undefined
      w.roster.want(m)
      return `${m.name} is to join`
    },
    ends: (w) => w.roster.pursue(),
  },
  {
    id: 'O12',
    name: 'node-remove',
    never,
    apply: (w) => removed(w, among(w, w.roster.wanted), 'a node,'),
  },
  {
    id: 'O12',
    name: 'node-remove-leader',
    never,
    apply: (w) => removed(w, w.roster.wanted.find(leads), 'the leader,'),
  },
  {
    id: 'O12',
    name: 'node-remove-off',
    never,
    apply(w) {
      const m = among(w, w.roster.wanted)
      const what = removed(w, m, 'a node that is switched off,')
      if (what !== undefined) m?.powerOff()
      return what
    },
  },
  {
    id: 'O13',
    name: 'node-rejoin',
    never,
    apply(w) {
      const m = among(w, w.roster.wanted)
      if (!m || w.roster.wanted.length < wantedMin) return undefined
      w.roster.renew(m)
      return `${m.name} is to be removed, and to join again as another node`
    },
  },
  {
    id: 'O14',
    name: 'node-replace',
    never,
    apply(w) {
      const m = among(w, w.roster.wanted)
      if (!m?.installed || w.roster.wanted.length <= wantedMin) return undefined
      const { mends } = w
      w.after(between(w, 1, 2_000), () => {
        if (w.mends !== mends || !w.roster.isListed(m)) return
        m.powerOff()
        w.after(deadLimits * m.spec.timing.limitMsMax, () => {
          if (w.mends !== mends || m.powered || !w.roster.isListed(m) || !coveredByOthers(w, m) || isOpen(w)) return
          m.wipe()
          w.roster.renew(m)
          w.marks.sometimes('a dead node was replaced')
        })
      })
      return `${m.name} dies with its disk, and is to be replaced`
    },
  },
]
