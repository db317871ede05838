/**
 * The low footprint as a limit (A9): one real node on loopback with 50 resources, the memory of all its processes but the services. Memory is a size and
 * asserted; CPU and wake-ups are figures and printed. The bench measures three nodes (bench/footprint.ts).
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DemoNode, layOut } from '../../console/demo/layout.js'
import { end, powerUp } from '../../console/demo/power.js'
import { present } from '../../runtime/assert.js'
import { root } from '../../runtime/paths.js'

const t = suite('footprint')
const pssMibMax = 120
const resources = 50
const windowS = 10
const dir = mkdtempSync(join(tmpdir(), 'kyha-footprint-'))
const up: DemoNode[] = []

const kyha = (...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const cli = [join(root, 'dist', 'console', 'cli', 'kyha.js'), '--socket', present(up[0], 'the node').api, ...args]
    execFile(process.execPath, cli, (e, out, err) => (e ? reject(new Error(`${e.message}\n${out}${err}`)) : resolve(out)))
  })
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds().catch(() => false)) return // a node that starts answers the next time
    await sleep(500)
  }
  throw new Error(`it does not come to pass that ${what}`)
}

interface Process {
  readonly pid: string
  readonly args: readonly string[]
}
const processes = (): readonly Process[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .flatMap((pid) => {
      try {
        return [{ pid, args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }]
      } catch {
        return [] // it ended meanwhile
      }
    })
/** Guard, kyhad and agents in flight; the cage that plays its machine is not the node's own. */
const own = (): readonly Process[] =>
  processes().filter(({ args }) => args.some((a) => a.startsWith(join(dir, 'demo'))) && !/\/cage$/.test(args[0] ?? ''))
/** 0 when the process has ended. */
function number(path: string, what: RegExp): number {
  try {
    return Number(what.exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
const pssMib = (p: Process): number => number(`/proc/${p.pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) / 1024
/** CPU in ms and voluntary wake-ups of all threads so far. */
function spent(p: Process): { readonly ms: number; readonly wakes: number } {
  const threads = readdirSync(`/proc/${p.pid}/task`).map((tid) => `/proc/${p.pid}/task/${tid}`)
  return {
    ms: threads.reduce((n, task) => n + number(`${task}/schedstat`, /^(\d+)/) / 1e6, 0),
    wakes: threads.reduce((n, task) => n + number(`${task}/status`, /^voluntary_ctxt_switches:\s+(\d+)/m), 0),
  }
}

t(`a node comes up and runs ${resources} resources`, async () => {
  const node = present((await layOut(join(dir, 'demo'), 1)).nodes[0], 'the node')
  up.push(node)
  powerUp(node)
  const list = Array.from({ length: resources }, (_, i) => `  - {name: r${i}, agent: 'kyha:Dummy', ops: {monitor: {interval: 60s}}}`)
  const file = join(dir, 'fifty.yaml')
  writeFileSync(file, `apiVersion: kyha/v1\nname: demo\nproperties: {fencing-enabled: false}\nresources:\n${list.join('\n')}\n`)
  await until('the configuration is applied', async () => (await kyha('config', 'apply', file)) !== '')
  await until(`${resources} resources run`, async () => {
    const status = JSON.parse(await kyha('status', '-o', 'json')) as { resources: { role: string }[] }
    return status.resources.length === resources && status.resources.every((r) => r.role === 'Started')
  })
})
t.after(async () => {
  for (const node of up) await end(node)
  for (let i = 0; i < 100 && own().length > 0; i++) await sleep(100)
  rmSync(dir, { recursive: true, force: true })
})

t('[A9] a node with 50 resources needs at most 120 MiB, guard, kyhad and agents together', async () => {
  // Only what lasts: an agent in flight may be gone before it is looked at again.
  const lasting = own().filter((p) => p.args.some((a) => /\/native\/guard$|\/runtime\/main.js$/.test(a)))
  const first = lasting.map(spent)
  await sleep(windowS * 1000)
  const now = lasting.map(spent)
  const mib = own().reduce((n, p) => n + pssMib(p), 0)
  const since = (pick: 'ms' | 'wakes'): number => now.reduce((n, s, i) => n + s[pick] - (first[i]?.[pick] ?? 0), 0) / windowS
  const figures = `${mib.toFixed(1)} MiB, ${(since('ms') / 10).toFixed(2)} % of a core, ${since('wakes').toFixed(0)} wake-ups a second`
  process.stdout.write(`\n# figure a node alone, idle with ${resources} resources: ${figures}\n`)
  assert.is(lasting.length >= 2, true, 'guard and kyhad run')
  assert.ok(mib <= pssMibMax, figures)
  assert.ok(mib > 20, 'it was measured')
})

t.run()
