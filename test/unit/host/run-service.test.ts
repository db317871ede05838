/** Lives of a service follow each other, also when one ends before it is up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Environment } from '../../../runtime/host/environment.js'
import { ServiceRunner } from '../../../runtime/host/run-service.js'
import type { StartService } from '../../../runtime/host/service.js'
import { instant } from '../../../runtime/time.js'
import { actor } from '../../../runtime/tree.js'
import { facts } from '../../contract/host.group.js'

const t = suite('host/run-service')

function world(start: StartService, startMs?: number) {
  const said: string[] = []
  const env = { registry: () => Promise.reject(new Error('no actors here')), service: () => Promise.resolve(start) } satisfies Environment
  const runner = new ServiceRunner({ facts: facts(''), now: () => instant(0), env, send: () => undefined, host: () => undefined }, startMs)
  const on = {
    started: () => void said.push('started'),
    failed: () => void said.push('failed'),
    exited: ({ how, detail }: { how: string; detail: string }) => void said.push(`exited ${how} ${detail}`.trim()),
  }
  const launch = () => runner.launch(actor('console', { service: true }), on)
  return { said, runner, launch, life: launch() }
}

t('one that is stopped while it starts has ended when it is up and closed again', async () => {
  let open = (): void => undefined
  const w = world(async () => {
    await new Promise<void>((resolve) => {
      open = resolve
    })
    w.said.push('up')
    return { receive: () => undefined, stop: async () => void w.said.push('closed') }
  })
  await sleep(20)
  w.life.stop()
  await sleep(20)
  assert.equal(w.said, ['started'], 'whoever follows it would meet its sockets')
  open()
  await sleep(20)
  assert.equal(w.said, ['started', 'up', 'closed', 'exited shutdown'])
})

t('one that never gets up ends when it is killed, and is closed should it get up after all', async () => {
  let open = (): void => undefined
  const w = world(async () => {
    await new Promise<void>((resolve) => {
      open = resolve
    })
    return { receive: () => undefined, stop: async () => void w.said.push('closed') }
  })
  await sleep(20)
  w.life.stop()
  w.life.kill()
  assert.equal(w.said, ['started', 'exited shutdown killed'])
  open()
  await sleep(20)
  assert.equal(w.said, ['started', 'exited shutdown killed', 'closed'])
})

t('one whose start fails has ended once, with the reason', async () => {
  const w = world(() => Promise.reject(new Error('no socket')))
  w.life.stop()
  await sleep(20)
  assert.equal(w.said, ['started', 'exited error no socket'])
})

t('one whose start hangs has failed, so that it is started again', async () => {
  let open = (): void => undefined
  const w = world(async () => {
    await new Promise<void>((resolve) => {
      open = resolve
    })
    return { receive: () => undefined, stop: async () => void w.said.push('closed') }
  }, 30)
  await sleep(80)
  assert.equal(w.said, ['started', 'exited error it did not start within 30 ms'])
  open()
  await sleep(20)
  assert.is(w.said.at(-1), 'closed')
})

t('jobs of a life that is over hold no place of those of the next one', async () => {
  const refused: string[] = []
  const w = world(async ({ job }) => {
    for (let n = 0; n < 64; n++) void job('plan', n, 1000).then((a) => a.ok || refused.push(a.because.key))
    return { receive: () => undefined, stop: async () => undefined }
  })
  await sleep(20)
  w.life.stop()
  await sleep(20)
  for (let n = 1; n <= 64; n++) w.runner.jobDone('console', `console:${n}`, true, n)
  w.launch()
  await sleep(20)
  assert.equal(refused, [])
})

t.run()
