/** A node leaves only where the others stay enough, hands leadership on, and ends only once the log says that it left. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Leave } from '../../../console/join/leave.js'
import type { Address, Msg } from '../../../runtime/actor.js'
import { ApiBench, id, member } from '../cli/bench.js'
import { boot, keyOf } from './bench.js'

const t = suite('join leave')

interface Scene {
  readonly api: ApiBench
  readonly leave: Leave
  readonly sent: string[]
  readonly ended: () => boolean
}
async function scene(count: number): Promise<Scene> {
  const api = await new ApiBench().start(Array.from({ length: count }, (_, i) => member(i + 1)))
  const sent: string[] = []
  let ended = false
  const leave = new Leave({
    self: { node: id(1), name: 'n1' },
    model: api.model,
    send: (to: Address, msg: Msg) => void sent.push(`${to.path} ${msg.type}`),
    end: () => {
      ended = true
    },
  })
  return { api, leave, sent, ended: () => ended }
}
const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 600 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
}

t('[C10] announces it, hands leadership on, and ends when the log says left', async () => {
  const s = await scene(3)
  s.api.commit({ type: 'admit', node: id(1), boot: boot('a') })
  assert.is(s.leave.begin(), undefined)
  assert.equal(s.sent, ['membership leave', 'log transfer'])
  assert.is(s.leave.begin(), undefined)
  assert.is(s.sent.filter((m) => m === 'membership leave').length, 1, 'asked again, it goes on')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.not.ok(s.ended(), 'not before the log says it')
  s.api.commit({ type: 'leave', node: id(1), boot: boot('a') })
  await until(s.ended)
  assert.ok(s.ended())
  s.leave.close()
  await s.api.end()
})

t('one of two, and a single node, have nobody to leave to', async () => {
  const two = await scene(2)
  assert.is(keyOf(two.leave.begin()), 'cli.leave-quorum')
  const one = await scene(1)
  assert.is(keyOf(one.leave.begin()), 'cli.leave-alone')
  assert.equal([...two.sent, ...one.sent], [])
  await two.api.end()
  await one.api.end()
})

t.run()
