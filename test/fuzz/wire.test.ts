/**
 * Rows: S19, S20. Hostile bytes against codec, frames and the datagram path's checks: nothing throws, nothing altered is taken,
 * whatever is taken is bounded and plain. FUZZ_RUNS raises the number of runs (default 1,000 a property); a failure prints its seed.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pack, unpack, unpackMsg } from '../../runtime/wire/codec.js'
import { frameBytesMin, frameTemplate, headerBytes, readHeader, uuidBytes, writeFrame } from '../../runtime/wire/frame.js'
import { decodeJoinCode } from '../../runtime/wire/joincode.js'
import { openSigner } from '../../runtime/wire/keys.js'
import { a, b, cluster, flip, key, life } from '../unit/wire/help.js'
import { runsOf } from './help.js'

const t = suite('fuzz/wire')
const numRuns = runsOf(1000)
const check = (property: fc.IRawProperty<unknown>): void => fc.assert(property as fc.IProperty<unknown>, { numRuns })

/** Plain JSON-like values with binaries, whose keys do not reach a prototype. */
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
    fc.array(tie('node'), { maxLength: 6 }),
    fc.dictionary(
      fc.string().filter((k) => !['__proto__', 'constructor', 'prototype'].includes(k)),
      tie('node'),
      { maxKeys: 6 },
    ),
  ),
})).node

const depth = (of: unknown): number =>
  typeof of === 'object' && of !== null && !ArrayBuffer.isView(of) ? 1 + Math.max(0, ...Object.values(of).map(depth)) : 0
const same = (x: unknown, y: unknown): void => assert.equal(JSON.stringify(x), JSON.stringify(y))

t('codec: what is packed comes back', () => {
  check(
    fc.property(value, (v) => {
      const got = unpack(pack(v))
      assert.ok(got.ok)
      same(got.value, v)
    }),
  )
})

t('codec: any bytes are taken whole or refused', () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const got = unpack(bytes)
      if (!got.ok) return void assert.type(got.refused, 'string')
      assert.ok(depth(got.value) <= 32)
      assert.is(({} as Record<string, unknown>)['polluted'], undefined)
      pack(got.value)
    }),
  )
})

t('codec: mutated messages are taken whole or refused, each cut one is refused', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  check(
    fc.property(value, fc.array(change, { minLength: 1, maxLength: 4 }), (v, changes) => {
      const bytes = pack({ type: 'x', v })
      for (let cut = 0; cut < bytes.length; cut += 1 + Math.floor(bytes.length / 50)) assert.is(unpack(bytes.subarray(0, cut)).ok, false)
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte
      const got = unpackMsg(bytes)
      if (got.ok) assert.type(got.value.type, 'string')
    }),
  )
})

const signer = openSigner(cluster, a, life('1').boot, key(1))
const receiver = openSigner(cluster, b, life('2').boot, key(1))
const template = frameTemplate(cluster, a, life('1', 7))
const seal = (body: Uint8Array, seq: number, flags: number): Buffer => {
  const frame = Buffer.alloc(frameBytesMin + body.length)
  frame.set(template)
  frame.set(body, headerBytes)
  writeFrame(frame, { flags, link: seq % 7, watcher: seq % 256, seq, echo: { boot: 'ab'.repeat(8), counter: 1, seq } }, body.length)
  signer.sign(frame, b)
  return frame
}
/** True when every check before the replay window passes. */
const passes = (frame: Buffer): boolean => {
  const header = readHeader(frame, uuidBytes(cluster))
  return typeof header !== 'string' && header.sender === a && receiver.verify(frame, header.sender, header.incarnation.boot)
}

t('frame: intact ones pass, each single flipped bit fails', () => {
  const frame = seal(pack({ to: 'x', from: 'y', msg: { type: 'z' } }), 12345, 3)
  assert.ok(passes(frame))
  for (let bit = 0; bit < frame.length * 8; bit++) {
    flip(frame, bit >> 3, 1 << (bit & 7))
    assert.not.ok(passes(frame), `bit ${bit}`)
    flip(frame, bit >> 3, 1 << (bit & 7))
  }
  for (let size = 0; size < frame.length; size++) assert.not.ok(passes(frame.subarray(0, size)), `cut to ${size}`)
})

t('frame: any content passes intact and fails altered', () => {
  const input = fc.tuple(
    fc.uint8Array({ maxLength: 1200 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.nat(255),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  )
  check(
    fc.property(input, ([body, seq, flags, at, mask]) => {
      const frame = seal(body, seq, flags)
      assert.ok(passes(frame))
      flip(frame, at % frame.length, mask)
      assert.not.ok(passes(frame))
    }),
  )
})

t('frame: any bytes fail, whatever they begin with', () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 1400 }), fc.nat(100), (bytes, kept) => {
      const frame = Buffer.from(bytes)
      frame.set(template.subarray(0, Math.min(kept, frame.length, headerBytes)))
      assert.not.ok(passes(frame))
    }),
  )
})

t('join code: any text is refused or decodes', () => {
  check(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9A-HJKMNP-TV-Z-]{0,200}$/)), (text) => {
      assert.ok('refused' in decodeJoinCode(text))
    }),
  )
})

t.run()
