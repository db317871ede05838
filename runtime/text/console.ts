/** Sentences of `console.*`: the verdict line and the answers of the API, English and Chinese side by side. */
import type { Texts } from './render.js'

export const console = {
  'console.shell-line': {
    en: 'The shell of uid {uid} (pid {pid}) does: {line}',
    zh: 'uid {uid}（pid {pid}）的 shell 执行：{line}',
  },
  'console.shell-request': {
    en: 'The shell of uid {uid} (pid {pid}) asks for {method} {path}.',
    zh: 'uid {uid}（pid {pid}）的 shell 请求 {method} {path}。',
  },
  'console.ok': {
    en: '{running} of {resources} resources run; {online} of {nodes} nodes online; can lose {spare} more',
    zh: '{resources} 个资源中 {running} 个在运行；{nodes} 个节点中 {online} 个在线；还能再失去 {spare} 个节点',
  },
  'console.starting': {
    en: 'This node has no view of the cluster yet: it waits for the log to start.',
    zh: '本节点尚无集群视图：正在等待日志启动。',
  },
  'console.no-quorum': {
    en: 'No quorum on this side: {votes} of {votesTotal} votes, {votesNeeded} needed. Nothing is started here. Restore the heartbeat links or the missing nodes.',
    zh: '本侧没有法定票数：{votesTotal} 票中只有 {votes} 票，需要 {votesNeeded} 票。本侧不启动任何资源。请恢复心跳链路或缺失的节点。',
  },
  'console.no-leader': {
    en: 'No leader at the moment: an election is under way. Resources that run keep running.',
    zh: '当前没有领导节点：正在选举。正在运行的资源不受影响。',
  },
  'console.resource-down': {
    en: '{resource} does not run although it should. `kyha explain {resource}` says why.',
    zh: '{resource} 应运行而未运行。用 `kyha explain {resource}` 查看原因。',
  },
  'console.resource-failed': {
    en: '{resource} failed {failCount} time(s) on {node}: {reason}. After the cause is gone: `kyha resource cleanup {resource}`.',
    zh: '{resource} 在 {node} 上失败 {failCount} 次：{reason}。排除原因后执行 `kyha resource cleanup {resource}`。',
  },
  'console.node-away': {
    en: '{node} is {state}; {online} of {nodes} nodes are left. Bring it back to regain redundancy.',
    zh: '{node} 状态为 {state}；{nodes} 个节点中剩 {online} 个。请恢复该节点以恢复冗余。',
  },
  'console.node-fenced': {
    en: '{node} is fenced: it was turned off so that others could take over. {online} of {nodes} nodes are left. Repair and start it to regain redundancy.',
    zh: '{node} 已隔离：已将其断电，由其他节点接管。{nodes} 个节点中剩 {online} 个。请修复并启动该节点以恢复冗余。',
  },
  'console.node-fencing': {
    en: '{node} is being fenced: nothing is taken over from it until a device confirms that it is off.',
    zh: '正在隔离 {node}：在设备确认其断电之前不会接管其资源。',
  },
  'console.node-silent': {
    en: '{node} is silent; {online} of {nodes} nodes are left. Look at the machine and its heartbeat links.',
    zh: '{node} 静默；{nodes} 个节点中剩 {online} 个。请检查该机器及其心跳链路。',
  },
  'console.node-pending': {
    en: '{node} is up and is being admitted; {online} of {nodes} nodes are online.',
    zh: '{node} 已启动，正在加入；{nodes} 个节点中 {online} 个在线。',
  },
  'console.node-unknown': {
    en: '{node} was not heard since this node started: it is unknown, not dead. {online} of {nodes} nodes are online.',
    zh: '本节点启动以来尚未收到 {node} 的心跳：状态未知，并非故障。{nodes} 个节点中 {online} 个在线。',
  },
  'console.node-left': {
    en: '{node} left in order; {online} of {nodes} nodes are online. `kyha node start` on it brings it back.',
    zh: '{node} 已有序离开；{nodes} 个节点中 {online} 个在线。在该节点上执行 `kyha node start` 可使其返回。',
  },
  'console.link-down': {
    en: 'Link {link} to {node} is {state}; {up} of {links} links to it are up.',
    zh: '到 {node} 的第 {link} 路心跳状态为 {state}；到该节点 {links} 路中 {up} 路正常。',
  },
  'console.no-fencing': {
    en: 'Fencing is off or no device is configured: when a node dies silently, nothing takes over its resources until somebody runs `kyha fence confirm`.',
    zh: '未启用隔离或未配置隔离设备：节点静默故障时，在执行 `kyha fence confirm` 之前不会接管其资源。',
  },
  'console.maintenance': {
    en: 'The cluster is in maintenance mode: nothing is started, stopped or recovered.',
    zh: '集群处于维护模式：不启动、不停止、不恢复任何资源。',
  },
  'console.config-by': {
    en: '{by} changed the configuration in {changes} place(s)',
    zh: '{by} 修改了配置，共 {changes} 处',
  },
  'console.cleared': {
    en: '{by} ended the move or ban of {resource}',
    zh: '{by} 结束了 {resource} 的迁移或禁止',
  },
  'console.wrong-life': {
    en: '{node} is known by its life {known}, not {boot}: confirming another life could start a resource twice.',
    zh: '{node} 当前的启动标识是 {known}，而不是 {boot}：确认错误的标识可能使资源被启动两次。',
  },
  'console.wrong-life-todo': {
    en: 'Look at `kyha node show {node}`, make sure that the machine is off, and confirm the life that it shows.',
    zh: '用 `kyha node show {node}` 查看，确认机器已断电后，再确认其显示的启动标识。',
  },
  'console.still-speaks': {
    en: '{node} still sends heartbeats, so it is not off.',
    zh: '{node} 仍在发送心跳，因此并未断电。',
  },
  'console.still-speaks-todo': {
    en: 'Turn the machine off first; for an orderly stop use `kyha node standby {node}`.',
    zh: '请先关闭该机器；如需有序停用，请用 `kyha node standby {node}`。',
  },
  'console.resource-as-planned': {
    en: '{resource} runs on {node}',
    zh: '{resource} 运行在 {node}',
  },
  'console.resource-stopped': {
    en: '{resource} is stopped',
    zh: '{resource} 已停止',
  },
} as const satisfies Texts
