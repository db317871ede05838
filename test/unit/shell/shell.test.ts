/** kyha-shell against a real API on a unix socket: -e and -f, exit codes, the runtime's verbs, completion, languages, history. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { complete, fetchNames, noNames } from '../../../console/shell/complete.js'
import { generic } from '../../../console/shell/generic.js'
import { historyMax, keepHistory, readHistory, repl } from '../../../console/shell/repl.js'
import { tree } from '../../../console/shell/runtime.js'
import { Shell, shellProgram } from '../../../console/shell/shell.js'
import { split } from '../../../console/shell/words.js'
import { ApiBench, ioOf, type Outcome, widest } from '../cli/bench.js'

const t = suite<{ api: ApiBench }>('shell')
t.before.each(async (c) => {
  c.api = await new ApiBench().start()
})
t.after.each((c) => c.api.end())

/** A line in the shell: what it printed and its code. */
async function line(api: ApiBench, text: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { io, out, err } = ioOf(env)
  const { code } = await new Shell({ io, socket: api.socket }).run(text)
  return { code, out: out(), err: err() }
}

const script = join(dirname(fileURLToPath(import.meta.url)), '../../../console/shell/kyha-shell.js')
/** The program itself, in a process of its own. */
const run = (api: ApiBench, args: readonly string[], input = ''): Promise<Outcome> =>
  new Promise((resolve) => {
    const door = join(api.dir, 'shell.sock')
    if (!existsSync(door)) symlinkSync(api.socket, door)
    const env = { PATH: process.env['PATH'] ?? '', KYHA_SOCKET: api.socket, LANG: 'C' }
    const child = execFile(process.execPath, [script, ...args], { env, timeout: 20_000 }, (e, out, err) =>
      resolve({ code: e ? Number(e.code ?? 1) : 0, out, err }),
    )
    child.stdin?.end(input)
  })

t('words, quotes, semicolons and comments', () => {
  assert.equal(split(`status; node show 'a b' ;;config plan "x;y" # said`), {
    commands: [['status'], ['node', 'show', 'a b'], ['config', 'plan', 'x;y']],
  })
  assert.equal(split(`node show ""`), { commands: [['node', 'show', '']] })
  assert.equal(split('  # nothing'), { commands: [] })
  assert.equal(split(`node show 'x`), { open: "'" })
})

t('the CLI’s verbs work with their options, several on a line', async ({ api }) => {
  const got = await line(api, 'node list; quorum -o json')
  assert.is(got.code, 0, got.err)
  assert.match(got.out, /NODE +STATE/)
  assert.match(got.out, /"kind": "Quorum"/)
})

t('a failed command ends its line with its own exit code', async ({ api }) => {
  const got = await line(api, 'node show n9; node list')
  assert.is(got.code, 105)
  assert.is(got.out, '')
  assert.is((await line(api, 'nonsense')).code, 64)
  assert.is((await line(api, `node show 'n1`)).code, 64)
  assert.is((await line(api, 'node --help')).code, 0)
})

t('actors stand under their supervisors, in ASCII and 80 columns where nothing else is known', async ({ api }) => {
  const got = await line(api, 'actors tree', { LANG: 'C', TERM: 'linux' })
  assert.is(got.code, 0, got.err)
  assert.match(got.out, /^ACTOR +STATUS +THREAD +RESTARTS +MAILBOX\nroot \(rest_for_one\)\n\|- beat \(rest_for_one\) +running/)
  assert.match(got.out, /\n {3}`- log +running +core +0 +0\/4096/)
  assert.match(got.out, /^link\/a /m, 'one that no supervisor names is not lost')
  assert.match(got.out, /^[\x20-\x7e\n]*$/)
  assert.ok(widest(got.out) <= 80)
})

t('one actor: info, state, mailbox, trace, restart; one supervisor: children', async ({ api }) => {
  assert.match((await line(api, 'actor log info')).out, /supervisor +core/)
  assert.match((await line(api, 'actor log mailbox')).out, /limit +4096/)
  assert.match((await line(api, 'actor log state')).out, /"term": 3/)
  assert.match((await line(api, 'actor log trace')).out, /AT MS +AFTER +FROM +TYPE/)
  assert.match((await line(api, 'actor log restart')).out, /^log was restarted$/m)
  assert.match((await line(api, 'supervisor core children')).out, /ID +STRATEGY[\s\S]*quorum +one_for_all/)
  assert.equal(JSON.parse((await line(api, 'actor log trace -o json')).out)[0].type, 'tick')
})

t('an actor or verb that does not exist is one sentence with what does', async ({ api }) => {
  const gone = await line(api, 'actor nowhere info')
  assert.is(gone.code, 105)
  assert.match(gone.err, /No actor runs at nowhere\. Known: membership/)
  assert.is((await line(api, 'actor nowhere state')).code, 105)
  const verb = await line(api, 'actor log kill')
  assert.is(verb.code, 64)
  assert.match(verb.err, /Known: info, state/)
})

t('answers of a newer node are shown as they are', () => {
  const terminal = { columns: 80, unicode: false, colour: false, lang: 'en' } as const
  assert.is(generic(terminal, []), '(none)\n')
  assert.match(generic(terminal, [{ a: 1 }, { b: null }]), /A {2}B\n1 {2}-/)
  assert.match(generic(terminal, { a: { b: 2 } }), /a\.b +2/)
  assert.is(generic(terminal, { a: [1, { b: [] }] }).includes('"a"'), true)
  assert.is(generic(terminal, 'text'), 'text\n')
  const loop = ['a', 'b'].map((id, i) => ({
    id,
    supervisor: i ? 'a' : 'b',
    strategy: 's',
    status: '',
    restart: '',
    restarts: 0,
    thread: '',
  }))
  assert.match(tree(terminal, [], loop), /\(none\)\n$/, 'supervisors in a circle end too')
})

t('Tab knows verbs, options, nodes, resources and actors', async ({ api }) => {
  const program = shellProgram(ioOf().io)
  const names = { ...(await fetchNames({ socket: api.socket })), resources: ['web', 'shop'] }
  assert.equal(names.nodes, ['n1', 'n2', 'n3'])
  const at = (text: string): string[] => complete(program, names, text)[0].map((c) => c.trim())
  assert.equal(at('sta'), ['status'])
  assert.ok(at('').includes('actors') && at('').includes('quit'))
  assert.equal(at('node sho'), ['show'])
  assert.equal(at('node show '), ['n1', 'n2', 'n3'])
  assert.equal(at('resource move web '), ['n1', 'n2', 'n3'])
  assert.equal(at('resource stop w'), ['web'])
  assert.equal(at('explain shop --on n'), ['n1', 'n2', 'n3'])
  assert.equal(at('actor l'), ['link/a', 'log'])
  assert.equal(at('actor log r'), ['restart'])
  assert.equal(at('supervisor core '), ['children'])
  assert.equal(at('node list; actors t'), ['tree'])
  assert.equal(at('lang '), ['en', 'zh'])
  assert.ok(at('status --w').includes('--watch'))
  assert.equal(at('status nonsense '), [])
  assert.equal(await fetchNames({ socket: join(api.dir, 'nobody.sock') }), noNames)
})

t('lang changes the language, and says when the terminal cannot', async ({ api }) => {
  const { io, out, err } = ioOf({ LANG: 'zh_CN.UTF-8', TERM: 'xterm' })
  const shell = new Shell({ io, socket: api.socket })
  await shell.run('lang en; help')
  assert.match(out(), /Every verb of kyha/)
  await shell.run('lang zh; help')
  assert.match(out(), /haclient/)
  assert.match(out(), /监督者/)
  assert.is(err(), '')
  assert.is((await line(api, 'lang xx')).code, 64)
  assert.match((await line(api, 'lang zh', { LANG: 'C' })).err, /UTF-8/)
})

t('the program: -e, -f, a pipe, and the code of what failed', async ({ api }) => {
  const [e, failed, bad] = await Promise.all([
    run(api, ['-e', 'node list; actors list']),
    run(api, ['-e', 'node show n9; node list']),
    run(api, ['--nonsense']),
  ])
  assert.is(e.code, 0, e.err)
  assert.match(e.out, /NODE[\s\S]*PATH/)
  assert.is(failed.code, 105)
  assert.is(bad.code, 64)
  const file = join(api.dir, 'script')
  writeFileSync(file, '# what is there\nnode list\n\nnode show n9\nquorum\n')
  const [f, piped, none] = await Promise.all([
    run(api, ['-f', file]),
    run(api, [], 'node list\nquit\nnode show n9\n'),
    run(api, ['-f', join(api.dir, 'none')]),
  ])
  assert.is(f.code, 105)
  assert.match(f.err, /script:4: node show n9/)
  assert.is(piped.code, 0, piped.err)
  assert.is(none.code, 66)
})

t('the REPL keeps a history of its own, readable by its owner only', async ({ api }) => {
  const { io, out } = ioOf()
  const history = join(api.dir, 'history')
  writeFileSync(history, 'old\n')
  const input = new PassThrough()
  const output = new PassThrough()
  output.resume()
  input.end('node list\nquit\n')
  const code = await repl(new Shell({ io, socket: api.socket }), { input, output, io, history })
  assert.is(code, 0)
  assert.match(out(), /NODE/)
  assert.is(statSync(history).mode & 0o777, 0o600)
  keepHistory(
    history,
    Array.from({ length: historyMax + 10 }, (_, i) => `line ${i}`),
    io,
  )
  assert.is(readHistory(history).length, historyMax)
  assert.is(readHistory(history)[0], 'line 0', 'the newest first')
  assert.match(readFileSync(history, 'utf8'), /line 0\n$/)
  assert.equal(readHistory(join(api.dir, 'none')), [])
})

t.run()
