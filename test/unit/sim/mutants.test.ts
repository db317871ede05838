/** The mutants of the swarm: each still fits the code, and the way from an edit to a caught seed works. `npm run sim -- --mutants` hunts them all. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mutants } from '../../sim/mutants/list.js'
import { hunt, lineOf } from '../../sim/mutants/main.js'
import { broken, edited } from '../../sim/mutants/mutate.js'

const t = suite('sim: mutants')

t('what a mutant replaces stands exactly once in the compiled code', () => {
  assert.ok(mutants.length >= 12)
  assert.is(new Set(mutants.map((m) => m.rule)).size, mutants.length)
  for (const m of mutants) assert.equal(broken(m), [], `${m.rule}: the text to be replaced is not there exactly once`)
})

t('an edit that fits twice or not at all is none', () => {
  const edit = { file: 'x.js', from: 'a', to: 'b' }
  assert.is(edited('xay', edit), 'xby')
  assert.is(edited('xaya', edit), undefined)
  assert.is(edited('xyz', edit), undefined)
  const gone = { rule: 'gone', nodes: [3], edits: [{ file: 'actors/log/raft.js', from: 'no such text', to: '' }] }
  assert.is(broken(gone).length, 1)
  assert.match(lineOf({ rule: 'gone', caught: false, seconds: 0, broken: ['actors/log/raft.js'] }), 'BROKEN')
})

t('a director without its gate is caught by what it starts', async () => {
  const [row] = await hunt(['the director ignores grants'], { seeds: 40, seconds: 100, jobs: 1 }, () => undefined)
  assert.is(row?.caught, true, JSON.stringify(row))
  assert.match(row?.invariant ?? '', /^S(1|2|3|13)$/)
})

t.run()
