/** What the guard does about kyhad itself: restarts, stand-in beats, hostile frames, orderly ends, damaged state. */
import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { appendFileSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode, Tag, Verb } from '../../runtime/guard/protocol.js'
import { token } from '../../runtime/ids.js'
import { when } from '../needs.js'
import { op, until } from './guard.cases.js'
import { alive, cannot, end, guardPath, type Life, type Options, RealGuard } from './guard.harness.js'

const t = suite('guard and kyhad')
const check = when(t, await cannot({}))
const opened: { close(): unknown }[] = []
t.after.each(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function open(options: Options = {}): Promise<{ g: RealGuard; life: Life }> {
  const g = new RealGuard({ cgroup: 'subreaper', ...options })
  opened.push(g)
  return { g, life: await g.open() }
}

interface Beats {
  readonly socket: Socket
  readonly heard: string[]
  readonly port: number
}
async function listen(): Promise<Beats> {
  const socket = createSocket('udp4')
  const heard: string[] = []
  socket.on('message', (message, from) => heard.push(`${from.address} ${message}`))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  opened.push(socket)
  return { socket, heard, port: socket.address().port }
}
const frames = (name: string, count: number): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.from(`${name}${i}`))
const standIn = (life: Life, beats: Beats, name: string, count: number, bind = '127.0.0.1'): void =>
  life.call('standIn', 20, [{ address: '127.0.0.1', port: beats.port, bind, frames: frames(name, count) }])

/** Everything said so far has reached the guard, and it has seen a sign of life. */
const heardAlive = async (life: Life): Promise<void> => {
  life.call('beat')
  life.call('alive')
  await life.list()
}

check('kyhad killed: stand-in beats in order from the given address, each once, until the next kyhad is alive', async () => {
  const { g, life } = await open()
  const beats = await listen()
  standIn(life, beats, 'old', 40)
  standIn(life, beats, 'a', 100, '127.0.0.9')
  await heardAlive(life)
  const next = await g.crashManager()
  await until('beats are heard', () => beats.heard.length >= 2)
  next.call('beat')
  await until('the outage is over', () => g.said.includes('stand-in beats end'))
  const heard = beats.heard.length
  assert.equal(
    beats.heard,
    frames('a', heard).map((f) => `127.0.0.9 ${f}`),
    'the newest sheaf, in order, no repetition',
  )
})

check('kyhad stopped: stand-in beats, then it is killed and started again; services run on', async () => {
  const { g, life } = await open()
  const beats = await listen()
  const start = op(g, 'svc', 'start', 'daemon')
  life.guard.run(start, token(1))
  await life.result(start.id)
  standIn(life, beats, 'b', 100)
  await heardAlive(life)
  process.kill(life.pid, 'SIGSTOP')
  const next = await g.life(2)
  assert.ok(beats.heard.length >= 5)
  assert.is(alive(life.pid), false)
  assert.match(g.said, /no sign of life for \d+ ms/)
  assert.is(next.hello.counter, life.hello.counter + 1)
  assert.is(g.running('svc'), 1)
})

check('stand-in beats end when the frames are used up', async () => {
  const { g, life } = await open()
  const beats = await listen()
  standIn(life, beats, 'c', 3)
  await heardAlive(life)
  const next = await g.crashManager()
  await until('three beats', () => beats.heard.length === 3)
  await next.list()
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(
    beats.heard.map((h) => h.split(' ')[1]),
    ['c0', 'c1', 'c2'],
  )
})

check('without a sheaf a crash sends nothing, and without a first sign of life nobody is killed for silence', async () => {
  const { g, life } = await open()
  await new Promise((resolve) => setTimeout(resolve, 1200))
  assert.ok(alive(life.pid))
  assert.is(g.said, '')
})

check('three restarts in 60 s, then the guard stays without kyhad and services run on; it ends with code 3', async () => {
  const { g, life } = await open()
  const start = op(g, 'svc', 'start', 'daemon')
  life.guard.run(start, token(1))
  await life.result(start.id)
  for (let i = 2; i <= 4; i++) await g.crashManager()
  end(g.manager().pid)
  await until('it says so', () => /ended 4 times in 60 s/.test(g.said))
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.is(g.lives.length, 4)
  assert.is(g.running('svc'), 1)
  assert.is(g.exit, undefined)
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  assert.is(g.exit, 3)
  assert.is(g.running('svc'), 1)
})

check('leave stop: the guard ends too, with 0; leave restart: a new kyhad that does not count', async () => {
  const { g, life } = await open()
  life.call('leave', 'restart')
  life.call('exit', 0)
  const next = await g.life(2)
  assert.not.match(g.said, /ended with code/)
  next.call('leave', 'stop')
  next.call('exit', 0)
  await until('it ends', () => g.exit !== undefined)
  assert.is(g.exit, 0)
  assert.is(g.lives.length, 2)
})

check('SIGTERM: kyhad is asked to leave, and when it has the guard ends with 0; so does SIGINT', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { g, life } = await open()
    g.guard.kill(signal)
    await until('it ends', () => g.exit !== undefined)
    assert.is(g.exit, 0)
    assert.is(life.all('leave').length, 1)
    assert.is(g.lives.length, 1)
    assert.match(g.said, /leaves the cluster in order, for at most 120 s/)
  }
})

check('while it leaves kyhad is asked again, a new kyhad too; services run on when patience or a second signal ends it', async () => {
  for (const how of ['patience', 'SIGTERM', 'SIGQUIT'] as const) {
    const { g, life } = await open(how === 'patience' ? { args: ['--leave-s', '4'] } : {})
    const start = op(g, 'svc', 'start', 'daemon')
    life.guard.run(start, token(1))
    await life.result(start.id)
    life.call('stay')
    await life.list()
    g.guard.kill('SIGTERM')
    await until('it is asked', () => life.all('leave').length > 0)
    if (how === 'patience') await until('it is asked again', () => life.all('leave').length > 1)
    else g.guard.kill(how)
    await until('it ends', () => g.exit !== undefined)
    assert.is(g.exit, 0)
    assert.match(g.said, how === 'patience' ? /has not left within 4 s/ : /ends at once/)
    assert.is(alive(life.pid), false)
    assert.is(g.running('svc'), 1)
  }
  const { g, life } = await open()
  life.call('stay')
  await life.list()
  g.guard.kill('SIGTERM')
  await until('it is asked', () => life.all('leave').length > 0)
  const next = await g.crashManager()
  await until('the next one is asked, and leaves', () => g.exit !== undefined)
  assert.is(next.all('leave').length, 1)
})

check('SIGQUIT ends kyhad and guard at once, services run on', async () => {
  const { g, life } = await open()
  const start = op(g, 'svc', 'start', 'daemon')
  life.guard.run(start, token(1))
  await life.result(start.id)
  g.guard.kill('SIGQUIT')
  await until('it ends', () => g.exit !== undefined)
  assert.is(g.exit, 0)
  assert.is(alive(life.pid), false)
  assert.is(g.running('svc'), 1)
})

const garbage: readonly (readonly [string, Buffer])[] = [
  ['an impossible length', Buffer.from([255, 255, 255, 255, 1])],
  ['a length of zero', Buffer.from([0, 0, 0, 0, 0])],
  ['an unknown verb', encode(77, [])],
  ['a field longer than its frame', Buffer.from([6, 0, 0, 0, Verb.kill, Tag.id, 200, 0, 0, 0])],
  [
    'a number of four bytes',
    encode(Verb.raise, [
      [Tag.resource, 'r'],
      [Tag.token, Buffer.alloc(4)],
    ]),
  ],
  [
    'a run without a program',
    encode(Verb.run, [
      [Tag.id, 'x'],
      [Tag.resource, 'r'],
      [Tag.action, 'start'],
      [Tag.limitMs, 5],
    ]),
  ],
  ['a name with a newline', encode(Verb.ack, [[Tag.id, 'a\nb']])],
  ['a name of 81 bytes', encode(Verb.kill, [[Tag.id, 'x'.repeat(81)]])],
  [
    'an argument with NUL',
    encode(Verb.run, [
      [Tag.id, 'x'],
      [Tag.resource, 'r'],
      [Tag.action, 'start'],
      [Tag.limitMs, 5],
      [Tag.argv, 'a\0b'],
    ]),
  ],
  ['a stand-in that starts in its middle', encode(Verb.standin, [[Tag.beatMs, 20]])],
  [
    'a stand-in frame without sheaf',
    encode(Verb.standin, [
      [Tag.first, 1],
      [Tag.beatMs, 20],
      [Tag.frame, 'x'],
    ]),
  ],
  ['another protocol', encode(Verb.hello, [[Tag.protocol, 99]])],
]
check('hostile frames: one sentence, the connection ends, a new kyhad comes, nothing ran', async () => {
  const { g } = await open()
  for (const [name, bytes] of garbage) {
    const lines = g.said.split('the connection to kyhad is closed').length
    g.manager().call('leave', 'restart') // a restart that does not count
    g.manager().call('raw', bytes)
    await g.life(g.lives.length + 1)
    assert.is(g.said.split('the connection to kyhad is closed').length, lines + 1, name)
  }
  assert.equal((await g.manager().list()).resources, [], 'nothing is known, nothing ran')
})

check('a frame in pieces is one frame', async () => {
  const { g, life } = await open()
  const bytes = encode(Verb.raise, [
    [Tag.resource, 'slow'],
    [Tag.token, 12],
  ])
  for (const byte of bytes) {
    life.call('raw', Buffer.from([byte]))
  }
  assert.equal(
    (await life.list()).resources.map((r) => [r.resource, r.token]),
    [['slow', 12]],
  )
  assert.is(g.said, '')
})

check('prioritize: only threads of kyhad, and the answer says what was reached', async () => {
  const { life } = await open()
  life.call('prioritize', life.pid)
  life.call('prioritize', process.pid)
  await until('both answered', () => life.all('prioritized').length === 2)
  const answers = life.all<{ ok: boolean; detail: string }>('prioritized')
  assert.ok(/SCHED_RR|nice -20|ordinary/.test(answers.map((a) => a.detail).join()))
  assert.ok(answers.some((a) => !a.ok && /does not belong to kyhad/.test(a.detail)))
})

check('watchdog: absent is stated; present is petted while kyhad is well, and disarmed on an orderly end', async () => {
  const absent = await open({ args: ['--watchdog', '/no/such/watchdog'] })
  assert.is(absent.life.hello.watchdog, 'none: /no/such/watchdog does not exist')
  const dir = mkdtempSync(join(tmpdir(), 'kyha-watchdog-'))
  opened.push({ close: () => rmSync(dir, { recursive: true }) })
  const path = join(dir, 'watchdog')
  writeFileSync(path, '')
  const { g, life } = await open({ args: ['--watchdog', path, '--watchdog-s', '1'] })
  assert.match(life.hello.watchdog, /its limit cannot be set/)
  await until('it is petted', () => readFileSync(path).length >= 2)
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  assert.match(readFileSync(path, 'latin1'), /^\0+V$/)
})

check('a second guard on the same directories is refused', async () => {
  const { g } = await open()
  const second = spawnSync(guardPath, ['--run', join(g.dir, 'run2'), '--state', join(g.dir, 'state'), '--', '/bin/true'], {
    encoding: 'utf8',
  })
  assert.is(second.status, 5)
  assert.match(second.stderr, /another guard works on/)
})

check('a new boot id when the run directory is new, the tokens stay', async () => {
  const { g, life } = await open()
  life.guard.raise('r' as never, token(41))
  await life.list()
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  rmSync(join(g.dir, 'run'), { recursive: true })
  g.launch()
  const next = await g.life(2)
  assert.match(next.hello.boot, /^[0-9a-f]{32}$/)
  assert.is.not(next.hello.boot, life.hello.boot)
  assert.is(next.hello.counter, 1)
  assert.equal(
    (await next.list()).resources.map((r) => r.token),
    [41],
  )
})

/** The token file after `change`: how the next guard takes it. */
async function tokensAfter(change: (path: string) => void): Promise<{ status: number | null; stderr: string; tokens: readonly unknown[] }> {
  const { g, life } = await open()
  for (const name of ['a', 'b', 'c']) life.guard.raise(name as never, token(10))
  await life.list()
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  change(join(g.dir, 'state', 'tokens'))
  const probe = spawnSync(
    guardPath,
    ['--run', join(g.dir, 'run'), '--state', join(g.dir, 'state'), '--', '/bin/sh', '-c', 'kill -QUIT $PPID; sleep 1'],
    { encoding: 'utf8' },
  )
  if (probe.status !== 0) return { status: probe.status, stderr: probe.stderr, tokens: [] }
  g.launch()
  return { status: 0, stderr: probe.stderr, tokens: (await (await g.life(2)).list()).resources.map((r) => `${r.resource} ${r.token}`) }
}
const poke = (at: number) => (path: string) => {
  const fd = openSync(path, 'r+')
  writeSync(fd, 'rot!', at)
  closeSync(fd)
}
check('tokens: a torn last record is dropped, a damaged middle or head is refused with what to do', async () => {
  assert.equal((await tokensAfter(() => undefined)).tokens, ['a 10', 'b 10', 'c 10'])
  const torn = await tokensAfter(poke(3 * 256 + 40))
  assert.equal(torn.tokens, ['a 10', 'b 10'])
  assert.match(torn.stderr, /never acknowledged/)
  const middle = await tokensAfter(poke(2 * 256 + 40))
  assert.is(middle.status, 4)
  assert.match(middle.stderr, /damaged at record 2.*join again/)
  const head = await tokensAfter(poke(4))
  assert.is(head.status, 4)
  assert.match(head.stderr, /damaged at its head/)
  const foreign = await tokensAfter((path) => writeFileSync(path, 'not a token file'))
  assert.is(foreign.status, 4)
  const grown = await tokensAfter((path) => appendFileSync(path, Buffer.alloc(100)))
  assert.equal(grown.tokens.length, 3)
})

check('bad arguments: one sentence, exit 2 or 4', () => {
  const run = (...args: string[]) => spawnSync(guardPath, args, { encoding: 'utf8' })
  const dir = mkdtempSync(join(tmpdir(), 'kyha-args-'))
  const [x, y] = [join(dir, 'x'), join(dir, 'y')]
  for (const args of [
    [],
    ['--run', x],
    ['--run', 'rel', '--state', y, '--', 'true'],
    ['--frobnicate'],
    ['--cgroup', 'x', '--run', x, '--state', y, '--', 'true'],
  ]) {
    const { status, stderr } = run(...args)
    assert.is(status, 2, args.join(' '))
    assert.is(stderr.trim().split('\n').length, 1)
  }
  const { status, stderr } = run('--run', '/proc/nope', '--state', '/proc/nope', '--', 'true')
  assert.is(status, 4)
  assert.match(stderr, /cannot be made/)
  assert.equal(readdirSync(dir), [])
  rmSync(dir, { recursive: true })
})

t.run()
