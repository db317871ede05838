/** The rules of clones and promoted roles, each switched off in turn; histories that have some. */
import { edit, type Mutant } from './mutate.js'

export const cloneMutants: readonly Mutant[] = [
  {
    rule: 'the log grants a promoted role that another node holds',
    nodes: [3],
    clones: true,
    edits: [edit('actors/log/apply', 'if (held && !held.released)', `if (held && !held.released && !order.resource.includes('^'))`)],
  },
  {
    rule: 'a promotion needs no right',
    nodes: [3],
    clones: true,
    edits: [
      edit(
        'actors/resource/gate',
        `return 'it does not run here, and only what runs can be promoted';`,
        `return 'it does not run here, and only what runs can be promoted';\n    if (order.action === 'promote')\n        return undefined;`,
      ),
    ],
  },
  {
    rule: 'a demotion that failed is proof that a role is free',
    nodes: [3, 2],
    clones: true,
    first: ['agent-fails', 'standby', 'agent-fails', 'standby', 'agent-fails', 'standby', 'clone-change'],
    edits: [edit('actors/coordinator/orders', 'if (!msg.ok)', `if (!msg.ok && msg.action !== 'demote')`)],
  },
  {
    rule: 'an instance stops without being demoted',
    nodes: [3],
    clones: true,
    first: ['standby'],
    edits: [edit('actors/coordinator/order', 'if (slot.stops.has(at) && instance.stops.has(at))', 'if (false)')],
  },
  {
    rule: 'an instance starts before the one too many has stopped',
    nodes: [3],
    clones: true,
    first: ['standby'],
    edits: [edit('actors/coordinator/order', 'const ends = [', 'return;\n    const ends = [')],
  },
  {
    rule: 'a promotion does not wait until the other instances were told',
    nodes: [3],
    clones: true,
    edits: [edit('actors/coordinator/tell', 'lead.told[a.right] === sayOf(a)', 'true')],
  },
]
