/** The coordinator at work in virtual time: who may be given a right now, and what may be started under one. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rows } from '../../../actors/coordinator/messages.js'
import { Lab } from './harness.js'
import { boot, node } from './world.js'

const t = suite('coordinator: rights')

const three = ['n1', 'n2', 'n3']
const done = (lab: Lab, mark: number): string[] => lab.since(mark).filter((e) => !e.startsWith('says'))

/** A cluster led by n1 that runs the shop on n2. */
function shopRuns(): Lab {
  const lab = new Lab(three, [
    "resources: [{name: vip, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}]",
    'groups: [{name: shop, members: [vip, web]}]',
    'location: [{resource: shop, levels: [n2, n3, n1]}]',
    `fencing: [{name: pdu, agent: fence_pdu, hosts: {${three.map((n) => `${n}: ${n}`).join(', ')}}}]`,
  ])
  lab.lead('n1')
  lab.run(3000)
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
  return lab
}
t('all power was lost: a member without rows is still coming up, and what belongs there waits for it', () => {
  const lab = shopRuns()
  lab.off('n2')
  for (const other of ['n1', 'n3']) lab.hear(other, 'n2', 'silent')
  lab.run(2000)
  assert.equal(lab.where('web'), ['n3'])
  for (const name of three) lab.off(name)
  for (const name of three) Object.assign(lab.host(name), { life: boot(name, 2), on: true, seq: 0 })
  for (const name of three) lab.begin(name)
  for (const name of three) for (const other of three) if (name !== other) lab.hear(name, other, 'alive')
  // Its log has not caught up: it knows no resource yet.
  lab.host('n2').rows = new Map()
  const empty: Rows = { type: 'rows', node: node('n2'), boot: boot('n2', 2), seq: 1, whole: true, rows: [] }
  lab.give('n1', 'coordinator', { node: node('n2'), path: 'resource' }, empty)
  const mark = lab.events.length
  lab.lead('n1')
  lab.run(500)
  assert.equal(done(lab, mark), ['admit n1', 'admit n2', 'admit n3'])
  for (const r of ['vip', 'web']) lab.row('n2', r, {})
  lab.run(500)
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
  assert.not.ok(lab.events.some((e) => e.startsWith('VIOLATION') || e.startsWith('refused')))
})

for (const decided of [true, false]) {
  t(
    `a right that a proposal on its way gives up starts nothing, ${decided ? 'and then it is gone' : 'until the proposal is refused'}`,
    () => {
      const lab = shopRuns()
      lab.commit({ type: 'intent', id: 'w1', kind: 'move', resource: 'shop', node: node('n3'), forMs: 20_000, by: 'ann' })
      lab.proposeMs = 300
      const mark = lab.events.length
      lab.run(150)
      assert.equal(done(lab, mark), ['stop web@n2', 'stop vip@n2'])
      // n3 is not sure any more: the plan is to start on n2 again. The decision that takes the right from n2 is still on its way.
      lab.hear('n1', 'n3', 'suspect')
      if (!decided) lab.commit({ type: 'cleanup', resource: 'vip', by: 'ann' })
      lab.run(100)
      assert.not.ok(done(lab, mark).some((e) => e.startsWith('start')))
      lab.run(250)
      const after = done(lab, mark).slice(2)
      if (decided) assert.match(after[0] ?? '', 'decide release vip@n2 release web@n2')
      else assert.equal(after.slice(0, 3), ['cleanup', 'start vip@n2', 'start web@n2'])
    },
  )
}

t.run()
