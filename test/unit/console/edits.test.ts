/** Operators' verbs as edits of the document: only what the verb names changes, and an unknown name is a refusal. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { removeResource, setManaged, setNode, setTargetRole } from '../../../console/api/edits.js'
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
