/** The guard sleeps while an agent's start is held up by the scheduler. It has real-time priority: a guard that spins would starve what it waits for. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { token } from '../../runtime/ids.js'
import { when } from '../needs.js'
import { op } from './guard.cases.js'
import { cannot, RealGuard } from './guard.harness.js'

const t = suite('guard under load')
const check = when(t, await cannot({}))

/** Milliseconds of processor time that a process has used: no duration, so a busy machine does not change it. */
const usedMs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6

check('descriptors that a child holds between fork and exec do not keep the guard busy', async () => {
  const g = new RealGuard({ cgroup: 'subreaper', force: 'slow-exec' }) // each agent sleeps 300 ms before its exec
  try {
    const { guard } = await g.open()
    const before = usedMs(g.guard.pid ?? 0)
    const ids: string[] = []
    for (let i = 0; i < 6; i++) {
      const run = op(g, `spin${i}`, 'start', 'ok')
      ids.push(run.id)
      guard.run(run, token(1))
      await sleep(100) // while this one sleeps, the pipes of those before it end
    }
    for (const id of ids) assert.is((await g.manager().result(id)).rc, 0)
    const used = usedMs(g.guard.pid ?? 0) - before
    assert.ok(used < 150, `the guard used ${used} ms of processor time for six agents`)
  } finally {
    await g.close()
  }
})

t.run()
