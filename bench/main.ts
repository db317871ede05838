/** `npm run bench -- failover|footprint|foresight|ipmi|plan|sim [options]`: figures, never assertions. */
import { failover } from './failover.js'
import { footprint } from './footprint.js'
import { foresight } from './foresight.js'
import { ipmi } from './ipmi.js'
import { plan, runsUsual } from './plan.js'
import { seedsUsual, sim } from './sim.js'

const args = process.argv.slice(2)
const option = (name: string, otherwise: number): number => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise)
const named = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
const json = args.includes('json')

switch (args[0]) {
  case 'failover':
    process.exitCode = await failover(option('--trials', 10), json)
    break
  case 'footprint':
    process.exitCode = await footprint(option('--seconds', 300), json)
    break
  case 'foresight':
    process.exitCode = await foresight(option('--trials', 30), json)
    break
  case 'ipmi':
    process.exitCode = await ipmi(option('--trials', 50), json)
    break
  case 'plan':
    process.exitCode = plan({ runs: option('--runs', runsUsual), cases: named('--cases'), oracle: named('--oracle'), json })
    break
  case 'sim':
    process.exitCode = await sim(option('--seeds', seedsUsual), json)
    break
  default:
    process.stderr.write(
      'usage: npm run bench -- failover [--trials N] [-o json] | footprint [--seconds N] [-o json] | foresight [--trials N] [-o json] | ipmi [--trials N] [-o json] | plan [--runs N] [--cases DIR --oracle FILE] [-o json] | sim [--seeds N] [-o json]\n',
    )
    process.exitCode = 64
}
