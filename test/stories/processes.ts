/** Parts of a node that die under a running service. */
import { join } from 'node:path'
import { root } from '../../runtime/paths.js'
import { type Thread, threads } from '../../runtime/tree.js'
import type { Agents } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import type { Machine } from '../rig/machine.js'
import { inNet } from '../rig/net.js'
import { allOnline, check, inOrder, type Story, serves, sleep, type Told, under, unnoticed } from './scene.js'

/** Ends one worker thread of the host's kyhad in the middle of its work. */
export function endThread(lab: Lab, host: Machine, thread: Thread): void {
  process.kill(host.kyhad()[0] as number, 'SIGUSR1')
  const said = inNet(lab.wiring.lab, host.name, process.execPath, join(root, 'dist', 'test', 'rig', 'endthread.js'), thread)
  check(said.includes(`kyha-${thread}`), `thread ${thread} ended: ${said}`)
}

/** Each worker thread of kyhad ends in the middle of its work, one after the other: no client notices, nobody fences. */
async function threadsEnd(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  let before: number[] = []
  const told = await under(lab, agents, {
    async fault() {
      before = n1.pids(/^nginx: master/)
      for (const thread of threads) {
        endThread(lab, n1, thread)
        await sleep(1500)
        await lab.until(`n1 online after its thread ${thread} ended`, 20_000, (s) => serves(s, 'n1') && allOnline(s))
      }
    },
    after: (s) => serves(s, 'n1') && allOnline(s),
    settleMs: 1000,
  })
  check(before.join() === n1.pids(/^nginx: master/).join(), 'nginx is the same process as before')
  return unnoticed(told)
}

/**
 * The beat threads of two nodes begin anew; then the third one's kyhad stands still, twice as long as peers wait for a beat: its guard's stand-in
 * beats count with both, although the frames were signed before those threads lived, and nobody fences.
 */
async function standInsForNewThreads(lab: Lab, agents: Agents): Promise<Told> {
  return unnoticed(
    await under(lab, agents, {
      async fault() {
        for (const name of ['n1', 'n2']) endThread(lab, lab.host(name), 'beat')
        await lab.until('all are online after two ends of beat threads', 20_000, (s) => allOnline(s))
        await sleep(1000)
        const pids = lab.host('n3').kyhad()
        for (const pid of pids) process.kill(pid, 'SIGSTOP')
        await sleep(500)
        for (const pid of pids) goesOn(pid)
      },
      after: (s) => serves(s, 'n1') && allOnline(s),
      settleMs: 1000,
    }),
  )
}

/** Lets a process go on, unless it ended while it stood still. */
export function goesOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The guard dies, and with it kyhad: services run on unwatched, so the node is fenced before anything is taken over. */
async function guardKilled(lab: Lab, agents: Agents): Promise<Told> {
  const n1 = lab.host('n1')
  const told = await under(lab, agents, {
    async fault() {
      for (const p of n1.guard()) process.kill(p, 'SIGKILL')
      await lab.until('n1 is missed', 10_000, (s) => s.nodes.some((n) => n.name === 'n1' && n.state !== 'online'))
    },
    after: (s) => serves(s, 'n2'),
  })
  check((await lab.power('n1', 'status')) === 'off', 'the node without a guard was switched off')
  inOrder(told.timeline, [/n1 is confirmed dead/, /n2 may run vip/, /vip started/])
  return told
}

export const processes: readonly Story[] = [
  {
    name: 'threads-end',
    about: 'each worker thread of kyhad is ended: no client notices',
    lab: { hosts: 3 },
    usual: true,
    tell: threadsEnd,
  },
  {
    name: 'stand-ins',
    about: 'two beat threads end, then the third kyhad stands still: its guard beats for it, nobody fences',
    lab: { hosts: 3 },
    usual: true,
    tell: standInsForNewThreads,
  },
  {
    name: 'guard-killed',
    about: 'the guard is killed: its node is fenced, then taken over',
    lab: { hosts: 3 },
    usual: true,
    tell: guardKilled,
  },
]
