/** `npm run rig -- list | run NAME|all [--agents stock|kyha] [--keep] [--minutes N] [--seed S] [-o json]`: the exit code says whether every story passed. */
import { root as needsRoot, program } from '../needs.js'
import { stories } from '../stories/index.js'
import type { Wish } from '../stories/scene.js'
import type { Agents } from './configs.js'
import { Stage } from './run.js'

async function main(args: string[]): Promise<number> {
  const json = args.includes('json')
  if (args[0] === 'list') {
    process.stdout.write(
      json
        ? `${JSON.stringify(stories.map((s) => ({ name: s.name, about: s.about })))}\n`
        : stories.map((s) => `${s.name.padEnd(26)}${s.about}\n`).join(''),
    )
    return 0
  }
  const chosen = stories.filter((s) => args[1] === 'all' || s.name === args[1])
  if (args[0] !== 'run' || chosen.length === 0) {
    process.stderr.write('usage: npm run rig -- list | run NAME|all [--agents stock|kyha] [--keep] [--minutes N] [--seed S] [-o json]\n')
    return 64
  }
  const missing = [needsRoot(), program('ip'), program('nginx')].filter((n) => n !== undefined)
  if (missing.length > 0) {
    process.stderr.write(`The rig ${missing.join(' and ')}: it makes network namespaces and runs a real nginx in them.\n`)
    return 69
  }
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
  const minutes = Number(option('--minutes') ?? 1)
  if (!(minutes > 0 && minutes <= 1440)) {
    process.stderr.write('--minutes is a number of minutes, above 0 and up to 1440.\n')
    return 64
  }
  const wish: Wish = { minutes, ...(option('--seed') === undefined ? {} : { seed: option('--seed') as string }) }
  const agents: Agents = args[args.indexOf('--agents') + 1] === 'kyha' ? 'kyha' : 'stock'
  const stage = new Stage()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stage.close().finally(() => process.exit(130)))
  const outcomes = []
  for (const story of chosen) {
    const outcome = await stage.tell(story, agents, args.includes('--keep'), wish)
    outcomes.push(outcome)
    if (!json)
      process.stdout.write(
        `${outcome.passed ? 'passed' : 'FAILED'}  ${story.name.padEnd(26)}${outcome.passed ? `client-seen downtime ${outcome.downtimeMs} ms` : outcome.because}\n`,
      )
    if (!json && !outcome.passed)
      process.stdout.write(
        `${outcome.timeline
          .slice(-60)
          .map((l) => `        ${l}`)
          .join('\n')}\n`,
      )
  }
  await stage.close()
  if (json) process.stdout.write(`${JSON.stringify(outcomes.length === 1 ? outcomes[0] : outcomes)}\n`)
  return outcomes.every((o) => o.passed) ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
