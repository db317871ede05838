/**
 * A model as tests: every order of sends, deliveries, losses, deaths and fences within its bounds, and nothing bad is reachable. With one rule taken
 * away the search must find the accident, or it proves nothing. MODEL_BOUNDS=full searches further (minutes, some GiB of memory).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { subjects } from './all.js'
import { explore, line } from './explore.js'

const isFull = process.env['MODEL_BOUNDS'] === 'full'

export function modelTests(name: string): void {
  const t = suite(`model: ${name}`)
  for (const { usual, full, broken } of subjects.filter((s) => s.name === name)) {
    for (const model of [...usual, ...(isFull ? full : [])]) {
      t(`${model.name}: nothing bad is reachable`, () => {
        const found = explore(model)
        process.stdout.write(`# figure model ${line(model, found)}\n`)
        assert.is(found.accident, undefined, found.steps?.join(' ; '))
        assert.ok(found.exhausted, 'every state within the bounds was seen')
        assert.ok(found.states > 50_000, 'the bounds leave something to search')
      })
    }
    for (const { model, accident } of broken) {
      t(`${model.name}: the search finds the accident`, () => {
        const found = explore(model, 3_000_000)
        assert.match(found.accident ?? 'nothing', accident)
        assert.ok(found.steps?.length === found.depth && !found.steps.includes(''), 'each step of the way is known')
      })
    }
  }
  t.run()
}
