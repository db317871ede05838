/** Words of any kind at the command line and in the shell: known exit codes, messages on stderr, no stack trace; nothing throws but commander's own end. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { split } from '../../console/shell/words.js'
import { decodeJoinCode, encodeJoinCode, newSecret } from '../../runtime/wire/joincode.js'
import { ApiBench, kyha } from '../unit/cli/bench.js'
import { cluster } from '../unit/wire/help.js'
import { check, checkLater, sentences } from './help.js'

const t = suite<{ api: ApiBench }>('fuzz: cli')
t.before(async (c) => {
  c.api = await new ApiBench().start()
})
t.after((c) => c.api.end())

const known = [
  'status',
  'node',
  'resource',
  'config',
  'relation',
  'fence',
  'events',
  'explain',
  'list',
  'show',
  'start',
  'stop',
  'move',
  'ban',
  'cleanup',
  'standby',
  'online',
  'matrix',
  'plan',
  'confirm',
  'help',
  'n1',
  'n9',
  'web',
]
const options = [
  '-o',
  'json',
  'table',
  'xml',
  '--lang',
  'zh',
  '--dry-run',
  '--revision',
  '1',
  '--key',
  'abcdefgh',
  '--for',
  '5s',
  '--boot',
  'x',
  '--help',
  '-V',
  '--',
  '-',
  '--no-such',
  '--since',
  'garbage',
  '--',
  '',
]
const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...known) },
  { weight: 3, arbitrary: fc.constantFrom(...options) },
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', '../../etc', '中文', '\0', '\x1b[31m', 'a'.repeat(5000)),
)
/** Those would wait for ever, read a file, or act on this machine. */
const endless = (words: readonly string[]): boolean =>
  words.some((w) => ['--watch', '-w', '--follow', '-f', 'cluster', 'join', 'shell'].includes(w))

t('any words', async ({ api }) => {
  const met = new Map<number, number>()
  await checkLater(
    700,
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 7 }), async (words) => {
      if (endless(words)) return
      const { code, out, err } = await kyha(api.socket, words)
      const what = JSON.stringify(words).slice(0, 300)
      // 75: this node has no planner, so `relation matrix` is refused after its wait.
      assert.ok([0, 1, 64, 65, 66, 69, 75, 100, 102, 103, 104, 105, 107, 108, 124].includes(code), `${what}: ${code} ${err}`)
      assert.not.match(out + err, /\n\s+at |TypeError|undefined is not|\[object Object\]/, what)
      if (code !== 0) assert.ok(err.length > 0 || out.startsWith('{'), `${what}: says why`)
      met.set(code, (met.get(code) ?? 0) + 1)
    }),
  )
  assert.ok((met.get(0) ?? 0) > 5 && (met.get(64) ?? 0) > 50, JSON.stringify([...met]))
})

t('a line of the shell: any text is words or an open quote', () => {
  check(
    3000,
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.constantFrom('"', "'", ' ', ';', '#', '\\', 'a', '\n')).map((all) => all.join('')),
      ),
      (text) => {
        const got = split(text)
        if ('open' in got) return
        assert.ok(got.commands.every((c) => c.length > 0 && c.every((w) => typeof w === 'string')))
      },
    ),
  )
})

t('a join code with a typing error never becomes another code', () => {
  const whole = encodeJoinCode({
    cluster,
    fingerprint: 'ab'.repeat(16),
    address: '192.168.7.1',
    port: 7401,
    secret: newSecret(),
    expiresS: 1_900_000_000,
  })
  const plain = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(3), fc.stringMatching(/^[0-9A-Za-z -]{0,3}$/))
  check(
    3000,
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = whole
      for (const [at, gone, put] of edits) text = text.slice(0, at) + put + text.slice(at + gone)
      const got = decodeJoinCode(text)
      if ('refused' in got) return sentences(got.because)
      assert.is(plain(text), plain(whole), 'only what means the same is taken')
    }),
  )
})

t.run()
