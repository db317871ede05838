/** The verdict line: what is said first, what is never claimed, and that every sentence has its subject, consequence and next step. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { heldBackBy } from '../../../console/api/held-back.js'
import { Model } from '../../../console/api/model.js'
import { type Scene, verdictLine } from '../../../console/api/verdict.js'
import type { NodeView, ResourceView, StatusView } from '../../../console/api/views.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'

const t = suite('console verdict')

const node = (name: string, state = 'online'): NodeView => ({ id: name, name, state }) as unknown as NodeView
const resource = (name: string, at: string | null, over: Partial<ResourceView> = {}): ResourceView =>
  ({
    id: name,
    name,
    group: 'shop',
    role: at ? 'Started' : 'Stopped',
    node: at,
    mayRunOn: null,
    targetRole: 'Started',
    cells: [],
    ...over,
  }) as unknown as ResourceView

interface Given {
  readonly nodes?: readonly NodeView[]
  readonly resources?: readonly ResourceView[]
  readonly quorate?: boolean
  readonly silent?: readonly [peer: string, link: number][]
  readonly config?: object
}
function say(given: Given): StatusView['verdict'] {
  const { nodes = ['n1', 'n2', 'n3'].map((n) => node(n)), resources = [resource('web', 'n1')], quorate = true } = given
  const model = new Model()
  const config = { properties: { fencingEnabled: true }, fencing: [{}], colocations: [], orders: [], groups: [], ...given.config }
  Object.assign(model, {
    state: { config },
    leadership: { leader: 'n1' },
    quorum: { quorate, votes: 1, votesTotal: 3, votesNeeded: 2 },
  })
  const peers = ['n3', 'n2'].map((name) => ({
    name,
    state: 'alive',
    links: [0, 1].map((link) => ({ link, state: given.silent?.some(([p, l]) => p === name && l === link) ? 'silent' : 'up' })),
  }))
  Object.assign(model, { view: { peers } })
  return verdictLine({ model, nodes, resources, spare: 1, since: () => 7 } as Scene)
}
const en = (v: StatusView['verdict']): string => v.sentence.text.en

t('all is well: one group is named with its place, many resources are counted', () => {
  assert.is(en(say({})), 'shop runs on n1; 3 of 3 nodes are online; can lose 1 more.')
  const many = say({ resources: [resource('a', 'n1', { group: null }), resource('b', 'n2', { group: null })] })
  assert.is(en(many), 'All is well: 2 of 2 resources run, 3 of 3 nodes are online; can lose 1 more.')
  assert.equal([many.state, many.sinceMs, many.problems.length], ['ok', 7, 0])
})

t('a fenced node: where the service runs, what is left, what to do', () => {
  const v = say({ nodes: [node('n1', 'fenced'), node('n2'), node('n3')], resources: [resource('web', 'n2')] })
  assert.is(v.state, 'attention')
  assert.match(en(v), /^shop runs on n2; n1 is fenced: .* 2 of 3 nodes are left; can lose 1 more\. Repair and start n1\.$/)
  assert.match(v.sentence.text.zh, /^shop 运行在 n2；n1 已隔离/)
})

t('a resource whose silent owner may still run it is not called down', () => {
  const unknown = resource('web', null, { role: 'Unknown', mayRunOn: 'n1' })
  const v = say({ nodes: [node('n1', 'silent'), node('n2'), node('n3')], resources: [unknown] })
  assert.equal([v.state, v.sentence.key], ['danger', 'console.resource-unknown'])
  assert.is(say({ resources: [resource('web', null)] }).sentence.key, 'console.resource-down')
  const starting = resource('web', null, {
    cells: [{ node: 'n2', pending: { action: 'start', sinceMs: 1 } }] as unknown as ResourceView['cells'],
  })
  assert.is(say({ resources: [starting] }).sentence.key, 'console.resource-starting')
  assert.is(say({ resources: [resource('web', null, { targetRole: 'Stopped' })] }).state, 'ok')
})

t('what cannot run without something that was stopped on purpose is no fault, and says without what', () => {
  const parsed = parseConfig(
    `apiVersion: kyha/v1
name: shop
resources:
  - {name: db, agent: 'kyha:Stateful'}
  - {name: vip, agent: 'kyha:Dummy'}
  - {name: web, agent: 'kyha:Dummy'}
  - {name: log, agent: 'kyha:Dummy'}
  - {name: mail, agent: 'kyha:Dummy', meta: {target-role: Stopped}}
  - {name: box, agent: 'kyha:Dummy'}
groups: [{name: site, members: [web]}]
clones: [{name: db-clone, resource: db, promoted: 1, meta: {target-role: Unpromoted}}]
colocation:
  - {resource: vip, with: db-clone, with-role: Promoted}
  - {resource: log, with: db-clone}
  - {resource: box, with: mail, score: 100}
order: [{first: vip, then: site}]
`,
    ['n1'],
  )
  assert.ok(parsed.ok, JSON.stringify(parsed))
  const { doc } = parsed as { doc: ConfigDoc }
  assert.equal(
    ['vip', 'web', 'log', 'box', 'db'].map((name) => heldBackBy(doc, name)),
    ['db-clone', 'db-clone', undefined, undefined, undefined],
    'directly, through another, not by role, not by preference, not by itself',
  )
  const v = say({ resources: [resource('vip', null)], config: { ...doc, properties: { fencingEnabled: true }, fencing: [{}] } })
  assert.equal([v.state, v.sentence.key], ['attention', 'console.resource-held-back'])
  assert.match(en(v), /^vip does not run since db-clone, without which it cannot, was stopped on purpose\./)
})

t('without quorum nothing is claimed of what cannot be seen', () => {
  const v = say({ quorate: false, nodes: [node('n1'), node('n2', 'silent'), node('n3', 'fenced')], resources: [resource('web', null)] })
  assert.match(en(v), /^No quorum on this side/)
  const all = v.problems.map((p) => p.text.en).join('\n')
  assert.not.match(all, /does not run|\d of \d resources/)
  assert.match(all, /n2 is not heard here/)
  assert.match(all, /n3 is fenced/)
})

t('a link that is silent to several peers is one sentence, peers in order', () => {
  const v = say({
    silent: [
      ['n3', 0],
      ['n2', 0],
    ],
  })
  assert.match(en(v), /^Link 0 to n2, n3 is silent; 1 of 2 links still carry heartbeats/)
  assert.is(v.problems.length, 1)
})

t('the worst comes first, whatever the order', () => {
  const v = say({ resources: [resource('web', null)], silent: [['n2', 1]] })
  assert.equal([v.state, v.sentence.key, v.problems.length], ['danger', 'console.resource-down', 2])
})

t.run()
