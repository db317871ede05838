/** The guard's contract with containment by subreaper, with and without the kernel's newer helps. */
import { runCases } from './guard.run.js'

await runCases([
  { cgroup: 'subreaper', notice: 'pidfd' },
  { cgroup: 'subreaper', force: 'no-pidfd,no-look', notice: 'connector' },
  { cgroup: 'subreaper', force: 'no-pidfd,no-connector,no-cgroupkill,no-clone3', notice: 'waitid' },
])
