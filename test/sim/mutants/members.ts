/** The rules of the member list (S11), each switched off in turn. */
import { edit, type Mutant } from './mutate.js'

export const members: readonly Mutant[] = [
  {
    rule: 'a joiner counts before it is synced',
    nodes: [3, 2],
    edits: [edit('actors/log/members', 'if (fresh !== undefined && match < s.commit)', 'if (false)')],
  },
  { rule: 'two votes move in one list', nodes: [3], edits: [edit('actors/log/apply', 'if (moved > 1)', 'if (false)')] },
  {
    rule: 'a list is taken while another one is open',
    nodes: [3],
    edits: [
      edit('actors/log/members', `if (isOpen(s))\n        return no('stale-revision'`, `if (false)\n        return no('stale-revision'`),
    ],
  },
  {
    rule: 'the rule of two ends without the other one',
    nodes: [2],
    edits: [edit('actors/log/raft', 'return two.length !== 2 || same ? [] : (before.solo ?? two);', 'return [];')],
  },
  {
    rule: 'an owner is removed',
    nodes: [3],
    edits: [
      edit(
        'actors/log/apply',
        `if (held.length > 0)\n            return no('log.member-owns'`,
        `if (false)\n            return no('log.member-owns'`,
      ),
    ],
  },
  {
    rule: 'a leader that was removed goes on leading',
    nodes: [3],
    edits: [
      edit('actors/log/actor', `if (s.role === 'leader' && voteless && !isVoter(s, s.self))`, 'if (false)'),
      edit('actors/log/members', 'if (to === undefined)', 'if (true)'),
      edit('actors/quorum/actor', 'isMember && rule.holds(set)', 'rule.holds(set)'),
    ],
  },
]
