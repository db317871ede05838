/** A TCP relay for the stream tests that can be cut (connections reset, new ones refused) or blackholed (open, but nothing passes). */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Proxy {
  readonly port: number
  readonly address: string
  pass(): void
  cut(): void
  blackhole(): void
  close(): void
}

export async function openProxy(address: string, target: { address: string; port: number }): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: 'pass' | 'cut' | 'blackhole' = 'pass'
  const server: Server = createServer((near) => {
    near.on('error', () => near.destroy())
    if (mode === 'cut') return void near.destroy()
    const far = connect(target.port, target.address)
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (chunk) => mode === 'pass' && to.write(chunk))
      from.on('end', () => mode === 'pass' && to.end())
      from.on('error', () => mode === 'pass' && to.destroy())
      from.on('close', () => {
        if (mode === 'pass') to.destroy()
        pairs.delete(pair)
      })
    }
  })
  const drop = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  await new Promise<void>((done) => server.listen(0, address, done))
  const { port } = server.address() as { port: number }
  return {
    port,
    address,
    pass() {
      if (mode === 'blackhole') drop() // what was swallowed is gone: these connections cannot go on
      mode = 'pass'
    },
    cut() {
      mode = 'cut'
      drop()
    },
    blackhole() {
      mode = 'blackhole'
    },
    close() {
      mode = 'cut'
      drop()
      server.close()
    },
  }
}
