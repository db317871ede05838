/** When a right is given up and granted anew: after a reboot of its owner's machine, after its resource was deleted. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Row } from '../../../actors/coordinator/messages.js'
import type { NodeRows } from '../../../actors/coordinator/model.js'
import { plan } from '../../../actors/coordinator/plan.js'
import type { ResourceId } from '../../../runtime/actor.js'
import { verdict } from '../../../runtime/verdict.js'
import { add, boot, docOf, inputFor, node, rowFor } from './world.js'

const t = suite('coordinator: rights')
const because = verdict('config', 'log.config')

/** A group of n2, whose machine has booted anew and is admitted; `probed` says which members the new life has looked at. */
function rebooted(probed: readonly string[]): ReturnType<typeof plan> {
  const config = ["resources: [{name: vip, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}]", 'groups: [{name: shop, members: [vip, web]}]']
  const levels = 'location: [{resource: shop, levels: [n2, n1, n3]}]'
  const rows = Object.fromEntries(['vip', 'web'].map((r) => [`${r}@n2`, { state: probed.includes(r) ? 'stopped' : 'unknown' } as const]))
  const nodes = { n1: 'alive', n2: 'rebooted', n3: 'alive' } as const
  const input = inputFor({ config: [...config, levels], nodes, running: { vip: 'n2', web: 'n2' }, rows })
  return plan({ ...input, state: add(input.state, { type: 'admit', node: node('n2'), boot: boot('n2', 2) }) })
}

t('a group whose owner has rebooted goes nowhere before all its members were looked at there', () => {
  assert.equal(rebooted(['vip']).grants, [])
  assert.equal(rebooted(['web']).grants, [])
  assert.equal(
    rebooted(['vip', 'web']).grants.map((g) => g.node),
    [node('n2'), node('n2')],
  )
})

t('a right of a deleted resource is given up on the word of its node that it is stopped for good, not before', () => {
  const input = inputFor({ config: ["resources: [{name: web, agent: 'kyha:a'}]"], nodes: { n1: 'alive' }, running: { web: 'n1' } })
  const id = input.state.ids['web'] as ResourceId
  const state = add(input.state, { type: 'config', doc: docOf([], ['n1']), by: 'test', because })
  const shows = (row: Partial<Row> | undefined) =>
    plan({
      ...input,
      state,
      rows: { [node('n1')]: { ...(input.rows[node('n1')] as NodeRows), rows: row ? { [id]: rowFor(id, row) } : {} } },
    })
  assert.equal(shows({ state: 'stopped' }).releases, [])
  assert.equal(shows(undefined).releases, [])
  assert.equal(
    shows({ state: 'stopped', retired: true }).releases.map((r) => r.resource),
    [id],
  )
})

/** `web` of n2 was deleted, and did not stop there. */
function leftRunning(config: readonly string[], stop = ''): ReturnType<typeof plan> {
  const nodes = { n1: 'alive', n2: 'alive', n3: 'alive' } as const
  const web = `resources: [{name: web, agent: 'kyha:a'${stop}}]`
  const input = inputFor({ config: [web, ...config], nodes, running: { web: 'n2' }, rows: { 'web@n2': { state: 'stop-failed' } } })
  return plan({ ...input, state: add(input.state, { type: 'config', doc: docOf(config, Object.keys(nodes)), by: 'test', because }) })
}

t('a deleted resource that did not stop ends its node by a fence, or the operators are told', () => {
  const pdu = ['fencing: [{name: pdu, agent: fence_pdu, hosts: {n2: n2}}]']
  const fenced = leftRunning(pdu)
  assert.equal(
    fenced.fences.map((f) => [f.name, f.because.key]),
    [['n2', 'coordinator.stop-failed-fence']],
  )
  assert.equal([fenced.releases, fenced.verdicts], [[], []])
  const says = (p: ReturnType<typeof plan>) => [p.fences.length, p.releases.length, ...p.verdicts.map((v) => v.key)]
  assert.equal(says(leftRunning([])), [0, 0, 'coordinator.blocked-no-fencing'])
  assert.equal(says(leftRunning(pdu, ', ops: {stop: {on-fail: block}}')), [0, 0, 'coordinator.stop-failed-block'])
})

t('a right of a deleted resource whose machine has booted anew is given up by the probe of its new life', () => {
  const config = ["resources: [{name: web, agent: 'kyha:a'}]"]
  const input = inputFor({ config, nodes: { n1: 'alive', n2: 'rebooted' }, running: { web: 'n2' } })
  const id = input.state.ids['web'] as ResourceId
  const deleted = add(input.state, { type: 'config', doc: docOf([], ['n1', 'n2']), by: 'test', because })
  const admitted = add(deleted, { type: 'admit', node: node('n2'), boot: boot('n2', 2) })
  const of = (state: typeof deleted) => {
    const rows = { ...(input.rows[node('n2')] as NodeRows), rows: { [id]: rowFor(id, { state: 'stopped', retired: true }) } }
    return plan({ ...input, state, rows: { ...input.rows, [node('n2')]: rows } }).releases
  }
  assert.equal(of(deleted), [])
  assert.equal(
    of(admitted).map((r) => [r.resource, r.how, r.boot]),
    [[id, 'reboot-probe', boot('n2', 2)]],
  )
})

t.run()
