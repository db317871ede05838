/** `fence_kyha_https`: a fence agent for whatever is switched by requests over HTTPS; the parameters say how. */
import { runAgent } from '../agent.js'
import { readWish } from './options.js'
import { open } from './service.js'

await runAgent({ name: 'fence_kyha_https', read: readWish, open, metadata: async () => (await import('./metadata.js')).metadata() })
