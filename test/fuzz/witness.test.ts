/** Hostile bytes for both ends of a quorum device's protocol and for its record: read, or refused; never a throw, never more memory than a frame. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readRecord, recordText } from '../../console/qdevice/record.js'
import { nodeId } from '../../runtime/ids.js'
import { Frames, type FromDevice, type FromNode, frame, fromDevice, fromNode } from '../../runtime/witness/protocol.js'
import { check, damage, damaged } from './help.js'

const t = suite('fuzz: quorum device')
const uuid = fc.uuid().map((id) => id.toLowerCase())
const count = fc.nat()
const hex = fc.stringMatching(/^[0-9a-f]{64}$/)
const plain = <T extends object>(made: T): T => ({ ...made }) // without fast-check's null prototypes
const record = fc.record({ epoch: count, owner: uuid.map(nodeId) }, { requiredKeys: ['epoch'] }).map(plain)
const node: fc.Arbitrary<FromNode> = fc
  .oneof(
    fc.record({ type: fc.constant('open' as const), cluster: uuid }),
    fc.record({ type: fc.constant('look' as const), n: count }),
    fc.record({
      type: fc.constant('ask' as const),
      n: count,
      ask: fc.constantFrom('enrol' as const, 'claim' as const),
      node: uuid.map(nodeId),
      epoch: count,
    }),
    fc.record({ type: fc.constant('enrol-cluster' as const), nonce: hex, body: fc.string({ minLength: 1 }), proof: hex }),
  )
  .map(plain)
const device: fc.Arbitrary<FromDevice> = fc
  .oneof(
    fc.record({ type: fc.constant('device' as const), protocol: count, device: uuid, name: fc.constant('q1'), nonce: hex }),
    fc.record({ type: fc.constant('told' as const), n: count, ok: fc.boolean(), record }, { requiredKeys: ['type', 'n', 'ok'] }),
    fc.record({ type: fc.constant('opened' as const) }),
    fc.record({ type: fc.constant('refused' as const), refused: fc.constant('x'), en: fc.constant('Why.'), zh: fc.constant('因。') }),
  )
  .map(plain)

/** In pieces of these sizes. */
function taken(bytes: Buffer, sizes: readonly number[]): readonly unknown[] | undefined {
  const frames = new Frames()
  const out: unknown[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1)
    const got = frames.take(bytes.subarray(at, at + size))
    if (!got) return undefined
    out.push(...got)
    at += size
  }
  return out
}
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 })

t('what was framed is read, however it is cut', () => {
  check(
    500,
    fc.property(fc.array(fc.oneof(node, device), { minLength: 1, maxLength: 4 }), sizes, (messages, cut) => {
      assert.equal(taken(Buffer.concat(messages.map(frame)), cut), messages)
    }),
  )
  check(
    500,
    fc.property(node, (m) => assert.equal(fromNode(m), m)),
  )
  check(
    500,
    fc.property(device, (m) => assert.equal(fromDevice(m), m)),
  )
})

t('a damaged frame is a message of the protocol or none; nothing throws', () => {
  check(
    3000,
    fc.property(fc.oneof(node, device), damage, sizes, (m, changes, cut) => {
      for (const got of taken(damaged(frame(m), changes), cut) ?? []) {
        const said = fromNode(got as FromNode) ?? fromDevice(got as FromDevice)
        if (said?.type === 'ask') assert.ok(Number.isSafeInteger(said.epoch) && said.epoch >= 0 && /^[0-9a-f-]{36}$/.test(said.node))
        if (said?.type === 'told' && said.record) assert.ok(Number.isSafeInteger(said.record.epoch) && said.record.epoch >= 0)
      }
    }),
  )
})

t('any bytes are messages or the end; any message is one of the protocol or none', () => {
  check(
    3000,
    fc.property(fc.uint8Array({ maxLength: 300 }), sizes, (bytes, cut) => void taken(Buffer.from(bytes), cut)),
  )
  const type = fc.constantFrom('open', 'ask', 'look', 'told', 'device', 'refused', 'enrol-cluster', '__proto__', 'constructor', 'x')
  check(
    2000,
    fc.property(fc.dictionary(fc.string({ maxLength: 12 }), fc.anything(), { maxKeys: 6 }), type, (fields, kind) => {
      const msg = { ...fields, type: kind }
      for (const got of [fromNode(msg), fromDevice(msg)]) assert.ok(got === undefined || got === msg)
    }),
  )
})

t('a damaged record is never read as another one, nor as none', () => {
  check(
    3000,
    fc.property(uuid, fc.option(record, { nil: undefined }), damage, (cluster, held, changes) => {
      const text = recordText(cluster, held)
      const other = damaged(Buffer.from(text), changes).toString('latin1')
      const got = readRecord(other, cluster)
      if (other !== text) assert.ok('damaged' in got)
      else assert.equal(got, { record: held })
    }),
  )
})

t.run()
