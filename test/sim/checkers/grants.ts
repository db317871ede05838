/** S2 as far as a guard shows it: a start is let in only under the newest grant that any node has applied, which is this life's. */
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'
import { liedOff } from './trust.js'

export function grants(world: World, applied: Applied): void {
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || op.action !== 'start') return
    const grant = applied.newest()?.grants[op.resource]
    const mine = grant?.node === machine.spec.node && grant.boot === machine.incarnation.boot && grant.token === token && !grant.released
    if (!mine && !liedOff(world, machine.incarnation.boot)) {
      const held = grant ? `${grant.boot} has token ${grant.token}${grant.released ? ', released' : ''}` : 'nobody has a grant'
      world.violate('S2', `${machine.incarnation.boot} starts ${op.resource} with token ${token}, but ${held}`)
    }
  })
}
