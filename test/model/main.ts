/** `npm run models [-- NAME] [--full] [--trace]`: states, depth and end of each model; with --trace the shortest way to each broken one's accident. */
import { parseArgs } from 'node:util'
import { type Subject, subjects } from './all.js'
import { explore, type Found, line, type Model } from './explore.js'

const usage = `usage: npm run models -- [${[...new Set(subjects.map((s) => s.name))].join('|')}] [--full] [--trace]\n`

function search(model: Model, trace: boolean): Found {
  const found = explore(model)
  process.stdout.write(`${line(model, found)}\n`)
  if (trace) for (const [n, step] of (found.steps ?? []).entries()) process.stdout.write(`  ${n + 1}. ${step}\n`)
  return found
}

function main(chosen: readonly Subject[], full: boolean, trace: boolean): number {
  let good = true
  for (const { usual, full: far, broken } of chosen) {
    for (const model of [...usual, ...(full ? far : [])]) good = search(model, true).exhausted && good
    for (const { model, accident } of broken) good = accident.test(search(model, trace).accident ?? '') && good
  }
  return good ? 0 : 1
}

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { full: { type: 'boolean' }, trace: { type: 'boolean' } } })
  const chosen = subjects.filter((s) => positionals.length === 0 || positionals.includes(s.name))
  if (chosen.length < Math.max(1, positionals.length)) throw new Error(`There is no model ${positionals.join(', ')}.`)
  process.exitCode = main(chosen, values.full === true, values.trace === true)
} catch (e) {
  process.stderr.write(`${(e as Error).message.split('. ')[0]}\n${usage}`)
  process.exitCode = 64
}
