/** `fence_kyha_snmp`: a fence agent for the outlets of power switches that speak SNMP. */
import { runAgent } from '../agent.js'
import { readWish } from './options.js'

await runAgent({
  name: 'fence_kyha_snmp',
  read: readWish,
  open: async (wish) => (await import('./outlet.js')).open(wish),
  metadata: async () => (await import('./metadata.js')).metadata(),
})
