/** The verbs that make clusters, as a user types them: exit codes, what is said, 80 columns; each against real files and a real API. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeFile, readNode } from '../../../console/join/layout.js'
import { isRefusal } from '../../../console/join/names.js'
import { fenceDir, root } from '../../../runtime/paths.js'
import { Bench, type FakeCluster } from '../join/bench.js'
import { ApiBench, kyha, member, widest } from './bench.js'

const t = suite<{ api: ApiBench; bench: Bench }>('cli cluster')
t.before.each(async (c) => {
  c.bench = new Bench()
  c.api = await new ApiBench().start()
})
t.after.each(async (c) => {
  await c.api.end()
  c.bench.end()
})
const placed = (bench: Bench, name: string): string[] => {
  const { dir, runDir, stateDir } = bench.places(name)
  return ['--dir', dir, '--run-dir', runDir, '--state-dir', stateDir]
}

t('[C9] create says what it made and the next two commands, which can be copied', async ({ bench, api }) => {
  const args = ['cluster', 'create', 'shop', '--node', 'n1', '--link', '127.0.0.1,127.0.1.1:6000', ...placed(bench, 'n1')]
  const made = await kyha(api.socket, args)
  assert.is(made.code, 0, made.err)
  assert.match(made.out, /Cluster shop was made/)
  assert.match(made.out, /127\.0\.1\.1:6000/)
  assert.ok(made.out.includes(`\n  kyha cluster start --dir ${bench.places('n1').dir}`), made.out)
  assert.match(made.out, /\n {2}kyha --socket .*\/run\/api\.sock node add --name NAME/)
  assert.is((await kyha(api.socket, args)).code, 108)
  const chinese = await kyha(api.socket, [...args, '--lang', 'zh'], { LANG: 'zh_CN.UTF-8', TERM: 'xterm' })
  assert.match(chinese.err, /未作任何改动/)
})

t('create with -o json is one object; with --dry-run nothing is made', async ({ bench, api }) => {
  const args = ['cluster', 'create', 'shop', '--node', 'n1', '--link', '127.0.0.1', ...placed(bench, 'n1'), '-o', 'json']
  const dry = JSON.parse((await kyha(api.socket, [...args, '--dry-run'])).out) as Record<string, unknown>
  assert.is(dry['done'], false)
  assert.not.ok(existsSync(bench.places('n1').dir))
  const made = JSON.parse((await kyha(api.socket, args)).out) as Record<string, unknown>
  assert.is(made['done'], true)
  assert.match(String(made['fingerprint']), /^[0-9a-f]{64}$/)
  assert.is(made['file'], nodeFile(bench.places('n1').dir))
})

t('wrong usage is 64, wrong data 65, each with one sentence', async ({ bench, api }) => {
  const run = (...args: string[]): ReturnType<typeof kyha> => kyha(api.socket, [...args, ...placed(bench, 'n1')])
  assert.is((await run('cluster', 'create', 'shop', '--node', 'n1')).code, 64)
  const badName = await run('cluster', 'create', 'shop', '--node', 'a b', '--link', '127.0.0.1')
  assert.is(badName.code, 65)
  assert.match(badName.err, /"a b" cannot be a node name/)
  assert.is((await run('cluster', 'create', 'shop', '--node', 'n1', '--link', 'x')).code, 65)
  assert.is((await run('cluster', 'create', 'shop', '--node', 'n1', '--link', '203.0.113.9')).code, 105)
  assert.is((await run('cluster', 'create', 'shop', '--node', 'n1', '--link', '127.0.0.1', '--api-port', 'x')).code, 64)
  const typo = await run('join', 'ABCDE-FGHJK', '--node', 'n2', '--link', '127.0.0.2')
  assert.is(typo.code, 65)
  assert.is(typo.out, '')
  assert.match(typo.err, /join code/)
  assert.ok(widest(badName.err) <= 80 && widest(typo.err) <= 80)
})

t('start and stop without a node say where they looked', async ({ bench, api }) => {
  const { dir } = bench.places('none')
  for (const verb of [
    ['cluster', 'start'],
    ['cluster', 'stop'],
    ['node', 'start'],
    ['node', 'stop'],
    ['cluster', 'restart'],
  ]) {
    const got = await kyha(api.socket, [...verb, '--dir', dir])
    assert.is(got.code, 105, verb.join(' '))
    assert.match(got.err.replaceAll('\n', ' '), /node\.json does not exist/)
  }
})

t('start --dry-run shows the guard’s command line; stop of a node that is down says so', async ({ bench, api }) => {
  await bench.cluster('n1')
  const places = bench.places('n1')
  const dry = await kyha(api.socket, ['node', 'start', '--dir', places.dir, '--dry-run', '-o', 'json'])
  const { command } = JSON.parse(dry.out) as { command: string }
  for (const part of [
    `--run ${places.runDir}`,
    `--state ${places.stateDir}`,
    '/usr/sbin/fence_*',
    join(fenceDir, 'fence_*'),
    `--config ${nodeFile(places.dir)}`,
  ])
    assert.ok(command.includes(part), part)
  const stop = await kyha(api.socket, ['node', 'stop', '--dir', places.dir])
  assert.is(stop.code, 105)
  assert.match(stop.err, /does not run/)
})

t('[C9] from code to joined, through the API and real TLS', async ({ bench }) => {
  const { desk, fake } = await bench.cluster('n1')
  const api = await new ApiBench().start([member(1)], { desk })
  const given = await kyha(api.socket, ['node', 'add', '--name', 'n2'])
  assert.is(given.code, 0, given.err)
  const command = given.out.match(/kyha join (\S+) --node n2/)?.[1] ?? ''
  const join2 = ['join', command, '--node', 'n2', '--link', '127.0.0.2', ...placed(bench, 'n2')]
  const dry = await kyha(api.socket, [...join2, '--dry-run'])
  assert.is(dry.code, 0, dry.err)
  assert.match(dry.out, /Nothing was done/)
  const joined = await kyha(api.socket, join2)
  assert.is(joined.code, 0, joined.err)
  assert.match(joined.out, /node n2 of cluster shop/)
  assert.equal((fake as FakeCluster).votes(), { n1: 1, n2: 0 })
  const node = await readNode(bench.places('n2').dir)
  assert.not.ok(isRefusal(node))
  const again = await kyha(api.socket, [...join2.slice(0, 6), ...placed(bench, 'n3')])
  assert.ok(again.code !== 0 && again.out === '')
  await api.end()
})

t('codes can be made without a name, listed without secrets, withdrawn', async ({ bench }) => {
  const { desk } = await bench.cluster('n1')
  const api = await new ApiBench().start([member(1)], { desk })
  const made = JSON.parse((await kyha(api.socket, ['cluster', 'code', '--for', '5min', '-o', 'json'])).out) as Record<string, unknown>
  assert.is(made['name'], null)
  assert.is(desk.list().length, 1)
  assert.is((await kyha(api.socket, ['cluster', 'code', '--withdraw'])).code, 0)
  assert.is(desk.list().length, 0)
  assert.is((await kyha(api.socket, ['cluster', 'code', '--for', '99d'])).code, 65)
  await api.end()
})

t('[C10] remove shows the votes before and after, and refuses with the reason', async ({ api }) => {
  const dry = await kyha(api.socket, ['node', 'remove', 'n3', '--dry-run'])
  assert.is(dry.code, 0, dry.err)
  assert.match(dry.out, /votes: 3 -> 2/)
  assert.match(dry.out, /Nothing was changed/)
  assert.is(api.model.state?.members.length, 3)
  const alone = await new ApiBench().start([member(1)])
  const last = await kyha(alone.socket, ['node', 'remove', 'n1'])
  await alone.end()
  assert.is(last.code, 107)
  assert.match(last.err, /n1/)
  assert.is((await kyha(api.socket, ['node', 'remove', 'n9'])).code, 105)
  const gone = await kyha(api.socket, ['node', 'remove', 'n3'])
  assert.is(gone.code, 0, gone.err)
  assert.equal(
    api.model.state?.members.map((m) => m.name),
    ['n1', 'n2'],
  )
  assert.ok(widest(gone.out) <= 80, gone.out)
  assert.is((await kyha(api.socket, ['node', 'remove', 'n2', '--revision', '77'])).code, 103)
})

t('a node that does not answer is 102', async ({ bench, api }) => {
  const got = await kyha(join(bench.dir, 'nobody.sock'), ['cluster', 'code'])
  assert.is(got.code, 102)
  assert.is(got.out, '')
  assert.ok(widest(got.err) <= 80)
  assert.is((await kyha(api.socket, ['cluster', 'code'])).code, 75, 'no desk yet: try again')
})

t('status, nodes and links fit 80 columns in plain ASCII', async ({ api }) => {
  for (const args of [['status'], ['node', 'list'], ['link', 'list'], ['quorum'], ['fence', 'list'], ['relation', 'list']]) {
    const got = await kyha(api.socket, args, { TERM: 'linux', LANG: 'C' })
    assert.is(got.code, 0, args.join(' '))
    assert.ok(widest(got.out) <= 80, got.out)
    assert.match(got.out, /^[\x20-\x7e\n]*$/, args.join(' '))
  }
})

t('the unit file starts what `node start` starts', () => {
  const unit = readFileSync(join(root, 'native/packaging/kyha.service'), 'utf8')
  assert.match(unit, /ExecStart=\S*\/guard --run \/run\/kyha --state \/var\/lib\/kyha/)
  assert.match(unit, /KillMode=process/)
})

t.run()
