/** Wrong words at the command line: one clear sentence, the word that was meant, the field's exit code; and every verb fits a poor terminal. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiError, call } from '../../../console/cli/client.js'
import { nearest } from '../../../console/cli/nearest.js'
import { width } from '../../../console/cli/terminal.js'
import { ApiBench, kyha, widest } from './bench.js'

const t = suite<{ api: ApiBench }>('cli words')
t.before(async (c) => {
  c.api = await new ApiBench().start()
})
t.after((c) => c.api.end())

const wrong: readonly [args: string, code: number, says: RegExp][] = [
  ['statsu', 64, /unknown command 'statsu'[\s\S]*Did you mean status\?/],
  ['node sho n1', 64, /node has no verb 'sho': list, show, .*[\s\S]*Did you mean show\?/],
  ['resource strat web', 64, /Did you mean start\?/],
  ['relation matrx', 64, /Did you mean matrix\?/],
  ['-o json node sho n1', 64, /Did you mean show\?/],
  ['node --dry-run sho', 64, /Did you mean show\?/],
  ['node xyzzy', 64, /node has no verb 'xyzzy': list/],
  ['status --wath', 64, /Did you mean --watch\?/],
  ["resource stop ''", 64, /a name is missing: '' is none/],
  ['resource stop', 64, /missing required argument 'resource'/],
  ['-o xml status', 64, /Allowed choices are table, json/],
  ['--lang fr status', 64, /Allowed choices are en, zh/],
  ['--revision abc node standby n2', 64, /A revision is a number/],
  ['--api nonsense status', 64, /It is an address such as http:/],
  ['resource move web n2 --for 5', 64, /A duration is a whole number and ms, s, min, h or d/],
  ['fence confirm n2', 64, /--boot/],
  ['node show n9', 105, /There is no node named n9\. Known: n1, n2, n3\./],
  ['node standby n9', 105, /Known: n1, n2, n3\./],
  ['resource stop nope', 105, /There is no resource named nope/],
  ['--key x node standby n2', 65, /^This is not valid:\n {2}- Idempotency-Key must be/],
  ['--revision 99 node standby n2', 103, /changed meanwhile/],
  ['events --since garbage', 65, /it is no cursor/],
  ['config apply /nope', 66, /\/nope cannot be read/],
  ['fence confirm n2 --boot wrong', 107, /known by its life|is not admitted|life/],
  ['--socket /nope status', 102, /does not answer at \/nope/],
]
for (const [args, code, says] of wrong) {
  t(`kyha ${args}`, async ({ api }) => {
    const got = await kyha(
      api.socket,
      args.split(' ').map((word) => (word === "''" ? '' : word)),
      { LC_ALL: 'C' },
    )
    assert.match(got.err, says)
    assert.is(got.code, code)
    assert.is(got.out, '', 'messages go to stderr')
    assert.not.match(got.err, /\n\s+at /, 'no stack trace')
  })
}

t('errors are JSON on stdout with -o json, with the same code', async ({ api }) => {
  const got = await kyha(api.socket, ['-o', 'json', 'node', 'show', 'n9'])
  assert.equal([got.code, got.err, JSON.parse(got.out).code], [105, '', 'not-found'])
})

t('--version and --help are no errors', async ({ api }) => {
  const version = await kyha(api.socket, ['--version'])
  assert.equal([version.code, version.err], [0, ''])
  assert.match(version.out, /^\d+\.\d+\.\d+\n$/)
  for (const args of [['--help'], ['node', '--help'], ['help', 'node']]) assert.is((await kyha(api.socket, args)).code, 0, args.join(' '))
})

const verbs: readonly [verb: string, kind: string][] = [
  ['status', 'Status'],
  ['node', 'Nodes'],
  ['node show n1', 'Node'],
  ['resource', 'Resources'],
  ['relation', 'Relations'],
  ['fence', 'Fence'],
  ['fence history', 'Fence'],
  ['quorum', 'Quorum'],
  ['link', 'Links'],
  ['config show', 'Config'],
  ['events', 'Events'],
]
t('every verb fits 80 columns in ASCII, says something, and has its JSON with kind', async ({ api }) => {
  for (const [verb, kind] of verbs) {
    const got = await kyha(api.socket, verb.split(' '), { LC_ALL: 'C', TERM: 'linux' })
    assert.is(got.code, 0, `${verb}: ${got.err}`)
    assert.match(got.out, /^[\x20-\x7e\n]*$/, verb)
    assert.ok(widest(got.out) <= 80, verb)
    const json = await kyha(api.socket, [...verb.split(' '), '-o', 'json'])
    assert.is(json.code, 0, verb)
    const said = JSON.parse(json.out)
    assert.equal([said.apiVersion, said.kind], ['kyha/v1', kind], verb)
  }
})

t('a configuration that is too large is refused before it is sent', async ({ api }) => {
  const file = join(api.dir, 'large.yaml')
  writeFileSync(file, `# ${'x'.repeat(30_000_000)}\n`)
  const got = await kyha(api.socket, ['config', 'apply', file])
  assert.equal([got.code, got.err], [65, 'The body is larger than 1048576 bytes. Send less.\n'])
  // Nobody is asked: the sentence is the same where nobody answers.
  assert.is((await kyha(join(api.dir, 'nobody.sock'), ['config', 'apply', file])).err, got.err)
})

t('a node that answers and hangs up while a request is still being sent: its answer counts, nothing is thrown', async ({ api }) => {
  const socket = join(api.dir, 'rude.sock')
  const answer = JSON.stringify({
    apiVersion: 'kyha/v1',
    kind: 'Error',
    code: 'busy',
    message: { en: 'Busy.' },
    todo: { en: '' },
    problems: [],
  })
  const server = createServer((s) => {
    s.on('error', () => undefined)
    s.once('data', () => {
      s.pause()
      s.write(`HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`)
      s.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  try {
    for (let i = 0; i < 10; i++) {
      const body = 'x'.repeat(1_000_000)
      const failed = await call({ socket }, '/config', { method: 'PUT', body }).catch((e: unknown) => e as ApiError)
      assert.match((failed as ApiError).view.code, /^(busy|disconnected)$/)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

t('the same in Chinese where the terminal can', async ({ api }) => {
  const zh = { LC_ALL: 'zh_CN.UTF-8', TERM: 'xterm' }
  assert.match((await kyha(api.socket, ['status'], zh)).out, /在线|节点/)
  assert.match((await kyha(api.socket, ['node', 'show', 'n9'], zh)).err, /没有名为 n9 的节点/)
  assert.match((await kyha(api.socket, ['fence', 'history'], zh)).out, /（无）/)
})

t('tables are Chinese with --lang zh, too: heads, states, words; and the columns stand below each other', async ({ api }) => {
  const utf8 = { LC_ALL: 'en_US.UTF-8', TERM: 'xterm' }
  for (const [verb] of verbs) {
    const { out } = await kyha(api.socket, ['--lang', 'zh', ...verb.split(' ')], utf8)
    if (verb !== 'config show')
      assert.not.match(
        out.replace(/\{\w+\}/g, ''),
        /\b(NODE|STATE|SINCE|VOTES|RESOURCE|AGENT|LINK|ID|none|leader|quorum|enabled|online)\b/,
        verb,
      )
    for (const line of out.split('\n')) assert.ok(width(line) <= 80, line)
  }
  const lines = (await kyha(api.socket, ['--lang', 'zh', 'quorum'], utf8)).out.trim().split('\n').slice(-4)
  const at = lines.map((l) => width(l.slice(0, l.search(/(状态|[●◐○?✕])/))))
  assert.equal(new Set(at).size, 1, lines.join('\n'))
})

t('what a preview says and warns of is said in the reader’s language', async ({ api }) => {
  const file = join(api.dir, 'strange.yaml')
  writeFileSync(file, 'apiVersion: kyha/v1\nname: shop\nnodes: {n9: {standby: true}}\n')
  const env = { LC_ALL: 'en_US.UTF-8', TERM: 'xterm' }
  const en = (await kyha(api.socket, ['config', 'plan', file], env)).out
  assert.match(en, /^Nothing was changed\. This would happen:[\s\S]*warning: nodes: n9 is no member of this cluster \(n1, n2, n3\);/)
  const zh = (await kyha(api.socket, ['--lang', 'zh', 'config', 'plan', file], env)).out
  assert.match(zh, /^未作任何改动。[\s\S]*警告：nodes：n9 不是本集群成员（n1, n2, n3）/)
  assert.not.match(zh, /warning|Nothing|planner/)
})

t('what is wrong with a configuration is said in the reader’s language', async ({ api }) => {
  const file = join(api.dir, 'wrong.yaml')
  writeFileSync(file, 'apiVersion: kyha/v1\nname: shop\nresources: [{name: web}]\n')
  const env = { LC_ALL: 'C.UTF-8', TERM: 'xterm' }
  const en = await kyha(api.socket, ['config', 'plan', file], env)
  assert.match(en.err, /^This is not valid:\n {2}- .*agent/)
  const zh = await kyha(api.socket, ['--lang', 'zh', 'config', 'plan', file], env)
  assert.equal([en.code, zh.code], [65, 65])
  assert.match(zh.err, /^输入无效：\n {2}- .*[\u4e00-\u9fff]/)
})

t('the nearest word: two letters at most, a swap is one', () => {
  assert.is(nearest('strat', ['start', 'stop', 'status']), 'start')
  assert.is(nearest('sho', ['show', 'standby']), 'show')
  assert.is(nearest('xyzzy', ['show', 'standby']), undefined)
  assert.is(nearest('a', ['b']), 'b')
})

t.run()
