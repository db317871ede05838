/**
 * What agents say of themselves and of an operation: meta-data of any shape and size, exit codes, output. Read, or refused with one sentence; bounded, and no
 * entity is resolved.
 */
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AgentInfo, exitReason, msOf, parseAgent, parseMetadata, resolveArgv0 } from '../../agents/contract.js'
import { check, damage, damaged } from './help.js'

const t = suite('fuzz: agents')
const EXAMPLE = `<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="Dummy" version="1.1">
<version>1.1</version>
<longdesc lang="en">An example &amp; more <![CDATA[<raw>]]></longdesc>
<shortdesc lang="en">Example</shortdesc><shortdesc lang="zh">示例</shortdesc>
<parameters>
<parameter name="state" unique-group="state" required="1"><longdesc lang="en">Where</longdesc><shortdesc lang="en">State</shortdesc>
<content type="string" default="/run/x"/></parameter>
<parameter name="fake" unique="0"><content type="boolean" default="false"/></parameter>
</parameters>
<actions><action name="start" timeout="20s"/><action name="monitor" timeout="20" interval="10s" depth="0" role="Promoted"/></actions>
</resource-agent>`

function judge(xml: string): AgentInfo | undefined {
  const got = parseMetadata(xml)
  if ('problem' in got) {
    assert.match(got.problem, /^meta-data [^\n]{5,300}$/)
    return undefined
  }
  assert.ok(got.parameters.length <= 1024 && got.actions.length <= 1024)
  for (const a of got.actions)
    assert.ok(
      [a.timeoutMs, a.intervalMs, a.depth].every((n) => Number.isSafeInteger(n)),
      JSON.stringify(a),
    )
  for (const d of [got, ...got.parameters]) for (const one of [d.short, d.long]) assert.ok(Object.values(one).join('').length <= 2 * 16_384)
  assert.is(({} as Record<string, unknown>)['polluted'], undefined)
  return got
}

t('damaged meta-data', () => {
  let read = 0
  let refused = 0
  check(
    3000,
    fc.property(damage, (changes) => {
      if (judge(damaged(Buffer.from(EXAMPLE), changes).toString())) read++
      else refused++
    }),
  )
  assert.ok(read > 50 && refused > 50, `${read} read, ${refused} refused`)
})

t('meta-data made of its own pieces in any order', () => {
  const pieces = EXAMPLE.match(/<[^>]*>|[^<]+/g) ?? []
  const odd = [
    '<a>',
    '</a>',
    '<parameter name="__proto__">',
    '<shortdesc lang="__proto__">',
    '&x;',
    ']]>',
    '<!--',
    '-->',
    '<?x',
    '\0',
    '<action depth="1e9" timeout="99999999999h"/>',
  ]
  check(
    3000,
    fc.property(
      fc.array(fc.constantFrom(...pieces, ...odd), { maxLength: 40 }),
      (list) => void judge(`<resource-agent name="x">${list.join('')}</resource-agent>`),
    ),
  )
})

t('bombs, files and floods', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><resource-agent name="x"><longdesc>&b;&f;</longdesc></resource-agent>`
  const said = judge(bomb)
  assert.not.match(said?.long.en ?? '', /aaaa|root:/)
  assert.is(judge('<a>'.repeat(300_000)), undefined)
  assert.is(judge(`<resource-agent>${'<x>'.repeat(20)}${'</x>'.repeat(20)}</resource-agent>`), undefined)
  assert.is(judge('x'.repeat(2_000_000)), undefined)
  assert.is(
    judge(`<resource-agent name="x"><parameters>${'<parameter name="p"/>'.repeat(5000)}</parameters></resource-agent>`)?.parameters.length,
    1024,
  )
  judge(`<resource-agent name="x"><longdesc>${'y'.repeat(900_000)}</longdesc></resource-agent>`)
})

t('nothing is read behind the first problem: a megabyte has room for half a million of them', () => {
  let errors = 0
  const { fail } = SaxesParser.prototype
  SaxesParser.prototype.fail = function (message) {
    errors++
    return fail.call(this, message)
  }
  try {
    for (const flaw of ['&x;', '<a>', '<']) judge(`<resource-agent>${flaw.repeat(300_000)}</resource-agent>`)
  } finally {
    SaxesParser.prototype.fail = fail
  }
  assert.ok(errors > 0 && errors < 10_000, `${errors} errors`)
})

t('names, durations and output of any text', () => {
  const dirs = { ocfRoot: '/usr/lib/ocf', kyhaDir: '/opt/kyha', fenceDirs: ['/usr/sbin'] }
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.constantFrom('ocf', 'kyha', 'systemd', 'fence_', ':', '..', '/', 'heartbeat', 'IPaddr2', '.', '\0', ' ', 'x'), {
        maxLength: 8,
      })
      .map((all) => all.join('')),
  )
  check(
    3000,
    fc.property(name, fc.string({ unit: 'binary', maxLength: 400 }), (agent, output) => {
      parseAgent(agent)
      const path = agent.startsWith('/') ? undefined : resolveArgv0(agent, dirs, () => false)
      if (path !== undefined)
        assert.match(path, /^\/(usr\/lib\/ocf\/resource\.d|opt\/kyha|usr\/sbin)\/(?!\.)[\w.\-/@]+$/, 'no name leaves the folders of agents')
      assert.not.match(path ?? '', /\/\./, 'no part of it is hidden, or leads up')
      assert.ok(Number.isSafeInteger(msOf(output)) && msOf(output) >= 0)
      const reason = exitReason({ end: 'exited', detail: '', stderr: output, rc: 1 })
      assert.ok(reason.length > 0 && reason.length <= 300 && [...reason].every((c) => c >= ' '), JSON.stringify(reason))
    }),
  )
})

t.run()
