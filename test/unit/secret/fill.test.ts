/** Values in the place of names: whole values only, of parameters only, as the file stands now; what cannot be given is a sentence, not an operation. */
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exitReason } from '../../../actors/resource/ocf.js'
import type { AgentOp } from '../../../runtime/actor.js'
import { opId, resourceId } from '../../../runtime/ids.js'
import { printSecrets, SecretsFile, valueProblem } from '../../../runtime/secret/file.js'
import { filler, hideMax } from '../../../runtime/secret/fill.js'

const t = suite('secret: fill')
const dir = mkdtempSync(join(tmpdir(), 'kyha-secret-'))
const path = join(dir, 'secrets.json')
t.after(() => rmSync(dir, { recursive: true }))
const put = (secrets: Readonly<Record<string, string>>, mode = 0o600): void => {
  const all = Object.entries(secrets).map(([name, value]) => [name, { value, since: '2026-01-01T00:00:00.000Z' }] as const)
  writeFileSync(`${path}.next`, printSecrets(new Map(all)), { mode })
  chmodSync(`${path}.next`, mode)
  renameSync(`${path}.next`, path)
}
/** Of a kyhad that has just begun. */
const fresh = () => filler(new SecretsFile(join(dir, 'cluster.key')), 'n1')
const fill = fresh()
const base = { id: opId('o'), changes: false, reap: false, timeoutMs: 1000 }
const db = (env: AgentOp['env'], action = 'start'): AgentOp => ({
  ...base,
  kind: 'resource',
  resource: resourceId('r-7'),
  action,
  argv: ['kyha:db', action],
  env: { OCF_RESOURCE_INSTANCE: 'db', ...env },
})
const bmc = (stdin: string): AgentOp => ({
  ...base,
  kind: 'fence',
  resource: resourceId('fence/bmc'),
  action: 'off',
  argv: ['fence_x'],
  env: { OCF_RESKEY_x: '@secret:a' },
  stdin,
})
const filled = (op: AgentOp) => {
  const got = fill(op)
  assert.ok('op' in got, 'problem' in got ? got.problem : '')
  return got as Extract<typeof got, { op: AgentOp }>
}
const problem = (op: AgentOp): string => {
  const got = fresh()(op)
  assert.ok('problem' in got, 'it is not to be run')
  return 'problem' in got ? got.problem : ''
}

t('a fence agent reads values on its standard input; only whole values are names', () => {
  put({ a: 'canary-a', b: 'canary=b' })
  const got = filled(bmc('ip=10.0.0.1\nlogin=x@secret:a\npasswd=@secret:a\nkg=@secret:b\nagain=@secret:a\naction=off\n'))
  assert.is(got.op.stdin, 'ip=10.0.0.1\nlogin=x@secret:a\npasswd=canary-a\nkg=canary=b\nagain=canary-a\naction=off\n')
  assert.equal(got.hide, ['canary-a', 'canary=b'])
  assert.equal([got.op.env, got.op.argv], [{ OCF_RESKEY_x: '@secret:a' }, ['fence_x']], 'nowhere else')
})

t('a resource agent has them in its parameters, and nowhere else; who is asked what it is gets none', () => {
  put({ a: 'canary-a' })
  const env = { OCF_RESKEY_password: '@secret:a', OCF_RESKEY_user: 'root', KYHA_TOKEN: '@secret:a' }
  const got = filled(db(env))
  assert.equal(got.op.env, { OCF_RESOURCE_INSTANCE: 'db', ...env, OCF_RESKEY_password: 'canary-a' })
  assert.equal(got.op.argv, ['kyha:db', 'start'])
  const meta = filled(db(env, 'meta-data'))
  assert.equal([meta.op.env['OCF_RESKEY_password'], meta.hide], ['@secret:a', []])
})

t('the file is read as it stands now, however it was changed', () => {
  const value = () => filled(db({ OCF_RESKEY_p: '@secret:a' })).hide[0]
  put({ a: 'first-value' })
  assert.is(value(), 'first-value')
  put({ a: 'other-value' })
  assert.is(value(), 'other-value')
  unlinkSync(path)
  assert.match(problem(db({ OCF_RESKEY_p: '@secret:a' })), /does not have/)
  put({ a: 'third-value' })
  assert.is(value(), 'third-value')
})

t('one that is missing: which parameter, which secret, which node, what to do, all of it in an exit reason', () => {
  put({ a: 'canary-a' })
  const says = problem(db({ OCF_RESKEY_password: '@secret:nope' }))
  assert.is(
    says,
    'parameter password of db names the secret nope, which n1 does not have: run `kyha secret set nope` on n1, then `kyha resource cleanup db`',
  )
  assert.is(exitReason({ end: 'refused', detail: says, stderr: '' }), says)
  assert.is(
    problem(bmc('passwd=@secret:nope\n')),
    'parameter passwd of bmc names the secret nope, which n1 does not have: run `kyha secret set nope` on n1',
  )
  assert.match(problem(bmc('passwd=@secret:\n')), /names no secret/)
  assert.match(problem(bmc('passwd=@secret:a b\n')), /names no secret/)
})

t('a file that is not closed, damaged, or somebody’s link gives nothing; no sentence holds a value', () => {
  const says = () => problem(bmc('passwd=@secret:a\n'))
  put({ a: 'canary-a' }, 0o640)
  assert.match(says(), /cannot use its secrets: .*open to others than its owner \(mode 640\).*chmod 600/)
  chmodSync(path, 0o600)
  assert.equal(filled(bmc('passwd=@secret:a\n')).hide, ['canary-a'])
  chmodSync(path, 0o604)
  assert.match(says(), /mode 604/)
  for (const text of [
    '',
    '{"a": "canary-a"}',
    '{"version":1,"secrets":{"a":{"value":"canary-a"}}}',
    '{"version":2,"secrets":{}}',
    '{"version":1,"secrets":{"a b":{"value":"canary-a","since":""}}}',
    '{"version":1,"secrets":{"a":{"value":"canary-a\\naction=on","since":""}}}',
  ]) {
    unlinkSync(path)
    writeFileSync(path, text, { mode: 0o600 })
    assert.match(says(), /not a whole file of secrets/, text)
    assert.not.match(says(), /canary/)
  }
  put({ a: 'canary-a' })
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
  assert.match(says(), /ELOOP/)
  unlinkSync(path)
})

t('what runs goes on with the values known before when the file is good no more; nothing new begins', () => {
  const fill = fresh()
  const said = (op: AgentOp) => {
    const got = fill(op)
    return 'op' in got ? got.hide.join() : got.problem
  }
  const of = (action: string) => db({ OCF_RESKEY_p: '@secret:a' }, action)
  put({ a: 'first-value', b: 'value-of-b' })
  assert.is(said(db({ OCF_RESKEY_p: '@secret:b' })), 'value-of-b')
  const spoil: readonly [what: string, how: () => void][] = [
    ['open to others', () => chmodSync(path, 0o644)],
    ['damaged', () => writeFileSync(path, '{', { mode: 0o600 })],
    ['without it', () => put({ b: 'value-of-b' })],
    ['gone', () => unlinkSync(path)],
  ]
  for (const [what, how] of spoil) {
    how()
    for (const action of ['monitor', 'stop', 'demote', 'notify']) assert.is(said(of(action)), 'first-value', `${action}, ${what}`)
    assert.is(said(bmc('passwd=@secret:a\n')), 'first-value', what)
    for (const action of ['start', 'promote', 'reload-agent'])
      assert.match(said(of(action)), /^parameter p of db names the secret a/, `${action}, ${what}`)
    assert.match(said(db({ OCF_RESKEY_p: '@secret:c' }, 'stop')), /names the secret c/, 'a name that was never known')
  }
  put({ a: 'other-value' })
  assert.is(said(of('stop')), 'other-value')
})

t('an operation has a bound of secrets', () => {
  const names = Array.from({ length: hideMax + 1 }, (_, i) => `s${i}`)
  put(Object.fromEntries(names.map((name) => [name, `value of ${name}`])))
  const env = (count: number) => Object.fromEntries(names.slice(0, count).map((name) => [`OCF_RESKEY_${name}`, `@secret:${name}`]))
  assert.is(filled(db(env(hideMax))).hide.length, hideMax)
  assert.match(problem(db(env(hideMax + 1))), /more than 32 secrets/)
})

t('what can be a value: one line of 4 to 4096 bytes', () => {
  const key = (value: string): string | undefined => valueProblem(value)?.because.key
  assert.equal(['', 'abc', 'abcd', 'ü'.repeat(2048), 'ü'.repeat(2049), 'ab\ncd', 'ab\0cd', 'ab\x1bcd', 'pass word'].map(key), [
    'secret.no-value',
    'secret.too-short',
    undefined,
    undefined,
    'secret.too-long',
    'secret.no-line',
    'secret.no-line',
    'secret.no-line',
    undefined,
  ])
})

t.run()
