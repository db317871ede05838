/** `kyha config import`, `export` and `show --cib`: the configuration on stdout, what was left out on stderr, and an exit code that says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Exit } from '../../../console/cli/exit.js'
import { width } from '../../../console/cli/terminal.js'
import { cib, dummy, option } from '../engine/help.js'
import { ApiBench, kyha, type Outcome } from './bench.js'

const t = suite<{ api: ApiBench; dir: string; file: (text: string) => string }>('cli cib')
t.before(async (c) => {
  c.api = await new ApiBench().start()
  c.dir = mkdtempSync(join(tmpdir(), 'kyha-cib-'))
  c.file = (text) => {
    writeFileSync(join(c.dir, 'file'), text)
    return join(c.dir, 'file')
  }
})
t.after(async (c) => {
  await c.api.end()
  rmSync(c.dir, { recursive: true })
})

const nodes = ['n1', 'n2', 'n3']
const options = option('cluster-name', 'shop') + option('stonith-enabled', 'false')
const good = cib({ nodes, options, resources: dummy('db') })
const partial = cib({ nodes, options, resources: `${dummy('db')}<primitive id="old" class="lsb" type="old"/>` })
const run = (...args: readonly string[]): Promise<Outcome> => kyha('/nope', args)
const flat = (text: string): string => text.replace(/\s+/g, ' ')

t('prints YAML without a cluster; all carried over is 0, something left out is 190 and a sentence', async ({ file }) => {
  const all = await run('config', 'import', '--cib', file(good))
  assert.equal([all.code, all.err], [0, ''])
  assert.match(all.out, /^apiVersion: kyha\/v1\nname: shop\n/)
  assert.match(all.out, /\n {2}- name: db\n {4}agent: ocf:test:Dummy\n/)
  const some = await run('config', 'import', '--cib', file(partial))
  assert.is(some.code, Exit.partial)
  assert.is(some.out, all.out)
  assert.match(
    flat(some.err),
    /^- primitive old was left out: agents of class lsb \(lsb:old\) are not run here; .* Left out or changed: 1, each listed above/,
  )
  for (const line of some.err.split('\n')) assert.ok(width(line) <= 80, line)
  const zh = await kyha('/nope', ['config', 'import', '--cib', file(partial), '--lang', 'zh'], { LANG: 'zh_CN.UTF-8' })
  assert.match(zh.err, /^- primitive old 未导入：不运行 lsb 类代理/)
  const json = JSON.parse((await run('config', 'import', '--cib', file(partial), '-o', 'json')).out)
  assert.equal([json.kind, json.yaml, json.notes.map((n: { id: string }) => n.id)], ['Imported', all.out, ['old']])
  assert.match((await run('config', 'import', '--cib', file(good), '--name', 'mine')).out, /\nname: mine\n/)
})

t('what it prints goes through export and comes back', async ({ file }) => {
  const { out } = await run('config', 'import', '--cib', file(good))
  const exported = await run('config', 'export', file(out))
  assert.equal([exported.code, exported.err], [0, ''])
  assert.match(exported.out, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<cib validate-with="pacemaker-3.9"/)
  assert.is((await run('config', 'import', '--cib', file(exported.out))).out, out)
  const pool = `${out}pools:\n  - {name: p, resources: [db], standby: [n3]}\n`
  const left = await run('config', 'export', file(pool))
  assert.equal(
    [left.code, flat(left.err)],
    [Exit.partial, '- pool p was left out: Pacemaker has no pools; write locations for its standby nodes. '],
  )
  const json = JSON.parse((await run('config', 'export', file(pool), '-o', 'json')).out)
  assert.equal([json.kind, json.cib, json.notes.length], ['Exported', left.out, 1])
  const bare = 'apiVersion: kyha/v1\nname: x\nresources: [{name: a, agent: "ocf:p:a"}]\nlocation: [{resource: a, node: n9, score: 1}]\n'
  assert.is((await run('config', 'export', file(bare))).code, Exit.dataError)
  assert.match((await run('config', 'export', file(bare), '--nodes', 'n8,n9')).out, /<node id="1" uname="n9"\/>/)
})

t('--plan shows, --apply changes, --dry-run holds it back; show --cib writes what stands there', async ({ api, file }) => {
  const there = (): string[] => api.model.state?.config.resources.map((r) => r.name) ?? []
  const sent = (...args: string[]) => kyha(api.socket, ['config', 'import', '--cib', file(partial), ...args])
  const planned = await sent('--plan')
  assert.is(planned.code, Exit.partial, planned.err)
  assert.match(planned.out, /db/)
  assert.is((await sent('--apply', '--dry-run')).out, planned.out)
  assert.equal(there(), [])
  const applied = await sent('--apply')
  assert.equal([applied.code, there()], [Exit.partial, ['db']], applied.err)
  assert.match(flat(applied.err), /primitive old was left out/)
  const shown = await kyha(api.socket, ['config', 'show', '--cib'])
  assert.is(shown.code, 0, shown.err)
  assert.match(shown.out, /<primitive id="db" class="ocf" provider="test" type="Dummy"\/>/)
  assert.match((await kyha(api.socket, ['config', 'show'])).out, /^# revision \d+\napiVersion/)
})

t('what a CIB says nothing of stays: the cluster’s own quorum section', async ({ api, file }) => {
  const { out } = await run('config', 'import', '--cib', file(good))
  const own = await kyha(api.socket, ['config', 'apply', file(`${out}quorum: {tie-break: lowest}\n`)])
  assert.is(own.code, 0, own.err)
  const again = await kyha(api.socket, ['config', 'import', '--cib', file(good), '--apply'])
  assert.is(again.code, 0, again.err)
  assert.equal(api.model.state?.config.quorum, { tieBreak: 'lowest' })
})

t('what is wrong is said in a sentence', async ({ file }) => {
  const says = async (...args: string[]): Promise<[number, string]> => {
    const { code, err } = await run('config', ...args)
    return [code, flat(err)]
  }
  const rows: [string[], number, RegExp][] = [
    [['import'], Exit.dataError, /give one with --cib FILE/],
    [['import', '--cib', '/no/such'], Exit.noInput, /\/no\/such cannot be read/],
    [['import', '--cib', file(good), '--plan', '--apply'], Exit.dataError, /give one of them/],
    [['export', '/no/such'], Exit.noInput, /\/no\/such cannot be read/],
    [['show', '--cib'], Exit.disconnected, /does not answer/],
  ]
  for (const [args, code, text] of rows) {
    const [got, err] = await says(...args)
    assert.is(got, code, args.join(' '))
    assert.match(err, text)
  }
  assert.match((await says('import', '--cib', file('<!DOCTYPE x [<!ENTITY a "b">]><cib/>')))[1], /document type is not accepted/)
  assert.match((await says('import', '--cib', file('<other/>')))[1], /root element is "other"/)
  assert.match((await says('export', file('a: [')))[1], /not valid YAML/)
})

t.run()
