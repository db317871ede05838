/** One process of the swarm (swarm.ts): it is told seeds and answers with what came of each; it ends when the swarm does. */
import { pairOf } from './faults/pairs.js'
import { runSeed } from './scenario.js'
import type { Answer, Told } from './swarm.js'
import { spanOf } from './timings.js'

const tell = (answer: Answer): void => void process.send?.(answer)

process.on('message', ({ seed, nodes, timing, rounds, dense, mode, pairs }: Told) => {
  const { user, system } = process.cpuUsage()
  const run = runSeed(String(seed), nodes, {
    timing,
    mode,
    dense,
    ...(rounds === undefined ? {} : { rounds }),
    ...(pairs ? { forced: pairOf(seed, nodes, mode) } : {}),
  })
  const { hours, events, timing: set, faults, marks, together } = run
  const [first] = run.violations
  const done = process.cpuUsage({ user, system })
  tell({
    ...{ seed, hours, events, beat: spanOf(set), faults: faults.length, marks },
    ...(pairs ? { together } : {}),
    cpuHours: (done.user + done.system) / 3.6e9,
    ...(first ? { first } : {}),
  })
})
process.on('disconnect', () => process.exit())
