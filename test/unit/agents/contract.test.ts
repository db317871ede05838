/** Names to paths, meta-data of own and hostile agents, the catalogue and the check of a configured resource. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { agentInfo, listAgents, validateResource } from '../../../agents/catalogue.js'
import { hostEnv, msOf, parseMetadata, readMetadata, resolveArgv0 } from '../../../agents/contract.js'
import type { AgentResult } from '../../../runtime/actor.js'
import { opId, resourceId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { doc } from '../resource/bench.js'
import { Place } from './cycle.js'

const t = suite('agent contract')
const dirs = { ocfRoot: '/usr/lib/ocf', kyhaDir: '/opt/kyha/agents/resource', fenceDirs: ['/opt/kyha/fence', '/usr/sbin'] }

t('names become paths in trusted folders only', () => {
  assert.is(resolveArgv0('ocf:heartbeat:IPaddr2', dirs), '/usr/lib/ocf/resource.d/heartbeat/IPaddr2')
  assert.is(resolveArgv0('kyha:http', dirs), '/opt/kyha/agents/resource/http')
  assert.is(resolveArgv0('ocf:kyha:http', dirs), '/usr/lib/ocf/resource.d/kyha/http')
  assert.is(
    resolveArgv0('fence_ipmilan', dirs, (p) => p === '/usr/sbin/fence_ipmilan'),
    '/usr/sbin/fence_ipmilan',
  )
  assert.is(
    resolveArgv0('fence_lab', dirs, () => false),
    '/opt/kyha/fence/fence_lab',
  )
  for (const bad of ['IPaddr2', 'ocf:heartbeat:../x', 'kyha:.lib.sh', 'fence_../x', '', 'sh -c x'])
    assert.is(resolveArgv0(bad, dirs), undefined, bad)
})

t('the host environment inherits nothing and puts shims first', () => {
  const env = hostEnv({ ...dirs, runDir: '/run/kyha/agents', shimDir: '/opt/kyha/shim' })
  assert.is(env['OCF_ROOT'], '/usr/lib/ocf')
  assert.ok(env['PATH']?.startsWith('/opt/kyha/shim:'))
  assert.is(env['HOME'], undefined)
})

t('durations of meta-data', () => {
  assert.equal(
    ['20s', '20', '1m', '500ms', '1h', '', undefined, 'soon', '-5'].map(msOf),
    [20_000, 20_000, 60_000, 500, 3_600_000, 0, 0, 0, 0],
  )
})

t('[C3] meta-data of every own agent is well-formed, in English and Chinese, with time limits', async () => {
  const place = new Place()
  try {
    const own = listAgents(place.facts).filter((name) => name.startsWith('kyha:'))
    assert.equal(own, ['kyha:Delay', 'kyha:Dummy', 'kyha:IPaddr2', 'kyha:Stateful', 'kyha:http', 'kyha:nginx', 'kyha:systemd'])
    for (const name of own) {
      const info = await agentInfo(name, place.facts)
      if ('severity' in info) throw new Error(`${name}: ${render('en', info.key, info.args)}`)
      assert.is(info.name, name.slice(5))
      for (const d of [info.short, info.long, ...info.parameters.map((p) => p.short)]) assert.ok(d.en && d.zh, `${name} lacks a text`)
      for (const action of ['start', 'stop', 'monitor']) assert.ok((info.actions.find((a) => a.name === action)?.timeoutMs ?? 0) > 0)
    }
  } finally {
    place.close()
  }
})

t('what can be reloaded: parameters marked so, of an agent that has the action; nothing of what cannot be read', () => {
  const parameters =
    '<parameter name="a" reloadable="1"/><parameter name="b" reloadable="0"/><parameter name="c"/><parameter name="d" reloadable="1"/>'
  const actions = (name: string): string => `<actions><action name="start"/><action name="${name}" timeout="20"/></actions>`
  const agent = (action: string): string =>
    `<resource-agent name="x"><parameters>${parameters}</parameters>${actions(action)}</resource-agent>`
  const result = (more: Partial<AgentResult>): AgentResult => ({
    ...{ type: 'agent-result', id: opId('1.1.0'), resource: resourceId('r'), action: 'meta-data', rc: 0, end: 'exited' },
    ...{ detail: '', stdout: agent('reload-agent'), stderr: '', durationMs: 1 },
    ...more,
  })
  assert.equal(readMetadata(result({})).reloadable, ['a', 'd'])
  assert.is(readMetadata(result({})).stdout, '')
  assert.equal(readMetadata(result({ stdout: agent('reload') })).reloadable, [], 'reload is of the service, not of its parameters')
  for (const stdout of ['', 'hello', agent('reload-agent').slice(9)]) assert.equal(readMetadata(result({ stdout })).reloadable, [])
  for (const other of [{ rc: 1 }, { action: 'monitor' }]) assert.equal(readMetadata(result(other)), result(other))
})

t('hostile meta-data: DOCTYPE is ignored, entities are never resolved, size and depth are bounded', () => {
  const agent = (body: string, head = ''): string => `<?xml version="1.0"?>\n${head}<resource-agent name="x">${body}</resource-agent>`
  const doctype = parseMetadata(agent('<shortdesc>ok</shortdesc>', '<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">'))
  assert.is('problem' in doctype ? doctype.problem : doctype.short.en, 'ok')
  const entity = parseMetadata(agent('<shortdesc>&xxe;</shortdesc>', '<!DOCTYPE r [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'))
  assert.match('problem' in entity ? entity.problem : JSON.stringify(entity), 'not well-formed')
  assert.match(
    'problem' in parseMetadata('x'.repeat(2_000_000)) ? (parseMetadata('x'.repeat(2_000_000)) as { problem: string }).problem : '',
    'at most 1048576',
  )
  assert.ok('problem' in parseMetadata(agent('<a>'.repeat(40) + '</a>'.repeat(40))))
  assert.ok('problem' in parseMetadata(''))
  assert.ok('problem' in parseMetadata('#!/bin/sh\necho'))
  const many = parseMetadata(agent(`<parameters>${'<parameter name="p"></parameter>'.repeat(5_000)}</parameters>`))
  assert.is('problem' in many ? 0 : many.parameters.length, 1_024)
})

t('a resource is checked against its agent, one sentence per problem in both languages', async () => {
  const place = new Place()
  try {
    const sentences = async (agent: string, params: Record<string, string>): Promise<string[]> =>
      (await validateResource(doc('r', { agent, params }), place.facts)).map((v) => `${v.severity} ${render('en', v.key, v.args)}`)
    assert.equal(await sentences('kyha:IPaddr2', { ip: '192.0.2.1' }), [])
    assert.equal(await sentences('systemd:nginx', {}), [])
    assert.match((await sentences('kyha:IPaddr2', {}))[0] ?? '', /^error r lacks parameter ip \(The address/)
    assert.match(
      (await sentences('kyha:IPaddr2', { ip: '1.2.3.4', colour: 'red' }))[0] ?? '',
      'has parameter colour, which agent kyha:IPaddr2 does not know',
    )
    assert.match((await sentences('ocf:heartbeat:NoSuch', {}))[0] ?? '', /^warning agent ocf:heartbeat:NoSuch does not exist on this node/)
    assert.match((await sentences('/bin/sh', {}))[0] ?? '', 'is not the name of an agent')
    const zh = await validateResource(doc('r', { agent: 'kyha:NoSuch' }), place.facts)
    assert.match(render('zh', zh[0]?.key ?? '', zh[0]?.args), '本节点没有代理 kyha:NoSuch')
  } finally {
    place.close()
  }
})

t('an agent whose meta-data is garbage, or hangs, gets one sentence', async () => {
  const place = new Place()
  try {
    const dir = join(place.dir, 'ocf', 'resource.d', 'mine')
    mkdirSync(dir, { recursive: true })
    const bodies = { garbage: 'echo "<<<&&&"', silent: 'exit 1', loud: 'yes | head -c 9000000' }
    for (const [name, body] of Object.entries(bodies)) {
      writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`)
      chmodSync(join(dir, name), 0o755)
    }
    writeFileSync(join(dir, '.hidden'), '#!/bin/sh\n', { mode: 0o755 })
    const facts = { ...place.facts, ocfRoot: join(place.dir, 'ocf') }
    assert.equal(
      listAgents(facts).filter((n) => n.startsWith('ocf:')),
      ['ocf:mine:garbage', 'ocf:mine:loud', 'ocf:mine:silent'],
    )
    for (const name of Object.keys(bodies)) {
      const info = await agentInfo(`ocf:mine:${name}`, facts)
      assert.ok('severity' in info && info.key === 'resource.agent-meta', name)
    }
  } finally {
    place.close()
  }
})

t.run()
