/**
 * One UDP socket to one BMC: questions that are asked again until they are answered or the time is over. The kernel drops what comes from
 * any other address; what does not fit the question that is open is dropped here.
 */
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { IpmiError } from './errors.js'
import { DATAGRAM_MAX } from './packet.js'

/** Milliseconds of a clock that nobody sets. */
export const now = (): number => performance.now()
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

const RETRY_MS_MAX = 2000

interface Question {
  take(d: Buffer): void
  fail(why: IpmiError): void
}

export class Channel {
  /** Address and port for sentences. */
  readonly where: string
  private open: Question | undefined
  private broken: IpmiError | undefined
  private closed = false

  private constructor(
    private readonly socket: Socket,
    host: string,
    port: number,
    private readonly retryMs: number,
  ) {
    this.where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    socket.on('message', (d) => d.length <= DATAGRAM_MAX && this.open?.take(d))
    socket.on('error', (e) => this.fail(e))
  }

  /** `retryMs`: when a question is asked again for the first time; each further wait is twice as long, up to 2 s. */
  static async to(host: string, port: number, retryMs: number, deadline: number): Promise<Channel> {
    const { address, family } = await addressOf(host, deadline)
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    const channel = new Channel(socket, host, port, retryMs)
    return new Promise((resolve, reject) => {
      const connected = (e?: Error): void => {
        if (!e) return resolve(channel)
        channel.fail(e)
        channel.close()
        reject(channel.broken)
      }
      socket.connect(port, address, connected as () => void)
    })
  }

  private fail(e: Error): void {
    const code = (e as NodeJS.ErrnoException).code ?? e.message
    const what = code === 'ECONNREFUSED' ? 'nothing listens there' : code
    this.broken = new IpmiError('unreachable', `the BMC at ${this.where} cannot be reached: ${what}`)
    this.open?.fail(this.broken)
  }

  /**
   * Sends what `make` makes, again and again, until `match` finds an answer in a datagram. undefined: none until `deadline`, or to `tries`
   * questions. One question at a time. `patience`: by how many doublings the waits are longer than usual.
   */
  ask<T>(
    make: () => Buffer,
    match: (d: Buffer) => T | undefined,
    deadline: number,
    { tries = Number.POSITIVE_INFINITY, patience = 0 } = {},
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      if (this.broken) return reject(this.broken)
      let timer: NodeJS.Timeout | undefined
      const end = (): void => {
        clearTimeout(timer)
        this.open = undefined
      }
      this.open = {
        take(d) {
          const answer = match(d)
          if (answer === undefined) return
          end()
          resolve(answer)
        },
        fail(why) {
          end()
          reject(why)
        },
      }
      const send = (sent: number): void => {
        const left = deadline - now()
        if (sent >= tries || left <= 0) {
          end()
          return resolve(undefined)
        }
        this.socket.send(make(), (e) => e && this.fail(e))
        timer = setTimeout(() => send(sent + 1), Math.min(left, this.retryMs * 2 ** Math.min(sent + patience, 10), RETRY_MS_MAX))
      }
      send(0)
    })
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.broken ??= new IpmiError('closed', 'the session was closed')
    this.open?.fail(this.broken)
    this.socket.close()
  }
}

async function addressOf(host: string, deadline: number): Promise<{ address: string; family: number }> {
  const family = isIP(host)
  if (family !== 0) return { address: host, family }
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => reject(new IpmiError('unreachable', `the address of the BMC ${host} is not known: ${why}`))
    const timer = setTimeout(() => refuse('the name service did not answer in time'), Math.max(0, deadline - now()))
    lookup(host, (e, address, found) => {
      clearTimeout(timer)
      if (e) refuse(e.code ?? e.message)
      else resolve({ address, family: found })
    })
  })
}
