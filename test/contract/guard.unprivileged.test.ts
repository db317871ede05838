/** The guard's contract for an ordinary user without any cgroup: the demo's case. */
import { runCases } from './guard.run.js'

await runCases([
  { cgroup: 'auto', unprivileged: true },
  { cgroup: 'auto', unprivileged: true, force: 'subreaper,no-pidfd' },
])
