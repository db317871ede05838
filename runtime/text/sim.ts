/** Sentences of `sim.*`: what `kyha simulate` says, English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const sim = {
  'sim.head': {
    en: '{hours} h of {cluster} on {nodes} with seed {seed}: {faults}.',
    zh: '{cluster} 在 {nodes} 上运行 {hours} 小时，种子 {seed}：{faults}。',
  },
  'sim.no-faults': { en: 'no fault was drawn', zh: '未抽到任何故障' },
  'sim.times': { en: '{times} x {what}', zh: '{what} {times} 次' },
  'sim.never-away': { en: 'ran all the time where it was', zh: '一直在原处运行' },
  'sim.never-ran': {
    en: 'ran at no time, faults or not: `kyha explain {resource}` says why on a cluster that has this configuration',
    zh: '无论有无故障都从未运行：在使用此配置的集群上用 `kyha explain {resource}` 查看原因',
  },
  'sim.stopped': { en: 'is to be stopped', zh: '按要求停止' },
  'sim.because': { en: '{times} x {why}, {longest} at most: {fault}', zh: '{why} {times} 次，最长 {longest}：{fault}' },
  'sim.still-away': { en: 'did not run again until the end', zh: '直到结束也未恢复运行' },
  'sim.cleanups': {
    en: '{times} x it ran again only after `kyha resource cleanup {resource}`',
    zh: '有 {times} 次须执行 `kyha resource cleanup {resource}` 才恢复运行',
  },
  'sim.why-taken-over': { en: 'taken over by another node', zh: '由其他节点接管' },
  'sim.why-quorum': { en: 'stopped where quorum was lost', zh: '所在一侧失去法定票数而停止' },
  'sim.why-failed': { en: 'failed and was recovered', zh: '失败后恢复' },
  'sim.why-moved': { en: 'moved to a better node', zh: '迁移到更合适的节点' },
  'sim.why-below': { en: 'restarted with what it runs on top of', zh: '随其所依赖的资源重启' },
  'sim.why-gone': { en: 'its machine or process was gone', zh: '所在机器或进程消失' },
  'sim.unconfirmed': {
    en: 'Fencing was tried {times} times without a confirmation: meanwhile nothing was taken over.',
    zh: '有 {times} 轮隔离未得到设备确认：其间没有接管。',
  },
  'sim.sound': { en: 'No rule of kyha was violated.', zh: '未违反 kyha 的任何规则。' },
  'sim.violated': {
    en: 'kyha violated its rule {invariant} at {ms} ms of simulated time: {because}. This is a bug of kyha, not of your configuration. Please report it with your configuration and this command:',
    zh: 'kyha 在模拟时间 {ms} 毫秒处违反了规则 {invariant}：{because}。这是 kyha 的缺陷，不是配置问题。请连同配置和以下命令一并反馈：',
  },
  'sim.how': {
    en: 'Away: it was up on no machine. Simulated was each fault until a minute after all was well ({simulated}); the quiet between was counted. Agents, disks and switches are simulated ones, so the times say how long kyha takes, not how long your services do. The same seed gives the same history.',
    zh: '中断：在任何机器上都未运行。每次故障模拟到一切恢复后一分钟（共 {simulated}），其间的平静时段只计时、不模拟。代理、磁盘和电源开关均为模拟，因此时间反映 kyha 的用时，而非业务自身的启停用时。相同种子得到相同过程。',
  },
  'sim.votes': {
    en: 'warning: each node has one vote in the simulation; your votes are {votes}.',
    zh: '警告：模拟中每个节点一票；实际票数为 {votes}。',
  },
  'sim.fault-unknown': {
    en: 'There is no fault named {name}{near}: `kyha simulate --faults help` lists them.',
    zh: '没有名为 {name} 的故障{near}：用 `kyha simulate --faults help` 列出全部。',
  },
  'sim.near': { en: ' (did you mean {name}?)', zh: '（是否指 {name}？）' },
  'sim.no-nodes': {
    en: '{file} names no node: give the nodes with --nodes n1,n2,n3.',
    zh: '{file} 中没有节点名称：请用 --nodes n1,n2,n3 给出节点。',
  },
  'sim.no-resources': {
    en: 'The configuration has no resources, so nothing could happen to any: name another with --file.',
    zh: '该配置没有资源，不会有任何影响：请用 --file 指定其他配置。',
  },
  'sim.not-here': {
    en: 'This installation has no simulator (dist/test/sim is missing): build kyha with `npm run build`.',
    zh: '此安装不含模拟器（缺少 dist/test/sim）：请用 `npm run build` 构建 kyha。',
  },
  'sim.progress': { en: 'simulating: {percent} %', zh: '正在模拟：{percent} %' },

  'sim.fault-power-off': { en: 'a machine loses its power', zh: '一台机器断电' },
  'sim.fault-site-power': { en: 'all machines lose their power', zh: '全部机器断电' },
  'sim.fault-fast-reboot': { en: 'a machine is off for a moment only', zh: '一台机器瞬间断电' },
  'sim.fault-partition': { en: 'the nodes fall into two parts', zh: '集群被分割为两部分' },
  'sim.fault-one-way': { en: 'one node is heard in one direction only', zh: '一个节点单向不通' },
  'sim.fault-bridge': { en: 'two parts that only one node can reach both of', zh: '两部分仅由一个节点连通' },
  'sim.fault-link-dark': { en: 'one heartbeat link is dark', zh: '一路心跳中断' },
  'sim.fault-flapping': { en: 'a node comes and goes', zh: '一个节点时断时续' },
  'sim.fault-switch-reboot': { en: 'a network switch restarts', zh: '网络交换机重启' },
  'sim.fault-loss': { en: 'packets are lost', zh: '丢包' },
  'sim.fault-delay': { en: 'packets are late', zh: '网络延迟' },
  'sim.fault-service-dies': { en: 'a service dies by itself', zh: '业务进程自行退出' },
  'sim.fault-agent-fails': { en: 'a start or stop fails', zh: '启动或停止失败' },
  'sim.fault-agent-hangs': { en: 'a start, stop or monitor hangs', zh: '启动、停止或监测挂起' },
  'sim.fault-kyhad-kill': { en: 'kyhad is killed', zh: 'kyhad 被杀死' },
  'sim.fault-kyhad-stop': { en: 'kyhad stands still', zh: 'kyhad 停顿' },
  'sim.fault-cpu-starved': { en: 'a machine is too busy', zh: '一台机器过载' },
  'sim.fault-vm-pause': { en: 'a machine stands still as a whole', zh: '一台机器整体停顿' },
  'sim.fault-disk-stall': { en: 'a disk hangs or is slow', zh: '磁盘挂起或缓慢' },
  'sim.fault-disk-full': { en: 'a disk is full', zh: '磁盘写满' },
  'sim.fault-fence-mute': { en: 'fence devices do not answer', zh: '隔离设备无应答' },
  'sim.fault-fence-refuses': { en: 'fence devices refuse', zh: '隔离设备拒绝' },
  'sim.fault-fence-late': { en: 'fence devices are slow', zh: '隔离设备缓慢' },
} as const satisfies Texts
