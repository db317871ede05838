/** Finding this machine's guard among its processes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { guardPid } from '../../../console/join/local.js'

const t = suite('join: local')
const proc = mkdtempSync(join(tmpdir(), 'kyha-proc-'))
t.after(() => rmSync(proc, { recursive: true }))

function process(pid: number, parent: number, argv: readonly string[]): void {
  mkdirSync(join(proc, String(pid)), { recursive: true })
  writeFileSync(join(proc, String(pid), 'cmdline'), `${argv.join('\0')}\0`)
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (a ) name) S ${parent} 1 1 0 -1`)
}
const guard = (runDir: string): string[] => ['/opt/kyha/dist/native/guard', '--run', runDir, '--state', '/var/lib/kyha']

t('none runs', () => {
  process(1, 0, ['/sbin/init'])
  process(70, 1, ['/usr/bin/less', '--run', '/run/kyha'])
  process(71, 1, guard('/run/other'))
  assert.is(guardPid('/run/kyha', proc), undefined)
})

t('a child of the guard that has not become an agent yet is not the guard, whatever its number', () => {
  process(53, 1, guard('/run/kyha'))
  process(398, 53, guard('/run/kyha')) // stands before 53 in a listing
  process(61, 53, guard('/run/kyha'))
  assert.is(guardPid('/run/kyha', proc), 53)
})

t.run()
