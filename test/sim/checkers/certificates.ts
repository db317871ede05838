/** S4 and S5: a certificate that any node applies names a life that does not run at that instant, and that never runs again. */
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

export function certificates(world: World, applied: Applied): void {
  const dead = new Set<string>()
  applied.each.push((_, state) => {
    for (const c of state.certificates) {
      if (dead.has(c.boot)) continue
      dead.add(c.boot)
      const machine = world.byNode(c.node)
      if (machine?.powered && machine.incarnation.boot === c.boot)
        world.violate('S4', `${c.boot} is certified dead by ${c.by} (intent ${c.intent}) and runs`)
    }
  })
  world.runs.push((machine, op) => {
    if (dead.has(machine.incarnation.boot))
      world.violate('S4', `${machine.incarnation.boot} is certified dead and runs ${op.action} of ${op.resource}`)
  })
}
