/**
 * Two voters (design 8.3). T2, T3: who begins to decide alone was admitted in this life, and the peer's last admitted life is off; with a witness
 * its record names that node and epoch, or a majority of the disks has held one that does. T4: each solo set
 * has an epoch of its own, and it is on disk before its owner leads by it. T5: when it ends, the peer's disk holds all that came before.
 */
import { decodeHard } from '../../../actors/log/codec.js'
import { epochOf, type LogState, lastIndex, rowAt, soloOf } from '../../../actors/log/raft.js'
import { diskWitness } from '../../../actors/witness/messages.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

/** The solo set of this hard state is on disk. */
function isKept({ disk }: Machine, log: LogState): boolean {
  const kept = disk.hard && decodeHard(disk.hard)
  return kept?.ok === true && kept.value.epoch === log.hard.epoch && kept.value.soloSet !== undefined
}

export function solo(world: World, applied: Applied): void {
  const sets = new Map<number, string>([[0, '']])
  const was = new Map<Machine, { readonly host: unknown; readonly set: string; readonly epoch: number }>()

  const votersOf = (log: LogState): readonly Machine[] => log.members.flatMap((m) => (m.votes > 0 ? (world.byNode(m.node) ?? []) : []))

  const begins = (machine: Machine, log: LogState): void => {
    if (log.witness !== undefined) return vouched(machine, log)
    const own = log.cluster.lives[log.self]
    if (own?.boot !== log.life.boot || own.state !== 'admitted')
      world.violate('T3', `${machine.incarnation.boot} decides alone and was not admitted in this life`)
    for (const peer of votersOf(log)) {
      const life = applied.newest()?.lives[peer.spec.node]
      if (peer !== machine && peer.powered && life?.boot === peer.incarnation.boot && life.state !== 'fenced')
        world.violate('T2', `${machine.incarnation.boot} decides alone while ${peer.incarnation.boot} is on`)
    }
  }
  const vouched = (machine: Machine, log: LogState): void => {
    const epoch = epochOf(log)
    if (log.witness === diskWitness) {
      if (!world.shared.vouch({ epoch, owner: log.self }))
        world.violate('T2', `${machine.name} decides alone in epoch ${epoch}, but no majority of the disks ever held that`)
      return
    }
    const { record } = world.witnessed
    if (record?.owner !== log.self || record.epoch !== epoch)
      world.violate('T2', `${machine.name} decides alone in epoch ${epoch}, but the witness holds ${JSON.stringify(record)}`)
  }
  const ends = (machine: Machine, log: LogState): void => {
    const last = lastIndex(log)
    const had = ({ disk, powered }: Machine): boolean => !powered && disk.held(last - 1, rowAt(log, last - 1)?.term ?? -1)
    for (const peer of votersOf(log))
      if (peer !== machine && peer.disk.lastIndex < last - 1 && !had(peer))
        world.violate('T5', `${machine.name} counts ${peer.name} again, whose disk ends at ${peer.disk.lastIndex} of ${last}`)
  }

  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (log?.members.filter((m) => m.votes > 0).length !== 2) return
      // An epoch that is not on its disk yet belongs to nobody: nothing was done in it, and it is forgotten if the disk does not take it.
      if (log.hard.soloSet && !isKept(machine, log)) return
      const set = soloOf(log)?.join() ?? ''
      const epoch = epochOf(log)
      const old = was.get(machine)
      if (old?.set === set && old.epoch === epoch && old.host === machine.host) return
      was.set(machine, { host: machine.host, set, epoch })
      const known = sets.get(epoch)
      if (known === undefined) sets.set(epoch, set)
      else if (known !== set)
        world.violate('T4', `epoch ${epoch} belongs to ${known || 'both'} and, on ${machine.name}, to ${set || 'both'}`)
      // What stands on its disk when it boots was begun by an earlier life, cut off in that very moment.
      if (set === log.self && known === undefined && old?.host === machine.host) begins(machine, log)
      if (set === '' && old?.set === log.self && log.role === 'leader') ends(machine, log)
    },
  })
  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (log?.role !== 'leader' || !log.hard.soloSet) return
      if (!isKept(machine, log)) world.violate('T4', `${machine.name} leads alone in epoch ${log.hard.epoch}, which is not on its disk`)
    },
  })
}
