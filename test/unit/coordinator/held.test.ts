/** A committed fence-intent for a node that this leader does not see as silent. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { verdict } from '../../../runtime/verdict.js'
import { Lab } from './harness.js'
import { boot, node } from './world.js'

const t = suite('coordinator: fences of held nodes')

const names = ['n1', 'n2', 'n3']
const config = [
  'properties: {fencing-enabled: true, fencing-action: off}',
  "resources: [{name: web, agent: 'kyha:Dummy'}]",
  'location: [{resource: web, levels: [n2, n3, n1]}]',
  'fencing: [{name: lab, agent: fence_lab, hosts: {n1: n1, n2: n2, n3: n3}, timeout: 10s}]',
]

function condemnedN2(seen: 'suspect' | 'manager-down' | 'silent'): { lab: Lab; since: () => string[] } {
  const lab = new Lab(names, config)
  lab.lead('n1')
  lab.run(3_000)
  assert.equal(lab.where('web'), ['n2'])
  lab.hear('n1', 'n2', seen)
  const mark = lab.events.length
  lab.commit({ type: 'fence-intent', node: node('n2'), boot: boot('n2'), because: verdict('test', 'coordinator.stop-all') })
  return { lab, since: () => lab.events.slice(mark).filter((e) => !e.startsWith('says ')) }
}

for (const seen of ['suspect', 'manager-down'] as const) {
  t(`${seen}: the device is not told; heard again it is admitted again and nothing has moved`, () => {
    const { lab, since } = condemnedN2(seen)
    lab.run(5_000)
    assert.not.ok(since().includes('device off n2'), since().join(', '))
    lab.hear('n1', 'n2', 'alive')
    lab.run(3_000)
    assert.ok(since().includes('admit n2'), since().join(', '))
    assert.not.ok(since().includes('device off n2'))
    assert.equal(lab.where('web'), ['n2'])
  })

  t(`${seen}, then silent: the intent is carried out`, () => {
    const { lab, since } = condemnedN2(seen)
    lab.run(1_000)
    lab.hear('n1', 'n2', 'silent')
    lab.run(3_000)
    assert.ok(since().includes('device off n2'), since().join(', '))
  })
}

t.run()
