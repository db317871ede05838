/** Nodes that do not belong, or cannot prove it: nothing that they send changes anything. */

import type { EventView } from '../../console/api/views.js'
import type { Agents } from '../rig/configs.js'
import { linkOption } from '../rig/form.js'
import type { Lab } from '../rig/lab.js'
import { addressOf, inNet, resetAddresses } from '../rig/net.js'
import { allOnline, check, type Story, serves, sleep, stateOf, type Told, under, unnoticed } from './scene.js'

/** n3 gets another cluster key: its beats are worth nothing, it is missed like a node that is off, and comes back with the right key. */
async function wrongKey(lab: Lab, agents: Agents): Promise<Told> {
  const n3 = lab.host('n3')
  const told = await under(lab, agents, {
    async fault() {
      await n3.ok('kyha node stop')
      await n3.ok(
        'cd /etc/kyha/tls && cp -p cluster.key right.key && sed -i "s/[0-9a-f]\\{8\\}$/00000000/;s/[A-Za-z0-9+\\/]\\{8\\}=*$/AAAAAAA=/" cluster.key && ! cmp -s cluster.key right.key',
      )
      await n3.run('kyha node start')
      await sleep(3000)
      const s = await lab.status()
      check(s !== undefined && stateOf(s, 'n3') !== 'online' && serves(s, 'n1'), `n3 does not take part: ${s && stateOf(s, 'n3')}`)
      await n3.run('kyha node stop --force')
      await n3.ok('cd /etc/kyha/tls && mv right.key cluster.key && kyha node start')
    },
    after: (s) => allOnline(s) && serves(s, 'n1'),
    untilMs: 60_000,
  })
  return unnoticed(told)
}

/** Both members say it, in one sentence with names and a count, and not again for each attempt. */
async function answersForN3(lab: Lab): Promise<void> {
  const said = async (): Promise<readonly EventView[]> => (await lab.events()).filter((e) => e.sentence.key === 'wire.stream-impostor')
  for (let n = 0; new Set((await said()).map((e) => e.node)).size < 2; n++) {
    check(n < 40, `n1 and n2 say within 20 s who answers at the address of n3: ${(await said()).map((e) => e.sentence.text.en).join(' ')}`)
    await sleep(500)
  }
  await sleep(3000)
  const all = await said()
  const texts = all.map((e) => e.sentence.text.en)
  check(all.length === 2, `each says it once in ten seconds: ${texts.join(' ')}`)
  const plain = /^at [\d.]+, an address of n3, a machine answers that is not of this cluster .* \d+ connection\(s\) refused;/
  check(
    texts.every((text) => plain.test(text)),
    texts.join(' '),
  )
}

/** A node of another cluster takes the address of a member that is off: it stays a stranger, the member stays off, and the others say who answers there. */
async function foreignNode(lab: Lab, agents: Agents): Promise<Told> {
  const stranger = lab.host('n4')
  const told = await under(lab, agents, {
    async fault() {
      await lab.power('n3', 'crash')
      await lab.until('n3 is fenced', 20_000, (s) => stateOf(s, 'n3') === 'fenced')
      for (let l = 0; l < lab.wiring.links; l++)
        inNet(lab.wiring.lab, 'n4', 'ip', 'addr', 'add', `${addressOf(lab.wiring, 'n3', l)}/24`, 'dev', `eth${l}`)
      await stranger.ok(`kyha cluster create other --node n3 --link ${linkOption(lab, 'n3', 4)}`)
      await stranger.ok('kyha cluster start')
      // As after the gratuitous ARP of whoever takes an address.
      for (const member of ['n1', 'n2']) inNet(lab.wiring.lab, member, 'ip', 'neigh', 'flush', 'all')
      await answersForN3(lab)
      const s = await lab.status()
      check(s !== undefined && stateOf(s, 'n3') === 'fenced' && serves(s, 'n1'), `n3 stays fenced: ${s && stateOf(s, 'n3')}`)
      const alone = JSON.parse(await stranger.ok('kyha status -o json')) as { cluster: { name: string }; nodes: unknown[] }
      check(alone.cluster.name === 'other' && alone.nodes.length === 1, 'the stranger knows its own cluster only')
      await stranger.ok('kyha cluster stop --force')
      resetAddresses(lab.wiring, 'n4')
      await lab.power('n3', 'on')
    },
    after: (s) => allOnline(s) && serves(s, 'n1'),
    untilMs: 60_000,
  })
  check(told.downtime.refused === 0, `no attempt of the client was turned away; ${told.downtime.refused} were`)
  return told
}

export const strangers: readonly Story[] = [
  {
    name: 'wrong-key',
    about: 'one node has another cluster key: it does not take part until it has the right one',
    lab: { hosts: 3 },
    tell: wrongKey,
  },
  {
    name: 'foreign-node',
    about: 'a node of another cluster at the address of one that is off: it stays a stranger',
    lab: { hosts: 4, members: 3 },
    tell: foreignNode,
  },
]
