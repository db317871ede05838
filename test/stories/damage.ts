/** Disks that are full or damaged, agents that hang. */
import { type Agents, addressAndNginx } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, inOrder, type Story, serves, sleep, stateOf, type Told, under, unnoticed } from './scene.js'

/** The leader cannot write any more: another one decides, and when there is space again the node goes on by itself. */
async function fullDisk(lab: Lab, agents: Agents): Promise<Told> {
  // The log has its next megabyte on disk already: changes must be large for the disk to matter.
  const large = (mark: string): string => {
    const ballast = Array.from(
      { length: 12 },
      (_, i) => `  - {name: b${i}, agent: 'kyha:Dummy', params: {fake: '${mark}${'x'.repeat(3000)}'}, meta: {target-role: Stopped}}`,
    )
    return addressAndNginx(lab, agents).replace('groups:', `${ballast.join('\n')}\ngroups:`)
  }
  const put = (host: string, mark: string): Promise<boolean> =>
    lab.api(host, '/config', { method: 'PUT', body: large(mark) }).then(
      () => true,
      () => false, // a full disk here, or nobody leads for a moment
    )
  const told = await under(lab, agents, {
    async fault() {
      const leader = (await lab.until('a leader', 10_000, (s) => s.leader !== null)).leader ?? ''
      const [full, other] = [lab.host(leader), leader === 'n2' ? 'n3' : 'n2']
      await full.run('dd if=/dev/zero of=/var/lib/kyha/fill bs=64k 2>/dev/null') // until there is no space
      for (let i = 0; (await lab.status())?.leader === leader; i++) {
        check(i < 80, 'the leader gives way when its disk is full')
        await put(leader, `m${i}-`)
      }
      await lab.until('a leader with space', 20_000, (s) => s.quorate && s.leader !== null && s.leader !== leader)
      for (let i = 0; !(await put(other, 'last-')); i++) check(i < 20, 'the cluster takes changes while one disk is full')
      await full.ok('rm /var/lib/kyha/fill')
      for (let i = 0; !(await lab.api<{ yaml: string }>(leader, '/config')).yaml.includes('last-'); i++) {
        check(i < 200, 'it has what was decided meanwhile')
        await sleep(100)
      }
    },
    after: (s) => allOnline(s) && s.resources.filter((r) => !r.name.startsWith('b')).every((r) => r.role === 'Started' && r.node === 'n1'),
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
    lab: {
      hosts: 3,
      booted: async (lab) =>
        void (await Promise.all(lab.hosts.map((h) => h.ok('mount -t tmpfs -o size=24m,mode=750 tmpfs /var/lib/kyha')))),
    },
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
