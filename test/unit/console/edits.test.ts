/** Operators' verbs as edits of the document: only what the verb names changes, and an unknown name is a refusal. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { movable, removeResource, setManaged, setNode, setTargetRole } from '../../../console/api/edits.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'

const t = suite('console edits')

const parsed = parseConfig(
  `apiVersion: kyha/v1
name: x
properties: {fencing-enabled: false}
resources:
  - {name: a, agent: 'kyha:Dummy'}
  - {name: b, agent: 'kyha:Dummy'}
  - {name: c, agent: 'kyha:Dummy'}
groups: [{name: g, members: [a, b]}]
location: [{resource: c, levels: [n1, n2]}]
order: [{first: g, then: c}]
`,
  ['n1', 'n2'],
)
assert.ok(parsed.ok)
const doc = (parsed as { doc: ConfigDoc }).doc
const docOf = (e: ReturnType<typeof setManaged>): ConfigDoc => {
  assert.ok('doc' in e)
  return (e as { doc: ConfigDoc }).doc
}

t('[C14] stop of a group sets the group’s role and leaves its members’ own', () => {
  const after = docOf(setTargetRole(doc, 'g', 'Stopped'))
  assert.is(after.groups[0]?.targetRole, 'Stopped')
  assert.equal(after.resources, doc.resources)
})
t('stop of a resource changes that resource only', () => {
  const after = docOf(setTargetRole(doc, 'c', 'Stopped'))
  assert.equal(
    after.resources.map((r) => r.meta.targetRole),
    ['Started', 'Started', 'Stopped'],
  )
})
t('start and stop of a clone and of what it is of are one: a stop at the clone, a start at both', () => {
  const clone = { name: 'cs', resource: 'c', ordered: false, interleave: true, notify: false, targetRole: 'Started' } as const
  const cloned: ConfigDoc = { ...doc, clones: [clone] }
  const roles = (d: ConfigDoc): string => `${d.clones?.[0]?.targetRole} ${d.resources[2]?.meta.targetRole}`
  for (const name of ['c', 'cs']) {
    const stopped = docOf(setTargetRole(cloned, name, 'Stopped'))
    assert.is(roles(stopped), 'Stopped Started')
    const both = { ...stopped, resources: stopped.resources.map((r) => ({ ...r, meta: { ...r.meta, targetRole: 'Stopped' as const } })) }
    assert.is(roles(docOf(setTargetRole(both, name, 'Started'))), 'Started Started')
  }
})
t('delete of a stopped clone leaves what it was of stopped', () => {
  const clone = { name: 'cs', resource: 'c', ordered: false, interleave: true, notify: false } as const
  for (const targetRole of ['Stopped', 'Started'] as const) {
    const after = docOf(removeResource({ ...doc, clones: [{ ...clone, targetRole }] }, 'cs'))
    assert.equal([after.clones, after.resources[2]?.meta.targetRole], [undefined, targetRole])
  }
})
t('a move is of the promoted role of a clone, a ban of any clone; of other clones it is refused', () => {
  const clone = { name: 'cs', resource: 'c', ordered: false, interleave: true, notify: false, targetRole: 'Started' } as const
  const asked = (promoted: number | undefined, kind: 'move' | 'ban', name: string): string => {
    const said = movable({ ...doc, clones: [{ ...clone, ...(promoted && { promoted }) }] }, kind, name)
    return typeof said === 'string' ? said : said.refused.key
  }
  assert.equal([asked(1, 'move', 'c'), asked(1, 'move', 'cs'), asked(undefined, 'ban', 'c')], ['cs', 'cs', 'cs'])
  assert.equal([asked(undefined, 'move', 'c'), asked(2, 'move', 'cs')], ['console.move-clone', 'console.move-roles'])
  assert.is(asked(1, 'move', 'g'), 'g')
})
t('unmanage of a group reaches its members', () => {
  assert.equal(
    docOf(setManaged(doc, 'g', false)).resources.map((r) => r.meta.managed),
    [false, false, true],
  )
})
t('[C12] delete takes the constraints that name the resource with it', () => {
  const after = docOf(removeResource(doc, 'c'))
  assert.is(after.resources.length, 2)
  assert.is(after.locations.length, 0)
  assert.is(after.orders.length, 0)
})
t('delete of a group’s last member takes the group and what names it', () => {
  const after = docOf(removeResource(docOf(removeResource(doc, 'a')), 'b'))
  assert.is(after.groups.length, 0)
  assert.is(after.orders.length, 0)
  assert.is(after.locations.length, 1)
})
const many = parseConfig(
  `apiVersion: kyha/v1
name: x
nodes: {n1: {utilization: {cpu: 8}}, n2: {}, n3: {}}
resources: [{name: a, agent: 'kyha:Dummy'}, {name: b, agent: 'kyha:Dummy'}, {name: c, agent: 'kyha:Dummy'}, {name: d, agent: 'kyha:Dummy'}]
groups: [{name: g, members: [a]}]
clones: [{name: gc, resource: g}, {name: bc, resource: b, promoted: 1}]
pools: [{name: s, resources: [c, d], standby: [n3]}]
location: [{resource: bc, node: n1, score: 5, role: Promoted}, {pattern: ^b, node: n2, score: 1}]
colocation: [{resource: c, with: bc}]
order: [{first: gc, then: bc}]
`,
)
const { doc: clones } = many as { doc: ConfigDoc }
const named = (d: ConfigDoc) => [...(d.clones ?? []), ...(d.pools ?? []), ...d.groups, ...d.resources].map((one) => one.name).join(' ')

t('delete of a clone leaves what it is of; delete of that takes the clone, and both take what names the clone', () => {
  const clone = docOf(removeResource(clones, 'bc'))
  assert.is(named(clone), 'gc s g a b c d')
  const resource = docOf(removeResource(clones, 'b'))
  assert.is(named(resource), 'gc s g a c d')
  for (const after of [clone, resource]) {
    assert.equal(
      after.locations.map((l) => l.pattern),
      ['^b'],
    )
    assert.equal([...after.colocations, ...after.orders], [])
  }
  assert.is(named(docOf(removeResource(clones, 'g'))), 'bc s a b c d')
  assert.is(named(docOf(removeResource(clones, 'a'))), 'bc s b c d', 'with its last member the group goes, and the clone of it')
  const none = docOf(removeResource(resource, 'gc'))
  assert.not.ok('clones' in none)
})
t('a pool loses what is deleted, and goes with its last resource; its own delete leaves them', () => {
  const one = docOf(removeResource(clones, 'c'))
  assert.equal(one.pools?.[0]?.resources, ['d'])
  assert.not.ok('pools' in docOf(removeResource(one, 'd')))
  const after = docOf(removeResource(clones, 's'))
  assert.is(named(after), 'gc bc g a b c d')
  assert.equal({ ...after, pools: clones.pools }, { ...clones })
  assert.equal(removeResource(clones, 'x'), { missing: 'resource', name: 'x', known: ['a', 'b', 'c', 'd', 'g', 'gc', 'bc', 's'] })
})
t('stop of a clone sets its own role, unmanage reaches what it is of', () => {
  const after = docOf(setTargetRole(clones, 'bc', 'Stopped'))
  assert.equal(
    after.clones?.map((c) => c.targetRole),
    ['Started', 'Stopped'],
  )
  assert.equal(after.resources, clones.resources)
  const free = (name: string) => docOf(setManaged(clones, name, false)).resources.map((r) => r.meta.managed)
  assert.equal(free('bc'), [true, false, true, true])
  assert.equal(free('gc'), [false, true, true, true])
})
t('a node of which a capacity is set keeps its entry', () => {
  const away = docOf(setNode(clones, ['n1', 'n2', 'n3'], 'n1', { standby: true }))
  assert.equal(docOf(setNode(away, ['n1', 'n2', 'n3'], 'n1', { standby: false })), clones)
})

t('standby of a node that is no member is refused with the members', () => {
  const e = setNode(doc, ['n1', 'n2'], 'n9', { standby: true })
  assert.equal(e, { missing: 'node', name: 'n9', known: ['n1', 'n2'] })
})

t('online after standby leaves no empty entry of the node behind', () => {
  const away = docOf(setNode(doc, ['n1', 'n2'], 'n2', { standby: true }))
  assert.is(away.nodes['n2']?.standby, true)
  assert.equal(docOf(setNode(away, ['n1', 'n2'], 'n2', { standby: false })), doc)
  const both = docOf(setNode(away, ['n1', 'n2'], 'n2', { maintenance: true }))
  assert.is(docOf(setNode(both, ['n1', 'n2'], 'n2', { standby: false })).nodes['n2']?.maintenance, true)
})

t.run()
