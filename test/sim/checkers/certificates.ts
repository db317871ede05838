/**
 * S4: a certificate that any node applies names a life that does not run at that instant, and that never runs again. S5: where a device is said to
 * have ended it, a power switch has answered so; an operator's word is his own.
 */
import type { World } from '../world.js'
import { endedItself, selfDevice } from './leased.js'
import type { Applied } from './state-machine.js'
import { liedOff } from './trust.js'

export function certificates(world: World, applied: Applied): void {
  const dead = new Set<string>()
  /** Of each machine the newest life that was switched off, and with it every one before. */
  const ended = new Map<string, number>()
  const machineOf = (boot: string): string => boot.split('-')[0] ?? ''
  const lifeOf = (boot: string): number => Number(boot.split('-').at(-1))
  world.switched.push((target, action, rc) => {
    if (action === 'off' && rc === 0) ended.set(target.name, lifeOf(target.incarnation.boot))
  })
  applied.each.push((_, state) => {
    for (const c of state.certificates) {
      if (dead.has(c.boot)) continue
      dead.add(c.boot)
      if (liedOff(world, c.boot) && c.how === 'device' && c.by !== '') continue
      if (c.how === 'device' && c.by !== selfDevice && lifeOf(c.boot) > (ended.get(machineOf(c.boot)) ?? 0))
        world.violate('S5', `${c.boot} is certified dead by ${c.by}, which never said so`)
      const machine = world.byNode(c.node)
      const alone = c.by === selfDevice && machine !== undefined && endedItself(machine)
      if (machine?.powered && machine.incarnation.boot === c.boot && !alone)
        world.violate('S4', `${c.boot} is certified dead by ${c.by} (intent ${c.intent}) and runs`)
    }
  })
  world.runs.push((machine, op) => {
    const { boot } = machine.incarnation
    if (dead.has(boot) && !liedOff(world, boot) && (op.changes || !endedItself(machine)))
      world.violate('S4', `${boot} is certified dead and runs ${op.action} of ${op.resource}`)
  })
}
