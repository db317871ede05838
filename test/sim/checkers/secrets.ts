/**
 * S23: the password of the fence device, which stands in the configuration and goes to its agent's stdin, is in no event and in nothing that a
 * console is shown but the configuration itself. The scenario's password is a canary that occurs nowhere else.
 */
import type { World } from '../world.js'
import { Mentions } from './same.js'

export const canary = 'canary-1f0e5b'

/** These carry the configuration; what of it leaves the process is console/api's care. */
const configuration = new Set<string>(['state', 'committed'])

export function secrets(world: World): void {
  const secret = new Mentions(canary)
  world.says.push((machine, path, verdict) => {
    for (const value of Object.values(verdict.args))
      if (typeof value === 'string' && value.includes(canary))
        world.violate('S23', `${machine.name} ${path} says the password in ${verdict.key}`)
  })
  world.shows.push((machine, msg) => {
    if (!configuration.has(msg.type) && secret.in(msg))
      world.violate('S23', `${machine.name} shows the password to its console in ${msg.type}`)
  })
}
