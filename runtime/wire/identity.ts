/**
 * Who a certificate says that its holder is, and whether it is good: the node's id stands in the subject alternative name as
 * `URI:kyha:node:<uuid>`, exactly once. Uses node:crypto alone, so that the threads which only speak TLS load no certificate library.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type NodeId, nodeId } from '../ids.js'
import { type Args, type Refusal, verdict } from '../verdict.js'
import { canonicalUuid } from './frame.js'

/** PEM texts of a node's TLS identity. */
export interface TlsIdentity {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export const nodeUri = (id: NodeId): string => `kyha:node:${id}`

/** The node that the certificate was made for; undefined when it names none or more than one. */
export function nodeOf(cert: X509Certificate): NodeId | undefined {
  const names = (cert.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:kyha:node:'))
  const [name = '', ...others] = names
  const id = others.length === 0 ? name.slice('URI:kyha:node:'.length) : ''
  return canonicalUuid(id) ? nodeId(id) : undefined
}

/** SHA-256 of the certificate, lower-case hex: what a join code pins. */
export const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

export interface GoodIdentity {
  readonly node: NodeId
  /** Whole days until the earlier of the two certificates ends. */
  readonly daysLeft: number
}

/** Checks CA, certificate and key of node `self` against each other at wall-clock time `nowMs`, before anything is opened with them. */
export function checkIdentity(tls: TlsIdentity, self: NodeId, nowMs: number): GoodIdentity | Refusal {
  const ca = parse(tls.ca)
  const cert = parse(tls.cert)
  if (!ca) return refuse('cert-unreadable', 'wire.cert-unreadable', { which: 'cluster CA' })
  if (!cert) return refuse('cert-unreadable', 'wire.cert-unreadable', { which: 'node' })
  if (!cert.checkIssued(ca) || !cert.verify(ca.publicKey)) {
    return refuse('cert-foreign', 'wire.cert-foreign', { issuer: line(cert.issuer), ca: line(ca.subject) })
  }
  const node = nodeOf(cert)
  if (node !== self) return refuse('cert-other-node', 'wire.cert-other-node', { node: node ?? '-', self })
  for (const [which, one] of [
    ['cluster CA', ca],
    ['node', cert],
  ] as const) {
    const from = Date.parse(one.validFrom)
    const to = Date.parse(one.validTo)
    if (nowMs > to) return refuse('cert-expired', 'wire.cert-expired', { which, ended: one.validTo })
    if (nowMs < from) return refuse('cert-early', 'wire.cert-early', { which, begins: one.validFrom })
  }
  if (!matches(cert, tls.key)) return refuse('cert-key', 'wire.cert-key', {})
  const endsMs = Math.min(Date.parse(ca.validTo), Date.parse(cert.validTo))
  return { node: self, daysLeft: Math.floor((endsMs - nowMs) / 86_400_000) }
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // not a certificate: the caller says so
  }
}

function matches(cert: X509Certificate, keyPem: string): boolean {
  try {
    return cert.checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    return false // not a key at all: the same sentence helps
  }
}

const line = (name: string): string => name.replaceAll('\n', ', ')
const refuse = (refused: string, key: Parameters<typeof verdict>[1], args: Args): Refusal => ({
  refused,
  because: verdict('refuse', key, args, 'error'),
})
