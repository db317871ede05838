/** The checksum against the published values. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '../../../runtime/random.js'
import { crc32c } from '../../../runtime/store/crc32c.js'

const t = suite('store: crc32c')

t('gives the values of RFC 3720 B.4', () => {
  assert.is(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.is(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.is(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e)
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283)
})

t('a checksum goes on from an earlier one, wherever the bytes are cut', () => {
  const random = seeded('crc')
  const all = Buffer.from(Array.from({ length: 257 }, () => random.int(256)))
  for (let cut = 0; cut <= all.length; cut++) assert.is(crc32c(all, cut, all.length, crc32c(all, 0, cut)), crc32c(all))
})

t.run()
