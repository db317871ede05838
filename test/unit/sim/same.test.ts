/** What the checkers compare and search with, against the plain way to do it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Mentions, Same } from '../../sim/checkers/same.js'

const t = suite('sim: comparing states')

t('equal content is equal, any difference is one, also beside parts that were compared before', () => {
  const same = new Same()
  const part = { list: [1, { x: 'y' }], gone: undefined }
  const other = { list: [1, { x: 'y' }] }
  assert.ok(same.equal({ part, n: 1 }, { n: 1, part: other }))
  assert.ok(same.equal(other, part))
  for (const wrong of [
    { n: 1 },
    { n: 2, part: other },
    { n: 1, part: { list: [1, { x: 'z' }] } },
    { n: 1, part: { list: [1] } },
    { n: 1, part: other, more: 0 },
    { n: 1, part: { list: { 0: 1, 1: { x: 'y' } } } },
    null,
  ]) {
    assert.not.ok(same.equal({ part, n: 1 }, wrong), JSON.stringify(wrong))
    assert.not.ok(same.equal(wrong, { part, n: 1 }), JSON.stringify(wrong))
  }
})

t('a word is found in texts and names of members, at any depth, also on the second look', () => {
  const secret = new Mentions('canary')
  const clean = { a: ['b', { c: 'd' }], bytes: new Uint8Array(3), none: null }
  assert.not.ok(secret.in(clean))
  assert.not.ok(secret.in({ clean, n: 1 }))
  assert.ok(secret.in({ clean, list: [{ text: 'a canary sings' }] }))
  const bad = { deep: { 'a-canary': 1 } }
  assert.ok(secret.in(bad))
  assert.ok(secret.in(bad))
})

t.run()
