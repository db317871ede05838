/** The pool: what it costs while idle, what it does to threads, that the product's own kind of job runs in it. The host's cases hold the rest. */
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { matrix } from '../../../actors/coordinator/matrix.js'
import { type JobOutcome, packJob, unpackJob } from '../../../runtime/host/job.js'
import { Pool, threadsMax } from '../../../runtime/pool.js'
import { inputFor } from '../coordinator/world.js'

const t = suite('pool')
const testJobs = new URL('../../contract/host.jobs.js', import.meta.url).href
/** Threads of this process: V8's and libuv's own included. */
const threads = (): number => readdirSync('/proc/self/task').length
const timers = (): number => process.getActiveResourcesInfo().filter((r) => r === 'Timeout').length
const value = (o: JobOutcome): unknown => (o.ok ? unpackJob(o.bytes) : o.refused)
const settled = async (what: string, holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 400 && !holds(); i++) await sleep(10)
  assert.ok(holds(), what)
}

t('no job: no thread, no timer, and the library is not even loaded', async () => {
  const [threadsBefore, timersBefore] = [threads(), timers()]
  const pool = new Pool(testJobs)
  await sleep(20)
  assert.equal([threads(), timers()], [threadsBefore, timersBefore])
  pool.close()
})

t('after the last job its thread ends, and no timer stays', async () => {
  const pool = new Pool(testJobs, 30)
  assert.is(value(await pool.run('echo', packJob('warm'), 5000)), 'warm')
  await settled('its thread ends', () => !process.getActiveResourcesInfo().some((r) => r === 'Worker' || r === 'MessagePort'))
  const [threadsIdle, timersIdle] = [threads(), timers()]
  assert.equal(value(await pool.run('echo', packJob([1, 2]), 5000)), [1, 2])
  await settled('as many threads as before', () => threads() <= threadsIdle && timers() <= timersIdle)
  pool.close()
})

t('at its limit a job is ended with its thread: nothing goes on burning', async () => {
  const pool = new Pool(testJobs, 30)
  assert.is(value(await pool.run('echo', packJob(0), 5000)), 0)
  await settled('its thread ends', () => !process.getActiveResourcesInfo().includes('MessagePort'))
  const idle = threads()
  const outcomes = await Promise.all(Array.from({ length: threadsMax + 1 }, () => pool.run('spin', packJob(0), 300)))
  assert.equal(outcomes.map(value), ['late', 'late', 'late'])
  assert.equal(pool.counters, { running: 0, waiting: 0 })
  await settled('its threads are gone', () => threads() <= idle)
  pool.close()
})

t('no thread requires an ES module: node aborts the whole process when a thread is ended in the middle of that', async () => {
  const pool = new Pool(testJobs, 30)
  assert.is(value(await pool.run('require', packJob(testJobs), 5000)), 'ERR_REQUIRE_ESM')
  pool.close()
})

t('a full heap ends the job’s thread alone', async () => {
  const pool = new Pool(testJobs, 30)
  const outcome = await pool.run('hog', packJob(0), 30_000)
  assert.is(value(outcome), 'crashed')
  assert.match(JSON.stringify(outcome), /ERR_WORKER_OUT_OF_MEMORY/)
  assert.is(value(await pool.run('echo', packJob('next'), 5000)), 'next')
  pool.close()
})

t('closing refuses what waits and ends what runs', async () => {
  const pool = new Pool(testJobs, 30)
  const runs = Array.from({ length: threadsMax + 2 }, () => pool.run('spin', packJob(0), 30_000))
  await sleep(100)
  pool.close()
  assert.equal((await Promise.all(runs)).map(value), ['closed', 'closed', 'closed', 'closed'])
  assert.is(value(await pool.run('echo', packJob(0), 1000)), 'closed')
})

t('who takes over, worked out in the pool, is what it is on the spot', async () => {
  const pool = new Pool()
  const input = inputFor({
    config: ['resources: [{name: web, agent: "kyha:a"}, {name: db, agent: "kyha:a"}]'],
    nodes: { n1: 'alive', n2: 'alive', n3: 'alive' },
    running: { web: 'n1' },
  })
  const plain = (v: unknown): unknown => unpackJob(packJob(v))
  const cells = await pool.run('plan', packJob({ what: 'matrix', input }), 10_000)
  assert.equal(value(cells), plain(matrix(input)))
  pool.close()
})

t.run()
