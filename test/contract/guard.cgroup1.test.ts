/** The guard's contract with containment by cgroup1, with and without the kernel's newer helps. */
import { runCases } from './guard.run.js'

await runCases([
  { cgroup: 'cgroup1', notice: 'pidfd' },
  { cgroup: 'cgroup1', force: 'no-pidfd,no-look', notice: 'connector' },
  { cgroup: 'cgroup1', force: 'no-pidfd,no-connector,no-cgroupkill,no-clone3', notice: 'waitid' },
])
