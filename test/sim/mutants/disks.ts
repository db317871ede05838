/**
 * Rules of the witness on shared disks, each switched off. They are looked for with drawn schedules of two nodes block by block
 * (test/unit/disk-heartbeat/schedule.ts), and those that whole clusters can meet with the swarm in mode disk as well.
 */
import type { Edit, Mutant } from './mutate.js'

const edit = (file: string, from: string, to: string): Edit => ({ file: `actors/disk-heartbeat/${file}.js`, from, to })
const mutant = (rule: string, ...edits: readonly Edit[]): Mutant => ({
  rule: `disks: ${rule}`,
  nodes: [2],
  mode: 'disk',
  schedules: true,
  edits,
})

export const diskMutants: readonly Mutant[] = [
  mutant(
    'the second phase does not read again',
    edit('register', `d.stage = 'read';`, `d.stage = w.s.round.phase === 'accept' ? 'done' : 'read';`),
  ),
  mutant(
    'the first phase does not read again',
    edit('register', `d.stage = 'read';`, `d.stage = w.s.round.phase === 'promise' ? 'done' : 'read';`),
  ),
  mutant('a node does not read its own slot after a restart', edit('register', '(d.own.ok ? newest(best, d.own.value) : best)', 'best')),
  mutant('one disk of three is enough', edit('register', 'Math.floor(first.header.set.length / 2) + 1', '1')),
  mutant('a higher ballot is not given way to', edit('register', 'return d.others.some(', 'return false && d.others.some(')),
  mutant(
    'the record that others wrote is not taken over',
    edit('register', 'for (const [slot, other] of d.others)', 'for (const [slot, other] of [])'),
  ),
  mutant(
    'a slot of another that is damaged is passed over',
    edit('look', 'else if (i !== slot || !mine)', 'else if (i === slot && !mine)'),
  ),
  mutant(
    'it answers before it has written',
    edit('register', `if (done.length >= r.needs)`, `if (r.phase === 'accept' || done.length >= r.needs)`),
  ),
]

/** One that takes a whole cluster: the log believes what the disks did not say. */
export const swarmMutants: readonly Mutant[] = [
  {
    rule: 'disks: a refusal is taken for a yes',
    nodes: [2],
    mode: 'disk',
    edits: [{ file: 'actors/log/witness.js', from: 'if (!m.ok)', to: 'if (false)' }],
  },
]
