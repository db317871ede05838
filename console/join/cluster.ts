/** The console's model and changes as members.ts needs them. */
import { randomUUID } from 'node:crypto'
import type { Changes } from '../api/changes.js'
import type { Model } from '../api/model.js'
import type { Cluster } from './members.js'

export const clusterOf = (model: Model, changes: Changes): Cluster => ({
  state: () => model.state,
  present: () => model.quorum?.present ?? [],
  async propose(entry, ifIndex, key = `members:${randomUUID()}`) {
    const made = await changes.make(entry, { dryRun: false, ifMatch: undefined, key, ifIndex })
    return 'code' in made ? made : true
  },
})
