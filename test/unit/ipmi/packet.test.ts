/**
 * Packets and codes against numbers that were computed apart from this code, from the formulas of the specification (HMAC by Python's hashlib,
 * AES by openssl): user admin, password kyha-secret, role administrator with name-only lookup.
 */

import { type Exchange, rakp2Mac, rakp3Mac, rakp4Mac, SUITES, same, seal, sessionKeys, unseal, Window } from 'node-ipmi/keys'
import * as packet from 'node-ipmi/packet'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const t = suite('ipmi packets')
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')
const row = (from: number, count = 16): Buffer => Buffer.from(Array.from({ length: count }, (_, i) => from + i))
const password = Buffer.from('kyha-secret')
const x: Exchange = {
  console: 0xa0a1a2a3,
  bmc: 0x02000018,
  consoleRandom: row(0),
  bmcRandom: row(0x80),
  guid: row(0x40),
  identity: packet.identity(0x14, Buffer.from('admin')),
}
const expected = {
  3: {
    rakp2: 'ddb7191770dbf40dff4716d9c3f15be8022ee96f',
    rakp3: '974315db1e4ac22c569888de976a2334e08d7797',
    sik: 'a3d28b73275ef968cb66da2c68cc2e2df80f93d6',
    k1: '24e3abbcf8a4d71ec5aa797e1153871022e97727',
    aes: '6dc7a8a78266f068e3a51d517b52a9f3',
    rakp4: '36a543f778b1a7204d096212',
    sikOfKg: '70c94b278ea7f2b415b7f7eb3eb8b1c35d2a1a1e',
    sealed:
      '0600ff0706c018000002090000002000f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff9ea6497faa2a31612b5598af58cc3697ffff02077014b6fbe5a08a914e331b79',
  },
  17: {
    rakp2: 'ab085442cc427dc56cd591b8357c6c8a46dd38eda9532550bc63d003678c9f14',
    rakp3: '8b6cb644067ce7782d1c0e0d81794cdc757e9efc6d5abf27a7919448190d76fd',
    sik: '0d4ff0aee4b8c64ba09742f3eaa51b68098ff017c6786b7227bea350b945ee25',
    k1: 'eb6c88b798681f386241105a8736f4df5d6390d54e93bd7427a6196c0ac8a9ac',
    aes: '20475ebb0c5dbfd48a1930524b054843',
    rakp4: 'f524798c96ae2e97a3ae04f8d9b4ec61',
    sikOfKg: 'de206c2b0299df800f70ad2a30018c74809a9e8c686517b268b0a52e7c136239',
    sealed:
      '0600ff0706c018000002090000002000f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff388cc0f420358c3a57246f49d16e9981ffff0207c7cb14eea8be17e1a6718034d0267720',
  },
}
const status = { netFn: 0, command: 1, sequence: 5, data: new Uint8Array() }

for (const id of [3, 17] as const) {
  const [s, want] = [SUITES[id], expected[id]]
  t(`cipher suite ${id}: codes, keys and a sealed packet`, () => {
    assert.is(hex(rakp2Mac(s, password, x)), want.rakp2)
    assert.is(hex(rakp3Mac(s, password, x)), want.rakp3)
    const keys = sessionKeys(s, password, x)
    assert.equal([keys.sik, keys.k1, keys.aes].map(hex), [want.sik, want.k1, want.aes])
    assert.is(hex(rakp4Mac(s, keys.sik, x)), want.rakp4)
    assert.is(hex(sessionKeys(s, row(1, 20), x).sik), want.sikOfKg)
    assert.is(hex(seal(keys, packet.Payload.ipmi, x.bmc, 9, packet.message(status), row(0xf0))), want.sealed)
  })

  t(`cipher suite ${id}: what was sealed is opened by the same keys and session only, and no changed bit passes`, () => {
    const keys = sessionKeys(s, password, x)
    for (let length = 0; length < 40; length++) {
      const d = seal(keys, packet.Payload.ipmi, x.console, 3, row(0, length))
      assert.is((d.length - 4 - s.icvLength) % 4, 0)
      assert.is(hex(unseal(keys, x.console, d)?.payload ?? Buffer.from('none')), hex(row(0, length)))
    }
    const d = seal(keys, packet.Payload.ipmi, x.console, 3, packet.message(status))
    assert.is(unseal(keys, x.console + 1, d), undefined)
    assert.is(unseal(sessionKeys(s, Buffer.from('other'), x), x.console, d), undefined)
    for (let bit = 32; bit < 8 * d.length; bit++) {
      const bent = Buffer.from(d)
      bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7))
      assert.is(unseal(keys, x.console, bent), undefined, `bit ${bit}`)
    }
    for (let length = 0; length < d.length; length++) assert.is(unseal(keys, x.console, d.subarray(0, length)), undefined)
  })
}

t('messages of the set-up have the layout of tables 13-9 to 13-15', () => {
  assert.is(
    hex(packet.openRequest(7, 4, 0x44332211, SUITES[17])),
    '0600ff0706100000000000000000200007040000112233440000000803000000010000080400000002000008' + '01000000',
  )
  assert.is(
    hex(packet.rakp1(8, 0x44332211, row(0), 0x14, Buffer.from('admin'))),
    `0600ff07061200000000000000002100${'0800000011223344'}${hex(row(0))}${'14000005'}${hex(Buffer.from('admin'))}`,
  )
  assert.is(hex(packet.rakp3(9, 0, 0x44332211, row(0, 20))), `0600ff07061400000000000000001c00${'0900000011223344'}${hex(row(0, 20))}`)
  const opened = packet.readOpenAnswer(
    Buffer.from(
      `0600ff07061100000000000000002400${'0700040044332211'}${'18000002'}${'000000080300000001000008040000000200000801000000'}`,
      'hex',
    ),
  )
  assert.ok(opened && !opened.refused)
  assert.equal(
    [opened.tag, opened.console, opened.bmc, opened.authentication, opened.integrity, opened.encryption],
    [7, 0x11223344, 0x02000018, 3, 4, 1],
  )
})

t('a refusal may end after its status, an answer may not be cut', () => {
  const answer = (type: number, body: string): Buffer =>
    Buffer.from(`0600ff0706${type.toString(16)}0000000000000000${(body.length / 2).toString(16).padStart(2, '0')}00${body}`, 'hex')
  assert.equal(packet.readOpenAnswer(answer(0x11, '0704')), { tag: 7, status: 4, console: undefined, refused: true })
  assert.equal(packet.readRakp2(answer(0x13, '070d000044332211')), { tag: 7, status: 13, console: 0x11223344, refused: true })
  assert.is(packet.readOpenAnswer(answer(0x11, '0700')), undefined)
  assert.is(packet.readRakp2(answer(0x13, `0700000044332211${'00'.repeat(31)}`)), undefined)
  assert.is(packet.readRakp4(answer(0x15, '07')), undefined)
})

t('IPMI messages: two checksums, both looked at', () => {
  assert.is(hex(packet.message(status)), '2000e08114016a')
  const answer = Buffer.from('81047b2014010021000' + '0aa', 'hex')
  const sum = packet.checksum(answer.subarray(3, answer.length - 1))
  answer[answer.length - 1] = sum
  const got = packet.readMessage(answer)
  assert.equal([got?.netFn, got?.command, got?.sequence, got?.completion, hex(got?.data ?? row(0))], [1, 1, 5, 0, '210000'])
  for (let at = 0; at < answer.length; at++) {
    const bent = Buffer.from(answer)
    bent[at] = (bent[at] as number) ^ 0x10
    assert.is(packet.readMessage(bent), undefined, `byte ${at}`)
  }
})

t('presence: ping and pong', () => {
  assert.is(hex(packet.presencePing(5)), '0600ff06000011be80050000')
  const pong = '0600ff06000011be40050010000011be00000000' + '81' + '00'.repeat(7)
  assert.equal(packet.readPong(Buffer.from(pong, 'hex')), { tag: 5, ipmi: true })
  assert.is(packet.readPong(Buffer.from(pong, 'hex').subarray(0, 27)), undefined)
})

t('sequence numbers of a session count once, and not when they are 16 behind', () => {
  const w = new Window()
  assert.is(w.take(0), false)
  const taken = [5, 5, 7, 6, 7, 6, 30, 14, 15, 15, 29, 14, 1000, 999, 985, 984, 2 ** 32 - 1, 1000].map((n) => w.take(n))
  const T = true
  const F = false
  assert.equal(taken, [T, F, T, T, F, F, T, F, T, F, T, F, T, T, T, F, T, F])
})

t('codes are equal by length and bytes', () => {
  assert.ok(same(row(1), row(1)))
  assert.not.ok(same(row(1), row(2)))
  assert.not.ok(same(row(1), row(1, 15)))
})

t.run()
