/** S1: ground truth never shows a resource on two powered machines. It can only begin with a start, so each start is looked at. */
import type { World } from '../world.js'
import { endedItself } from './leased.js'
import { liedAbout, liedOff } from './trust.js'

export function oneOwner(world: World): void {
  world.runs.push((machine, op) => {
    if (op.kind !== 'resource' || op.action !== 'start') return
    for (const other of world.machines) {
      // What stands still with its machine ends before it goes on, if its lease is over then.
      if (endedItself(other)) continue
      if (other === machine || !other.powered || !other.guard?.active.has(op.resource)) continue
      if (!liedOff(world, machine.incarnation.boot) && !liedAbout(world, other, op.resource))
        world.violate('S1', `${op.resource} is started on ${machine.name} while it runs on ${other.name}`)
    }
  })
}
