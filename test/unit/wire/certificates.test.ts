/** Rows: S19, S23. What the cluster's CA issues is good, and everything else gets its sentence. */
import { X509Certificate } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import { render } from '../../../runtime/text/index.js'
import { type Issued, issueNode, makeClusterCa } from '../../../runtime/wire/certificates.js'
import { checkIdentity, fingerprint, nodeOf } from '../../../runtime/wire/identity.js'
import { a, b } from './help.js'

const t = suite('wire/certificates')
const nowMs = Date.UTC(2026, 10, 23)
const year = 365.25 * 86_400_000
let ca: Issued
let foreign: Issued
let node: Issued

t.before(async () => {
  ca = await makeClusterCa('demo', nowMs)
  foreign = await makeClusterCa('demo', nowMs)
  node = await issueNode(ca, a, '节点一', ['10.0.0.1', 'fd00::1', 'not-an-address'], nowMs)
})
const check = (tls: { ca: string; cert: string; key: string }, self = a, at = nowMs): string => {
  const got = checkIdentity(tls, self, at)
  if (!('refused' in got)) return 'good'
  for (const lang of ['en', 'zh'] as const) assert.not.ok(render(lang, got.because.key, got.because.args).includes('{'))
  return got.refused
}

t('a node certificate names its node and addresses and is for both ends', () => {
  const cert = new X509Certificate(node.cert)
  assert.is(nodeOf(cert), a)
  const names = present(cert.subjectAltName, 'its names')
  assert.match(names, /IP Address:10\.0\.0\.1/)
  assert.match(names, /IP Address:FD00:0:0:0:0:0:0:1/)
  assert.equal(cert.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  assert.is(cert.ca, false)
  assert.is(new X509Certificate(ca.cert).ca, true)
  assert.is(cert.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  assert.match(fingerprint(ca.cert), /^[0-9a-f]{64}$/)
})

t('good now, in a year, and on a machine whose clock stands at 2001', () => {
  const tls = { ca: ca.cert, ...node }
  assert.is(check(tls), 'good')
  assert.is(check(tls, a, nowMs + year), 'good')
  assert.is(check(tls, a, Date.UTC(2001, 0, 1)), 'good')
  const got = checkIdentity(tls, a, nowMs)
  assert.is('daysLeft' in got && got.daysLeft, Math.floor(15 * 365.25))
})

t('each kind of bad has its sentence', async () => {
  assert.is(check({ ca: ca.cert, ...node }, b), 'cert-other-node')
  assert.is(check({ ca: foreign.cert, ...node }), 'cert-foreign', 'a CA with the same name')
  assert.is(check({ ca: ca.cert, cert: node.cert, key: foreign.key }), 'cert-key')
  assert.is(check({ ca: ca.cert, cert: node.cert, key: 'x' }), 'cert-key')
  assert.is(check({ ca: 'x', ...node }), 'cert-unreadable')
  assert.is(check({ ca: ca.cert, cert: '', key: '' }), 'cert-unreadable')
  assert.is(check({ ca: ca.cert, ...node }, a, nowMs + 16 * year), 'cert-expired')
  assert.is(check({ ca: ca.cert, ...node }, a, Date.UTC(1999, 0, 1)), 'cert-early')
  assert.is(check({ ca: ca.cert, cert: ca.cert, key: ca.key }), 'cert-other-node', 'the CA itself is no node')
})

t('a name cannot smuggle in fields', async () => {
  const odd = await issueNode(ca, a, `x, OU=admin\nURI:kyha:node:${b}`, [], nowMs)
  assert.is(check({ ca: ca.cert, ...odd }), 'good')
  assert.is(nodeOf(new X509Certificate(odd.cert)), a)
})

t.run()
