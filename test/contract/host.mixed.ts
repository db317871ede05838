/**
 * Environment of host.kyhad.ts: the beat thread is the product's own (membership, links, real datagrams), all other actors are scripted. `log` tells
 * membership and host of one peer whenever it is born or asked; the console passes on what it is told over a BroadcastChannel.
 */
import { type Actor, type Msg, type NodeId, send } from '../../runtime/actor.js'
import type { Environment, MakeEnvironment } from '../../runtime/host/environment.js'
import { environment as product } from '../../runtime/host/environment.js'
import type { AnyActor } from '../../runtime/host/registry.js'
import { type Scripted, scripted } from './host.script.js'
import { environment as world } from './host.world.js'

/** In the node's settings: the peer that beats are counted at. */
export interface PeerSettings {
  readonly node: NodeId
  readonly address: string
  readonly port: number
}

const log: Actor<Scripted, Msg> = {
  ...scripted('log'),
  init(boot, env) {
    const born = scripted('log').init(boot, env)
    const { node, address, port } = JSON.parse(process.env['KYHA_TEST_PEER'] ?? '') as PeerSettings
    const member = (id: NodeId) => ({ node: id, name: id, votes: 1, links: 1 })
    const members = { type: 'members', members: [member(boot.node), member(node)] } as Msg
    return {
      ...born,
      effects: [...born.effects, send({ path: 'membership' }, members), { do: 'peers', peers: [{ node, links: [{ address, port }] }] }],
    }
  },
}

export const environment: MakeEnvironment = async (thread): Promise<Environment> => {
  if (thread === 'beat') return product(thread)
  const rest = await world(thread)
  return { ...rest, registry: async (kind): Promise<AnyActor> => (kind === 'log' ? log : rest.registry(kind)) }
}
