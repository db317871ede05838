/** The ten stories of every cluster manager: power, partitions, links, a service and a manager that die, a move. */
import type { StatusView } from '../../console/api/views.js'
import type { Agents } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, homeOf, inOrder, type Story, serves, sleep, stateOf, type Told, under, unnoticed } from './scene.js'

async function powerOff(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => stateOf(s, 'n1') === 'fenced' && serves(s) && homeOf(s, 'nginx') !== 'n1',
  })
  check(told.downtime.owners.join() === 'n1,n2', `n2, the next level, takes over from n1: ${told.downtime.owners.join()}`)
  // Suspicion, fence, certificate, grant, starts.
  const order = [/n1 silent/, /n1 is to be fenced|fencing n1/, /n1 is confirmed dead/, /n2 may run vip/, /vip started/, /nginx started/]
  inOrder(told.timeline, order)
  return told
}

/** Link cut: the active node is alone; the others fence it; never two owners. */
async function partition(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    fault: () => lab.cutAll('n1'),
    after: (s) => s.node !== 'n1' && s.quorate && serves(s) && homeOf(s, 'nginx') !== 'n1',
  })
  check((await lab.power('n1', 'status')) === 'off', 'the minority was fenced')
  return told
}

async function linkCuts(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    async fault() {
      for (let link = 1; link < lab.wiring.links; link++) {
        // 0 is the client's own way
        for (const h of lab.hosts) lab.cut(h.name, link)
        await sleep(800)
        for (const h of lab.hosts) lab.healLink(h.name, link)
        await sleep(400)
      }
    },
    after: (s) => serves(s, 'n1') && allOnline(s),
  })
  return unnoticed(told)
}

const serviceCrash = (lab: Lab, agents: Agents): Promise<Told> =>
  under(lab, agents, { fault: () => killService(lab, 'n1'), after: (s) => serves(s, 'n1') && fails(s) === 1 })

const fails = (s: StatusView): number => s.resources.find((r) => r.name === 'nginx')?.cells.find((c) => c.node === 'n1')?.failCount ?? 0

const crashUntilMove = (lab: Lab, agents: Agents): Promise<Told> =>
  under(lab, agents, {
    async fault() {
      for (let n = 1; n <= 3; n++) {
        killService(lab, 'n1')
        await lab.until(`failure ${n} is counted`, 20_000, (s) => fails(s) >= n && serves(s))
      }
    },
    after: (s) => serves(s, 'n2'),
  })

function killService(lab: Lab, host: string): void {
  const processes = lab.host(host).pids(/^nginx: (master|worker)/)
  check(processes.length > 0, 'nginx has processes to kill')
  for (const p of processes) process.kill(p, 'SIGKILL')
}

async function managerCrash(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  let before: number[] = []
  const told = await under(lab, agents, {
    async fault() {
      before = n1.pids(/^nginx: master/)
      for (const p of n1.kyhad()) process.kill(p, 'SIGKILL')
      await sleep(2500)
    },
    after: (s) => serves(s, 'n1') && allOnline(s),
  })
  check(before.join() === n1.pids(/^nginx: master/).join(), 'nginx is the same process as before')
  return unnoticed(told)
}

const managerStopped = (lab: Lab, agents: Agents): Promise<Told> =>
  under(lab, agents, {
    async fault() {
      const pids = lab.host('n1').kyhad()
      for (const p of pids) process.kill(p, 'SIGSTOP')
      await sleep(10_000)
      for (const p of pids) {
        try {
          process.kill(p, 'SIGCONT')
        } catch (e) {
          if ((e as NodeJS.ErrnoException).code !== 'ESRCH') throw e // the guard replaced it: as it should
        }
      }
    },
    after: (s) => serves(s, 'n1') && allOnline(s),
  })

async function comesBack(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    async fault() {
      await lab.power('n1', 'crash')
      await lab.until('n2 serves', 20_000, (s) => serves(s, 'n2'))
      await lab.power('n1', 'on')
    },
    after: (s) => serves(s, 'n2') && allOnline(s),
    settleMs: 1500,
  })
  check(told.downtime.owners.join() === 'n1,n2', `nothing moves back when n1 returns: ${told.downtime.owners.join()}`)
  return told
}

async function plannedMove(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(lab, agents, {
    fault: async () => void (await lab.api('n1', '/resources/web/move', { method: 'POST', json: { node: 'n2', forMs: 6000 } })),
    after: (s) => serves(s, 'n2') && s.intents.length === 0,
    settleMs: 1000,
  })
  const lines = told.address.join('; ')
  check(/n1 Deleted/.test(lines) && /n2 (?!Deleted)/.test(lines), `the address left n1 and came to n2: ${lines}`)
  const config = await lab.api<{ yaml: string }>('n1', '/config')
  check(!/n2.*INFINITY/.test(config.yaml), 'the move left nothing behind in the configuration')
  return told
}

const usual = { lab: { hosts: 3 }, usual: true }
export const faults: readonly Story[] = [
  {
    name: 'power-off',
    about: 'three nodes, the active one loses power: fenced, its group starts on the next level',
    ...usual,
    tell: powerOff,
  },
  {
    name: 'power-off-two-nodes',
    about: 'two nodes, the active one loses power: fenced through the lab switch, then solo',
    lab: { hosts: 2 },
    tell: powerOff,
  },
  { name: 'partition', about: 'the active node is cut off: the majority fences it, never two owners', ...usual, tell: partition },
  { name: 'link-cuts', about: 'heartbeat links fail one by one: nothing moves', ...usual, tell: linkCuts },
  { name: 'service-crash', about: 'nginx is killed: restarted in place', ...usual, tell: serviceCrash },
  {
    name: 'service-crash-threshold',
    about: 'nginx is killed three times: the third failure moves the group',
    ...usual,
    tell: crashUntilMove,
  },
  { name: 'manager-crash', about: 'kyhad is killed: no client notices, nginx is adopted', ...usual, tell: managerCrash },
  { name: 'manager-stopped', about: 'kyhad is stopped for 10 s: the guard stands in, then replaces it', ...usual, tell: managerStopped },
  { name: 'node-comes-back', about: 'the fenced node boots: it joins, nothing moves back', ...usual, tell: comesBack },
  { name: 'planned-move', about: 'move with an end: stop, start elsewhere, nothing left behind', ...usual, tell: plannedMove },
]
