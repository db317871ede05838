/**
 * Rows: S20. Hostile msgpack: depth, announced sizes, prototype keys, extensions, keys of other kinds, in any combination; and the log's own bytes on top
 * of it. Taken whole and plain, or refused with a sentence; nothing throws, and no prototype is reached.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { genesis } from '../../actors/log/apply.js'
import { decodeHard, decodeRow, decodeSnapshot, encodeHard, encodeRow, encodeSnapshot } from '../../actors/log/codec.js'
import { index, nodeId, term } from '../../runtime/ids.js'
import { pack, readBody, unpack, unpackMsg } from '../../runtime/wire/codec.js'
import { check, damage, damaged, sentences } from './help.js'

const t = suite('fuzz: codec')

const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
const text = (s: string): number[] => [0xd9, Buffer.byteLength(s), ...Buffer.from(s)]
const evil = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'type', 'hasOwnProperty', 'a')
/** Pieces of msgpack as an attacker would write them: what they announce need not be there. */
const piece: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.nat(255).map((n) => [n]),
  evil.map(text),
  fc
    .tuple(fc.constantFrom(0xdd, 0xdf, 0xc6, 0xdb, 0xc9), fc.constantFrom(0, 1, 2, 0xffff, 0x7fffffff, 0xffffffff))
    .map(([head, n]) => [head, ...u32(n)]),
  fc.constantFrom([0x81], [0x91], [0x82], [0x92], [0xc0], [0xd6, 0xff, 0, 0, 0, 0], [0xd4, 0x72, 0x40], [0xc7, 0, 1]),
  fc.tuple(fc.constantFrom(0x91, 0x81), fc.nat(80)).map(([head, n]) => Array.from({ length: n }, () => head)),
  evil.map((key) => [0x81, ...text(key), 0x81, ...text('polluted'), 0xc3]),
)
const stream = fc.array(piece, { minLength: 1, maxLength: 20 }).map((all) => Uint8Array.from(all.flat()))

const depth = (of: unknown): number =>
  typeof of === 'object' && of !== null && !ArrayBuffer.isView(of) ? 1 + Math.max(0, ...Object.values(of).map(depth)) : 0
const clean = (): void => {
  assert.is(({} as Record<string, unknown>)['polluted'], undefined)
  assert.is(Object.keys(Object.prototype).length, 0)
}

t('any composition is taken whole and plain, or refused with a sentence', () => {
  let taken = 0
  let refused = 0
  check(
    5000,
    fc.property(stream, (bytes) => {
      const got = unpack(bytes)
      clean()
      if (!got.ok) {
        refused++
        return sentences(got.because)
      }
      taken++
      assert.ok(depth(got.value) <= 32)
      pack(got.value)
    }),
  )
  assert.ok(taken > 20 && refused > 20, `${taken} taken, ${refused} refused`)
})

t('announced sizes cost nothing: 4 GiB, 2^31 elements, 100,000 levels', () => {
  for (const bytes of [
    [0xdd, ...u32(0xffffffff)],
    [0xdf, ...u32(0x7fffffff), ...text('a')],
    [0xc6, ...u32(0xffffffff)],
    Array(100_000).fill(0x91),
    Array(100_000).fill(0x81),
  ]) {
    const got = unpack(Uint8Array.from(bytes))
    assert.not.ok(got.ok)
    if (!got.ok) sentences(got.because)
  }
})

t('a key that reaches a prototype is refused at any depth, in messages and bodies too', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'msg', 'type'), { maxLength: 20 })
  check(
    500,
    fc.property(path, fc.constantFrom('__proto__', 'constructor', 'prototype'), (keys, last) => {
      const bytes = Uint8Array.from([...keys.flatMap((key) => [0x81, ...text(key)]), 0x81, ...text(last), 0x80])
      assert.not.ok(unpack(bytes).ok)
      assert.not.ok(unpackMsg(bytes).ok)
      assert.is(readBody(bytes, 1200), undefined)
      clean()
    }),
  )
})

t('entries, hard states and snapshots that are damaged or made up: read, or a sentence and a stop', () => {
  const members = [{ node: nodeId('a'), name: 'n1', votes: 1, links: [{ address: '10.0.0.1', port: 5405 }] }]
  const row = encodeRow(index(2), term(1), term(0), 'id', { type: 'cleanup', resource: 'r', by: 'x' })
  const claim = { witness: 'w', epoch: 0 }
  const hard = encodeHard({
    term: term(1),
    votedFor: undefined,
    epoch: 0,
    soloSet: undefined,
    certificate: undefined,
    claim,
    commit: index(0),
  })
  const snapshot = encodeSnapshot({ state: genesis(members, 'x'), recent: [] })
  const judge = (bytes: Uint8Array): void => {
    for (const got of [decodeRow({ index: index(2), term: term(1), bytes }), decodeHard(bytes), decodeSnapshot(bytes)])
      if (!got.ok) sentences(got.because)
    clean()
  }
  check(
    1500,
    fc.property(fc.constantFrom(row.bytes, hard, snapshot), damage, (bytes, changes) => judge(damaged(bytes, changes))),
  )
  const value = fc.object({
    key: fc.constantFrom('type', 'version', 'id', 'prev', 'body', 'term', 'epoch', 'commit', 'state', 'recent'),
    maxDepth: 2,
  })
  check(
    500,
    fc.property(value, (v) => judge(pack(v))),
  )
})

t.run()
