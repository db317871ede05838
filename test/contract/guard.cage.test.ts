/** The lab power switch and its fence agent: "off" is said only when nothing of the machine runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nativeDir } from '../../runtime/paths.js'
import { file, root, when } from '../needs.js'
import { until } from './guard.cases.js'
import { alive, end } from './guard.harness.js'

const t = suite('cage')
const check = when(t, file(join(nativeDir, 'cage'), 'the built cage'))
const checkRoot = when(t, file(join(nativeDir, 'cage'), 'the built cage'), root())

/** A machine whose program forks away in every way: new session, double fork, ignored signals, environment wiped. */
const machine = (dir: string, tail = 'wait'): string => `
one() { sh -c 'trap "" TERM HUP; echo $$ >>"$0/pids"; exec sleep 600' "$1"; }
echo boot >>"${dir}/boots"
(setsid sh -c 'echo $$ >>"$0/pids"; exec sleep 600' "${dir}" &)
(env -i PATH="$PATH" setsid sh -c 'echo $$ >>"$0/pids"; (sh -c "echo \\$\\$ >>\\"$0/pids\\"; exec sleep 600" &) ; exec sleep 600' "${dir}" &)
one "${dir}" &
echo $$ >>"${dir}/pids"
while [ "$(wc -l <"${dir}/pids")" -lt 5 ]; do sleep 0.01; done
: >"${dir}/run/ready"
${tail}
`
interface Cage {
  readonly dir: string
  readonly socket: string
  readonly child: ChildProcess
}
const cages: Cage[] = []
async function cage(args: readonly string[] = [], tail?: string): Promise<Cage> {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-cage-'))
  mkdirSync(join(dir, 'run'))
  writeFileSync(join(dir, 'pids'), '')
  const socket = join(dir, 'n1.sock')
  const all = [
    '--socket',
    socket,
    '--name',
    'n1',
    '--wipe',
    join(dir, 'run'),
    '--log',
    join(dir, 'machine.txt'),
    ...args,
    '--',
    '/bin/sh',
    '-c',
    machine(dir, tail),
  ]
  const one = { dir, socket, child: spawn(join(nativeDir, 'cage'), all, { stdio: ['ignore', 'ignore', 'pipe'] }) }
  cages.push(one)
  await ready(one)
  return one
}
const ready = (c: Cage): Promise<void> => until('the machine is up', () => existsSync(join(c.dir, 'run', 'ready')))
const pids = (c: Cage): number[] => readFileSync(join(c.dir, 'pids'), 'utf8').split('\n').filter(Boolean).map(Number)
const running = (c: Cage): number => pids(c).filter(alive).length
const ask = (path: string, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const s = connect(path, () => s.write(`${line}\n`))
    let text = ''
    s.on('error', reject)
    s.on('data', (d) => {
      text += String(d)
      if (!text.endsWith('\n')) return
      s.destroy()
      resolve(text.trim())
    })
  })
t.after.each(async () => {
  for (const c of cages.splice(0)) {
    if (c.child.exitCode === null && c.child.signalCode === null) {
      c.child.kill('SIGTERM')
      await new Promise((resolve) => c.child.on('exit', resolve))
    }
    for (const pid of pids(c)) if (c.child.spawnargs.includes('--pidns') === false) end(pid)
    rmSync(c.dir, { recursive: true, force: true })
  }
})

check('off is answered when no descendant is left and the run directory is empty; on boots anew', async () => {
  const c = await cage()
  assert.is(await ask(c.socket, 'status'), 'on')
  assert.is(running(c), 5)
  assert.match(await ask(c.socket, 'off'), /^ok off \d+$/)
  assert.is(running(c), 0)
  assert.equal(readdirSync(join(c.dir, 'run')), [])
  assert.is(await ask(c.socket, 'status'), 'off')
  assert.is(await ask(c.socket, 'off'), 'ok off 0')
  writeFileSync(join(c.dir, 'pids'), '')
  assert.is(await ask(c.socket, 'on'), 'ok on')
  await ready(c)
  assert.is(running(c), 5)
  assert.is(readFileSync(join(c.dir, 'boots'), 'utf8'), 'boot\nboot\n')
  assert.match(await ask(c.socket, 'crash'), /^ok off/)
  assert.is(running(c), 0)
})

check('a hanging client holds up nobody, an unknown word is refused with the known ones', async () => {
  const c = await cage()
  const hanging = Array.from({ length: 40 }, () => connect(c.socket).on('error', () => undefined))
  for (const s of hanging.slice(0, 5)) s.write('sta')
  assert.match(await ask(c.socket, 'explode'), /^fail unknown command: off, on/)
  assert.match(await ask(c.socket, 'off'), /^ok off/)
  for (const s of hanging) s.destroy()
})

check('the death of the cage leaves the machine running, and a second cage on its socket is refused', async () => {
  const c = await cage()
  c.child.kill('SIGKILL')
  await new Promise((resolve) => c.child.on('exit', resolve))
  assert.is(running(c), 5)
  const second = spawnSync(join(nativeDir, 'cage'), ['--socket', c.socket, '--name', 'n1', '--', '/bin/true'], { encoding: 'utf8' })
  assert.is(second.status, 4)
  assert.match(second.stderr, /still runs/)
})

check('quit switches off and ends the cage', async () => {
  const c = await cage()
  assert.match(await ask(c.socket, 'quit'), /^ok off/)
  await until('it ends', () => c.child.exitCode === 0)
  assert.is(running(c), 0)
  assert.is(existsSync(c.socket), false)
})

check('--respawn starts the program again when it ends by itself, not after off', async () => {
  const c = await cage(['--respawn'], 'exit 1')
  await until('it boots again', () => readFileSync(join(c.dir, 'boots'), 'utf8').split('\n').length > 3)
  assert.match(await ask(c.socket, 'off'), /^ok off/)
  const boots = readFileSync(join(c.dir, 'boots'), 'utf8')
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.is(readFileSync(join(c.dir, 'boots'), 'utf8'), boots)
})

checkRoot('--pidns: the machine is a pid namespace of its own, and off ends all of it', async () => {
  const c = await cage(['--pidns'], 'ps -e >/dev/null 2>&1; ls /proc | grep -c "^[0-9]" >"$0"/x 2>/dev/null; hostname >>/dev/null; wait')
  const children = readFileSync(`/proc/${c.child.pid}/task/${c.child.pid}/children`, 'utf8').trim().split(' ').map(Number)
  assert.is(children.length, 1)
  assert.match(readFileSync(`/proc/${children[0]}/status`, 'utf8'), /NSpid:\s+\d+\s+1\n/)
  assert.match(await ask(c.socket, 'off'), /^ok off/)
  assert.is(alive(children[0] as number), false)
  assert.is(await ask(c.socket, 'status'), 'off')
})

const fence = (input: Readonly<Record<string, string>>, ...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(join(nativeDir, 'fence_lab'), args)
    let out = ''
    let err = ''
    child.stdout.on('data', (d) => {
      out += String(d)
    })
    child.stderr.on('data', (d) => {
      err += String(d)
    })
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }))
    child.stdin.on('error', () => undefined) // it may end before it reads
    child.stdin.end(
      `# a comment\nnonsense\nunknown_key=1\n${Object.entries(input)
        .map(([k, v]) => `${k}=${v}`)
        .join('\n')}\n`,
    )
  })

check('fence_lab: off, on, reboot, status and list as the fence agent API says', async () => {
  const c = await cage()
  const at = { socket_dir: c.dir, plug: 'n1' }
  assert.is((await fence({ ...at, action: 'status' })).code, 0)
  assert.is((await fence({ ...at, action: 'off' })).code, 0)
  assert.is(running(c), 0)
  assert.is((await fence({ ...at, action: 'status' })).code, 2)
  assert.is((await fence({ ...at, action: 'monitor' })).code, 2)
  assert.is((await fence({ socket: c.socket, action: 'on' })).code, 0)
  await ready(c)
  assert.is((await fence({ socket_dir: c.dir, plug: 'other', nodename: 'n1', action: 'reboot' })).code, 0, 'the last key wins')
  assert.is((await fence({ ...at, action: 'status' })).code, 0)
  assert.is((await fence({ socket_dir: c.dir, action: 'list' })).out, 'n1,\n')
  assert.is((await fence({ socket_dir: c.dir, action: 'monitor' })).code, 0)
  assert.match((await fence({ action: 'metadata' })).out, /<action name="off"\/>/)
  assert.match((await fence({}, '-o', 'metadata')).out, /<resource-agent name="fence_lab"/)
})

check('fence_lab: no switch, a silent switch, a lying switch and bad options are failures with a sentence, never success', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-cage-'))
  const answers: Readonly<Record<string, string | undefined>> = {
    silent: undefined,
    refuses: 'fail 2 processes are left\n',
    lies: 'okay offline\n',
    half: 'ok of',
    closes: '',
  }
  const servers = Object.entries(answers).map(([name, answer]) => {
    const server = createServer((s) => {
      s.on('error', () => undefined)
      s.on('data', () => answer !== undefined && (answer === '' ? s.end() : s.write(answer)))
    })
    return server.listen(join(dir, `${name}.sock`))
  })
  for (const plug of [...Object.keys(answers), 'nobody', '../escape', '']) {
    for (const action of ['off', 'reboot', 'status']) {
      const { code, err } = await fence({ socket_dir: dir, plug, action, power_timeout: '0.1' })
      assert.is(code, 1, `${action} ${plug}`)
      assert.is(err.trim().split('\n').length, 1)
    }
  }
  for (const bad of [{ action: 'melt', socket_dir: dir, plug: 'x' }, { action: 'off' }, { action: 'off', socket: 'x'.repeat(300) }])
    assert.is((await fence(bad)).code, 1)
  assert.is((await fence({}, '--help')).code, 1)
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true })
})

t.run()
