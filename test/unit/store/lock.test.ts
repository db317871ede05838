/** One writer per directory: who holds the lock, who does not any more. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acquireLock } from '../../../runtime/store/lock.js'

const t = suite<{ dir: string }>('store: lock')
t.before.each(async (context) => {
  context.dir = await mkdtemp(join(tmpdir(), 'kyha-lock-'))
})
t.after.each(async (context) => {
  await rm(context.dir, { recursive: true })
})
const lockUrl = new URL('../../../runtime/store/lock.js', import.meta.url).href

const refusal = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
  } catch (error) {
    return (error as Error).message
  }
  return assert.unreachable('it was given') as never
}

t('a live holder is refused with its pid; after release the next one gets it, and no file is left', async ({ dir }) => {
  const first = await acquireLock(dir)
  const message = await refusal(acquireLock(dir))
  assert.match(message, String(process.pid))
  assert.match(message, dir)
  await first.release()
  const second = await acquireLock(dir)
  assert.is(second.stale, false)
  await second.release()
  assert.equal(await readdir(dir), [])
})

t('of many that try at once exactly one gets it', async ({ dir }) => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(dir)))
  const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  assert.is(won.length, 1)
  await won[0]?.release()
  assert.equal(await readdir(dir), [])
})

t('a process that was killed does not hold it any more; while it lives, it does', async ({ dir }) => {
  const script = `
    import { acquireLock } from ${JSON.stringify(lockUrl)}
    globalThis.lock = await acquireLock(${JSON.stringify(dir)})
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve))
    assert.match(await refusal(acquireLock(dir)), String(child.pid))
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  const lock = await acquireLock(dir)
  assert.is(lock.stale, true)
  await lock.release()
  assert.equal(await readdir(dir), [])
})

t('a worker thread of our own process that was terminated does not hold it any more', async ({ dir }) => {
  const code = `
    import(${JSON.stringify(lockUrl)}).then(async (m) => {
      globalThis.lock = await m.acquireLock(${JSON.stringify(dir)})
      require('node:worker_threads').parentPort.postMessage('held')
      setInterval(() => {}, 1000)
    })`
  const worker = new Worker(code, { eval: true })
  await new Promise((resolve) => worker.once('message', resolve))
  assert.match(await refusal(acquireLock(dir)), String(process.pid))
  await worker.terminate()
  const lock = await acquireLock(dir)
  assert.is(lock.stale, true)
  await lock.release()
})

t('a lock of an earlier boot, of a stranger with the same pid, and a garbled one are stale', async ({ dir }) => {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const texts = [
    JSON.stringify({ pid: process.pid, boot: 'another-boot' }),
    JSON.stringify({ pid: process.pid, boot }), // we live, but do not have that file open
    JSON.stringify({ pid: 1, boot: 'another-boot' }),
    'garbage',
    '',
  ]
  for (const text of texts) {
    await writeFile(join(dir, 'lock'), text)
    const lock = await acquireLock(dir)
    assert.is(lock.stale, true, text)
    await lock.release()
  }
})

t.run()
