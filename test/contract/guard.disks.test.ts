/** What the guard does for shared disks: a servant each, started again when it ends, ended with the guard, never taken for a resource's process. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DiskAnswer, DiskClient } from '../../runtime/disk/client.js'
import { openDisks, socketOf } from '../../runtime/disk/disks.js'
import { token } from '../../runtime/ids.js'
import { when } from '../needs.js'
import { asked, block } from '../unit/disk/bench.js'
import { op, until } from './guard.cases.js'
import { alive, cannot, end, RealGuard } from './guard.harness.js'

const t = suite('guard and shared disks')
const check = when(t, await cannot({}))

/** A guard with two disks in its own directory. */
async function open(cgroup = 'subreaper'): Promise<{ g: RealGuard; clientOf(name: string): DiskClient }> {
  const args: string[] = []
  const g = new RealGuard({ cgroup, args })
  for (const name of ['d1', 'd2']) {
    writeFileSync(join(g.dir, name), block(0, 4))
    args.push('--disk', `${name}=${join(g.dir, name)}`)
  }
  await g.open()
  return { g, clientOf: (name) => new DiskClient(() => connect(socketOf(join(g.dir, 'run'), name))) }
}
const read = { op: 'read', block: 0, count: 1, timeoutMs: 1000 } as const
/** Until its servant answers. */
async function served(client: DiskClient): Promise<DiskAnswer> {
  const until = performance.now() + 10_000
  let got = await asked(client, read)
  for (; !got.ok && performance.now() < until; got = await asked(client, read)) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(got.ok, got.error)
  return got
}
const servantOf = (g: RealGuard, name: string): number => {
  const pids = children(g.guard.pid ?? 0).filter(({ line }) => line.includes(`--path ${join(g.dir, name)} `))
  return pids[0]?.pid ?? 0
}
function children(parent: number): readonly { pid: number; line: string }[] {
  const list = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)], { encoding: 'utf8' })
  return list.split('\n').flatMap((line) => {
    const [, pid, args] = line.match(/^\s*(\d+) (.*)$/) ?? []
    return pid ? [{ pid: Number(pid), line: args ?? '' }] : []
  })
}

check('each disk has a servant; one that is killed is started again, the other one goes on', async () => {
  const { g, clientOf } = await open()
  const [a, b] = [clientOf('d1'), clientOf('d2')]
  await served(a)
  await served(b)
  const [first, other] = [servantOf(g, 'd1'), servantOf(g, 'd2')]
  assert.ok(first > 0 && other > 0)
  end(first)
  await until('the servant is another one', () => servantOf(g, 'd1') > 0 && servantOf(g, 'd1') !== first)
  await served(a)
  assert.is(servantOf(g, 'd2'), other)
  assert.match(g.said, /the servant of disk d1 ended \(signal 9\)/)
  for (const one of [a, b]) one.close()
  await g.close()
  assert.is(alive(other), false, 'it ends with the guard')
})

check('servants end with a guard that is killed, and the next guard’s serve', async () => {
  const { g, clientOf } = await open()
  const client = clientOf('d1')
  await served(client)
  const before = servantOf(g, 'd1')
  await g.crashGuard()
  await until('the old one is gone', () => !alive(before))
  await served(client)
  assert.is.not(servantOf(g, 'd1'), before)
  client.close()
  await g.close()
})

check('a servant is no process of a resource', async () => {
  const { g, clientOf } = await open()
  const life = g.manager()
  const client = clientOf('d1')
  await served(client)
  const start = op(g, 'r', 'start', 'daemon')
  life.guard.run(start, token(1))
  await life.result(start.id)
  const hangs = op(g, 'r', 'monitor', 'hang', { timeoutMs: 2500 })
  life.guard.run(hangs, token(1))
  end(servantOf(g, 'd1')) // the next one is born while an operation is in flight
  await until('the next one', () => servantOf(g, 'd1') > 0)
  const next = servantOf(g, 'd1')
  await life.result(hangs.id) // and all of it is killed
  assert.is(alive(next), true)
  await served(client)
  const listed = (await life.list()).resources.find((r) => r.resource === 'r')
  assert.is(listed?.pids, 1)
  client.close()
  await g.close()
})

check('kyhad’s side finds servants by the disks of its settings, and says when there is none of a name', async () => {
  const { g } = await open()
  const disks = openDisks(join(g.dir, 'run'), [{ name: 'd1', path: join(g.dir, 'd1') }])
  const ask = (disk: string): Promise<DiskAnswer> =>
    new Promise((resolve) => disks.ask({ do: 'disk', id: '1', disk, op: 'read', block: 0, count: 1, timeoutMs: 1000 }, resolve))
  await until('the servant listens', () => existsSync(socketOf(join(g.dir, 'run'), 'd1')))
  assert.is((await ask('d1')).ok, true)
  assert.equal(await ask('d9'), { ok: false, error: 'no servant' })
  disks.close()
  await g.close()
})

t.run()
