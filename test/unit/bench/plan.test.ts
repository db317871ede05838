/** What the plan bench measures is what it says: so many nodes and resources, all of them known everywhere, and a plan with something to do. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planScene } from '../../../actors/coordinator/engine/plan.js'
import { large } from '../../../bench/plan.js'
import { readCib } from '../../../console/cib/read.js'

const t = suite('bench/plan')

t('32 nodes, 1,000 resources, no probe left to do, groups that move to their favourites', () => {
  const read = readCib(large(), 1_800_000_000)
  assert.ok(!('refused' in read))
  if ('refused' in read) return
  assert.is(read.scene.nodes.length, 32)
  assert.is(read.scene.resources.flatMap((r) => (r.kind === 'group' ? r.children : [r])).length, 1000)
  const p = planScene(read.scene)
  assert.not.ok(p.executed.some((e) => e.op === 'monitor' && !e.interval))
  assert.ok(p.actions.some((a) => a.action === 'move'))
})

t.run()
