/** Networks that are bad rather than dead, and others than the usual two IPv4 links. */
import type { Agents } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { deafen, repair, spoil } from '../rig/net.js'
import {
  allOnline,
  check,
  homeOf,
  inOrder,
  nobodyFenced,
  type Story,
  serves,
  sleep,
  stateOf,
  type Told,
  under,
  unnoticed,
} from './scene.js'

/** 5 % of everything is lost and what is sent queues behind a slow line, on all links of all hosts, for 20 s. */
async function badLines(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    everyMs: 50, // the client's requests go over the same slow line
    async fault() {
      for (const h of lab.hosts) spoil(lab.wiring, h.name, 5)
      await sleep(20_000)
      for (const h of lab.hosts) repair(lab.wiring, h.name)
    },
    after: (s) => allOnline(s) && serves(s, 'n1'),
  })
  check(told.downtime.owners.join() === 'n1', `nothing moved: ${told.downtime.owners.join()}`)
  nobodyFenced(told.timeline)
  return told
}

/** The others hear nothing of n1, n1 hears them: as good as dead to them. It is fenced before anything is taken over. */
async function oneWay(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    fault() {
      for (const h of lab.hosts) if (h.name !== 'n1') deafen(lab.wiring, h.name, 'n1')
    },
    after: (s) => s.node !== 'n1' && s.quorate && serves(s) && homeOf(s, 'nginx') !== 'n1',
  })
  check((await lab.power('n1', 'status')) === 'off', 'the node that nobody hears is off')
  inOrder(told.timeline, [/n1 is confirmed dead/, /n2 may run vip/, /vip started/])
  return told
}

/** Deaf to one peer in one direction only: a third node hears both, so nobody is dead and nothing moves. */
async function oneWayPair(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    async fault() {
      deafen(lab.wiring, 'n2', 'n1')
      await sleep(4000)
      repair(lab.wiring, 'n2')
    },
    after: (s) => allOnline(s) && serves(s, 'n1'),
    settleMs: 1000,
  })
  return unnoticed(told)
}

/** Heartbeats, streams and the virtual address over IPv6 only. */
async function ipv6(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => stateOf(s, 'n1') === 'fenced' && serves(s, 'n2'),
  })
  const addresses = (await lab.status())?.nodes.flatMap((n) => n.links.map((l) => l.address)) ?? []
  check(addresses.length === 6 && addresses.every((a) => a.startsWith('fd0')), `every link is IPv6: ${addresses.join()}`)
  check(told.downtime.owners.join() === 'n1,n2', `n2 takes over: ${told.downtime.owners.join()}`)
  return told
}

/** Six of seven links fail one after the other and stay dead; one is enough. Then they come back. */
async function sevenLinks(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    async fault() {
      for (let link = 6; link >= 1; link--) {
        for (const h of lab.hosts) lab.cut(h.name, link)
        await sleep(300)
      }
      await sleep(1000)
      for (const h of lab.hosts) lab.healAll(h.name)
    },
    after: (s) => allOnline(s) && serves(s, 'n1') && s.links.length === 14 && s.links.every((l) => l.state === 'up'),
  })
  return unnoticed(told)
}

export const network: readonly Story[] = [
  {
    name: 'bad-lines',
    about: '5 % loss and slow lines everywhere for 20 s: no fence, no move',
    lab: { hosts: 3 },
    usual: true,
    tell: badLines,
  },
  {
    name: 'one-way',
    about: 'nobody hears n1 although it hears them: fenced, then taken over',
    lab: { hosts: 3 },
    usual: true,
    tell: oneWay,
  },
  {
    name: 'one-way-pair',
    about: 'n2 alone does not hear n1: nothing moves, nobody fences',
    lab: { hosts: 3 },
    usual: true,
    tell: oneWayPair,
  },
  { name: 'ipv6', about: 'IPv6 links and an IPv6 virtual address: power-off of the active node', lab: { hosts: 3, family: 6 }, tell: ipv6 },
  { name: 'seven-links', about: 'seven links, six fail: nothing moves', lab: { hosts: 3, links: 7 }, tell: sevenLinks },
]
