/** Join codes survive being read aloud, and a wrong one says what is wrong. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkJoinCode, decodeJoinCode, encodeJoinCode, type JoinCode, newSecret } from '../../../runtime/wire/joincode.js'
import { cluster, otherCluster } from './help.js'

const t = suite('wire/joincode')
const ca = 'f'.repeat(64)
const code: JoinCode = {
  cluster,
  fingerprint: ca.slice(0, 32),
  address: '10.0.0.1',
  port: 7600,
  secret: 'ab'.repeat(16),
  expiresS: 1_800_000_000,
}
const text = encodeJoinCode(code)
const refused = (input: string): string => {
  const got = decodeJoinCode(input)
  return 'refused' in got ? got.refused : 'taken'
}

t('comes back as it was, in any spelling', () => {
  assert.match(text, /^([0-9A-HJKMNP-TV-Z]{5}-)+[0-9A-HJKMNP-TV-Z]{1,5}$/)
  assert.ok(text.length < 150, `${text.length} characters`)
  for (const spelling of [
    text,
    text.toLowerCase(),
    text.replaceAll('-', ' '),
    `  ${text}\n`,
    text.replaceAll('0', 'O').replaceAll('1', 'l'),
  ]) {
    assert.equal(decodeJoinCode(spelling), code)
  }
  for (const address of ['fd00::1', 'node-1.example.org', 'fe80::1%eth0']) {
    assert.equal(decodeJoinCode(encodeJoinCode({ ...code, address })), { ...code, address })
  }
})

t('each wrong character is noticed', () => {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '-') continue
    const other = text[i] === 'A' ? 'B' : 'A'
    assert.is(refused(text.slice(0, i) + other + text.slice(i + 1)), 'join-code-typo', `at ${i}`)
  }
  assert.is(refused(text.slice(0, -3)), 'join-code-typo')
})

t('what is no code says so', () => {
  for (const input of ['', 'hello', 'U'.repeat(120), '\u0000', 'A'.repeat(10_000), '加入码'])
    assert.is(refused(input), 'join-code-form', input.slice(0, 9))
})

t('the maker takes it once made, in time, for its own cluster', () => {
  const self = { cluster, fingerprint: ca }
  const check = (one: JoinCode, issued: readonly JoinCode[], nowMs: number): string =>
    checkJoinCode(one, self, issued, nowMs)?.refused ?? 'good'
  const inTime = (code.expiresS - 1) * 1000
  assert.is(check(code, [code], inTime), 'good')
  assert.is(check(code, [code], (code.expiresS + 5) * 1000), 'join-code-expired')
  assert.is(
    check({ ...code, expiresS: code.expiresS + 9e6 }, [code], (code.expiresS + 5) * 1000),
    'join-code-expired',
    'the maker remembers the expiry',
  )
  assert.is(check(code, [], inTime), 'join-code-unknown')
  assert.is(check({ ...code, secret: newSecret() }, [code], inTime), 'join-code-unknown')
  assert.is(check({ ...code, cluster: otherCluster }, [code], inTime), 'join-code-cluster')
  assert.is(check({ ...code, fingerprint: '0'.repeat(32) }, [code], inTime), 'join-code-cluster')
})

t.run()
