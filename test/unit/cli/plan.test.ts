/** `kyha plan --cib`: a Pacemaker configuration in, actions with reasons and places out; wrong input one sentence each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { width } from '../../../console/cli/terminal.js'
import { absent, cib, dummy, option, ran } from '../engine/help.js'
import { kyha } from './bench.js'

const t = suite<{ dir: string; cib: (text: string) => string }>('cli plan')
t.before((c) => {
  c.dir = mkdtempSync(join(tmpdir(), 'kyha-plan-'))
  c.cib = (text) => {
    writeFileSync(join(c.dir, 'cib.xml'), text)
    return join(c.dir, 'cib.xml')
  }
})
t.after((c) => rmSync(c.dir, { recursive: true }))

const onB = '<rsc_location id="db-on-b" rsc="db" node="b" score="100"/>'
const shop = cib({
  states: { a: { history: ran('db') + absent('web') }, b: { history: absent('db') + absent('web') } },
  resources: dummy('db') + dummy('web'),
  constraints: onB,
})

t('[issue 4] says what is done and why, and where everything is then', async ({ cib: file }) => {
  const got = await kyha('/nope', ['plan', '--cib', file(shop)])
  assert.is(got.code, 0, got.err)
  assert.match(got.out, /^2 resources on 2 nodes, with quorum: 2 actions\.\n {2}move db a -> b: b is a better place for it than a\n/)
  assert.match(got.out, / {2}start web on a: it shall run, and a is the best place for it\n/)
  assert.match(got.out, /\nRESOURCE +STATE +NODE\ndb +\S+ running +b\nweb +\S+ running +a\n/)
  for (const line of got.out.split('\n')) assert.ok(width(line) <= 80, line)
  const zh = await kyha('/nope', ['plan', '--cib', file(shop), '--lang', 'zh'], { LANG: 'zh_CN.UTF-8' })
  assert.match(zh.out, /移动 db（a -> b）：b 比 a 更合适/)

  const json = JSON.parse((await kyha('/nope', ['plan', '--cib', file(shop), '-o', 'json'])).out)
  assert.equal(
    [json.kind, json.actions.map((a: { action: string; resource: string; to: string }) => [a.action, a.resource, a.to])],
    [
      'EnginePlan',
      [
        ['move', 'db', 'b'],
        ['start', 'web', 'a'],
      ],
    ],
  )
  assert.ok(json.transition.some((x: { op: string }) => x.op === 'start'))
})

t('as if a node were off, or all up', async ({ cib: file }) => {
  const lost = await kyha('/nope', ['plan', '--cib', file(shop), '--lost', 'b'])
  assert.match(lost.out, /\ndb +\S+ running +a\nweb +\S+ running +a\n/)
  const bare = cib({
    options: option('stonith-enabled', 'true'),
    resources: `${dummy('db')}<primitive id="f" class="stonith" type="fence_x"/>`,
    constraints: onB,
  }).replace(/<status>.*<\/status>/s, '<status/>')
  assert.match((await kyha('/nope', ['plan', '--cib', file(bare)])).out, /fence \(reboot\) b: /)
  const up = await kyha('/nope', ['plan', '--cib', file(bare), '--online'])
  assert.not.match(up.out, /fence \(/)
  assert.match(up.out, /\ndb +\S+ running +b\n/)
  const bereft = await kyha('/nope', ['plan', '--cib', file(bare.replace(/<primitive id="f".*?\/>/, '')), '--online'])
  assert.match(bereft.out.replace(/\s+/g, ' '), /- Fencing is enabled \(stonith-enabled\) and there is no fence device: /)
})

t('--explain shows the scores with their sources, --on one node’s', async ({ cib: file }) => {
  const all = await kyha('/nope', ['plan', '--cib', file(shop), '--explain', 'db'])
  assert.match(all.out, /^NODE +SCORE +BECAUSE\nb \(chosen\) +100 +total\n +100 +location constraint db-on-b\na +0 +total\n/)
  const one = await kyha('/nope', ['plan', '--cib', file(shop), '--explain', 'db', '--on', 'a'])
  assert.match(one.out, /^NODE +SCORE +BECAUSE\na +0 +total\n$/)
  const json = JSON.parse((await kyha('/nope', ['plan', '--cib', file(shop), '--explain', 'db', '-o', 'json'])).out)
  assert.equal([json.kind, json.rows[0].node, json.rows[0].parts[0].source], ['EngineScores', 'b', 'db-on-b'])
})

t('what is wrong is said in a sentence; what is unknown is named', async ({ cib: file }) => {
  const says = async (args: readonly string[]): Promise<string> => (await kyha('/nope', ['plan', ...args])).err.replace(/\s+/g, ' ')
  assert.match(await says([]), /reads a file: give one with --cib FILE/)
  assert.match(await says(['--cib', '/no/such']), /\/no\/such/)
  assert.match(await says(['--cib', file('<!DOCTYPE x><cib/>')]), /document type is not accepted/)
  assert.match(await says(['--cib', file(shop), '--lost', 'c']), /has no node "c"; it has a, b\./)
  assert.match(await says(['--cib', file(shop), '--explain', 'dbb']), /has no resource "dbb" \(did you mean db\?\)\./)
  assert.match(await says(['--cib', file(shop), '--at', 'noon']), /"noon" is not a time/)
  const odd = await kyha('/nope', ['plan', '--cib', file(shop.replace('<constraints>', '<gadgets/><constraints>'))])
  assert.match(odd.out, /- The element \S*gadgets is not known here and was left out\./)
})

t('a rule with a date is judged at --at', async ({ cib: file }) => {
  const timed = shop.replace(
    onB,
    `<rsc_location id="l" rsc="db"><rule id="r" score="100"><expression id="e" attribute="#uname" operation="eq" value="b"/>
     <date_expression id="d" operation="gt" start="2026-06-01"/></rule></rsc_location>`,
  )
  const at = (time: string) => kyha('/nope', ['plan', '--cib', file(timed), '--at', time])
  assert.not.match((await at('2026-05-01T00:00:00Z')).out, /move db/)
  assert.match((await at('2026-07-01T00:00:00Z')).out, /move db a -> b/)
})

t.run()
