/** Clusters that serve, and lists that are proposed to them. */
import * as assert from 'uvu/assert'
import type { Entry, Member } from '../../../actors/log/messages.js'
import { nodeId } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { Harness, type Node } from './harness.js'

export const list = (members: readonly Member[]): Entry => ({
  type: 'members',
  members,
  epoch: 0,
  because: verdict('members', 'log.members'),
})
export const member = (name: string, votes: number): Member => ({
  node: nodeId(name),
  name,
  votes,
  links: [{ address: '10.0.0.9', port: 5405 }],
})

export function cluster(seed: string, count: number): { h: Harness; leader: Node } {
  const h = new Harness(seed, count)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready)))
  h.run(300)
  return { h, leader: h.leader() as Node }
}
