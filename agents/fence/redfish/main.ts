/** `fence_kyha_redfish`: a fence agent for machines whose management card speaks Redfish over HTTPS. */
import { runAgent } from '../agent.js'
import { readWish } from './options.js'
import { open } from './service.js'

await runAgent({ name: 'fence_kyha_redfish', read: readWish, open, metadata: async () => (await import('./metadata.js')).metadata() })
