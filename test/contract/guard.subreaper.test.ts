/** The guard's contract with containment by subreaper, with and without the kernel's newer helps. */
import { runCases } from './guard.run.js'

await runCases([{ cgroup: 'subreaper' }, { cgroup: 'subreaper', force: 'no-pidfd,no-cgroupkill,no-clone3' }])
