/**
 * S3 over the whole cluster: what a guard lets in has a token at least as high as any that was ever let in for the resource, and one token
 * belongs to one life of one machine. Of a clone each node has tokens of its own.
 */
import type { World } from '../world.js'
import { isBound, type Rights } from './rights.js'
import { liedOff } from './trust.js'

export function tokens(world: World, rights: Rights): void {
  const highest = new Map<string, { token: number; where: string }>()
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || !op.changes) return
    const where = machine.incarnation.boot as string
    if (liedOff(world, where)) return
    const right = rights.of(op.resource, machine.spec.node, token)
    const whose = isBound(right) ? `${op.resource} of ${machine.name}` : op.resource
    const seen = highest.get(whose)
    if (seen && (token < seen.token || (token === seen.token && where !== seen.where)))
      world.violate('S3', `${op.action} of ${op.resource} with token ${token} in ${where} after token ${seen.token} in ${seen.where}`)
    if (!seen || token > seen.token) highest.set(whose, { token, where })
  })
}
