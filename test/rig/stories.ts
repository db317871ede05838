/**
 * The rig's stories: what happens to a client of a real address and a real nginx when real hosts lose power, links, processes. Each asserts
 * order and safety and returns the client-seen downtime; milliseconds are figures, never assertions.
 */
import { readFileSync } from 'node:fs'
import type { StatusView } from '../../console/api/views.js'
import { type Agents, addressAndNginx } from './configs.js'
import { type Downtime, downtimeOf } from './downtime.js'
import { type Lab, nowMs } from './lab.js'

export interface Told {
  readonly downtime: Downtime
  readonly timeline: readonly string[]
}
export interface Story {
  readonly name: string
  readonly about: string
  readonly hosts: number
  readonly tell: (lab: Lab, agents: Agents) => Promise<Told>
}

const port = 8080
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
const homeOf = (s: StatusView, resource: string): string | null => s.resources.find((r) => r.name === resource)?.node ?? null
const serves = (s: StatusView, on?: string): boolean =>
  s.resources.length > 0 && s.resources.every((r) => r.role === 'Started' && (on === undefined || r.node === on))

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Forms the service on n1, runs `fault` under the probe, waits for `after`, and reports what the client saw. */
async function under(
  lab: Lab,
  agents: Agents,
  fault: () => Promise<void> | void,
  after: (s: StatusView) => boolean,
  settleMs = 400,
): Promise<Told> {
  await lab.configure(addressAndNginx(lab, agents))
  await lab.until('the service on n1', 40_000, (s) => serves(s, 'n1'))
  const probe = await lab.probe(port)
  await sleep(700)
  const at = nowMs()
  await fault()
  await lab.until('the state after the fault', 40_000, after)
  await sleep(settleMs)
  const downtime = downtimeOf(await probe.stop(), at)
  const events = await lab.events()
  check(downtime.recovered, `the client was not served again: ${JSON.stringify(downtime)}`)
  check(!downtime.alternated, `an owner answered again after another had: ${downtime.owners.join(', ')}`)
  return { downtime, timeline: events.map((e) => `${e.at} ${e.node} ${e.actor}: ${e.sentence.text.en}`) }
}

async function powerOff(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(
    lab,
    agents,
    async () => void (await lab.power('n1', 'crash')),
    (s) => s.nodes.find((n) => n.name === 'n1')?.state === 'fenced' && serves(s) && homeOf(s, 'nginx') !== 'n1',
  )
  check(told.downtime.owners.join() === 'n1,n2', `n2, the next level, takes over from n1: ${told.downtime.owners.join()}`)
  const order = [/n1 silent/, /n1 is to be fenced|fencing n1/, /n1 is confirmed dead/, /n2 may run vip/, /vip started/, /nginx started/]
  const places = order.map((pattern) => told.timeline.findLastIndex((line) => pattern.test(line)))
  check(
    places.every((at, i) => at >= 0 && at > (places[i - 1] ?? -1)),
    `suspicion, fence, certificate, grant, starts, in this order: ${places.join()}`,
  )
  return told
}

/** Link cut: the active node is alone; the others fence it; never two owners. */
async function partition(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(
    lab,
    agents,
    () => lab.cutAll('n1'),
    (s) => s.node !== 'n1' && s.quorate && serves(s) && homeOf(s, 'nginx') !== 'n1',
  )
  check((await lab.power('n1', 'status')) === 'off', 'the minority was fenced')
  return told
}

async function linkCuts(lab: Lab, agents: Agents): Promise<Told> {
  return under(
    lab,
    agents,
    async () => {
      for (let link = 0; link < lab.wiring.links; link++) {
        if (link === 0) continue // the client's own way
        for (const h of lab.hosts) lab.cut(h.name, link)
        await sleep(800)
        for (const h of lab.hosts) lab.healLink(h.name, link)
        await sleep(400)
      }
    },
    (s) => serves(s, 'n1') && s.nodes.every((n) => n.state === 'online'),
  )
}

async function serviceCrash(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(
    lab,
    agents,
    () => killService(lab, 'n1'),
    (s) => serves(s, 'n1') && (s.resources.find((r) => r.name === 'nginx')?.cells.some((c) => c.failCount === 1) ?? false),
  )
  return told
}

async function crashUntilMove(lab: Lab, agents: Agents): Promise<Told> {
  const fails = (s: StatusView, n: number): boolean =>
    s.resources.find((r) => r.name === 'nginx')?.cells.some((c) => c.node === 'n1' && c.failCount >= n) ?? false
  return under(
    lab,
    agents,
    async () => {
      for (let n = 1; n <= 3; n++) {
        killService(lab, 'n1')
        await lab.until(`failure ${n} is counted`, 20_000, (s) => fails(s, n) && serves(s))
      }
    },
    (s) => serves(s, 'n2'),
  )
}

function killService(lab: Lab, host: string): void {
  const pid = Number(readFileSync(`${lab.host(host).dir}/nginx/nginx.pid`, 'utf8'))
  const inHost = lab.pidsOf(host, /^nginx: (master|worker)/)
  check(pid > 0 && inHost.length > 0, 'nginx has processes to kill')
  for (const p of inHost) process.kill(p, 'SIGKILL')
}

async function managerCrash(lab: Lab, agents: Agents): Promise<Told> {
  let before: number[] = []
  const told = await under(
    lab,
    agents,
    async () => {
      before = lab.pidsOf('n1', /^nginx: master/)
      for (const p of lab.kyhad('n1')) process.kill(p, 'SIGKILL')
      await sleep(2500)
    },
    (s) => serves(s, 'n1') && s.nodes.every((n) => n.state === 'online'),
  )
  check(told.downtime.failed === 0, `no attempt of the client failed; ${told.downtime.failed} did`)
  check(before.join() === lab.pidsOf('n1', /^nginx: master/).join(), 'nginx is the same process as before')
  return told
}

async function managerStopped(lab: Lab, agents: Agents): Promise<Told> {
  return under(
    lab,
    agents,
    async () => {
      const pids = lab.kyhad('n1')
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
    (s) => serves(s, 'n1') && s.nodes.every((n) => n.state === 'online'),
  )
}

async function comesBack(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(
    lab,
    agents,
    async () => {
      await lab.power('n1', 'crash')
      await lab.until('n2 serves', 20_000, (s) => serves(s, 'n2'))
      await lab.power('n1', 'on')
    },
    (s) => serves(s, 'n2') && s.nodes.every((n) => n.state === 'online'),
    1500,
  )
  check(told.downtime.owners.join() === 'n1,n2', `nothing moves back when n1 returns: ${told.downtime.owners.join()}`)
  return told
}

async function plannedMove(lab: Lab, agents: Agents): Promise<Told> {
  const told = await under(
    lab,
    agents,
    async () => void (await lab.api('n1', '/resources/web/move', { method: 'POST', json: { node: 'n2', forMs: 2000 } })),
    (s) => serves(s, 'n2') && s.intents.length === 0,
    1000,
  )
  const config = await lab.api<{ yaml: string }>('n1', '/config')
  check(!/n2.*INFINITY/.test(config.yaml), 'the move left nothing behind in the configuration')
  return told
}

export const stories: readonly Story[] = [
  {
    name: 'power-off',
    about: 'three nodes, the active one loses power: fenced, its group starts on the next level',
    hosts: 3,
    tell: powerOff,
  },
  {
    name: 'power-off-two-nodes',
    about: 'two nodes, the active one loses power: fenced through the lab switch, then solo',
    hosts: 2,
    tell: powerOff,
  },
  { name: 'partition', about: 'the active node is cut off: the majority fences it, never two owners', hosts: 3, tell: partition },
  { name: 'link-cuts', about: 'heartbeat links fail one by one: nothing moves', hosts: 3, tell: linkCuts },
  { name: 'service-crash', about: 'nginx is killed: restarted in place', hosts: 3, tell: serviceCrash },
  {
    name: 'service-crash-threshold',
    about: 'nginx is killed three times: the third failure moves the group',
    hosts: 3,
    tell: crashUntilMove,
  },
  { name: 'manager-crash', about: 'kyhad is killed: no client notices, nginx is adopted', hosts: 3, tell: managerCrash },
  { name: 'manager-stopped', about: 'kyhad is stopped for 10 s: the guard stands in, then replaces it', hosts: 3, tell: managerStopped },
  { name: 'node-comes-back', about: 'the fenced node boots: it joins, nothing moves back', hosts: 3, tell: comesBack },
  { name: 'planned-move', about: 'move with an end: stop, start elsewhere, nothing left behind', hosts: 3, tell: plannedMove },
]
