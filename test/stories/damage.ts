/** Disks that are full or damaged, agents that hang. */
import { type Agents, addressAndNginx } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, inOrder, type Story, serves, stateOf, type Told, under, unnoticed } from './scene.js'

/** The leader cannot write any more: another one decides, and when there is space again the node goes on by itself. */
async function fullDisk(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  const change = (host: string, value: number): Promise<unknown> =>
    lab
      .host(host)
      .run(
        `kyha config show >/run/c.yaml && sed -i "s/failure-timeout: [0-9]*s/failure-timeout: ${value}s/" /run/c.yaml && kyha config apply /run/c.yaml`,
      )
  const told = await under(lab, agents, {
    async fault() {
      await n1.run('dd if=/dev/zero of=/var/lib/kyha/fill bs=64k 2>/dev/null') // until there is no space
      for (let v = 100; v < 112; v++) await change('n1', v) // some of these cannot be written here
      await lab.until('a leader with space', 20_000, (s) => s.quorate && s.leader !== null && s.leader !== 'n1')
      await change('n2', 99)
      const yaml = (await lab.api<{ yaml: string }>('n2', '/config')).yaml
      check(yaml.includes('99s'), 'the cluster takes changes while one disk is full')
      await n1.ok('rm /var/lib/kyha/fill')
      await lab.until('n1 has caught up', 20_000, (s) => allOnline(s))
      for (let tries = 0; !(await lab.api<{ yaml: string }>('n1', '/config')).yaml.includes('99s'); tries++) {
        check(tries < 100, 'n1 has what was decided meanwhile')
        await new Promise((r) => setTimeout(r, 100))
      }
    },
    after: (s) => allOnline(s) && serves(s, 'n1'),
  })
  return unnoticed(told)
}

/** A follower finds damage in the middle of its log: it says so and takes no part; it comes in anew as the sentence says. */
async function corruptState(lab: Lab, agents: Agents): Promise<Told> {
  const [n1, n3] = [lab.host('n1'), lab.host('n3')]
  const told = await under(lab, agents, {
    async fault() {
      await n3.ok('kyha node stop')
      const damage =
        'f=$(ls /var/lib/kyha/wal-* | head -1) && printf "\\377\\377\\377\\377\\377\\377\\377\\377" | dd of=$f bs=1 seek=400 conv=notrunc 2>/dev/null'
      await n3.ok(damage)
      await n3.run('kyha node start', 40_000)
      check(/damaged at byte|is damaged/.test(n3.log()), `n3 says what is damaged: ${n3.log().slice(-300)}`)
      const s = await lab.status()
      check(s !== undefined && stateOf(s, 'n3') !== 'online' && serves(s, 'n1'), 'a node that lost its vote takes no part')
      await n3.run('kyha node stop --force')
      await n1.ok('kyha node remove n3')
      await n3.ok(
        'mv /etc/kyha/node.json /etc/kyha/old.json && mkdir /var/lib/kyha/old && find /var/lib/kyha -mindepth 1 -maxdepth 1 ! -name old -exec rm -rf {} + && rmdir /var/lib/kyha/old',
      )
      const { code } = await n1.json<{ code: string }>('node add --name n3')
      await n3.ok(`kyha join ${code} --node n3 --link 10.0.0.3,10.1.0.3`)
      await n3.ok('kyha node start')
    },
    after: (s) => allOnline(s) && serves(s, 'n1') && s.quorum.votesTotal === 3,
    untilMs: 60_000,
  })
  return unnoticed(told)
}

/** A stop that never ends proves nothing: after its time limit the node is fenced, then the group starts elsewhere. */
async function hungStop(lab: Lab, agents: Agents): Promise<Told> {
  const hang = `  - name: hang
    agent: kyha:Delay
    params: {startdelay: 0, stopdelay: 600}
    ops: {monitor: {interval: 10s, timeout: 20s}, start: {timeout: 20s}, stop: {timeout: 2s}}
groups:`
  const yaml = addressAndNginx(lab, agents).replace('groups:', hang).replace('[vip, nginx]', '[vip, nginx, hang]')
  const told = await under(lab, agents, {
    yaml,
    fault: async () => void (await lab.api('n1', '/resources/web/move', { method: 'POST', json: { node: 'n2', forMs: 20_000 } })),
    after: (s) => stateOf(s, 'n1') === 'fenced' && serves(s, 'n2'),
  })
  check(told.downtime.owners.join() === 'n1,n2', `n2 takes over: ${told.downtime.owners.join()}`)
  inOrder(told.timeline, [/hang did not stop there/, /n1 is to be fenced/, /n1 is confirmed dead/, /n2 may run vip/, /hang started/])
  return told
}

export const damage: readonly Story[] = [
  {
    name: 'full-disk',
    about: 'the disk of the leader is full: another one decides, later it goes on by itself',
    lab: { hosts: 3, booted: async (lab) => void (await lab.host('n1').ok('mount -t tmpfs -o size=24m tmpfs /var/lib/kyha')) },
    tell: fullDisk,
  },
  {
    name: 'corrupt-state',
    about: 'a follower’s log is damaged: it says so, takes no part, and joins anew',
    lab: { hosts: 3 },
    tell: corruptState,
  },
  {
    name: 'hung-stop',
    about: 'an agent hangs in stop: its node is fenced, then the group starts elsewhere',
    lab: { hosts: 3 },
    tell: hungStop,
  },
]
