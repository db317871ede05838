/** The lease and what shows outside: watchdog, stand-in beats, a guard that was stopped, a machine that slept, damaged records, hostile renewals. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode, Tag, Verb } from '../../runtime/guard/protocol.js'
import { token } from '../../runtime/ids.js'
import { when } from '../needs.js'
import { op, run, startDaemon, until } from './guard.cases.js'
import { cannot, end, type Life, type Options, RealGuard } from './guard.harness.js'

const t = suite('guard: lease')
const check = when(t, await cannot({}))
const opened: { close(): unknown }[] = []
t.after.each(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})
const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-lease-'))
  opened.push({ close: () => rmSync(dir, { recursive: true }) })
  return dir
}
async function open(options: Options = {}): Promise<{ g: RealGuard; life: Life }> {
  const g = new RealGuard({ cgroup: 'subreaper', ...options })
  opened.push(g)
  return { g, life: await g.open() }
}
const said = (g: RealGuard, what: RegExp): Promise<void> => until(`it says ${what}: ${g.said}`, () => what.test(g.said))
/** A file in the watchdog's place: a byte for each sign of life. */
const petted = (path: string): number => readFileSync(path).length
const watched = (): string => {
  const path = join(temporary(), 'watchdog')
  writeFileSync(path, '')
  return path
}

check('the watchdog is not petted while something is left of an expired lease, and is again afterwards', async () => {
  const path = watched()
  const { g, life } = await open({ args: ['--watchdog', path, '--watchdog-s', '1'] })
  await run(g, op(g, 'address', 'start', 'ok'))
  life.guard.lease(1200, 0)
  await said(g, /no longer petted, since the lease expired and something is left/)
  const before = petted(path)
  await new Promise((resolve) => setTimeout(resolve, 800))
  assert.is(petted(path), before)
  await run(g, op(g, 'address', 'stop', 'ok'))
  await until('it is petted again', () => petted(path) > before)
})

check('a guard that is told to end while a lease is armed and something runs leaves the watchdog armed', async () => {
  const path = watched()
  const { g, life } = await open({ args: ['--watchdog', path, '--watchdog-s', '1'] })
  await startDaemon(g, 'svc')
  life.guard.lease(60_000, 0)
  await until('it is armed', () => life.leases().length === 1)
  g.guard.kill('SIGTERM')
  await until('it ends', () => g.exit !== undefined)
  assert.match(readFileSync(path, 'latin1'), /^\0+$/)
  assert.match(g.said, /stays armed/)
})

check('[S15] a guard that was stopped beyond its lease starts nothing that was asked for meanwhile', async () => {
  const path = watched()
  const { g, life } = await open({ args: ['--watchdog', path, '--watchdog-s', '1'] })
  await startDaemon(g, 'svc')
  life.guard.lease(1500, 0)
  await until('it is armed', () => life.leases().length === 1)
  g.guard.kill('SIGSTOP')
  const before = petted(path)
  const late = op(g, 'other', 'start', 'daemon')
  life.guard.run(late, token(1))
  await new Promise((resolve) => setTimeout(resolve, 1800))
  g.guard.kill('SIGCONT')
  const { end: ending, detail } = await life.result(late.id)
  assert.is(ending, 'refused', detail)
  assert.is(g.started('other'), 0)
  await until('the service is killed', () => g.running('svc') === 0)
  assert.ok(petted(path) - before <= 1, 'at most the one that the stop interrupted')
})

/** Adds what the file says (ms) to the boot clock: a suspend as a process sees it. */
const shim = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int rc = real(id, t);
  char text[32] = "";
  int fd = id == CLOCK_BOOTTIME && getenv("KYHA_TEST_SLEPT") ? open(getenv("KYHA_TEST_SLEPT"), O_RDONLY) : -1;
  if (fd >= 0) {
    if (read(fd, text, sizeof text - 1) > 0) t->tv_sec += atol(text) / 1000;
    close(fd);
  }
  return rc;
}
`
function sleeper(): { readonly env: Readonly<Record<string, string>>; sleep(ms: number): void } | undefined {
  const dir = temporary()
  writeFileSync(join(dir, 'shim.c'), shim)
  const built = spawnSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-o', join(dir, 'shim.so'), join(dir, 'shim.c'), '-ldl'])
  if (built.status !== 0) return undefined
  writeFileSync(join(dir, 'slept'), '0')
  return {
    env: { LD_PRELOAD: join(dir, 'shim.so'), KYHA_TEST_SLEPT: join(dir, 'slept') },
    sleep: (ms) => writeFileSync(join(dir, 'slept'), String(ms)),
  }
}

check('[S15] a machine that slept: the lease runs on in its sleep, and a renewal of before the sleep is worth nothing', async () => {
  const machine = sleeper()
  assert.ok(machine, 'the guard needs a C compiler, so there is one')
  const { g, life } = await open({ env: machine.env })
  await startDaemon(g, 'svc')
  life.guard.lease(60_000, 0)
  await until('it is armed', () => life.leases().length === 1)
  await new Promise((resolve) => setTimeout(resolve, 400))
  machine.sleep(20_000)
  life.guard.lease(50_000, 200) // sent before the sleep, after the guard's start
  await said(g, /before the guard's start or a suspend is worth nothing/)
  assert.is(g.running('svc'), 1)
  machine.sleep(70_000)
  const late = op(g, 'other', 'start', 'daemon')
  life.guard.run(late, token(1))
  assert.is((await life.result(late.id)).end, 'refused')
  await until('the service is killed', () => g.running('svc') === 0)
})

check('stand-in beats end with the lease', async () => {
  const { g, life } = await open()
  const socket = createSocket('udp4')
  let heard = 0
  socket.on('message', () => heard++)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  opened.push({ close: () => socket.close() })
  const frames = Array.from({ length: 120 }, (_, i) => Buffer.from(`f${i}`))
  life.call('standIn', 20, [{ address: '127.0.0.1', port: socket.address().port, bind: '127.0.0.1', frames }])
  life.guard.lease(1500, 0)
  life.call('alive')
  await until('it is armed', () => life.leases().length === 1)
  const next = await g.crashManager()
  await until('beats are heard', () => heard > 2)
  await said(g, /the lease of 1500 ms expired/)
  await next.list()
  const before = heard
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.is(heard, before)
})

check('a record that is damaged, empty, impossible or of another life: expired, or forgotten with that life', async () => {
  const { g, life } = await open()
  const file = join(g.dir, 'run', 'lease')
  life.guard.lease(60_000, 0)
  await until('it is armed', () => life.leases().length === 1)
  const [good] = [readFileSync(file, 'utf8')]
  for (const bad of [
    '',
    'x',
    '\0\0\0',
    good.slice(0, 5),
    `${good}1`,
    '9999999999999999 60000 1\n',
    '5 0 1\n',
    '5 9 7\n',
    good.repeat(50),
  ]) {
    g.guard.kill('SIGKILL')
    await until('it is dead', () => g.exit !== undefined)
    writeFileSync(file, bad)
    const lives = g.lives.length
    g.launch()
    assert.match((await g.life(lives + 1)).hello.lease, /^expired: nothing is left$/, JSON.stringify(bad))
  }
  g.guard.kill('SIGKILL')
  await until('it is dead', () => g.exit !== undefined)
  writeFileSync(join(g.dir, 'run', 'boot'), 'another-kernel 0123456789abcdef0123456789abcdef\n')
  writeFileSync(join(g.dir, 'run', 'active', 'ghost'), '')
  g.launch()
  assert.is((await g.life(g.lives.length + 1)).hello.lease, 'not armed')
  assert.not.ok(existsSync(join(g.dir, 'run', 'active', 'ghost')))
})

check('a lease that cannot be put on record is not armed', async () => {
  const { g, life } = await open()
  mkdirSync(join(g.dir, 'run', 'lease.tmp'))
  life.guard.lease(60_000, 0)
  await until('it says so', () => life.leases().length === 1)
  assert.equal(life.leases(), ['not armed'])
  assert.match(g.said, /cannot be put on record/)
})

check('impossible renewals: one sentence, the connection ends, nothing is armed', async () => {
  const { g } = await open()
  const hostile: readonly (readonly [number, number | Buffer][])[] = [
    [],
    [[Tag.sentMs, 5]],
    [[Tag.renewMs, Buffer.alloc(4)]],
    [[Tag.renewMs, 3_600_001]],
    [
      [Tag.renewMs, 1000],
      [Tag.sentMs, 2 ** 52],
    ],
  ]
  for (const fields of hostile) {
    const lives = g.lives.length
    g.manager().call('leave', 'restart')
    g.manager().call('raw', encode(Verb.lease, fields))
    assert.is((await g.life(lives + 1)).hello.lease, 'not armed')
  }
  assert.is(g.said.split('the connection to kyhad is closed').length, hostile.length + 1)
  assert.not.ok(existsSync(join(g.dir, 'run', 'lease')))
  end(g.manager().pid)
})

t.run()
