/**
 * Makes the cluster's own CA and the nodes' certificates: ECDSA P-256, signed with SHA-256. Loaded only where certificates are made
 * (`cluster create`, answering a join); who merely uses them imports identity.ts. Validity begins in 2000, since a machine whose clock
 * battery is dead must still reach its cluster.
 */
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { present } from '../assert.js'
import type { NodeId } from '../ids.js'
import { nodeUri } from './identity.js'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const
const notBefore = new Date(Date.UTC(2000, 0, 1))
const caYears = 30
const nodeYears = 15
const yearMs = 365.25 * 86_400_000

x509.cryptoProvider.set(webcrypto as unknown as Crypto)

/** A certificate and its private key (PKCS #8), both PEM. The key belongs in a file 0600. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

/** The CA of a new cluster. `nowMs` is wall-clock time; `years` how long it is good for. */
export async function makeClusterCa(clusterName: string, nowMs: number, years = caYears): Promise<Issued> {
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`kyha cluster ${clusterName}`.slice(0, 64)] }],
    notBefore,
    notAfter: new Date(nowMs + years * yearMs),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: cert.toString('pem'), key: await keyPem(keys.privateKey) }
}

/** A quorum device's certificate: signed by itself, since nodes know it by its fingerprint and by nothing else. */
export async function makeDeviceCertificate(name: string, nowMs: number): Promise<Issued> {
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`kyha quorum device ${name}`.slice(0, 64)] }],
    notBefore,
    notAfter: new Date(nowMs + caYears * yearMs),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
  return { cert: cert.toString('pem'), key: await keyPem(keys.privateKey) }
}

/** A node's certificate, good as server and as client, naming its id, its name and its link addresses; with a new key. */
export async function issueNode(
  ca: Issued,
  id: NodeId,
  name: string,
  addresses: readonly string[],
  nowMs: number,
  years = nodeYears,
): Promise<Issued> {
  const keys = await newKeys()
  return { cert: await certify(ca, keys.publicKey, id, name, addresses, nowMs, years), key: await keyPem(keys.privateKey) }
}

/** The same for a key that stays where it was made: `publicKey` is SPKI, DER. Rejects when that is no P-256 key. */
export async function certifyNode(
  ca: Issued,
  publicKey: Uint8Array,
  id: NodeId,
  name: string,
  addresses: readonly string[],
  nowMs: number,
): Promise<string> {
  const key = await webcrypto.subtle.importKey('spki', publicKey, algorithm, true, ['verify'])
  return certify(ca, key as CryptoKey, id, name, addresses, nowMs, nodeYears)
}

async function certify(
  ca: Issued,
  publicKey: CryptoKey,
  id: NodeId,
  name: string,
  addresses: readonly string[],
  nowMs: number,
  years: number,
): Promise<string> {
  const issuer = new x509.X509Certificate(ca.cert)
  const der = Buffer.from(ca.key.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const caKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
  const names: x509.JsonGeneralName[] = [{ type: 'url', value: nodeUri(id) }]
  for (const address of addresses) if (isIP(address) !== 0 && !address.includes('%')) names.push({ type: 'ip', value: address })
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    issuer: issuer.subjectName,
    subject: [{ CN: [name.slice(0, 64)] }],
    notBefore,
    notAfter: new Date(nowMs + years * yearMs),
    publicKey,
    signingKey: caKey as CryptoKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return cert.toString('pem')
}

const newKeys = async (): Promise<CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair

/** 127 random bits, positive. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function keyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key as webcrypto.CryptoKey)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${present(der.match(/.{1,64}/g), 'the bytes of a key').join('\n')}\n-----END PRIVATE KEY-----\n`
}
