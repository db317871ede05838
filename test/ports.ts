/** Free ports for tests, below those that the kernel gives to anybody: no test beside this one gets the same in between. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [portMin, portMax] = [20_000, 32_000]
let port = portMin + 2 * ((process.pid * 7919) % ((portMax - portMin) / 2)) // processes side by side begin far apart

const isFreeTcp = (address: string, at: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(at, address, () => server.close(() => resolve(true)))
  })
const isFreeUdp = (address: string, at: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', () => resolve(false))
    socket.bind(at, address, () => socket.close(() => resolve(true)))
  })
const isFree = async (address: string, at: number): Promise<boolean> => (await isFreeTcp(address, at)) && (await isFreeUdp(address, at))

/** A port that is free on `address` for TCP and UDP, and so is the next one. Never the same twice in a round of 6,000. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  do port = port + 2 < portMax ? port + 2 : portMin
  while (!((await isFree(address, port)) && (await isFree(address, port + 1))))
  return port
}
