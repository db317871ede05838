/** S18: an operation that changes something, or ends a machine, is begun at most once on a machine, whoever asks how often, in whatever life. */
import type { World } from '../world.js'

export function once(world: World): void {
  const begun = new Map<string, string>()
  world.runs.push((machine, op) => {
    if (!op.changes && op.kind !== 'fence') return
    const key = `${machine.name} ${op.id}`
    const where = begun.get(key)
    if (where !== undefined) world.violate('S18', `${op.action} ${op.id} is begun in ${machine.incarnation.boot}, and was in ${where}`)
    begun.set(key, machine.incarnation.boot)
  })
}
