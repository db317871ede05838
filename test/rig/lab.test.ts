/**
 * The rig itself: what a power cut takes and what it leaves, that the cluster of a lab was formed by its users' commands only, and that a rig
 * which is killed in the middle of a story leaves nothing behind once the next one has run.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root as tree } from '../../runtime/paths.js'
import { program, root, when } from '../needs.js'
import { Lab } from './lab.js'
import { processes, sweep } from './leftovers.js'
import { namespaces } from './net.js'

const t = suite('rig')
const able = when(t, root(), program('ip'), program('nginx'))
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))

able('[E3] power-off takes /run and every process, keeps /etc and /var; the host comes back by itself', async () => {
  const lab = await Lab.up({ hosts: 1 })
  try {
    const n1 = lab.host('n1')
    assert.ok((await n1.ok('cat /etc/kyha/node.json')).includes('"stateDir": "/var/lib/kyha"'), 'the usual places')
    assert.is(
      Object.keys(JSON.parse(await n1.ok('cat /etc/kyha/node.json')) as object).includes('lab'),
      false,
      'as the user’s command wrote it',
    )
    const before = (await lab.status())?.nodes[0]?.boot
    await n1.ok('echo gone >/run/kyha/mark; echo gone >/run/mark; echo stays >/var/lib/kyha/mark')
    assert.match(await lab.power('n1', 'crash'), /^ok off/)
    assert.equal([n1.kyhad(), n1.guard(), readdirSync(join(n1.dir, 'run'))], [[], [], []])
    assert.is((await n1.run('true')).code === 0, false, 'no console without power')
    await lab.power('n1', 'on')
    const files = await n1.ok('ls /run/kyha/mark /run/mark /var/lib/kyha/mark 2>/dev/null || :')
    assert.is(files.trim(), '/var/lib/kyha/mark')
    const [again] = (await lab.until('n1 online again', 30_000, (s) => s.quorate && s.nodes[0]?.state === 'online')).nodes
    assert.ok(before && again?.boot !== before, 'another life of the machine')
  } finally {
    await lab.down()
  }
})

const cmdline = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
/** What this machine still has of a lab. */
const left = (lab: string, dir: string): string[] => [
  ...namespaces(lab),
  ...processes(lab).map((p) => `process ${p}`),
  ...(existsSync(dir) ? [dir] : []),
  ...readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((m) => m.includes(lab) || m.includes(dir)),
  ...(
    readFileSync('/proc/self/mounts', 'utf8')
      .match(/^\S+ \S+ cgroup2 /m)
      ?.map((m) => join(m.split(' ')[1] as string, lab)) ?? []
  ).filter(existsSync),
]
const labs = (): { dir: string; lab: string; pid: number }[] =>
  readdirSync(tmpdir())
    .filter((n) => n.startsWith('kyha-rig-') && existsSync(join(tmpdir(), n, 'lab.json')))
    .map((n) => ({
      dir: join(tmpdir(), n),
      ...(JSON.parse(readFileSync(join(tmpdir(), n, 'lab.json'), 'utf8')) as { lab: string; pid: number }),
    }))

able('a rig that is killed in the middle of a story: the next one takes everything away', async () => {
  const child = spawn(process.execPath, [join(tree, 'dist', 'test', 'rig', 'main.js'), 'run', 'manager-stopped'], { stdio: 'ignore' })
  const mine = (): { dir: string; lab: string } | undefined => labs().find((l) => l.pid === child.pid)
  const probing = (): boolean => processes(mine()?.lab ?? '-').some((p) => cmdline(p).includes('probe.js'))
  for (let tries = 0; !probing(); tries++) {
    assert.ok(tries < 600 && child.exitCode === null, 'the story gets as far as its probe')
    await sleep(100)
  }
  const { lab, dir } = mine() as { dir: string; lab: string }
  child.kill('SIGKILL')
  await new Promise((r) => child.on('exit', r))
  assert.ok(processes(lab).length > 10 && left(lab, dir).length > 10, 'it left a running cluster')
  assert.ok((await sweep()).includes(lab))
  assert.equal(left(lab, dir), [])
})

t.run()
