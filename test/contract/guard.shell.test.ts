/** The shell's door: who is let in, what kyhad is told of them, what becomes of connections when kyhad or the guard goes, and its bounds. */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Peer } from '../../console/shell/door.js'
import { program, root, when } from '../needs.js'
import { until } from './guard.cases.js'
import { cannot, type Life, type Options, RealGuard } from './guard.harness.js'

const NOBODY = 65534
const t = suite('guard: shell')
const check = when(t, await cannot({}))
const checkRoot = when(t, await cannot({}), root())
const opened: { close(): unknown }[] = []
t.after.each(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** A guard whose kyhad keeps its end of the door; the directories are open, so that only the guard stands in the way. */
async function open(options: Options = {}): Promise<{ g: RealGuard; life: Life; door: string }> {
  const g = new RealGuard({ cgroup: 'subreaper', ...options })
  opened.push(g)
  const life = await g.open()
  await serve(g)
  for (const dir of [g.dir, join(g.dir, 'run')]) chmodSync(dir, 0o755)
  return { g, life, door: join(g.dir, 'run', 'shell.sock') }
}
async function serve(g: RealGuard): Promise<void> {
  const life = g.manager()
  life.call('door', join(g.dir, 'run'))
  await until('kyhad listens', () => life.all('listening').length === 1)
}

interface Answer {
  readonly status: number
  readonly text: string
}
const ask = (socketPath: string, path: string, method = 'GET', body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const req = request({ socketPath, path, method, headers, host: 'localhost', agent: false }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (d: Buffer) => parts.push(d))
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(parts).toString() }))
    })
    req.on('error', reject)
    req.setTimeout(10_000, () => req.destroy(new Error('no answer')))
    req.end(body)
  })
const peer = async (door: string): Promise<Peer> => JSON.parse((await ask(door, '/api/v1/peer')).text) as Peer

const shell = join(dirname(fileURLToPath(import.meta.url)), '../../console/shell/kyha-shell.js')
const run = (door: string, line: string, as: { uid?: number; gid?: number } = {}): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', LANG: 'C' }
    execFile(process.execPath, [shell, '--socket', door, '-e', line], { env, cwd: '/', timeout: 30_000, ...as }, (e, out, err) =>
      resolve({ code: e ? Number(e.code ?? 1) : 0, out, err }),
    )
  })
const raw = (door: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(door, () => resolve(socket))
    socket.on('error', reject)
    opened.push({ close: () => socket.destroy() })
  })

check('who may come in is told to kyhad with uid and pid, and what a shell does is said', async () => {
  const { life, door } = await open()
  assert.match(life.hello.shell, /^checked by the guard at .*shell\.sock: root, uid \d+, group haclient$/)
  const me = await peer(door)
  assert.equal(me, { uid: process.getuid?.(), gid: process.getgid?.(), pid: process.pid })
  const ran = await run(door, 'actors list; join K1-SECRET --help')
  assert.is(ran.code, 0, ran.err)
  assert.is((await ask(door, '/api/v1/runtime/actor/restart?path=log', 'POST', '{}')).status, 200)
  await until('both are said', () => life.all('said').length === 2)
  const said = life.all<{ key: string; args: Record<string, unknown> }>('said')
  assert.equal(
    said.map(({ key, args }) => [key, args['uid'], args['line'] ?? args['path']]),
    [
      ['console.shell-line', me.uid, 'actors list; join ...'],
      ['console.shell-request', me.uid, '/api/v1/runtime/actor/restart'],
    ],
  )
  assert.is(said[1]?.args['pid'], process.pid)
})

checkRoot('another user is refused with one sentence, by the guard and by a closed directory alike', async () => {
  const { g, life, door } = await open()
  const refused = await run(door, 'actors list', { uid: NOBODY, gid: NOBODY })
  assert.is(refused.code, 77)
  assert.is(refused.out, '')
  assert.match(refused.err.replaceAll('\n', ' '), /^uid 65534 may not use the shell of this node: root, uid 0 and the group haclient may\./)
  assert.match(g.said, /a shell of uid 65534 \(gid 65534, pid \d+\) was refused/)
  chmodSync(join(g.dir, 'run'), 0o700)
  const closed = await run(door, 'actors list', { uid: NOBODY, gid: NOBODY })
  assert.is(closed.code, 77)
  assert.match(closed.err, /^You may not use the shell of this node/)
  assert.equal(life.all('said'), [], 'kyhad has not heard of either')
})

checkRoot('an unprivileged guard lets in its own user and root, and says whose it is', async () => {
  const { door } = await open({ unprivileged: true })
  assert.is((await peer(door)).uid, 0)
  assert.is((await run(door, 'actors list', { uid: NOBODY, gid: NOBODY })).code, 0)
  const other = await run(door, 'actors list', { uid: 1, gid: 1 })
  assert.is(other.code, 77)
  assert.match(other.err, /uid 1 may not use the shell of this node: root, uid 65534 and/)
})

const checkGroup = when(t, await cannot({}), root(), program('unshare'), program('setpriv'))
checkGroup('members of haclient come in, by their first group or another; the run directory is opened to them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-group-'))
  opened.push({ close: () => rmSync(dir, { recursive: true }) })
  writeFileSync(join(dir, 'group'), 'root:x:0:\nhaclient:x:189:\n')
  const wrap = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" /etc/group && exec "$@"', join(dir, 'group')]
  const { g, door } = await open({ wrap })
  chmodSync(join(g.dir, 'run'), 0o750)
  const as = (...groups: string[]) =>
    new Promise<number>((resolve) => {
      const args = ['--reuid', '1', ...groups, process.execPath, shell, '--socket', door, '-e', 'actors list']
      execFile('setpriv', args, { cwd: '/' }, (e) => resolve(e ? Number(e.code) : 0))
    })
  assert.is(await as('--regid', '189', '--clear-groups'), 0)
  assert.is(await as('--regid', '1', '--groups', '7,189'), 0)
  assert.is(await as('--regid', '1', '--groups', '7'), 77)
})

check('large bodies pass both ways unchanged, 20 at once', async () => {
  const { door } = await open()
  const body = 'kyha '.repeat(200_000)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(door, '/echo', 'POST', body)))
  for (const { text } of answers) assert.is(text === body, true)
})

check('kyhad is down: one sentence; it is back: the next connection passes; the old one has ended', async () => {
  const { g, life, door } = await open()
  const open1 = await raw(door)
  open1.resume()
  open1.write('GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until('kyhad has it', () => life.all('waiting').length === 1)
  const next = await g.crashManager()
  await until('it has ended', () => open1.readableEnded || open1.destroyed)
  const down = await run(door, 'actors list')
  assert.is(down.code, 75)
  assert.match(down.err, /^kyhad does not take shells at the moment/)
  await serve(g)
  assert.is((await run(door, 'actors list')).code, 0)
  assert.is(next.gone, false)
})

check('the guard is restarted: its door is there again, with another key', async () => {
  const { g, life, door } = await open()
  const before = life.hello.shellKey
  assert.match(before, /^[0-9a-f]{32}$/)
  const next = await g.crashGuard()
  assert.is.not(next.hello.shellKey, before)
  assert.is((await ask(door, '/api/v1/peer')).status, 503)
  await serve(g)
  assert.is((await peer(door)).pid, process.pid)
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  assert.is(existsSync(door), false)
})

check('nobody but the guard can say who comes, and nobody but kyhad is told', async () => {
  const { g, life, door } = await open()
  const relay = join(g.dir, 'run', 'relay.sock')
  for (const head of [
    'kyha-peer wrong 0 0 1\n',
    'GET / HTTP/1.1\r\n\r\n',
    `kyha-peer ${'0'.repeat(32)} 0 0 1\n`,
    'x'.repeat(5000),
    '\n',
    `kyha-peer ${life.hello.shellKey} -1 0 1\n`,
  ]) {
    const socket = await raw(relay)
    socket.write(`${head}GET /api/v1/peer HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    let got = ''
    socket.on('data', (d) => (got += String(d)))
    await until('it is closed', () => socket.destroyed || socket.readableEnded)
    assert.is(got, '')
  }
  rmSync(relay)
  const heard: string[] = []
  const impostor = createServer((s) => s.on('data', (d) => heard.push(String(d)))).listen(relay)
  opened.push({ close: () => impostor.close() })
  await until('it listens', () => impostor.listening)
  assert.is((await ask(door, '/api/v1/peer')).status, 503)
  assert.equal(heard, [])
})

const descriptors = (g: RealGuard): number => readdirSync(`/proc/${g.guard.pid}/fd`).length
/** Processor time used, in hundredths of a second. */
const ticks = (g: RealGuard): number => {
  const fields = readFileSync(`/proc/${g.guard.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

check('bounded: 32 connections, who does not read holds up nobody, and the guard goes on with its work', async () => {
  const { g, life, door } = await open()
  const greedy = await raw(door)
  greedy.pause()
  greedy.write('GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const held = [greedy, ...(await Promise.all(Array.from({ length: 31 }, () => raw(door))))]
  assert.is((await ask(door, '/api/v1/peer')).status, 503)
  await life.list()
  held.pop()?.destroy()
  let status = 503
  for (let i = 0; i < 500 && status !== 200; i++) status = (await ask(door, '/api/v1/peer')).status
  assert.is(status, 200)
  const fds = descriptors(g)
  for (const socket of held) socket.destroy()
  await until('their descriptors are gone', () => descriptors(g) < fds - 40)
  const cpu = ticks(g)
  await new Promise((r) => setTimeout(r, 500))
  assert.ok(ticks(g) - cpu < 10, 'it does not spin')
})

t.run()
