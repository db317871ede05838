/** Frames of the guard's socket, pure: what goes in comes out however the stream is cut; what does not fit is refused. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  Answer,
  encode,
  FRAME_BYTES_MAX,
  type Frame,
  FrameReader,
  inventoryOf,
  numberOf,
  resultOf,
  runFrame,
  Tag,
  text,
  Verb,
} from '../../../runtime/guard/protocol.js'
import { opId, resourceId, token } from '../../../runtime/ids.js'

const t = suite('guard protocol')
const one = (bytes: Uint8Array): Frame => {
  const [frame, ...rest] = new FrameReader().push(bytes)
  assert.is(rest.length, 0)
  assert.ok(frame)
  return frame as Frame
}

t('frames come out whole however the stream is cut', () => {
  const frame = fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 300 }))
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (frames, size) => {
      const stream = Buffer.concat(frames.map(([verb, value]) => encode(verb, [[Tag.stdout, value]])))
      const reader = new FrameReader()
      const got: Frame[] = []
      for (let at = 0; at < stream.length; at += size) got.push(...reader.push(stream.subarray(at, at + size)))
      assert.equal(
        got.map((f) => [f.verb, [...(f.fields.get(Tag.stdout) ?? [])]]),
        frames.map(([verb, value]) => [verb, [...value]]),
      )
    }),
  )
})

t('any bytes give frames or a sentence, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        new FrameReader().push(bytes)
      } catch (error) {
        assert.is((error as Error).name, 'GuardFormat')
      }
    }),
  )
})

t('a run keeps all its fields, and a number its 53 bits', () => {
  const op = {
    id: opId('1.2.3'),
    kind: 'fence' as const,
    resource: resourceId('fence/lab'),
    action: 'off',
    argv: ['/a', 'b c'],
    env: { K: 'v=1' },
    stdin: 'plug=n1\n',
    changes: false,
    reap: true,
    timeoutMs: 500,
  }
  const frame = one(runFrame(op, token(Number.MAX_SAFE_INTEGER)))
  assert.is(frame.verb, Verb.run)
  assert.is(text(frame, Tag.id), '1.2.3')
  assert.is(text(frame, Tag.env), 'K=v=1')
  assert.is(numberOf(frame, Tag.kind), 1)
  assert.is(numberOf(frame, Tag.reap), 1)
  assert.is(numberOf(frame, Tag.token), Number.MAX_SAFE_INTEGER)
})

t('a frame over the limit is refused before it is sent, one that arrives as well', () => {
  assert.throws(() => encode(Verb.run, [[Tag.stdin, 'x'.repeat(FRAME_BYTES_MAX)]]), /larger than the guard takes/)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(FRAME_BYTES_MAX + 1)
  assert.throws(() => new FrameReader().push(head), /frame of 262145 bytes/)
})

t('what the guard would end the connection for is refused before it is sent', () => {
  const op = {
    id: opId('1'),
    resource: resourceId('r'),
    action: 'start',
    kind: 'resource',
    changes: true,
    reap: false,
    timeoutMs: 500,
  } as const
  const env = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`K${i}`, 'v']))
  const frame = (more: { env?: Record<string, string>; stdin?: string }) => runFrame({ ...op, argv: ['/a'], env: {}, ...more }, token(1))
  for (const [good, bad] of [
    [{ env: env(250) }, { env: env(251) }],
    [{ stdin: 'x'.repeat(65_536) }, { stdin: 'ü'.repeat(32_769) }],
  ] as const) {
    assert.is(one(frame(good)).verb, Verb.run)
    assert.throws(() => frame(bad), /the guard gives it \d+ at most/)
  }
})

t('a result without an exit code has none; an unknown end is refused', () => {
  const fields = [
    [Tag.id, 'a'],
    [Tag.resource, 'r'],
    [Tag.action, 'start'],
  ] as const
  assert.is('rc' in resultOf(one(encode(Answer.result, [...fields, [Tag.end, 'timeout']]))), false)
  assert.is(resultOf(one(encode(Answer.result, [...fields, [Tag.end, 'exited'], [Tag.rc, 0]]))).rc, 0)
  assert.throws(() => resultOf(one(encode(Answer.result, [...fields, [Tag.end, 'melted']]))), /unknown end "melted"/)
})

t('an inventory is sorted by resource, whatever the order of its parts', () => {
  const part = (name: string) =>
    one(
      encode(Answer.resource, [
        [Tag.resource, name],
        [Tag.token, 3],
        [Tag.pids, 1],
      ]),
    )
  const stored = one(
    encode(Answer.stored, [
      [Tag.id, 'x'],
      [Tag.resource, 'a'],
      [Tag.action, 'stop'],
      [Tag.end, 'exited'],
      [Tag.rc, 0],
    ]),
  )
  const { resources } = inventoryOf([part('b'), stored, part('a')])
  assert.equal(
    resources.map((r) => [r.resource, r.token, r.finished.length]),
    [
      ['a', 3, 1],
      ['b', 3, 0],
    ],
  )
})

t.run()
