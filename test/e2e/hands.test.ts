/**
 * Hands on a live demo: every verb of the shell and of the CLI as on a serial line, and every wrong thing that a new user could do with
 * `npm start` and `npm run demo`: one clear sentence each, and nothing is left running.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../runtime/paths.js'
import { widest } from '../unit/cli/bench.js'
import { Demo, type Said, sleep } from './demo.js'

const t = suite('hands')
const demo = new Demo()
const serial = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TERM: 'dumb', COLUMNS: '80', HOME: demo.dir }

const program =
  (path: string) =>
  (...args: string[]): Promise<Said> =>
    new Promise((resolve) => {
      const env = { ...serial, KYHA_SOCKET: join(demo.env.KYHA_DEMO_DIR, 'n2', 'run', 'api.sock') }
      execFile(process.execPath, [join(root, 'dist', 'console', path), ...args], { env, timeout: 30_000 }, (e, out, err) =>
        resolve({ code: e ? Number(e.code ?? 1) : 0, out, err }),
      )
    })
const kyha = program('cli/kyha.js')
const shell = program('shell/kyha-shell.js')
const line = (text: string): Promise<Said> => shell('-e', text)

/** One clear sentence (or two: what, and what to do), on stderr, without a stack. */
function clear(got: Said, code: number, says: RegExp): void {
  assert.is(got.code, code, got.out + got.err)
  assert.match(got.err, says)
  assert.ok(got.err.length < 500 && !/\n\s+at |Error:/.test(got.err), got.err)
}

t('nothing runs: every verb says so', async () => {
  for (const verb of ['status', 'kill', 'heal', 'cut', 'crash', 'stop'])
    clear(await demo.demo(verb, 'n1'), 69, /^No demo runs: start it with `npm start`\.\n$/)
  clear(await demo.demo(), 64, /^usage: /)
  clear(await demo.demo('dance'), 64, /^There is no dance here\. usage: /)
})

t('Ctrl-C while it starts, at any moment, leaves nothing running', async () => {
  for (const waitMs of [0, 300, 900, 1500, 3000]) {
    const child = demo.launch()
    await sleep(waitMs)
    child.kill('SIGINT')
    await demo.until(`the end after ${waitMs} ms`, 30_000, () => child.exitCode !== null || child.signalCode !== null)
    await demo.until('nothing left', 15_000, () => demo.left().length === 0)
    assert.not.match(demo.said, /did not come up|Error/)
  }
})

t('it comes up; a second npm start changes nothing and says so', async () => {
  await demo.start()
  await demo.well()
  const first = demo.launcher
  const said = demo.said
  const second = demo.launch()
  await demo.until('the second launcher’s end', 20_000, () => second.exitCode !== null)
  assert.is(second.exitCode, 75)
  assert.match(demo.said, /^A demo runs already \(.*\): press Ctrl-C where it was started, or end it with `npm run demo -- stop`\.\n$/)
  demo.launcher = first
  demo.said = said
  assert.is(first?.exitCode, null)
  await demo.well()
})

t('the shell: actors, states, traces, supervisors, each in 80 columns of ASCII', async () => {
  const path = (await line('actors list')).out.match(/^link\/n[13]\/0/m)?.[0] ?? ''
  assert.ok(path, 'paths name nodes, not ids')
  const lines: [string, RegExp][] = [
    ['actors', /^ACTOR +STATUS +THREAD +RESTARTS +MAILBOX\nroot \(rest_for_one\)\n[\s\S]*- log +running +core +0 +\d+\/4096/],
    ['actors list', /^PATH +THREAD +SUPERVISOR/],
    ['actor log', /^FACT +VALUE\npath +log/],
    ['actor log info', /supervisor +core/],
    ['actor log mailbox', /limit +4096/],
    ['actor membership trace', /^AT MS +AFTER +FROM +TYPE\n[\s\S]*link\/n\d\/\d +evidence/],
    ['actor quorum state', /"votesTotal": 3/],
    [`actor ${path} info`, /kind +heartbeat-link/],
    [`actor ${path} state`, /[{:]/],
    ['supervisor core', /^ID +STRATEGY[\s\S]*log +one_for_all/],
    ['supervisor root children', /beat[\s\S]*core[\s\S]*work[\s\S]*outside/],
    ['status; node list; resource list; link list; quorum; fence', /NODE[\s\S]*RESOURCE/],
    ['help', /actors tree/],
  ]
  for (const [text, says] of lines) {
    const got = await line(text)
    assert.is(got.code, 0, `${text}: ${got.err}`)
    assert.match(got.out, says, text)
    assert.match(got.out, /^[\x20-\x7e\n]*$/, text)
    if (!text.endsWith('state')) assert.ok(widest(got.out) <= 80, text)
  }
  assert.is(JSON.parse((await line('actor log trace -o json')).out).length > 0, true)
})

t('the shell restarts an actor of a live node, and the cluster goes on', async () => {
  const before = (await line('actor health-monitor info')).out
  const got = await line('actor health-monitor restart')
  assert.equal([got.code, got.out], [0, 'health-monitor was restarted\n'])
  await demo.until('its restart', 10_000, async () => /restarts +1/.test((await line('actor health-monitor info')).out))
  assert.match(before, /restarts +0/)
  assert.is(
    (await demo.status()).nodes.every((n) => n.state === 'online'),
    true,
  )
})

t('wrong words in the shell', async () => {
  clear(await line('actor nope info'), 105, /^No actor runs at nope\.\s+Known:.*log/s)
  clear(await line('actor nope state'), 105, /^There is no actor named nope\.\s+Known:.*membership/s)
  clear(await line('supervisor nope'), 105, /^There is no supervisor named nope\.\s+Known:.*root/s)
  clear(await line('actor log strate'), 64, /^There is no verb strate\.\s+Known:.*\(state\?\)/s)
  clear(await line('actors tre'), 64, /Did you mean tree\?/)
  clear(await line('nonsense'), 64, /unknown command/)
  clear(await line(`node show 'n1`), 64, /quote is not closed/)
})

t('every verb of the CLI on a live node fits 80 columns of ASCII, and has its JSON', async () => {
  const verbs =
    'status|node|node show n1|resource|resource show web|relation|relation matrix|relation matrix --pairs|fence|fence history|quorum|link|config show|explain web|explain web --on n3|events|--dry-run resource stop shop|simulate --hours 1 --faults power-off'
  for (const verb of verbs.split('|')) {
    const got = await kyha(...verb.split(' '))
    assert.is(got.code, 0, `${verb}: ${got.err}`)
    assert.ok(got.out.length > 10 && got.err === '', verb)
    assert.match(got.out, /^[\x20-\x7e\n]*$/, verb)
    assert.ok(widest(got.out) <= 80, `${verb}\n${got.out}`)
    const json = await kyha(...verb.split(' '), '-o', 'json')
    assert.is(typeof JSON.parse(json.out), 'object', verb)
  }
  assert.match(
    (await kyha('relation', 'matrix')).out,
    /^LOST +RESOURCE +FROM +TO +BECAUSE\nn1 +data +n1 +n2\n +web +n1 +n2\nn2 +- +- +- +nothing moves/,
  )
})

t('faults with wrong names: one sentence each', async () => {
  clear(await demo.demo('kill'), 64, /^Name a node to kill: n1, n2, n3\.\n$/)
  clear(await demo.demo('kill', 'n9'), 64, /^There is no node n9: n1, n2, n3 exist\.\n$/)
  clear(await demo.demo('cut'), 64, /^Name a link to cut: 0 or 1\.\n$/)
  clear(await demo.demo('cut', '7'), 64, /^There is no link 7: 0 and 1 exist\.\n$/)
  clear(await demo.demo('crash'), 64, /^Name a resource to crash: data, web\.\n$/)
  clear(await demo.demo('crash', 'nope'), 64, /^There is no resource nope: data, web\.\n$/)
  clear(await demo.demo('crash', 'data'), 1, /^data has no process to kill\.\n$/)
  clear(await demo.demo('status', '-o', 'xml'), 64, /^status takes -o json or nothing, not -o xml\.\n$/)
})

t('heal when nothing is broken, kill twice', async () => {
  const heal = await demo.demo('heal')
  assert.equal([heal.code, heal.out], [0, 'Nothing was broken: power is on everywhere, all links are up.\n'])
  assert.match((await demo.demo('kill', 'n3')).out, /^n3: power cut, [1-9]\d* processes killed\n$/)
  const again = await demo.demo('kill', 'n3')
  assert.equal([again.code, again.out], [0, 'n3 is off already; `npm run demo -- heal` turns it on.\n'])
  assert.match((await demo.demo('heal')).out, /^power is on everywhere \(n3 just now\), all links are healed\n$/)
  await demo.well()
})

t('all machines are off: status -o json says so, and heal turns them on', async () => {
  for (const n of ['n1', 'n2', 'n3']) assert.is((await demo.demo('kill', n)).code, 0)
  const got = await demo.demo('status', '-o', 'json')
  const off = ['n1', 'n2', 'n3'].map((name) => ({ name, state: 'off' }))
  assert.equal([got.code, got.err, JSON.parse(got.out)], [0, '', { nodes: off, resources: [] }])
  await demo.demo('heal')
  await demo.well()
})

t('crash kills this demo’s processes only, whatever ids another cluster gives its own', async () => {
  const web = JSON.parse((await kyha('resource', 'show', 'web', '-o', 'json')).out).resource.id
  const env = { ...process.env, KYHA_RESOURCE: web, HA_RSCTMP: '/run/another/cluster' }
  const other = execFile('sleep', ['60'], { env })
  await sleep(200)
  assert.match((await demo.demo('crash', 'web')).out, /^web: killed \d+ process\(es\) on n\d\n$/)
  await sleep(300)
  assert.is(other.exitCode ?? other.signalCode, null)
  other.kill()
  await demo.until('the restart', 30_000, async () => (await demo.owner()) !== null)
})

t('the launcher is killed: the nodes run on, status answers, and npm start begins anew', async () => {
  demo.launcher?.kill('SIGKILL')
  await demo.until('its death', 5000, () => demo.launcher?.signalCode === 'SIGKILL')
  assert.is((await demo.status()).nodes.length, 3)
  const before = readFileSync(join(demo.env.KYHA_DEMO_DIR, 'demo.json'), 'utf8')
  await demo.start()
  assert.match(demo.said, /^Ending what an earlier demo left \.\.\.\n/)
  assert.not.equal(readFileSync(join(demo.env.KYHA_DEMO_DIR, 'demo.json'), 'utf8'), before)
  await demo.well()
})

t('stop from a second terminal ends nodes and launcher', async () => {
  const got = await demo.demo('stop')
  assert.equal([got.code, got.out], [0, 'the demo has ended\n'])
  await demo.until('the launcher’s end', 15_000, () => demo.launcher?.exitCode === 0)
  await demo.until('nothing left', 15_000, () => demo.left().length === 0)
  clear(await demo.demo('status'), 69, /^No demo runs/)
  writeFileSync(join(demo.env.KYHA_DEMO_DIR, 'demo.json'), '{"nodes": 7')
  clear(await demo.demo('status'), 69, /^No demo runs/)
})

t.after(() => demo.end())

t.run()
