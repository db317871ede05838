/** The catalogue of what the simulator can do to a cluster; what it cannot, and why, stands in README.md. */
import type { Random } from '../../../runtime/random.js'
import type { Mode } from '../mode.js'
import type { World } from '../world.js'
import { agentFaults } from './agents.js'
import { cloneFaults } from './clones.js'
import { diskFaults } from './disk.js'
import { type Fault, possible } from './kind.js'
import { memberFaults } from './members.js'
import { networkFaults } from './network.js'
import { operatorFaults } from './operators.js'
import { powerFaults } from './power.js'
import { processFaults } from './process.js'
import { sharedDiskFaults } from './shared-disk.js'
import { timeFaults } from './time.js'

export type { Fault } from './kind.js'

export const catalogue: readonly Fault[] = [
  ...processFaults,
  ...agentFaults,
  ...networkFaults,
  ...timeFaults,
  ...diskFaults,
  ...sharedDiskFaults,
  ...powerFaults,
  ...operatorFaults,
  ...memberFaults,
  ...cloneFaults,
]

export const faultNamed = (name: string): Fault | undefined => catalogue.find((f) => f.name === name)

/** What one history draws from: a random subset of the kinds, the rest with wild weights, so that rare ones rule some histories. */
export function drawing(random: Random, nodes: number, mode: Mode = 'plain', clones = false): () => Fault {
  const from = possible(catalogue, nodes, mode, clones)
  const share = 0.1 + 0.9 * random.next()
  const some = from.filter(() => random.chance(share))
  const kinds = some.length > 0 ? some : from
  const weights = kinds.map(() => 2 ** (random.next() * 7))
  const total = weights.reduce((a, b) => a + b, 0)
  return () => {
    let left = random.next() * total
    const at = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return kinds[Math.max(0, at)] as Fault
  }
}

/** Everything is mended and every machine is on. */
export function heal(world: World): void {
  world.mends++
  for (const ends of new Set(catalogue.map((f) => f.ends))) ends?.(world)
  for (const m of world.machines) {
    if (!m.powered) m.powerOn()
    else if (!m.managed) m.startKyhad()
  }
}
