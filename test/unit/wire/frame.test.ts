/** Rows: S19. The golden frames: these bytes are protocol 1.0; a change here breaks running clusters and needs a new version. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pack } from '../../../runtime/wire/codec.js'
import {
  canonicalUuid,
  frameBytesMin,
  frameTemplate,
  headerBytes,
  noEcho,
  readHeader,
  uuidBytes,
  writeFrame,
} from '../../../runtime/wire/frame.js'
import { openSigner } from '../../../runtime/wire/keys.js'
import { a, b, cluster, key, life, otherCluster } from './help.js'

const t = suite('wire/frame')
const template = frameTemplate(cluster, a, life('1', 7))
const signer = openSigner(cluster, a, life('1').boot, key(1))

function frame(body: Uint8Array, seq: number, echo = noEcho): Buffer {
  const bytes = Buffer.alloc(frameBytesMin + body.length)
  bytes.set(template)
  bytes.set(body, headerBytes)
  writeFrame(bytes, { flags: 9, link: 2, watcher: 5, seq, echo }, body.length)
  signer.sign(bytes, b)
  return bytes
}

const golden = {
  bare:
    '4b59484101000901c0000000000040008000000000000001a000000000004000800000000000000a1111111111111111111111111111111100000000' +
    '0000000000000007000000000000000000000001ffffffffffffffff02050000f398269d076d96f038f23678178dc2f5',
  body:
    '4b59484101000901c0000000000040008000000000000001a000000000004000800000000000000a1111111111111111111111111111111122222222' +
    '222222220000000700000003000000020000000500000100000000000205002f83a2746faa6d656d62657273686970a466726f6daa6d656d62657273' +
    '686970a36d736781a474797065a568656c6c6fa5a186be3d90d159a6932ca1c1859a80',
}

t('golden: a bare beat', () => {
  const bytes = frame(new Uint8Array(), 1)
  assert.is(bytes.length, 108)
  assert.is(bytes.toString('hex'), golden.bare)
})

t('golden: echo and body', () => {
  const body = pack({ to: 'membership', from: 'membership', msg: { type: 'hello' } })
  assert.is(frame(body, 2 ** 33 + 5, { boot: '2222222222222222', counter: 3, seq: 2 ** 40 }).toString('hex'), golden.body)
})

t('reads what was written', () => {
  const header = readHeader(
    frame(Uint8Array.of(0xc0), 2 ** 33 + 5, { boot: '2222222222222222', counter: 3, seq: 2 ** 40 }),
    uuidBytes(cluster),
  )
  assert.equal(header, {
    sender: a,
    incarnation: life('1', 7),
    echo: { boot: '2222222222222222', counter: 3, seq: 2 ** 40 },
    flags: 9,
    seq: 2 ** 33 + 5,
    link: 2,
    watcher: 5,
    bodyBytes: 1,
  })
  const none = readHeader(frame(new Uint8Array(), 1), uuidBytes(cluster))
  assert.equal(typeof none === 'string' ? none : none.echo, noEcho)
})

t('each kind of strange header has its name', () => {
  const read = (change: (bytes: Buffer) => Buffer | undefined, of = cluster): unknown => {
    const bytes = frame(new Uint8Array(), 1)
    return readHeader(change(bytes) ?? bytes, uuidBytes(of))
  }
  assert.is(
    read((f) => f.subarray(0, 107)),
    'short',
  )
  assert.is(
    read(() => Buffer.alloc(0)),
    'short',
  )
  assert.is(
    read((f) => Buffer.concat([f, Buffer.of(0)])),
    'length',
  )
  assert.is(
    read((f) => {
      f.writeUInt16BE(1, 90)
      return f
    }),
    'length',
  )
  assert.is(
    read((f) => {
      f[0] = 0
      return f
    }),
    'magic',
  )
  assert.is(
    read((f) => {
      f[4] = 2
      return f
    }),
    'newer',
  )
  assert.is(
    read((f) => {
      f[4] = 0
      return f
    }),
    'older',
  )
  assert.is(
    read((f) => {
      f[7] = 2
      return f
    }),
    'algorithm',
  )
  assert.is(
    read((f) => f, otherCluster),
    'cluster',
  )
  assert.is(
    read((f) => {
      f[72] = 0x20
      return f
    }),
    'number',
    'a seq beyond 2^53',
  )
  assert.is(
    read((f) => {
      f.fill(0, 72, 80)
      return f
    }),
    'number',
    'seq 0',
  )
  assert.is(
    typeof read((f) => {
      f[5] = 9
      return f
    }),
    'object',
    'a newer minor version is read',
  )
})

t('a body that is too long is a Bug of the sender', () => {
  assert.throws(() => frame(new Uint8Array(1201), 1), /1200 are allowed/)
})

t('only lower-case UUIDs are canonical', () => {
  assert.ok(canonicalUuid(a))
  for (const bad of [a.toUpperCase(), a.replaceAll('-', ''), 'n1', '']) assert.not.ok(canonicalUuid(bad))
  assert.throws(() => uuidBytes('n1'), /not a UUID/)
})

t.run()
