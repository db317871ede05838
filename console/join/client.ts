/**
 * `kyha join`, the new host's side: reaches the address in the code, makes sure by the CA's fingerprint that it is the cluster that gave
 * the code out, proves the secret without sending it, and takes back certificate, cluster key and members. The private key is made here
 * and stays here. Files are written only after everything that came back was checked.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID, X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { nodeId } from '../../runtime/ids.js'
import { type Refusal, verdict } from '../../runtime/verdict.js'
import { checkIdentity, fingerprint } from '../../runtime/wire/identity.js'
import type { JoinCode } from '../../runtime/wire/joincode.js'
import { parseKeys } from '../../runtime/wire/keys.js'
import { ApiError } from '../cli/client.js'
import { checkFree, makeDirs, type Places, type Wishes, writeNode } from './layout.js'
import { checkHere, checkName, isRefusal, type Link, refuse, shown } from './names.js'
import * as p from './protocol.js'

export interface JoinOptions {
  readonly code: JoinCode
  readonly node: string
  readonly links: readonly Link[]
  readonly places: Places
  readonly wishes: Wishes
  readonly force: boolean
  readonly dryRun?: boolean
  readonly nowMs: number
}

export interface Joined {
  readonly cluster: string
  readonly warnings: readonly Refusal['because'][]
}

const connectMsMax = 5000
const greetingMsMax = 5000
const answerMsMax = 30_000 // the cluster may need several seconds to agree

export async function joinCluster(o: JoinOptions): Promise<Joined | Refusal> {
  const away = await checkHere(o.links)
  const no = checkName('node', o.node) ?? checkFree(o.places) ?? (o.force ? undefined : away) ?? (o.dryRun ? undefined : makeDirs(o.places))
  if (no) return no
  const warnings = away ? [away.because] : []
  const late = Math.floor(o.nowMs / 1000) - o.code.expiresS
  if (late > 0) warnings.push(verdict('warn', 'cli.code-looks-late', { lateS: late }, 'warning'))
  const socket = await reach(o.code)
  if (isRefusal(socket)) return socket
  try {
    const greeting = await recognise(socket, o.code)
    if (isRefusal(greeting)) return greeting
    if (o.dryRun) return { cluster: greeting.name, warnings }
    return (await ask(socket, greeting, o)) ?? { cluster: greeting.name, warnings }
  } finally {
    socket.destroy()
  }
}

function reach({ address, port }: JoinCode): Promise<TLSSocket | Refusal> {
  return new Promise((resolve) => {
    const failed = (error: string): void => {
      clearTimeout(late)
      socket.destroy()
      resolve(refuse('disconnected', 'cli.join-unreachable', { address, port, error }))
    }
    // The certificate is judged by `recognise`, against the CA that the code names.
    const socket = connect({ host: address, port, minVersion: 'TLSv1.3', rejectUnauthorized: false, checkServerIdentity: () => undefined })
    const late = setTimeout(() => failed('ETIMEDOUT'), connectMsMax)
    socket.on('error', (e: NodeJS.ErrnoException) => failed(e.code ?? e.message))
    socket.once('secureConnect', () => {
      clearTimeout(late)
      resolve(socket)
    })
  })
}

/** The greeting of a server that holds a certificate of the very CA that the code names, and of its cluster. */
async function recognise(socket: TLSSocket, code: JoinCode): Promise<p.Greeting | Refusal> {
  const greeting = await p.readLine(socket, p.Greeting, greetingMsMax)
  const { address, port } = code
  if (!greeting) return refuse('disconnected', 'cli.join-silent', { address, port })
  if (greeting.protocol !== p.protocol) return refuse('invalid', 'cli.join-protocol', { theirs: greeting.protocol, ours: p.protocol })
  const ca = certificate(greeting.ca)
  const own = socket.getPeerX509Certificate()
  const genuine = ca && own && fingerprint(greeting.ca).slice(0, 32) === code.fingerprint && own.verify(ca.publicKey)
  if (!genuine) return refuse('unsafe', 'cli.join-impostor', { address, port })
  if (greeting.cluster !== code.cluster) return refuse('join-code-cluster', 'wire.join-code-cluster', { cluster: code.cluster })
  return greeting
}

function certificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // not a certificate: not the cluster either
  }
}

async function ask(socket: TLSSocket, greeting: p.Greeting, o: JoinOptions): Promise<Refusal | undefined> {
  const node = nodeId(randomUUID())
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64')
  const request: p.Request = { cluster: greeting.cluster, node, name: o.node, links: [...o.links], publicKey }
  const body = JSON.stringify(request)
  const nonce = randomBytes(32).toString('hex')
  const said = p.transcript(socket, greeting.nonce, nonce, body)
  p.sendLine(socket, { nonce, body, proof: p.proofOf(o.code.secret, said), signature: p.signatureOf(privateKey, said) } satisfies p.Ask)
  const answer = await p.readLine(socket, p.Answer, answerMsMax)
  const { address, port } = o.code
  if (!answer) return refuse('unknown-outcome', 'cli.join-lost', { address, port, node: o.node })
  if (!answer.ok) throw new ApiError(toldView(answer))
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const identity = checkIdentity({ ca: greeting.ca, cert: answer.cert, key }, node, o.nowMs)
  if (isRefusal(identity)) return identity
  const keys = parseKeys(answer.clusterKey, `${address}:${port}`)
  if (isRefusal(keys)) return keys
  return writeNode(
    o.places,
    {
      cluster: { id: greeting.cluster, name: greeting.name },
      node: { id: node, name: o.node },
      genesis: [],
      joining: { members: answer.members, votes: answer.votes },
      links: o.links,
    },
    { ca: greeting.ca, cert: answer.cert, key, clusterKey: answer.clusterKey },
    o.wishes,
  )
}

/** What the cluster's node said, in its own words. */
const toldView = (answer: Extract<p.Answer, { ok: false }>): ApiError['view'] => ({
  apiVersion: 'kyha/v1',
  kind: 'Error',
  code: shown(answer.refused),
  message: { en: answer.en, zh: answer.zh },
  todo: { en: '', zh: '' },
  problems: [],
})
