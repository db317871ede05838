/** kyhad's entry with what is missing or wrong: one sentence and the documented exit code each. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const t = suite('host: main')
const main = fileURLToPath(new URL('../../../runtime/main.js', import.meta.url))
let dir = ''
t.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'kyha-main-'))
})
t.after(() => rmSync(dir, { recursive: true, force: true }))

function run(args: readonly string[], fd?: string): { readonly code: number | null; readonly said: string } {
  const { KYHA_GUARD_FD: _, ...env } = process.env
  const done = spawnSync(process.execPath, [main, ...args], {
    env: fd === undefined ? env : { ...env, KYHA_GUARD_FD: fd },
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: done.status, said: done.stderr.trim() }
}

t('no --config: usage', () => {
  const { code, said } = run([])
  assert.is(code, 64)
  assert.match(said, /^kyhad: kyhad needs `--config FILE`/)
  assert.is(said.split('\n').length, 1)
})

t('no guard: says that the guard starts it', () => {
  const { code, said } = run(['--config', join(dir, 'node.json')])
  assert.is(code, 69)
  assert.match(said, /KYHA_GUARD_FD.*is not set/)
})

t('no settings, or broken ones: names the file and what is wrong', () => {
  const missing = run(['--config', join(dir, 'none.json')], '3')
  assert.is(missing.code, 78)
  assert.match(missing.said, /none\.json/)
  writeFileSync(join(dir, 'node.json'), '{"cluster": 7}')
  const broken = run(['--config', join(dir, 'node.json')], '3')
  assert.is(broken.code, 78)
  assert.match(broken.said, /cluster/)
})

t.run()
