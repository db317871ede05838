/** The package's door: sessions, chassis, presence; errors with a code and a sentence. */
import { randomInt } from 'node:crypto'
import { IpmiError } from './errors.js'
import { presencePing, readPong } from './packet.js'
import { Channel, now } from './udp.js'

export {
  type ChassisStatus,
  type Confirmed,
  chassisStatus,
  type PowerAction,
  power,
  powerOffConfirmed,
  powerOnConfirmed,
} from './chassis.js'
export { type IpmiCode, IpmiError } from './errors.js'
export type { SuiteId } from './keys.js'
export { type IpmiOptions, openSession, PRIVILEGES, type Privilege, type Session } from './session.js'

/** Does something that speaks IPMI answer there (ASF presence ping)? Needs no user. An error if nothing does within `limitMs`. */
export async function presence(host: string, port: number, limitMs: number, retryMs = 500): Promise<void> {
  const deadline = now() + limitMs
  const channel = await Channel.to(host, port, retryMs, deadline)
  try {
    const tag = randomInt(255)
    const match = (d: Buffer): boolean | undefined => {
      const pong = readPong(d)
      return pong?.tag === tag ? pong.ipmi : undefined
    }
    const ipmi = await channel.ask(() => presencePing(tag), match, deadline)
    if (ipmi === undefined) throw new IpmiError('no-answer', `no answer to a presence ping from ${channel.where} within the time limit`)
    if (!ipmi) throw new IpmiError('refused', `what answers at ${channel.where} does not speak IPMI`)
  } finally {
    channel.close()
  }
}
