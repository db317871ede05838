/**
 * Two nodes and a quorum device on a third host, or shared disks. The witness says which of the two goes on; taking over what the other one runs needs its certificate all
 * the same. The device is enrolled and used by the commands of its users.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agents, addressAndNginx } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { addressOf, deafen } from '../rig/net.js'
import { allOnline, check, inOrder, type Story, serves, sleep, stateOf, type Told, unnoticed, watched } from './scene.js'

const served = 'qdevice serve'
const inUse = (s: Parameters<Parameters<Lab['until']>[2]>[0]): boolean => s.quorum.witness?.inUse === true && s.quorum.witness.connected

/** On n3, which is no member: its own power and file system. Answers once it listens. */
async function startDevice(lab: Lab): Promise<void> {
  const n3 = lab.host('n3')
  await n3.ok(`setsid kyha ${served} --state /var/lib/kyha/qdevice --name q1 >>/run/rig/qdevice.log 2>&1 </dev/null &`)
  for (let i = 0; (await n3.run('kyha qdevice code --state /var/lib/kyha/qdevice --for 1s --address 127.0.0.1')).code !== 0; i++) {
    check(i < 100, 'the quorum device starts')
    await sleep(100)
  }
}

/** The service on n1, and the device in use. */
async function begin(lab: Lab, agents: Agents): Promise<void> {
  await lab.configure(addressAndNginx(lab, agents))
  await startDevice(lab)
  const address = addressOf(lab.wiring, 'n3', lab.wiring.links - 1)
  const said = await lab.host('n3').ok(`kyha qdevice code --state /var/lib/kyha/qdevice --address ${address}`)
  const code = said.match(/qdevice add (\S+)/)?.[1] ?? ''
  await lab.host('n2').ok(`kyha qdevice add ${code}`)
  await lab.until('the witness in use and the service on n1', 40_000, (s) => serves(s, 'n1') && inUse(s))
}

/** Nothing passes between the two, and both reach the device: whoever has more to lose goes on, and no client notices. */
async function betweenThem(lab: Lab, agents: Agents): Promise<Told> {
  await begin(lab, agents)
  const told = await watched(lab, {
    fault() {
      deafen(lab.wiring, 'n1', 'n2')
      deafen(lab.wiring, 'n2', 'n1')
    },
    after: (s) => s.node === 'n1' && s.quorate && s.quorum.witness?.record?.owner === 'n1' && serves(s, 'n1'),
    settleMs: 3000,
  })
  check(told.downtime.owners.join() === 'n1', `nothing moved: ${told.downtime.owners.join()}`)
  check(told.downtime.refused === 0, `no attempt of the client was turned away; ${told.downtime.refused} were`)
  check(told.address.length === 0, `the address stayed where it was: ${told.address.join('; ')}`)
  inOrder(told.timeline, [/n2 silent/, /n1 decides alone.*q1|q1.*n1/])
  return told
}

/** The active node is cut off from everybody: the other one gets the word of the device, fences it and takes over. */
async function activeCut(lab: Lab, agents: Agents): Promise<Told> {
  await begin(lab, agents)
  const told = await watched(lab, {
    fault: () => lab.cutAll('n1'),
    after: (s) => s.node === 'n2' && s.quorate && stateOf(s, 'n1') === 'fenced' && serves(s, 'n2'),
  })
  check(told.downtime.owners.join() === 'n1,n2', `n2 takes over from n1: ${told.downtime.owners.join()}`)
  check((await lab.power('n1', 'status')) === 'off', 'the node that was cut off is off')
  inOrder(told.timeline, [/n1 silent/, /n1 is confirmed dead/, /n2 may run vip/, /vip started/, /nginx started/])
  return told
}

/** The device dies, stays away, comes back from its disk: no client notices. Then the active node loses its power, and the device counts again. */
async function deviceAway(lab: Lab, agents: Agents): Promise<Told> {
  await begin(lab, agents)
  const away = await watched(lab, {
    async fault() {
      for (const pid of lab.pidsOf('n3', new RegExp(served))) process.kill(pid, 'SIGKILL')
      await lab.until('the nodes miss it', 20_000, (s) => s.quorum.witness?.connected === false)
      await sleep(2000)
      await startDevice(lab)
    },
    after: (s) => inUse(s) && serves(s, 'n1'),
    settleMs: 1000,
  })
  unnoticed(away)
  return watched(lab, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => s.node === 'n2' && stateOf(s, 'n1') === 'fenced' && serves(s, 'n2') && s.quorum.witness?.record?.owner === 'n2',
  })
}

/** Three shared disks in both nodes' settings, made by `kyha disk init`, and the service on n1. */
async function beginOnDisks(lab: Lab, agents: Agents): Promise<void> {
  const disks = ['d1', 'd2', 'd3'].map((name) => ({ name, path: join(lab.dir, name) }))
  for (const { path } of disks) writeFileSync(path, Buffer.alloc(2 << 20))
  for (const host of lab.hosts) {
    const file = join(host.dir, 'etc', 'node.json')
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), disks }))
  }
  await lab.host('n1').ok('kyha disk init')
  for (const host of lab.hosts) {
    await host.ok('kyha cluster restart --force') // nobody has a fence device yet
    await lab.until('both nodes', 40_000, (s) => allOnline(s) && s.quorate)
  }
  await lab.configure(addressAndNginx(lab, agents).replace('resources:', 'quorum: {witness: disks}\nresources:'))
  await lab.until('the witness in use and the service on n1', 40_000, (s) => serves(s, 'n1') && s.quorum.witness?.inUse === true)
}

/** The active node loses its power: the disks let the other one decide alone, which then fences and takes over. */
async function onDisks(lab: Lab, agents: Agents): Promise<Told> {
  await beginOnDisks(lab, agents)
  const told = await watched(lab, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => s.node === 'n2' && stateOf(s, 'n1') === 'fenced' && serves(s, 'n2'),
  })
  inOrder(told.timeline, [/n1 silent/, /n2 decides alone, by the word of witness disks/, /n1 is confirmed dead/, /n2 may run vip/])
  return told
}

/** Nothing passes between the two, and both reach the disks: one of them goes on, the one with more to lose, and no client notices. */
async function betweenThemOnDisks(lab: Lab, agents: Agents): Promise<Told> {
  await beginOnDisks(lab, agents)
  const told = await watched(lab, {
    fault() {
      deafen(lab.wiring, 'n1', 'n2')
      deafen(lab.wiring, 'n2', 'n1')
    },
    after: (s) => s.node === 'n1' && s.quorate && stateOf(s, 'n2') === 'fenced' && serves(s, 'n1'),
    settleMs: 2000,
  })
  check(told.downtime.owners.join() === 'n1', `nothing moved: ${told.downtime.owners.join()}`)
  check(told.downtime.refused === 0, `no attempt of the client was turned away; ${told.downtime.refused} were`)
  const alone = told.timeline.filter((line) => /decides alone, by the word of witness/.test(line))
  check(alone.length === 1, `one node decides alone: ${alone.join('; ')}`)
  return told
}

const lab = { hosts: 3, members: 2 }
export const qdevice: readonly Story[] = [
  {
    name: 'two-node-qdevice',
    about: 'two nodes that hear nothing of each other, both reach the quorum device: the active one goes on, no client notices',
    lab,
    tell: betweenThem,
  },
  {
    name: 'two-node-qdevice-cut',
    about: 'two nodes with a quorum device, the active one is cut off from everybody: the other one fences it and takes over',
    lab,
    tell: activeCut,
  },
  {
    name: 'two-node-qdevice-away',
    about: 'the quorum device dies and comes back: nothing happens; then the active node loses power and the device counts again',
    lab,
    tell: deviceAway,
  },
  {
    name: 'two-node-disks',
    about: 'two nodes with three shared disks, the active one loses power: the disks let the other one decide alone',
    lab: { hosts: 2 },
    tell: onDisks,
  },
  {
    name: 'two-node-disks-cut',
    about: 'two nodes with three shared disks that hear nothing of each other: the active one goes on, no client notices',
    lab: { hosts: 2 },
    tell: betweenThemOnDisks,
  },
]
