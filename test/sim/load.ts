/**
 * A burst of changes, each with a reason of half a megabyte: so few entries are enough that each goes to a peer alone and that a snapshot is due at their
 * end, which whoever was away then needs. One seed of sixteen begins with it; in half of those the leader loses its power in the middle of it instead.
 */
import type { LogState } from '../../actors/log/raft.js'
import { type Random, seeded } from '../../runtime/random.js'
import { leaderOf, propose } from './cluster.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

const changes = 38
const reason = 'x'.repeat(480 * 1024)

/** What it did, or nothing. */
export function burst(world: World, seed: string): string | undefined {
  const random = seeded(`${seed} large`)
  const leader = leaderOf(world)
  const config = (leader?.stateOf('log') as LogState | undefined)?.cluster.config
  if (random.int(16) > 0 || world.throughCodec || !leader || !config) return undefined
  const because = { do: 'config', key: 'log.config', args: { reason }, severity: 'info' }
  const asks = (n: number): void => propose(world, leader, `load-${n}`, { type: 'config', doc: config, by: 'load', because })
  const dies = random.chance(0.5)
  // At once: then many of them are not committed yet when the leader dies.
  for (let n = 0; n < changes; n++) world.after(dies ? n / 20 : n * 2, () => asks(n))
  if (dies) world.after(1 + random.int(12), () => leader.powerOff())
  // Whoever leads next has more to add at once, so that the old leader comes back with another end of its log.
  const heir = world.machines.find((m) => m !== leader)
  const adds = (n: number): void => heir && propose(world, heir, `heir-${n}`, { type: 'cleanup', resource: 'job', by: 'load' })
  if (dies) for (let n = 0; n < 3; n++) world.after(30 + n, () => adds(n))
  const away = dies ? undefined : cutOff(world, leader, random)
  world.run(changes * 2 + 400)
  return `${changes} changes of half a megabyte${away ? `, ${away} cut off` : ''}${dies ? `, ${leader.name} loses its power meanwhile` : ''}`
}

/** With three nodes and more somebody is away, and comes back when everything is mended. */
function cutOff(world: World, leader: Machine, random: Random): string | undefined {
  const others = world.machines.filter((m) => m !== leader)
  const away = others[random.int(others.length)]
  if (!away || others.length < 2) return undefined
  world.net.partition(
    [away.name],
    world.machines.filter((m) => m !== away).map((m) => m.name),
    true,
  )
  return away.name
}
