/** `native/garp` between two ends of a veth pair in namespaces of their own: a neighbour that has the address elsewhere learns where it is now. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nativeDir } from '../../runtime/paths.js'
import { file, program, root, when } from '../needs.js'
import { until } from './guard.cases.js'

const t = suite('garp')
const garp = join(nativeDir, 'garp')
const built = file(garp, 'the built garp')
const net = [built, root(), program('unshare'), program('nsenter'), program('ip')]
const holders: ChildProcess[] = []
t.after(async () => {
  const ended = holders.map((h) => new Promise((resolve) => h.once('exit', resolve)))
  for (const h of holders) h.stdin?.end()
  await Promise.all(ended)
})

/** A process that holds a network namespace until its stdin closes; its pid. */
const hold = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('unshare', ['-n', 'sh', '-c', 'echo up; read -r _'], { stdio: ['pipe', 'pipe', 'ignore'] })
    holders.push(child)
    child.on('error', reject)
    child.stdout.once('data', () => resolve(child.pid ?? 0))
  })
const inside = (pid: number, ...words: string[]): string =>
  execFileSync('nsenter', ['-t', String(pid), '-n', ...words], { encoding: 'utf8' })

when(t, ...net)('a neighbour with an old entry learns the new one, IPv4 and IPv6', async () => {
  const [near, far] = [await hold(), await hold()]
  inside(near, 'sh', '-ec', `ip link add v0 type veth peer name v1 netns ${far}; ip link set lo up; ip link set v0 up`)
  inside(near, 'sh', '-ec', 'ip addr add 10.99.0.50/24 dev v0; ip addr add fd99::50/64 dev v0 nodad')
  inside(far, 'sh', '-ec', 'ip addr add 10.99.0.9/24 dev v1; ip link set v1 up; ip addr add fd99::9/64 dev v1 nodad')
  const real = /ether (\S+)/.exec(inside(near, 'ip', 'link', 'show', 'v0'))?.[1] ?? 'unknown'
  for (const ip of ['10.99.0.50', 'fd99::50']) {
    inside(far, 'ip', 'neigh', 'replace', ip, 'lladdr', '02:00:00:00:00:01', 'nud', 'stale', 'dev', 'v1')
    inside(near, garp, 'v0', ip)
    await until(`${ip} is at ${real}`, () => inside(far, 'ip', 'neigh', 'show', ip).includes(real))
  }
  assert.is(spawnSync('nsenter', ['-t', String(near), '-n', garp, 'lo', '10.99.0.50']).status, 0, 'nobody to tell')
  const foreign = spawnSync('nsenter', ['-t', String(near), '-n', garp, 'v0', 'fd99::77'], { encoding: 'utf8' })
  assert.is(foreign.status, 1, 'an address that does not stand here is not claimed')
  assert.match(foreign.stderr, /^garp: the advertisement was not sent on v0: .+\n$/)
})

when(t, built)('bad words and interfaces: one sentence', () => {
  for (const [status, ...args] of [
    [2],
    [2, 'lo'],
    [2, 'lo', 'nonsense'],
    [2, 'x'.repeat(40), '10.0.0.1'],
    [1, 'nowhere0', '10.0.0.1'],
  ] as const) {
    const got = spawnSync(garp, args.map(String), { encoding: 'utf8' })
    assert.is(got.status, status, args.join(' '))
    assert.is(got.stderr.trim().split('\n').length, 1)
  }
})

t.run()
