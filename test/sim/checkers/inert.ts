/**
 * S14: what a life says that the receiver knows to be over changes nothing. In the log, the coordinator, the directors and the fencer such a life is
 * one that the receiver's own copy of the log has certified; in membership it is any but the peer's present one. And the log admits no life that
 * another one of the same machine has replaced.
 */

import type { ClusterState } from '../../../actors/log/state.js'
import type { MembershipState } from '../../../actors/membership/actor.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

const readers = new Set<string>(['log', 'coordinator', 'resource', 'fencer'])
const isReader = (path: string): boolean => path === 'membership' || readers.has(path)

function admitted(world: World, applied: Applied): void {
  const lives = new Map<string, string[]>()
  let newest = 0
  applied.each.push((_, state) => {
    if (state.index <= newest) return
    newest = state.index
    for (const [node, { boot }] of Object.entries(state.lives)) {
      const known = lives.get(node) ?? []
      if (known.at(-1) === boot) continue
      if (known.includes(boot)) world.violate('S14', `${boot} is admitted again, after ${known.at(-1)}`)
      lives.set(node, [...known, boot])
    }
  })
}

export function inert(world: World, applied: Applied): void {
  admitted(world, applied)
  world.steps.push((machine, path, { from, fromIncarnation: life }, _, before, step) => {
    if (!isReader(path) || from.node === undefined || !life) return
    // It may be told that it is over.
    const heeded = step.effects.some((e) => e.do !== 'send' || e.msg.type !== 'certified')
    if (before === step.state && !heeded) return
    const say = (why: string): void => world.violate('S14', `${machine.name} ${path} heeds ${life.boot}/${life.counter}, ${why}`)
    if (readers.has(path)) {
      const cluster = (before as { cluster?: ClusterState }).cluster
      if (cluster?.certificates.some((c) => c.node === from.node && c.boot === life.boot)) say('which is certified dead')
    } else {
      const known = (before as MembershipState).peers.find((p) => p.node === from.node)?.lives.incarnation
      if (known?.boot !== life.boot || known.counter !== life.counter)
        say(`and knows ${known ? `${known.boot}/${known.counter}` : 'no life'}`)
    }
  })
}
