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
    en: 'All is well: {running} of {resources} resources run, {online} of {nodes} nodes are online; can lose {spare} more.',
    zh: '一切正常：{resources} 个资源中 {running} 个在运行，{nodes} 个节点中 {online} 个在线；还能再失去 {spare} 个节点。',
  },
  'console.ok-one': {
    en: '{resource} runs on {node}; {online} of {nodes} nodes are online; can lose {spare} more.',
    zh: '{resource} 运行在 {node}；{nodes} 个节点中 {online} 个在线；还能再失去 {spare} 个节点。',
  },
  'console.resource-unknown': {
    en: 'Nobody can say whether {resource} runs: {node}, which had it, is not heard. Nothing is started elsewhere until {node} is confirmed to be off or comes back.',
    zh: '无法得知 {resource} 是否在运行：持有它的 {node} 没有心跳。在确认 {node} 已断电或其返回之前，不会在别处启动。',
  },
  'console.resource-starting': {
    en: '{resource} is being started on {node}.',
    zh: '正在 {node} 上启动 {resource}。',
  },
  'console.node-manager-down': {
    en: 'kyhad on {node} is down; its resources run on, and its guard starts kyhad again. Look at its log if it does not come back.',
    zh: '{node} 的 kyhad 已停止；其资源继续运行，guard 会重新启动 kyhad。若未恢复，请查看其日志。',
  },
  'console.node-fenced-one': {
    en: '{resource} runs on {home}; {node} is fenced: it was turned off so that others could take over. {online} of {nodes} nodes are left; can lose {spare} more. Repair and start {node}.',
    zh: '{resource} 运行在 {home}；{node} 已隔离：已将其断电，由其他节点接管。{nodes} 个节点中剩 {online} 个，还能再失去 {spare} 个。请修复并启动 {node}。',
  },
  'console.node-off': {
    en: '{node} is fenced: it was confirmed to be off.',
    zh: '{node} 已隔离：已确认断电。',
  },
  'console.node-unheard': {
    en: '{node} is not heard here; whether it runs is not known.',
    zh: '此处收不到 {node} 的心跳；无法得知其是否在运行。',
  },
  'console.loss-no-quorum': {
    en: 'without {nodes} the rest has {votes} of {votesTotal} votes and needs {votesNeeded}: nothing is taken over, and what runs is stopped',
    zh: '失去 {nodes} 后，其余节点只有 {votesTotal} 票中的 {votes} 票，需要 {votesNeeded} 票：不会接管，运行中的资源也会停止',
  },
  'console.starting': {
    en: 'This node has no view of the cluster yet: it waits for the log to start.',
    zh: '本节点尚无集群视图：正在等待日志启动。',
  },
  'console.no-quorum': {
    en: 'No quorum on this side: {votes} of {votesTotal} votes, {votesNeeded} needed. Nothing is started here, and where resources run now is not known here. Restore the heartbeat links or the missing nodes.',
    zh: '本侧没有法定票数：{votesTotal} 票中只有 {votes} 票，需要 {votesNeeded} 票。本侧不启动任何资源，也无法得知资源当前在何处运行。请恢复心跳链路或缺失的节点。',
  },
  'console.no-leader': {
    en: 'No leader at the moment: an election is under way. Resources that run keep running.',
    zh: '当前没有领导节点：正在选举。正在运行的资源不受影响。',
  },
  'console.resource-down': {
    en: '{resource} does not run although it should. `kyha explain {resource}` says why.',
    zh: '{resource} 应运行而未运行。用 `kyha explain {resource}` 查看原因。',
  },
  'console.resource-held-back': {
    en: '{resource} does not run since {other}, without which it cannot, was stopped on purpose. `kyha resource start {other}` starts both.',
    zh: '{resource} 未运行：其不可缺少的 {other} 已被人为停止。`kyha resource start {other}` 可一并启动。',
  },
  'console.resource-failed': {
    en: '{resource} failed {failCount} time(s) on {node}: {reason}. After the cause is gone: `kyha resource cleanup {resource}`.',
    zh: '{resource} 在 {node} 上失败 {failCount} 次：{reason}。排除原因后执行 `kyha resource cleanup {resource}`。',
  },
  'console.node-away': {
    en: '{node} is {state}. {running} of {resources} resources run, {online} of {nodes} nodes are left; can lose {spare} more. Bring {node} back.',
    zh: '{node} 状态为 {state}。{resources} 个资源中 {running} 个在运行，{nodes} 个节点中剩 {online} 个，还能再失去 {spare} 个。请恢复 {node}。',
  },
  'console.node-fenced': {
    en: '{node} is fenced: it was turned off so that others could take over. {running} of {resources} resources run, {online} of {nodes} nodes are left; can lose {spare} more. Repair and start {node}.',
    zh: '{node} 已隔离：已将其断电，由其他节点接管。{resources} 个资源中 {running} 个在运行，{nodes} 个节点中剩 {online} 个，还能再失去 {spare} 个。请修复并启动 {node}。',
  },
  'console.node-fencing': {
    en: '{node} is being fenced: nothing is taken over from it until a device confirms that it is off.',
    zh: '正在隔离 {node}：在设备确认其断电之前不会接管其资源。',
  },
  'console.node-silent': {
    en: '{node} is silent. {running} of {resources} resources run, {online} of {nodes} nodes are left; can lose {spare} more. Look at {node} and its heartbeat links.',
    zh: '{node} 静默。{resources} 个资源中 {running} 个在运行，{nodes} 个节点中剩 {online} 个，还能再失去 {spare} 个。请检查 {node} 及其心跳链路。',
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
    en: 'Link {link} to {node} is silent; {up} of {links} links still carry heartbeats, and nothing moves. Look at its cables, switch and addresses.',
    zh: '到 {node} 的第 {link} 路心跳静默；{links} 路中 {up} 路仍有心跳，资源不受影响。请检查其线缆、交换机和地址。',
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
  'console.move-clone': {
    en: '{clone} runs on each of its nodes, so there is nothing to move; keep it off a node with `kyha resource ban {clone} NODE`.',
    zh: '{clone} 在其每个节点上都运行，没有可迁移的实例；如需使其离开某节点，请用 `kyha resource ban {clone} 节点`。',
  },
  'console.move-roles': {
    en: '{clone} has {promoted} promoted roles, and a move does not say which; keep it off a node with `kyha resource ban {clone} NODE`.',
    zh: '{clone} 有 {promoted} 个主角色，迁移无法指明其中哪一个；如需使其离开某节点，请用 `kyha resource ban {clone} 节点`。',
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
  'console.reloads': {
    en: '{resource} takes {params} over while it runs on {node}, without an interruption, as its agent here says',
    zh: '{resource} 将在 {node} 上重新加载 {params}，不中断服务（依据本节点上的代理）',
  },
  'console.delete-stops': {
    en: '{resource} leaves the configuration: {node} stops it first',
    zh: '{resource} 将从配置中移除：{node} 先将其停止',
  },
  'console.delete-leaves': {
    en: '{resource} is not managed or in maintenance: it goes on running on {node}, and nothing watches it any more.',
    zh: '{resource} 未托管或处于维护模式：它将继续在 {node} 上运行，且不再受监视。',
  },
  'console.delete-unseen': {
    en: '{resource} may still run on {node}, which is not heard: it is stopped there once {node} is back.',
    zh: '{resource} 可能仍在失联的 {node} 上运行：待 {node} 返回后才会在其上停止。',
  },
  'console.renames': {
    en: 'name: the cluster {from} is renamed to {to}; leave `name: {from}` if this file is meant for another cluster.',
    zh: 'name：集群 {from} 将更名为 {to}；若此文件用于其他集群，请保留 `name: {from}`。',
  },
  'console.fencing-ends': {
    en: 'fencing: protection ends. When a node dies silently, nothing takes over its resources until somebody confirms by hand that it is off.',
    zh: 'fencing：保护将终止。节点静默故障时，在人工确认其已断电之前不会接管其资源。',
  },
  'console.agent-missing': {
    en: 'The agent {agent} of resource {name} does not exist on {node} (looked for {path}); install it on every node that is to run it, or correct the name.',
    zh: '{node} 上没有资源 {name} 的代理 {agent}（查找位置 {path}）；请在所有应运行它的节点上安装，或更正名称。',
  },
  'console.fence-agent-missing': {
    en: 'The agent {agent} of fence device {name} does not exist on {node} (looked for {path}); install it on every node, or correct the name.',
    zh: '{node} 上没有隔离设备 {name} 的代理 {agent}（查找位置 {path}）；请在所有节点上安装，或更正名称。',
  },
  'console.node-stranger': {
    en: 'nodes: {node} is no member of this cluster ({members}); what is set for it waits until it joins.',
    zh: 'nodes：{node} 不是本集群成员（{members}）；为其设置的内容待其加入后生效。',
  },
  'console.plan-late': {
    en: 'The planner did not answer in time: the actions are not known.',
    zh: '规划器未及时应答：无法得知将执行的操作。',
  },
  'console.resource-stopped': {
    en: '{resource} is stopped',
    zh: '{resource} 已停止',
  },
} as const satisfies Texts
