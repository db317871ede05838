/** What a plan says while it waits: for whom, how long that one has been silent, and that there is no quorum. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PlanInput } from '../../../actors/coordinator/model.js'
import { plan } from '../../../actors/coordinator/plan.js'
import { render } from '../../../runtime/text/index.js'
import { boot, inputFor, node, type Stand } from './world.js'

const t = suite('coordinator: sentences')

const world = (n3: Stand, more: Partial<PlanInput> = {}, runsOn = 'n3'): PlanInput => ({
  ...inputFor({
    config: [
      "resources: [{name: web, agent: 'kyha:dummy'}]",
      'fencing: [{name: pdu, agent: fence_pdu, hosts: {n1: n1, n2: n2, n3: n3}}]',
      'location: [{resource: web, levels: [n1, n2]}]',
    ],
    nodes: { n1: 'alive', n2: 'alive', n3 },
    running: { web: runsOn },
  }),
  ...more,
})
const says = (input: PlanInput): string => {
  const because = plan(input).placement[0]?.because
  return because ? render('en', because.key, because.args) : ''
}

t('a resource whose owner is silent says whose end it waits for', () => {
  assert.match(says(world('silent')), /^web waits to start on n1 .* n3 /)
  assert.match(says(world('never-seen')), /^web waits to start on n1 .* n3 /)
})

t('without quorum it says so, and a resource that runs where it belongs says where', () => {
  assert.match(says(world('silent', { noQuorum: true })), /^web is not started on n1: .*no quorum/)
  assert.match(says(world('silent', { noQuorum: true }, 'n1')), /^web belongs on n1/)
})

t('a node is silent for as long as on the link that heard it last', () => {
  const link = { state: 'silent' as const, rttMs: { p50: 1, p99: 1 }, lossPct: 0 }
  const input = world('silent')
  const heard = (ms: readonly number[]): unknown => {
    const links = ms.map((silentMs, i) => ({ ...link, link: i, silentMs }))
    const peers = input.peers.map((p) => (p.node === node('n3') ? { ...p, links } : p))
    return plan({ ...input, peers }).fences[0]?.because.args['silentMs']
  }
  assert.equal([heard([578, 177]), heard([177, 578]), heard([-1, 300]), heard([-1]), heard([])], [177, 177, 300, -1, -1])
})

t('who has to confirm a fence by hand is given the whole command, with the life', () => {
  for (const fencing of ['true', 'false']) {
    const input = inputFor({
      config: [`properties: {fencing-enabled: ${fencing}}`, "resources: [{name: web, agent: 'kyha:dummy'}]"],
      nodes: { n1: 'alive', n2: 'alive', n3: 'silent' },
      running: { web: 'n3' },
    })
    const { verdicts, placement, actions } = plan(input)
    const all = [...verdicts, ...placement.map((p) => p.because), ...actions.map((a) => a.because)]
    const advice = all.map((v) => render('en', v.key, v.args)).filter((text) => text.includes('kyha fence confirm'))
    assert.ok(advice.length > 0, fencing)
    for (const text of advice) assert.ok(text.endsWith(`kyha fence confirm n3 --boot ${boot('n3')}`), text)
  }
})

t.run()
