/** Between client and BMC: a UDP relay that loses, repeats, delays and swaps datagrams as it is told, or hands them changed. */
import { createSocket } from 'node:dgram'
import { freePort } from '../../ports.js'

export type Way = 'there' | 'back'
/** Delays in ms at which a datagram goes on: none loses it, two repeat it. `n` counts each way from 0. */
export type Fate = (way: Way, n: number, d: Buffer) => readonly number[]

export class Relay {
  readonly counts = { there: 0, back: 0 }
  #client: number | undefined
  readonly #timers = new Set<NodeJS.Timeout>()
  private constructor(
    readonly port: number,
    private readonly front: ReturnType<typeof createSocket>,
    private readonly rear: ReturnType<typeof createSocket>,
    bmc: number,
    private readonly fate: Fate,
  ) {
    front.on('message', (d, from) => {
      this.#client = from.port
      this.#pass('there', d, () => rear.send(d, bmc, '127.0.0.1'))
    })
    rear.on('message', (d) => this.#pass('back', d, () => front.send(d, this.#client ?? 0, '127.0.0.1')))
    rear.on('error', () => undefined) // nobody listens behind it
  }
  static async start(bmc: number, fate: Fate): Promise<Relay> {
    const [front, rear] = [createSocket('udp4'), createSocket('udp4')]
    const port = await freePort()
    await new Promise<void>((resolve) => front.bind(port, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => rear.bind(0, '127.0.0.1', resolve))
    return new Relay(port, front, rear, bmc, fate)
  }
  #pass(way: Way, d: Buffer, on: () => void): void {
    for (const ms of this.fate(way, this.counts[way]++, d)) {
      if (ms === 0) on()
      else {
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          on()
        }, ms)
        this.#timers.add(timer)
      }
    }
  }
  /** One more datagram to the client, from where the BMC's come. */
  inject(d: Buffer): void {
    this.front.send(d, this.#client ?? 0, '127.0.0.1')
  }
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.front.close()
    this.rear.close()
  }
}
