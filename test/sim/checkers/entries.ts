/**
 * S8: wherever a log holds an entry of one index and term, it is the same entry after the same entry. S7: who begins to lead holds the newest
 * entry that was committed in an earlier term. S10 at its root: what is first said to be committed is on the disks of a deciding set, counted
 * by a rule of this checker's own; and a leader moves its commit index only to an entry of its own term (Ongaro 2014, figure 8).
 * Only rows that were not there at the last look are read.
 */
import type { Row } from '../../../actors/log/codec.js'
import { type LogState, rowAt, soloOf } from '../../../actors/log/raft.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { decides } from './predicate.js'

interface Seen {
  readonly host: unknown
  readonly rows: readonly Row[]
  readonly commit: number
  readonly role: LogState['role']
  readonly term: number
  readonly members: LogState['members']
}

/** A machine that is off, and was given another disk meanwhile, may have said before what it held. */
const hasHeld = ({ disk, powered }: Machine, { index, term }: Row): boolean =>
  disk.holds(index, term) || (!powered && disk.held(index, term))

export function entries(world: World): void {
  const known = new Map<string, Row>()
  const seen = new Map<Machine, Seen>()
  /** Committed anywhere: the newest entry committed by the leaders of each term. */
  const committedIn = new Map<number, { readonly index: number; readonly term: number }>()
  let top = 0

  const match = (machine: Machine, rows: readonly Row[], old: readonly Row[]): void => {
    const shift = (rows[0]?.index ?? 0) - (old[0]?.index ?? 0)
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i] as Row
      if (old[i + shift] === row) return
      const key = `${row.index}.${row.term}`
      const same = known.get(key)
      if (!same) known.set(key, row)
      else if (same !== row && (same.prev !== row.prev || Buffer.compare(same.bytes, row.bytes) !== 0))
        world.violate('S8', `${machine.name} holds another entry ${row.index} of term ${row.term} than some log did`)
    }
  }

  /** `counted`: the list that was in force before this step, which may go on to a new one as soon as it has committed. */
  const committed = (machine: Machine, log: LogState, counted: LogState['members']): void => {
    for (let i = Math.max(top, log.snapshot.index) + 1; i <= log.commit; i++) {
      const row = rowAt(log, i)
      if (row) committedIn.set(log.hard.term, { index: i, term: row.term })
    }
    const row = rowAt(log, log.commit)
    if (row) {
      const holders = world.machines.filter((m) => hasHeld(m, row)).map((m) => m.spec.node)
      if (![log.members, counted].some((list) => decides(list, soloOf(log), log.tieBreak, holders)))
        world.violate('S10', `${machine.name} calls entry ${row.index} committed, which is on disk at ${holders.join() || 'no'} only`)
    }
    top = log.commit
  }

  const leads = (machine: Machine, log: LogState): void => {
    const before = [...committedIn].filter(([term]) => term < log.hard.term).map(([, e]) => e)
    const last = before.sort((a, b) => b.index - a.index)[0]
    if (!last || last.index <= log.snapshot.index || rowAt(log, last.index)?.term === last.term) return
    world.violate('S7', `${machine.name} leads term ${log.hard.term} without entry ${last.index} of term ${last.term}, which was committed`)
  }

  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (!log) return
      const was = seen.get(machine)
      const old = was?.host === machine.host ? was : undefined
      if (old && old.rows === log.rows && old.commit === log.commit && old.role === log.role && old.term === log.hard.term) return
      if (old?.rows !== log.rows) match(machine, log.rows, old?.rows ?? [])
      if (log.commit > top) committed(machine, log, old?.members ?? log.members)
      const led = old?.role === 'leader' && old.term === log.hard.term
      if (log.role === 'leader' && !led) leads(machine, log)
      const moved = led && log.role === 'leader' && log.commit > old.commit ? rowAt(log, log.commit) : undefined
      if (moved && moved.term !== log.hard.term)
        world.violate(
          'S7',
          `${machine.name} leads term ${log.hard.term} and counts entry ${moved.index} of term ${moved.term} as committed`,
        )
      seen.set(machine, {
        host: machine.host,
        rows: log.rows,
        commit: log.commit,
        role: log.role,
        term: log.hard.term,
        members: log.members,
      })
    },
  })
}
