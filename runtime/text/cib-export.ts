/** Sentences of `cib.to-*`: what of kyha’s configuration Pacemaker does not know. */
import type { Texts } from './render.js'

export const cibExport = {
  'cib.to-pool': {
    en: 'Pacemaker has no pools; write locations for its standby nodes.',
    zh: 'Pacemaker 没有备用池；请为其备用节点编写位置约束。',
  },
  'cib.to-quorum': {
    en: 'votes, tie-break and witness stand in corosync.conf; set them there.',
    zh: '票数、平局裁决与见证在 corosync.conf 中；请在那里设置。',
  },
  'cib.to-own-agent': {
    en: 'Pacemaker runs it as {agent}: kyha’s agents must be installed there, in resource.d/kyha.',
    zh: 'Pacemaker 将以 {agent} 运行：须在那里安装 kyha 的代理（resource.d/kyha）。',
  },
  'cib.to-counting': {
    en: 'Pacemaker counts all failures within failure-timeout, not those in a row; look whether migration-threshold is still right.',
    zh: 'Pacemaker 统计 failure-timeout 内的全部失败，而非连续失败；请检查 migration-threshold 是否仍合适。',
  },
  'cib.to-reap': {
    en: 'Pacemaker does not end what an agent leaves behind, whatever this says; nothing to do.',
    zh: '无论如何设置，Pacemaker 都不会清理代理遗留的进程；无需处理。',
  },
  'cib.to-startup-delay': {
    en: 'Pacemaker has dc-deadtime for that, with another meaning; nothing to do.',
    zh: 'Pacemaker 以 dc-deadtime 处理，含义不同；无需处理。',
  },
  'cib.to-health-safe': {
    en: 'Pacemaker stops a resource when no node is healthy enough for it; kyha lets it stay.',
    zh: '没有足够健康的节点时 Pacemaker 会停止资源；kyha 让其留在原处。',
  },
  'cib.to-levels': {
    en: 'its levels became locations with the scores that kyha gives them.',
    zh: '其级别已写为位置约束，分值与 kyha 所给相同。',
  },
  'cib.to-watchdog': {
    en: 'Pacemaker’s watchdog fencing is set by stonith-watchdog-timeout and SBD; set it up there.',
    zh: 'Pacemaker 的看门狗隔离由 stonith-watchdog-timeout 与 SBD 设置；请在那里配置。',
  },
  'cib.to-secret-reference': {
    en: 'its value is a reference that kyha resolves; write the value there.',
    zh: '其值为由 kyha 解析的引用；请在那里写出该值。',
  },
  'cib.to-id': {
    en: 'Pacemaker’s ids begin with a letter or _; rename it before it is loaded there.',
    zh: 'Pacemaker 的标识须以字母或 _ 开头；载入前请改名。',
  },
  'cib.to-serialize': {
    en: 'Pacemaker knows no symmetrical order of kind Serialize; it is written without.',
    zh: 'Pacemaker 没有对称的 Serialize 顺序；已不写该项。',
  },
  'cib.to-stop-stop': {
    en: 'Pacemaker knows no such reaction to a failed stop; it fences, or blocks where fencing is off.',
    zh: 'Pacemaker 对停止失败没有此种反应；它会隔离，未启用隔离时则阻塞。',
  },
  'cib.to-same-interval': {
    en: 'Pacemaker wants another interval for each of its monitors; change one by a second.',
    zh: 'Pacemaker 要求每个监视操作的间隔互不相同；请将其一改动一秒。',
  },
  'cib.to-kept': {
    en: 'a newer version’s parts are not known here and were not written.',
    zh: '较新版本的内容在此未知，未写出。',
  },
} as const satisfies Texts
