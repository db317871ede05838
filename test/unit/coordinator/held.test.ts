/** A committed fence-intent for a node that this leader does not see as silent. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fenceFromMs } from '../../../actors/coordinator/fences.js'
import type { Coordinator } from '../../../actors/coordinator/lead.js'
import { explain } from '../../../actors/coordinator/ledger.js'
import { plan, viewOf } from '../../../actors/coordinator/plan.js'
import { instant } from '../../../runtime/time.js'
import { verdict } from '../../../runtime/verdict.js'
import { Lab } from './harness.js'
import { boot, inputFor, node } from './world.js'

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

t('who has just got quorum back waits for the slow beats as well, where not every pair of nodes beats at full rate', () => {
  const members = (count: number): Coordinator['cluster'] =>
    ({ members: Array.from({ length: count }) }) as unknown as Coordinator['cluster']
  const at = (count: number): number | undefined =>
    fenceFromMs({ quorateMs: instant(1_000), hearMs: 200, hearSlowMs: 550, cluster: members(count) } as unknown as Coordinator)
  assert.equal([at(3), at(5), at(6)], [1_200, 1_200, 1_550])
})

const hold = (waitMs: number) => verdict('hold', 'membership.hold-down', { node: 'n3', waitMs, flaps: 4 }, 'notice')
const flapping = [
  "resources: [{name: web, agent: 'kyha:Dummy'}, {name: other, agent: 'kyha:Dummy'}]",
  'location: [{resource: web, levels: [n2, n3, n1]}, {resource: other, levels: [n3, n1]}]',
  'fencing: [{name: lab, agent: fence_lab, hosts: {n1: n1, n2: n2, n3: n3}, timeout: 10s}]',
]

t('a held node gets nothing, the ledger says for how long, and what runs there stays', () => {
  const lab = new Lab(names, flapping)
  lab.lead('n1')
  lab.run(3_000)
  assert.equal([lab.where('web'), lab.where('other')], [['n2'], ['n3']])
  lab.hear('n1', 'n3', 'suspect', hold(4_000))
  lab.off('n2')
  lab.hear('n1', 'n2', 'silent')
  lab.run(2_500)
  assert.equal(lab.where('web'), ['n1'], 'n3 would be next, and is held')
  assert.equal(lab.where('other'), ['n3'])
  const said = JSON.stringify(lab.shown.at(-1))
  assert.match(said, 'coordinator.node-held')
  assert.match(said, '"seconds":2')
  lab.hear('n1', 'n3', 'alive')
  lab.run(3_000)
  assert.not.match(JSON.stringify(lab.shown.at(-1)), 'coordinator.node-held')
})

t('a plan bars a held node whatever its life is, and leaves it what it has', () => {
  const of = (stand: 'suspect' | 'rebooted') => {
    const view = viewOf(
      plan(inputFor({ config: flapping, nodes: { n1: 'alive', n2: 'silent', n3: stand }, running: { other: 'n3' }, held: { n3: 7 } })),
      '',
    )
    return [view.placement.find((p) => p.name === 'other')?.node, explain(view, 'web', 'n3')?.because] as const
  }
  const [kept, why] = of('suspect')
  assert.is(kept, node('n3'))
  assert.equal([why?.key, why?.args['seconds']], ['coordinator.node-held', 7])
  assert.is(of('rebooted')[1]?.key, 'coordinator.node-held')
})

t.run()
