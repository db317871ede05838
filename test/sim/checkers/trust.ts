/**
 * Outside of what can be promised (design 6, end): a fence device that says off and did nothing (F66), an agent that says stopped and did not
 * stop (F19). What follows from such a lie is no violation, as long as the log names whose word was trusted.
 */
import type { LogState } from '../../../actors/log/raft.js'
import { resourceOf } from '../../../actors/log/right.js'
import type { BootId, ResourceId } from '../../../runtime/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'

/** A device lied about this life. */
export const liedOff = (world: World, boot: string): boolean => world.pdu.lied.has(boot as BootId)

/**
 * Two nodes: whoever is told "off" decides alone, and rightly so. If that was a lie, both may; then there are two clusters, and nothing that is
 * said of one log holds any more.
 */
export const bothAlone = (world: World): boolean => world.roster.everTwo && world.pdu.lied.size > 0

/** Of two that both decide alone only this is still looked at. */
const ofOneNode = new Set(['bug', 'codec', 'trust', 'S18', 'S20', 'S23'])

export function trust(world: World): void {
  const twice = (because: string): boolean => because.includes('two leaders in one term')
  world.excuses.push((invariant, because) => bothAlone(world) && (!ofOneNode.has(invariant) || twice(because)))
  // A life that was certified dead by a lie is heeded by nobody until its machine reboots: the cluster is not whole, and says so.
  const outcast = (): boolean => world.machines.some((m) => m.powered && liedOff(world, m.incarnation.boot))
  world.excuses.push((invariant) => invariant.startsWith('L') && outcast())
}

/** The present life of this machine runs `resource` only because of a lie; `violate` if the log does not say whose. */
export function liedAbout(world: World, machine: Machine, resource: ResourceId): boolean {
  const { boot } = machine.incarnation
  const off = liedOff(world, boot)
  const stopped = machine.guard?.lied.has(resource) ?? false
  if (!off && !stopped) return false
  const logs = world.machines.flatMap((m) => (m.stateOf('log') as LogState | undefined) ?? [])
  const certified = off && logs.some((l) => l.cluster.certificates.some((c) => c.boot === boot && c.how === 'device' && c.by !== ''))
  const released =
    stopped &&
    logs.some((l) =>
      l.rows.some(
        ({ entry }) =>
          entry.type === 'decision' &&
          entry.releases.some((r) => resourceOf(r.resource) === resource && r.node === machine.spec.node && r.how === 'stopped'),
      ),
    )
  if (!certified && !released) world.violate('trust', `${resource} of ${boot} was taken over on a lie, and the log does not say whose`)
  return true
}
