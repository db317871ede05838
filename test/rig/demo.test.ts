/**
 * The demo as a user meets it: it comes up, says where to look, survives a power cut, answers `status -o json`, and Ctrl-C leaves nothing.
 * Runs unprivileged or as root, on loopback addresses, in a folder of its own.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../runtime/paths.js'

const t = suite('demo')
const dir = mkdtempSync(join(tmpdir(), 'kyha-demo-'))
const env = { ...process.env, KYHA_DEMO_DIR: join(dir, 'demo') }
const script = (name: string): string => join(root, 'dist', 'console', 'demo', `${name}.js`)
let launcher: ChildProcess | undefined
let said = ''

const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
async function until(what: string, msMax: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + msMax
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what} did not come about within ${msMax} ms\n${said}`)
    await sleep(100)
  }
}
const demo = (...args: string[]): Promise<{ code: number; out: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [script('demo'), ...args], { env }, (e, out) => resolve({ code: e ? Number(e.code) : 0, out })),
  )

interface Status {
  nodes: { name: string; state: string }[]
  resources: { id: string; role: string; node: string | null }[]
}
const status = async (): Promise<Status> => JSON.parse((await demo('status', '-o', 'json')).out) as Status

/** Processes whose command line names our folder. */
const left = (): string[] =>
  readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p) && p !== String(process.pid))
    .filter((p) => {
      try {
        return readFileSync(`/proc/${p}/cmdline`, 'utf8').includes(dir)
      } catch {
        return false // it ended meanwhile
      }
    })

t('[A1] npm start comes up and says where to look', async () => {
  launcher = spawn(process.execPath, [script('start')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  launcher.stdout?.on('data', (d: Buffer) => {
    said += d.toString()
  })
  launcher.stderr?.on('data', (d: Buffer) => {
    said += d.toString()
  })
  await until('the demo', 60_000, () => /^console: http:.*$/m.test(said) && /^service: http:.*$/m.test(said))
  await sleep(500)
  assert.is(launcher.exitCode, null, 'the launcher stays in the foreground')
  const s = await status()
  assert.equal(
    s.nodes.map((n) => n.state),
    ['online', 'online', 'online'],
  )
  assert.ok(s.resources.every((r) => r.role === 'Started' && r.node === 'n1'))
})

t('the service answers over HTTP with its owner', async () => {
  const url = said.match(/^service: (.*)$/m)?.[1] ?? ''
  const answer = (await (await fetch(url)).json()) as { owner: string }
  assert.is(answer.owner, 'n1')
})

t('[A1][E3] kill n1: fenced, and the service answers from n2', async () => {
  assert.is((await demo('kill', 'n1')).code, 0)
  await until('the takeover', 30_000, async () => {
    const s = await status()
    return s.nodes.find((n) => n.name === 'n1')?.state === 'fenced' && s.resources.every((r) => r.role === 'Started' && r.node === 'n2')
  })
})

t('heal: n1 comes back, nothing moves', async () => {
  assert.is((await demo('heal')).code, 0)
  await until('n1 online', 30_000, async () => (await status()).nodes.every((n) => n.state === 'online'))
  assert.ok((await status()).resources.every((r) => r.node === 'n2'))
})

t('[E5] crash web: restarted in place', async () => {
  assert.is((await demo('crash', 'web')).code, 0)
  await until('the restart', 30_000, async () => (await status()).resources.every((r) => r.role === 'Started' && r.node === 'n2'))
})

t('wrong words get one sentence and exit 64', async () => {
  assert.is((await demo('kill', 'n9')).code, 64)
  assert.is((await demo('cut', '7')).code, 64)
  assert.is((await demo('dance')).code, 64)
})

const cmdline = (pid: string): string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return [] // it ended meanwhile
  }
}
t('SIGTERM to the guard of n2: the node leaves in order, nobody fences it, and its service answers from another', async () => {
  const run = join(env.KYHA_DEMO_DIR, 'n2', 'run')
  const isGuard = (pid: string): boolean => cmdline(pid)[0]?.endsWith('/guard') === true && cmdline(pid).includes(run)
  const guard = left().find(isGuard)
  assert.ok(guard)
  process.kill(Number(guard), 'SIGTERM')
  await until('its end', 60_000, () => !left().includes(guard))
  const s = await status()
  assert.is(s.nodes.find((n) => n.name === 'n2')?.state, 'left')
  await until('the service', 30_000, async () => (await status()).resources.every((r) => r.role === 'Started' && r.node !== 'n2'))
})

t('Ctrl-C leaves nothing running', async () => {
  launcher?.kill('SIGINT')
  await until('the end', 30_000, () => launcher?.exitCode !== null && left().length === 0)
  assert.is(launcher?.exitCode, 0)
})

t.after(async () => {
  await demo('stop')
  rmSync(dir, { recursive: true, force: true })
})

t.run()
