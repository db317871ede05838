/** Rows: S19, S20. The codec takes what it gave, and refuses everything else with a reason. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { render } from '../../../runtime/text/index.js'
import { isMsg, pack, unpack, unpackMsg } from '../../../runtime/wire/codec.js'

const t = suite('wire/codec')
const refused = (bytes: number[] | Uint8Array, max?: number): string => {
  const got = unpack(Uint8Array.from(bytes), max)
  if (got.ok) return 'taken'
  assert.is(render('en', got.because.key, got.because.args).includes('{'), false, 'sentence has all its numbers')
  return got.refused
}
const nested = (levels: number): Uint8Array => Uint8Array.from([...Array<number>(levels).fill(0x91), 0xc0])

t('gives back what it was given', () => {
  const value = {
    type: 'x',
    n: [0, -1, 1.5, 2 ** 40, Number.MAX_SAFE_INTEGER, -(2 ** 40)],
    s: '服务 ü',
    b: Uint8Array.of(1, 2),
    t: true,
    z: null,
    o: {},
  }
  const got = unpack(pack(value))
  assert.ok(got.ok)
  const back = got.value as typeof value
  assert.equal({ ...back, b: [...back.b] }, { ...value, b: [1, 2] })
})

t('undefined members vanish, undefined items become null', () => {
  assert.equal(unpack(pack({ a: undefined, b: 1 })), { ok: true, value: { b: 1 } })
  assert.equal(unpack(pack([undefined])), { ok: true, value: [null] })
})

t('each packed message owns its bytes', () => {
  const first = pack({ type: 'a', n: 1 })
  const copy = Uint8Array.from(first)
  pack({ type: 'b', n: 2 })
  assert.equal(first, copy)
  assert.is(first.buffer.byteLength, first.byteLength)
})

t('a decoded binary does not alias the received bytes', () => {
  const bytes = pack({ type: 'a', b: Uint8Array.of(7, 7) })
  const got = unpack(bytes)
  bytes.fill(0)
  assert.ok(got.ok)
  assert.equal([...(got.value as { b: Uint8Array }).b], [7, 7])
})

t('half a surrogate pair is repaired, not sent', () => {
  assert.equal(unpack(pack({ type: 'a', s: 'x\ud800' })), { ok: true, value: { type: 'a', s: 'x\ufffd' } })
})

t('refuses what a hostile sender can put into bytes', () => {
  assert.is(refused([]), 'truncated')
  assert.is(refused([0xc4]), 'truncated')
  assert.is(refused([0xa5, 0x61]), 'truncated')
  assert.is(refused([0xdd, 0xff, 0xff, 0xff, 0xff]), 'truncated', 'an array of 4 G items is refused before it is made')
  assert.is(refused([0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0]), 'truncated')
  assert.is(refused([0xc6, 0x7f, 0xff, 0xff, 0xff]), 'truncated')
  assert.is(refused([0xd4, 0x00, 0x00]), 'extension')
  assert.is(refused([0xd6, 0xff, 0, 0, 0, 0]), 'extension', 'a date')
  assert.is(refused([0xc7, 0x01, 0x72, 0x40]), 'extension', 'a record definition')
  assert.is(refused([0xc1]), 'extension')
  assert.is(refused([0xc0, 0xc0]), 'trailing')
  assert.is(refused([0x81, 0x01, 0x01]), 'key')
  assert.is(refused([0x81, 0x90, 0x01]), 'key')
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    assert.is(refused([0x81, 0xa0 | key.length, ...Buffer.from(key), 0xc0]), 'key', key)
    assert.is(refused([0x91, 0x81, 0xd9, key.length, ...Buffer.from(key), 0xc0]), 'key', `${key}, deeper and with a long head`)
  }
  assert.is(refused([0xa2, 0xc1, 0x9f]), 'utf8', 'an overlong underscore')
  assert.is(refused([0xa3, 0xed, 0xa0, 0x80]), 'utf8')
  assert.is(refused([0xc0, 0xc0, 0xc0], 2), 'size')
})

t('takes 32 levels and refuses 33', () => {
  assert.is(refused(nested(32)), 'taken')
  assert.is(refused(nested(33)), 'depth')
  let deep: unknown = 0
  for (let i = 0; i < 33; i++) deep = [deep]
  assert.throws(() => pack(deep), /cannot carry: depth/)
})

t('counts the elements of all levels', () => {
  const row = [0xdc, 0xff, 0xff, ...Array<number>(0xffff).fill(0xc0)]
  assert.is(refused([0x94, ...row, ...row, ...row, ...row]), 'taken')
  assert.is(refused([0x95, ...row, ...row, ...row, ...row, ...row]), 'elements')
})

t('bytes below 0x80 above a map stay numbers (no records)', () => {
  assert.equal(unpack(Uint8Array.of(0x92, 0x40, 0x7f)), { ok: true, value: [64, 127] })
})

t('a value msgpack cannot carry is a Bug of the sender', () => {
  assert.throws(() => pack({ type: 'a', at: new Date(0) }), /cannot carry: extension/)
  assert.throws(() => pack(new Map([[1, 2]])), /cannot carry: key/)
})

t('a message is an object with a type of 1 to 64 characters', () => {
  assert.ok(unpackMsg(pack({ type: 'beat' })).ok)
  for (const value of [null, 1, 'x', [], {}, { type: 1 }, { type: '' }, { type: 'x'.repeat(65) }]) {
    const got = unpackMsg(pack(value))
    assert.is(got.ok, false)
    assert.is(isMsg(value), false)
  }
  assert.is(isMsg(Object.create({ type: 'inherited' })), false)
})

t.run()
