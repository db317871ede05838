/** Rows: S19, S23. A frame is good for one sender, one life, one receiver, one key. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { type ClusterKeys, makeKeyLine, openSigner, parseKeys, readKeys } from '../../../runtime/wire/keys.js'
import { a, b, c, cluster, flip, key, life, otherCluster } from './help.js'

const t = suite('wire/keys')
const boot = life('1').boot
const signed = (keys: ClusterKeys = key(1), of = cluster): Buffer => {
  const frame = Buffer.alloc(40, 3)
  openSigner(of, a, boot, keys).sign(frame, b)
  return frame
}
const verifier = openSigner(cluster, b, life('2').boot, key(1))

t('the receiver verifies it, twice', () => {
  assert.ok(verifier.verify(signed(), a, boot))
  assert.ok(verifier.verify(signed(), a, boot))
})

t('nobody else does, and nothing else passes', () => {
  assert.not.ok(openSigner(cluster, c, boot, key(1)).verify(signed(), a, boot), 'another receiver')
  assert.not.ok(openSigner(cluster, b, boot, key(2)).verify(signed(), a, boot), 'another key')
  assert.not.ok(openSigner(otherCluster, b, boot, key(1)).verify(signed(), a, boot), 'another cluster')
  assert.not.ok(verifier.verify(signed(), c, boot), 'another sender')
  assert.not.ok(verifier.verify(signed(), a, life('3').boot), 'another life')
})

t('every flipped bit is noticed', () => {
  for (let bit = 0; bit < 40 * 8; bit++) {
    const frame = signed()
    flip(frame, bit >> 3, 1 << (bit & 7))
    assert.not.ok(verifier.verify(frame, a, boot), `bit ${bit}`)
  }
})

t('rotation: the first key signs, both verify', () => {
  const both = [key(2)[0], key(1)[0]] as const
  const rotating = openSigner(cluster, b, life('2').boot, both)
  assert.ok(rotating.verify(signed(key(1)), a, boot))
  assert.ok(rotating.verify(signed(key(2)), a, boot))
  assert.ok(rotating.verify(signed(both), a, boot))
  assert.not.ok(verifier.verify(signed(both), a, boot))
})

t('forged lives push no known key out', () => {
  const one = openSigner(cluster, b, life('2').boot, key(1))
  assert.ok(one.verify(signed(), a, boot))
  for (let i = 0; i < 300; i++) one.verify(Buffer.alloc(40), a, bootId(i.toString(16).padStart(32, '0')))
  assert.ok(one.verify(signed(), a, boot))
})

t('key file: good, and each kind of bad', () => {
  const line = makeKeyLine()
  assert.is((parseKeys(`# comment\n${line}\n`, 'f') as ClusterKeys).length, 1)
  assert.is((parseKeys(line + makeKeyLine(), 'f') as ClusterKeys).length, 2)
  const refused = (text: string): string => {
    const got = parseKeys(text, 'key.txt')
    if (!('refused' in got)) return 'taken'
    const sentence = render('zh', got.because.key, got.because.args)
    assert.ok(sentence.includes('key.txt') && !sentence.includes(text.slice(12, 30) || '?'), 'names the file, not the secret')
    return got.refused
  }
  assert.is(refused(''), 'key-count')
  assert.is(refused(line + line + line), 'key-count')
  assert.is(refused(line.slice(0, -5)), 'key-format')
  assert.is(refused(line.replace('key-1', 'key-2')), 'key-format')
  assert.is(refused(line.replace(':', ':!')), 'key-format')
})

t('key file on disk: missing, open to others, good', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-keys-'))
  const path = join(dir, 'key')
  const got = (): string => {
    const keys = readKeys(path)
    return 'refused' in keys ? keys.refused : 'taken'
  }
  assert.is(got(), 'key-file')
  writeFileSync(path, makeKeyLine(), { mode: 0o600 })
  assert.is(got(), 'taken')
  chmodSync(path, 0o640)
  assert.is(got(), 'key-mode')
  rmSync(dir, { recursive: true })
})

t('a key does not print', () => {
  assert.not.ok(inspect(key(0x41), { depth: 9 }).includes('AAAA'))
  assert.not.ok(JSON.stringify(key(0x41)).includes('65,65'))
})

t.run()
