/** `fence_kyha_ipmi`: a fence agent for machines with a BMC that speaks IPMI 2.0. */
import { chassisStatus, openSession, powerOffConfirmed, powerOnConfirmed } from 'node-ipmi'
import { runAgent, type Switch } from '../agent.js'
import { type IpmiWish, readWish } from './options.js'

async function open(wish: IpmiWish): Promise<Switch> {
  const session = await openSession(wish.ipmi, wish.loginMs)
  return {
    status: async () => (await chassisStatus(session, wish.shellMs)).power,
    bring: async (wanted) => {
      await (wanted === 'off' ? powerOffConfirmed : powerOnConfirmed)(session, wish.powerMs)
    },
    close: () => session.close(),
  }
}

await runAgent({ name: 'fence_kyha_ipmi', read: readWish, open, metadata: async () => (await import('./metadata.js')).metadata() })
