/** Nodes that come and go while a service runs: taken in, taken out, stopped and started in order. */

import type { Agents } from '../rig/configs.js'
import { join } from '../rig/form.js'
import type { Lab } from '../rig/lab.js'
import type { Machine } from '../rig/machine.js'
import { allOnline, check, homeOf, inOrder, nobodyFenced, type Story, serves, stateOf, type Told, under, unnoticed } from './scene.js'

const voters = (count: number) => (s: Parameters<typeof serves>[0]) => s.nodes.length === count && s.quorum.votesTotal === count

const nodeAdd = async (lab: Lab, agents: Agents): Promise<Told> =>
  unnoticed(
    await under(lab, agents, {
      fault: () => join(lab, 'n4', lab.family),
      after: (s) => voters(4)(s) && allOnline(s) && serves(s, 'n1'),
      settleMs: 1000,
    }),
  )

/** One that runs, then one that is off. Neither the service nor the votes of the others suffer. */
async function nodeRemove(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  const leader = (await lab.until('a leader', 10_000, (s) => s.leader !== null)).leader
  const [running = '', off = ''] = ['n4', 'n3', 'n2'].filter((n) => n !== leader)
  const told = await under(lab, agents, {
    async fault() {
      await n1.ok(`kyha node remove ${running}`)
      await lab.until('three voters', 10_000, voters(3))
      await lab.power(off, 'crash')
      await lab.until(`${off} is fenced`, 20_000, (s) => stateOf(s, off) === 'fenced')
      await n1.ok(`kyha node remove ${off}`)
    },
    after: (s) => voters(2)(s) && allOnline(s) && serves(s, 'n1'),
    settleMs: 1000,
  })
  check(told.downtime.refused === 0, `no attempt of the client was turned away; ${told.downtime.refused} were`)
  return told
}

/** The leader goes like any other; while it owns resources it is refused with the way to do it, then done that way. */
async function removeLeader(lab: Lab, agents: Agents): Promise<Told> {
  let leader = ''
  const told = await under(lab, agents, {
    async fault() {
      leader = (await lab.until('a leader', 10_000, (s) => s.leader !== null)).leader ?? ''
      const other = lab.host(leader === 'n2' ? 'n3' : 'n2')
      if (leader === 'n1') {
        const refused = await other.run('kyha node remove n1')
        check(
          refused.code === 107 && refused.err.includes('kyha node standby n1'),
          `refused with what to do: ${refused.code} ${refused.err}`,
        )
        await other.ok('kyha node standby n1')
        await lab.until('nothing runs on n1', 30_000, (s) => serves(s) && homeOf(s, 'nginx') !== 'n1')
      }
      await other.ok(`kyha node remove ${leader}`)
      await lab.until('another leader', 20_000, (s) => voters(2)(s) && s.leader !== null && s.leader !== leader)
      await lab.host(leader).ok('kyha node stop --force')
    },
    after: (s) => voters(2)(s) && allOnline(s) && serves(s) && !s.resources.some((r) => r.node === leader),
    settleMs: 1000,
  })
  check(lab.host(leader).pids(/^nginx|native\/guard|runtime\/main\.js/).length === 0, 'nothing of the node runs on the removed host')
  nobodyFenced(told.timeline)
  return told
}

/** Resources move before the node ends; nobody fences it; started again it joins and nothing moves back. */
async function nodeStop(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  const told = await under(lab, agents, {
    async fault() {
      const said = await n1.ok('kyha node stop')
      const left = n1.pids(/^nginx|native\/guard|runtime\/main\.js/)
      check(left.length === 0, `nothing runs on the stopped node, which said: ${said}`)
      await lab.until('n1 has left', 10_000, (s) => stateOf(s, 'n1') === 'left' && serves(s, 'n2'))
      await n1.ok('kyha node start')
    },
    after: (s) => allOnline(s) && serves(s, 'n2'),
    settleMs: 1000,
  })
  check(told.downtime.owners.join() === 'n1,n2', `nothing moves back: ${told.downtime.owners.join()}`)
  inOrder(told.timeline, [/stop nginx on n1/, /stop vip on n1/, /n1 stopped vip/, /n2 may run vip/, /vip started/, /nginx started/])
  nobodyFenced(told.timeline)
  return told
}

/** All nodes, one after the other, as at the end of a maintenance window; started again in the opposite order. */
async function clusterStop(lab: Lab, agents: Agents): Promise<Told> {
  const [n1, n2, n3] = ['n1', 'n2', 'n3'].map((n) => lab.host(n)) as [Machine, Machine, Machine]
  const told = await under(lab, agents, {
    async fault() {
      await n3.ok('kyha cluster stop')
      const refused = await n2.run('kyha cluster stop')
      check(refused.code !== 0 && /votes needed|runs/.test(refused.err), `the others would stop: said so first (${refused.err})`)
      await n1.ok('kyha resource stop web')
      await lab.until('nothing runs', 20_000, (s) => s.resources.every((r) => r.role === 'Stopped'))
      for (const n of [n2, n1]) await n.ok('kyha cluster stop --force')
      check(
        lab.hosts.every((h) => h.guard().length + h.kyhad().length + h.pids(/^nginx/).length === 0),
        'nothing runs anywhere',
      )
      await Promise.all([n1, n2, n3].map((n) => n.ok('kyha cluster start')))
      await n1.ok('kyha cluster start') // it runs already: no harm, and it says so
      await lab.until('all online', 30_000, allOnline)
      await n2.ok('kyha resource start web')
    },
    after: (s) => allOnline(s) && serves(s),
    untilMs: 60_000,
  })
  nobodyFenced(told.timeline)
  return told
}

export const members: readonly Story[] = [
  { name: 'node-add', about: 'a fourth node joins a running cluster: nobody notices', lab: { hosts: 4, members: 3 }, tell: nodeAdd },
  { name: 'node-remove', about: 'a running node and one that is off are taken out: nobody notices', lab: { hosts: 4 }, tell: nodeRemove },
  {
    name: 'node-remove-leader',
    about: 'the leader is taken out, where it owns resources after these have moved: nobody fences',
    lab: { hosts: 3 },
    tell: removeLeader,
  },
  {
    name: 'node-stop',
    about: 'node stop and start: resources move first, nobody fences, nothing moves back',
    lab: { hosts: 3 },
    tell: nodeStop,
  },
  { name: 'cluster-stop', about: 'every node is stopped in order and started again: nobody fences', lab: { hosts: 3 }, tell: clusterStop },
]
