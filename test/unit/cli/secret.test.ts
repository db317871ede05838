/** `kyha secret`: on a node whose kyhad need not run; values go in by standard input or unseen, and never come out. */
import { EventEmitter } from 'node:events'
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askHidden } from '../../../console/cli/ask.js'
import { buildProgram } from '../../../console/cli/program.js'
import { createCluster } from '../../../console/join/create.js'
import { readNode } from '../../../console/join/layout.js'
import { isRefusal } from '../../../console/join/names.js'
import { secretsFileOf } from '../../../runtime/secret/file.js'
import { verdict } from '../../../runtime/verdict.js'
import { root, when } from '../../needs.js'
import { docOf } from '../coordinator/world.js'
import { Bench as JoinBench, wishes } from '../join/bench.js'
import { ApiBench, ioOf, widest } from './bench.js'

const t = suite<{ bench: JoinBench; dir: string; file: string }>('cli secret')
t.before.each(async (c) => {
  c.bench = new JoinBench()
  const places = c.bench.places('n1')
  await createCluster({ cluster: 'shop', node: 'n1', links: [await c.bench.link()], places, wishes, force: false, nowMs: Date.now() })
  const node = await readNode(places.dir)
  if (isRefusal(node)) throw new Error(node.because.key)
  c.dir = places.dir
  c.file = secretsFileOf(node.keyFile)
})
t.after.each((c) => c.bench.end())

interface Ask {
  readonly stdin?: string
  readonly typed?: readonly (string | undefined)[]
  readonly socket?: string
}
const canary = 'canary 7~value'
const asked: string[] = []

/** `kyha secret WORDS`; nothing that it says may hold the canary. */
async function secret(dir: string, words: string, { stdin = '', typed, socket = '/nope' }: Ask = {}) {
  const { io, out, err } = ioOf({ LC_ALL: 'C', KYHA_SOCKET: socket })
  const left = [...(typed ?? [])]
  const ask = (question: string) => {
    asked.push(question)
    return Promise.resolve(left.shift())
  }
  const all = { ...io, stdin: () => Promise.resolve(stdin), ...(typed ? { ask } : {}) }
  const [group = '', ...rest] = words.split(' ')
  const global = socket === '/nope' ? [] : ['--socket', socket]
  await buildProgram(all).parseAsync([...global, 'secret', group, ...rest, '--dir', dir], { from: 'user' })
  const got = { code: all.exit, out: out(), err: err() }
  assert.not.match(got.out + got.err, /canary/)
  assert.ok(widest(got.out + got.err) <= 80 || words.includes('json'), got.out + got.err)
  return got
}
const stored = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { secrets: Record<string, { value: string }> }).secrets

t('set, list, delete; nobody but the owner reads the file, and nothing else is left beside it', async ({ dir, file }) => {
  assert.match((await secret(dir, 'list')).out, /^SECRET +SET\n/)
  const before = readdirSync(dirname(file))
  const set = await secret(dir, 'set bmc-n1', { stdin: `${canary}\n` })
  assert.equal([set.code, stored(file)['bmc-n1']?.value], [0, canary], 'without the last line break')
  assert.match(set.out, /bmc-n1 is set on n1; nothing is restarted[\s\S]*run\s+this\s+on\s+each/)
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.equal(readdirSync(dirname(file)), [...before, 'secrets.json'].sort())
  await secret(dir, 'set other', { stdin: canary })
  await secret(dir, 'set bmc-n1', { stdin: 'another value' })
  assert.equal([stored(file)['bmc-n1']?.value, stored(file)['other']?.value], ['another value', canary])
  const list = JSON.parse((await secret(dir, 'list -o json')).out)
  assert.equal([list.kind, list.node, list.secrets.map((s: { name: string }) => s.name)], ['Secrets', 'n1', ['bmc-n1', 'other']])
  assert.match(list.secrets[0].since, /^\d{4}-.*Z$/)
  assert.match((await secret(dir, 'list')).out, /^SECRET +SET\nbmc-n1 +\d{4}-\S+Z\nother +\d{4}-\S+Z\n$/)
  assert.is((await secret(dir, 'delete other')).code, 0)
  assert.equal(Object.keys(stored(file)), ['bmc-n1'])
})

when(t, root())('kyhad may run as another user: the file is given to the owner of the cluster’s key', async () => {
  const bench = new JoinBench()
  const places = bench.places('n1')
  const { node } = await bench.cluster()
  const file = secretsFileOf(node.keyFile)
  chownSync(node.keyFile, 65_534, 65_534)
  await secret(places.dir, 'set a', { stdin: canary })
  assert.equal([statSync(file).uid, statSync(file).gid, statSync(file).mode & 0o777], [65_534, 65_534, 0o600])
  assert.match((await secret(places.dir, 'list')).out, /^a /m)
  chownSync(file, 65_533, 65_533)
  assert.match((await secret(places.dir, 'list')).err, /belongs to user 65533/)
  bench.end()
})

t('a value is typed twice where there is a terminal, and not shown', async ({ dir, file }) => {
  assert.is((await secret(dir, 'set a', { typed: [canary, canary] })).code, 0)
  assert.is(stored(file)['a']?.value, canary)
  const differ = await secret(dir, 'set a', { typed: ['value one', 'value two'] })
  assert.equal([differ.code, stored(file)['a']?.value], [65, canary])
  assert.match(differ.err, /differ: nothing was changed/)
  assert.is((await secret(dir, 'set a', { typed: [undefined] })).code, 1, 'Ctrl-C')
  assert.equal(asked.slice(0, 2), ['value of a: ', 'once more: '])

  const shown: string[] = []
  const keys = Object.assign(new EventEmitter(), {
    raw: [] as boolean[],
    setRawMode: (on: boolean) => {
      keys.raw.push(on)
      shown.push(on ? '(hidden)' : '(shown)')
    },
    setEncoding: () => undefined,
    resume: () => undefined,
    pause: () => undefined,
  })
  const hidden = (): Promise<string | undefined> => askHidden('value: ', keys as never, (s) => void shown.push(s))
  const first = hidden()
  for (const part of ['wrong\x15can', 'arz\x7fy\rmore']) keys.emit('data', part)
  assert.is(await first, 'canary')
  const second = hidden()
  keys.emit('data', 'canary\x03')
  assert.is(await second, undefined)
  const once = ['(hidden)', 'value: ', '(shown)', '\n']
  assert.equal([shown, keys.raw, keys.listenerCount('data')], [[...once, ...once], [true, false, true, false], 0])
})

t('refused, each with a sentence and nothing changed', async ({ dir, file }) => {
  for (const [words, stdin, code, says] of [
    ['set a', '', 65, /No value came/],
    ['set a', 'abc', 65, /fewer than 4/],
    ['set a', 'x'.repeat(4097), 65, /at most 4096/],
    ['set a', 'canary\nvalue', 65, /not one line/],
    ['set a/b', canary, 65, /no name of a secret/],
    ['set ../b', canary, 65, /no name of a secret/],
    ['delete a', '', 105, /n1 has no secret a\. It has: -\./],
  ] as const) {
    const got = await secret(dir, words, { stdin })
    assert.is(got.code, code, words)
    assert.match(got.err, says)
  }
  assert.is((await secret(dir, 'set a --dry-run', { stdin: canary })).code, 0)
  assert.not.ok(existsSync(file))
  for (let i = 0; i < 256; i++) await secret(dir, `set s${i}`, { stdin: canary })
  assert.match((await secret(dir, 'set more', { stdin: canary })).err, /has 256 secrets already/)
  assert.is((await secret(dir, 'set s7', { stdin: 'a new one' })).code, 0, 'an old one can be replaced')
  chmodSync(file, 0o644)
  for (const words of ['list', 'set a', 'delete s1']) {
    const got = await secret(dir, words, { stdin: canary })
    assert.is(got.code, 78)
    assert.match(got.err.replaceAll(/\s+/g, ' '), /open to others than its owner \(mode 644\)/)
  }
  assert.is((await secret(join(dir, 'nowhere'), 'list')).code, 105)
})

t('delete says which parameters of the running configuration name it, and wants --force then', async ({ dir, file }) => {
  const api = await new ApiBench().start()
  const config = docOf(
    [
      'resources: [{name: db, agent: "kyha:Dummy", params: {state: "@secret:bmc", fake: "@secret:other"}}]',
      'fencing: [{name: ipmi, agent: fence_x, params: {password: "@secret:bmc"}, hosts: {n2: ""}}]',
    ],
    ['n1', 'n2', 'n3'],
  )
  api.commit({ type: 'config', doc: config, by: 'test', because: verdict('test', 'coordinator.stop-all') })
  await secret(dir, 'set bmc', { stdin: canary })
  const socket = api.socket
  const no = await secret(dir, 'delete bmc', { socket })
  assert.equal([no.code, Object.keys(stored(file))], [107, ['bmc']])
  assert.match(no.err.replaceAll(/\s+/g, ' '), /names bmc \(db\.state, ipmi\.password\)/)
  const forced = JSON.parse((await secret(dir, 'delete bmc --force -o json', { socket })).out)
  assert.equal(
    [forced.kind, forced.done, forced.used.length, forced.used[1]],
    ['SecretDeleted', true, 2, { of: 'device', name: 'ipmi', param: 'password', secret: 'bmc' }],
  )
  assert.equal(Object.keys(stored(file)), [])
  await secret(dir, 'set free', { stdin: canary })
  assert.is((await secret(dir, 'delete free', { socket })).out, 'free is deleted on n1.\n')
  await secret(dir, 'set free', { stdin: canary })
  assert.match((await secret(dir, 'delete free')).out, /kyhad does not answer here/)
  await api.end()
})

t.run()
