/** Verbs and questions about a clone, by its name or by that of what it is of. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { instanceRight, rightsOf } from '../../actors/log/right.js'
import type { ResourceId } from '../../runtime/actor.js'
import { verdict } from '../../runtime/verdict.js'
import { docOf } from '../unit/coordinator/world.js'
import { becomes } from './client.js'
import { ApiNode, config, id, life, names, World } from './node.js'

const t = suite<{ node: ApiNode; world: World }>('api clones')
const because = verdict('test', 'coordinator.stop-all')
const cloned = [
  'properties: {fencing-enabled: true}',
  'resources:',
  '  - {name: db, agent: "kyha:Stateful"}',
  '  - {name: cache, agent: "kyha:Dummy"}',
  ...config.slice(config.indexOf('resources:') + 1),
  'clones: [{name: db-clone, resource: db, promoted: 1}, {name: caches, resource: cache}]',
]
const doc = docOf(cloned, names)

t.before.each(async (c) => {
  c.world = new World()
  c.world.commit({ type: 'config', doc, by: 'test', because })
  c.node = await new ApiNode(c.world, 'n1', { lab: {} }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 4)
})
t.after.each((c) => c.node.end())

t('explain and show know a clone by both names', async ({ node }) => {
  for (const name of ['db', 'db-clone']) {
    const { json, text } = await node.tcp(`/resources/${name}/explain`)
    assert.is(json.sentence?.text.en, 'db-clone belongs on n1, n2, n3, with the promoted role on n1', text)
    assert.match(json.sentence.text.zh, /主角色在 n1 上/)
    assert.equal(
      json.rows.map((r: { node: string; chosen: boolean; promoted?: true }) => [r.node, r.chosen, r.promoted]),
      [
        ['n1', true, true],
        ['n2', true, undefined],
        ['n3', true, undefined],
      ],
    )
    const shown = await node.tcp(`/resources/${name}`)
    assert.equal([shown.json.resource.name, shown.json.resource.clone, shown.json.resource.promotable], ['db', 'db-clone', true])
  }
  const beside = (await node.tcp('/resources/db-clone/explain?on=n2')).json
  assert.is(beside.sentence.text.en, 'an instance of db-clone belongs on n2; the promoted role is on n1')
  assert.is((await node.tcp('/resources/no-clone/explain')).json.todo.en, 'Known: db, cache, data, web, db-clone, caches.')
})

t('a move of a promotable clone, a ban of any, a cleanup and a clear name the clone', async ({ node, world }) => {
  const ask = (path: string, json: object = {}) => node.tcp(`/resources/${path}`, { method: 'POST', json })
  for (const [name, clone] of [
    ['db', 'db-clone'],
    ['caches', 'caches'],
  ] as const) {
    assert.is((await ask(`${name}/ban`, { node: 'n2' })).status, 200)
    assert.equal(
      world.state.intents.map((i) => [i.kind, i.resource, i.node]),
      [['ban', clone, id('n2')]],
    )
    assert.is((await ask(`${name}/clear`)).status, 200)
    assert.is(world.state.intents.length, 0)
    assert.is((await ask(`${name}/cleanup`)).status, 200)
  }
  for (const name of ['db', 'db-clone']) {
    assert.is((await ask(`${name}/move`, { node: 'n3' })).status, 200)
    assert.equal([world.state.intents[0]?.resource, world.state.intents.length], ['db-clone', 1])
  }
  for (const name of ['cache', 'caches']) {
    const refused = await ask(`${name}/move?dryRun=true`, { node: 'n3' })
    assert.is(refused.status, 400, refused.text)
    assert.match(refused.json.problems, /^caches runs on each of its nodes, so there is nothing to move; /)
  }
})

t('stop and start by either name are one; what the log would refuse a preview refuses too', async ({ node, world }) => {
  const roles = (): string => `${world.state.config.clones?.[0]?.targetRole} ${world.state.config.resources[0]?.meta.targetRole}`
  for (const [stop, start] of [
    ['db', 'db-clone'],
    ['db-clone', 'db'],
  ]) {
    await node.tcp(`/resources/${stop}/stop`, { method: 'POST' })
    assert.is(roles(), 'Stopped Started')
    await node.tcp(`/resources/${start}/start`, { method: 'POST' })
    assert.is(roles(), 'Started Started')
  }
  const resource = world.state.ids['db'] as ResourceId
  const right = { resource: instanceRight(resource, id('n2')), node: id('n2'), boot: life('n2') }
  world.commit({ type: 'decision', certificates: [], releases: [], grants: [right], because })
  assert.is(rightsOf(world.state.grants, resource).length, 1)
  for (const path of ['/resources/db-clone?dryRun=true', '/resources/db-clone']) {
    const refused = await node.tcp(path, { method: 'DELETE' })
    assert.is(refused.status, 400, refused.text)
    assert.match(refused.json.problems, /only while it is stopped everywhere; n2 still has the right to run it/)
  }
})

t.run()
