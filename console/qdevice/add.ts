/**
 * A node enrolls its cluster at a quorum device with a code that the device gave out: it knows the device by the certificate that the code names, and
 * proves the code's secret without sending it, over this very connection. What comes back is the device as the configuration describes it. Enrolling
 * a cluster that the device knows already changes nothing there.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'
import type { DeviceDoc } from '../../runtime/config/document.js'
import type { NodeConfig } from '../../runtime/config/node.js'
import type { Refusal } from '../../runtime/verdict.js'
import type { JoinCode } from '../../runtime/wire/joincode.js'
import { secureOptions } from '../../runtime/wire/listen.js'
import { Frames, type FromDevice, frame, fromDevice, protocol } from '../../runtime/witness/protocol.js'
import { refuse } from '../join/names.js'
import * as p from '../join/protocol.js'
import { enrolText } from './server.js'

const answerMsMax = 10_000

export interface AddOptions {
  readonly code: JoinCode
  readonly node: Pick<NodeConfig, 'cluster' | 'tls'>
  /** Name of the device in the configuration; its own unless said otherwise. */
  readonly name?: string
  readonly dryRun: boolean
}

export async function enrolCluster({ code, node, name, dryRun }: AddOptions): Promise<DeviceDoc | Refusal> {
  const { address, port } = code
  const ca = readFileSync(node.tls.ca, 'utf8')
  const tls = { ca, cert: readFileSync(node.tls.cert, 'utf8'), key: readFileSync(node.tls.key, 'utf8') }
  const socket = connect({ ...secureOptions(tls), host: address, port, checkServerIdentity: () => undefined })
  const unreachable = (error: string): Refusal => refuse('disconnected', 'witness.add-unreachable', { address, port, error })
  try {
    const greeting = await answerOf(socket)
    if (typeof greeting === 'string') return unreachable(greeting)
    const print = (socket.getPeerX509Certificate()?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase()
    if (print.slice(0, 32) !== code.fingerprint) return refuse('unsafe', 'witness.add-impostor', { address, port })
    if (greeting.type !== 'device') return unreachable('EPROTO')
    const device = { name: name ?? greeting.name, address, port, fingerprint: print }
    if (greeting.protocol !== protocol)
      return refuse('invalid', 'witness.protocol', { witness: device.name, address, port, theirs: greeting.protocol, ours: protocol })
    if (dryRun) return device
    const body = JSON.stringify({ id: node.cluster.id, name: node.cluster.name, ca })
    const nonce = randomBytes(32).toString('hex')
    const proof = p.proofOf(code.secret, p.transcript(socket, greeting.nonce, nonce, enrolText(body)))
    socket.write(frame({ type: 'enrol-cluster', nonce, body, proof }))
    const answer = await answerOf(socket)
    if (typeof answer === 'string') return unreachable(answer)
    if (answer.type === 'refused') return refuse(shownCode(answer.refused), 'witness.add-refused', { why: answer.en, whyZh: answer.zh })
    return answer.type === 'enrolled' ? device : unreachable('EPROTO')
  } finally {
    socket.destroy()
  }
}

const shownCode = (code: string): string => (/^[a-z-]{1,40}$/.test(code) ? code : 'invalid')

/** The next message of the device, or why none came. */
function answerOf(socket: TLSSocket): Promise<FromDevice | string> {
  return new Promise((resolve) => {
    const frames = new Frames()
    const end = (value: FromDevice | string): void => {
      clearTimeout(late)
      socket.off('data', take).off('close', closed).off('error', failed)
      socket.on('error', () => socket.destroy())
      resolve(value)
    }
    const closed = (): void => end('ECONNRESET')
    const failed = (e: NodeJS.ErrnoException): void => end(e.code ?? e.message)
    const late = setTimeout(() => end('ETIMEDOUT'), answerMsMax)
    const take = (chunk: Buffer): void => {
      const messages = frames.take(chunk)
      if (!messages) return end('EPROTO')
      const first = messages[0]
      if (first) end(fromDevice(first) ?? 'EPROTO')
    }
    socket.on('data', take).on('close', closed).on('error', failed)
  })
}
