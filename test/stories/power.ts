/** Power that goes for all at once and comes back piece by piece. */
import { type Agents, addressAndNginx } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, type Story, serves, sleep, type Told, under } from './scene.js'

const allOff = (lab: Lab): Promise<unknown> => Promise.all(lab.hosts.map((h) => h.switch('crash')))

/** Three nodes come back seconds apart: what was configured is there, the service runs once, whoever came last. */
async function powerLoss(lab: Lab, agents: Agents): Promise<Told> {
  let before = ''
  const told = await under(lab, agents, {
    async fault() {
      before = (await lab.api<{ yaml: string }>('n1', '/config')).yaml
      await allOff(lab)
      for (const n of ['n3', 'n2', 'n1']) {
        await lab.power(n, 'on')
        await sleep(3000)
      }
      await lab.until('a quorum', 30_000, (s) => s.quorate)
      for (const h of lab.hosts) if ((await h.switch('status')) === 'off') await lab.power(h.name, 'on') // it was fenced before it was heard
    },
    after: (s) => allOnline(s) && serves(s),
    settleMs: 1000,
    untilMs: 60_000,
  })
  check((await lab.api<{ yaml: string }>('n3', '/config')).yaml === before, 'the configuration is what it was')
  return told
}

/** Two nodes: the first one back has nobody to ask whether the other runs the service, so it waits (wait-for-all). */
async function powerLossTwo(lab: Lab, agents: Agents): Promise<Told> {
  return under(lab, agents, {
    async fault() {
      await allOff(lab)
      await lab.power('n1', 'on')
      await lab.until('n1 answers', 30_000, (s) => s.node === 'n1')
      for (let i = 0; i < 40; i++) {
        const s = await lab.status()
        check(!s?.quorate && !s?.resources.some((r) => r.role === 'Started'), 'alone it waits: no quorum, nothing runs')
        check(
          lab.host('n1').pids(/^nginx/).length === 0 && (await lab.power('n2', 'status')) === 'off',
          'nothing runs and nobody is fenced',
        )
        await sleep(100)
      }
      await lab.power('n2', 'on')
    },
    after: (s) => allOnline(s) && serves(s),
    untilMs: 60_000,
  })
}

/** No fence device: silence proves nothing, so nothing is taken over until somebody says that he has seen that life of the machine off. */
async function noFenceDevice(lab: Lab, agents: Agents): Promise<Told> {
  const yaml = addressAndNginx(lab, agents).replace(/fencing:\n.*\n/, '')
  check(!yaml.includes('fence_lab'), 'a configuration without a device')
  const n2 = lab.host('n2')
  const told = await under(lab, agents, {
    yaml,
    async fault() {
      const boot = (await lab.status())?.nodes.find((n) => n.name === 'n1')?.boot ?? ''
      await lab.power('n1', 'crash')
      await lab.until('n1 is missed', 10_000, (s) => s.nodes.some((n) => n.name === 'n1' && n.state !== 'online'))
      for (let i = 0; i < 30; i++) {
        check(
          lab.hosts.every((h) => h.pids(/^nginx/).length === 0),
          'nothing takes over',
        )
        await sleep(100)
      }
      const wrong = await n2.run('kyha fence confirm n1 --boot 00000000000000000000000000000000')
      check(wrong.code !== 0 && wrong.err !== '', `another life of n1 is not confirmed: ${wrong.code} ${wrong.err}`)
      check(
        lab.hosts.every((h) => h.pids(/^nginx/).length === 0),
        'still nothing takes over',
      )
      await n2.ok(`kyha fence confirm n1 --boot ${boot}`)
    },
    after: (s) => serves(s, 'n2'),
  })
  check(told.downtime.owners.join() === 'n1,n2', `n2 takes over once it is confirmed: ${told.downtime.owners.join()}`)
  return told
}

export const power: readonly Story[] = [
  {
    name: 'power-loss',
    about: 'all three lose power and come back seconds apart: configuration and service are there',
    lab: { hosts: 3 },
    tell: powerLoss,
  },
  {
    name: 'power-loss-two-nodes',
    about: 'both lose power; the first one back waits for the other, then the service runs',
    lab: { hosts: 2 },
    tell: powerLossTwo,
  },
  {
    name: 'no-fence-device',
    about: 'no fence device: nothing takes over until that life of the node is confirmed off',
    lab: { hosts: 3 },
    tell: noFenceDevice,
  },
]
