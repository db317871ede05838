/** Sentences of `config.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import { configClones } from './config-clones.js'
import type { Texts } from './render.js'

const document = {
  'config.too-large': {
    en: 'The document has {size} bytes, more than the {limit} that are accepted; split what does not belong to the cluster out of it.',
    zh: '文档大小为 {size} 字节，超过上限 {limit}；请将与集群无关的内容移出。',
  },
  'config.too-deep': {
    en:
      'Line {line}: the document is nested deeper than {limit} levels, which no part of a configuration needs; check brackets ' +
      'and indentation.',
    zh: '第 {line} 行：嵌套超过 {limit} 层，正常配置不需要这么深；请检查括号与缩进。',
  },
  'config.too-many-nodes': {
    en:
      'Line {line}: the document unfolds to more than {limit} values (aliases count each time they are used); write it without ' +
      'aliases, or smaller.',
    zh: '第 {line} 行：文档展开后超过 {limit} 个值（别名每次引用都计数）；请不使用别名或精简内容。',
  },
  'config.not-yaml': {
    en: 'Line {line}: this is not valid YAML or JSON ({error}); correct the text there.',
    zh: '第 {line} 行：不是合法的 YAML 或 JSON（{error}）；请修正该处文本。',
  },
  'config.duplicate-key': {
    en: 'Line {line}: the key "{key}" stands twice in the same place, so it is not clear which value is meant; remove one.',
    zh: '第 {line} 行：同一处出现了两个“{key}”，无法判断以哪个为准；请删除其一。',
  },
  'config.empty': {
    en: 'The document is empty; it needs at least apiVersion and name.',
    zh: '文档为空；至少需要 apiVersion 和 name。',
  },
  'config.api-version': {
    en:
      'Line {line}: apiVersion is "{value}", but this program understands kyha/v1 only; write apiVersion: kyha/v1, or use the ' +
      'version of kyha that wrote it.',
    zh: '第 {line} 行：apiVersion 为“{value}”，本程序只支持 kyha/v1；请改为 apiVersion: kyha/v1，或使用写出该文档的 kyha 版本。',
  },
  'config.more': {
    en: 'There are {count} more problems; correct the ones above and check again.',
    zh: '另有 {count} 个问题；请先修正以上问题再检查。',
  },
} as const satisfies Texts

const values = {
  'config.unknown-key': {
    en: 'Line {line}: "{key}" is not known here; possible are {known}.',
    zh: '第 {line} 行：此处不认识“{key}”；可用的有 {known}。',
  },
  'config.unknown-key-near': {
    en: 'Line {line}: "{key}" is not known here; did you mean "{near}"?',
    zh: '第 {line} 行：此处不认识“{key}”；是否想写“{near}”？',
  },
  'config.missing': {
    en: 'Line {line}: "{field}" is missing and has no default; add it, for example {example}.',
    zh: '第 {line} 行：缺少“{field}”，且没有默认值；请补上，例如 {example}。',
  },
  'config.want-map': {
    en: 'Line {line}: {path} must be a map of keys to values, but is a {got}; write it as key: value lines or {key: value}.',
    zh: '第 {line} 行：{path} 应为键值映射，实际是 {got}；请写成 key: value 的形式。',
  },
  'config.want-list': {
    en: 'Line {line}: {path} must be a list, but is a {got}; write it as lines that begin with a dash, or in [ ].',
    zh: '第 {line} 行：{path} 应为列表，实际是 {got}；请写成以短横线开头的多行，或放在 [ ] 中。',
  },
  'config.want-text': {
    en: 'Line {line}: {path} must be a single value, but is {got}; give it a value or remove the key.',
    zh: '第 {line} 行：{path} 应为单个值，实际是 {got}；请给出值或删除该键。',
  },
  'config.want-boolean': {
    en: 'Line {line}: {path} is "{value}", but must be true or false (on/off and yes/no are understood too).',
    zh: '第 {line} 行：{path} 为“{value}”，应为 true 或 false（也接受 on/off、yes/no）。',
  },
  'config.want-score': {
    en: 'Line {line}: {path} is "{value}", but must be a whole number, INFINITY or -INFINITY.',
    zh: '第 {line} 行：{path} 为“{value}”，应为整数、INFINITY 或 -INFINITY。',
  },
  'config.want-integer': {
    en: 'Line {line}: {path} is "{value}", but must be a whole number.',
    zh: '第 {line} 行：{path} 为“{value}”，应为整数。',
  },
  'config.want-duration': {
    en: 'Line {line}: {path} is "{value}", but must be a duration such as 500ms, 10s, 5min, 1h or PT10S.',
    zh: '第 {line} 行：{path} 为“{value}”，应为时长，例如 500ms、10s、5min、1h 或 PT10S。',
  },
  'config.want-one-of': {
    en: 'Line {line}: {path} is "{value}", but must be one of {values}.',
    zh: '第 {line} 行：{path} 为“{value}”，应为 {values} 之一。',
  },
  'config.out-of-range': {
    en: 'Line {line}: {path} is {value}, but must lie between {min} and {max}.',
    zh: '第 {line} 行：{path} 为 {value}，应在 {min} 与 {max} 之间。',
  },
  'config.too-many': {
    en: 'Line {line}: {path} has {count} entries, more than the {limit} that are supported; use fewer.',
    zh: '第 {line} 行：{path} 有 {count} 项，超过支持的 {limit} 项；请减少。',
  },
  'config.too-long': {
    en: 'Line {line}: {path} has {count} characters, more than the {limit} that are accepted; shorten it or keep it in a file.',
    zh: '第 {line} 行：{path} 有 {count} 个字符，超过上限 {limit}；请缩短或存放到文件中。',
  },
  'config.control-character': {
    en: 'Line {line}: {path} contains a control character, which agents would misread; remove it.',
    zh: '第 {line} 行：{path} 含有控制字符，代理会误读；请删除。',
  },
  'config.bad-name': {
    en:
      'Line {line}: "{name}" cannot be a name; use letters, digits, dot, dash and underscore, at most 63, beginning with a ' +
      'letter or digit.',
    zh: '第 {line} 行：“{name}”不能作为名称；请用字母、数字、点、短横线和下划线，最多 63 个字符，以字母或数字开头。',
  },
  'config.bad-agent': {
    en:
      'Line {line}: "{name}" is not the name of an agent; write ocf:PROVIDER:TYPE, kyha:TYPE or systemd:UNIT, for example ' +
      'ocf:heartbeat:IPaddr2.',
    zh: '第 {line} 行：“{name}”不是代理名称；请写成 ocf:PROVIDER:TYPE、kyha:TYPE 或 systemd:UNIT，例如 ocf:heartbeat:IPaddr2。',
  },
  'config.fence-lease': {
    en: 'Line {line}: lease is for the device fence_watchdog, not for {agent}: other devices end a node whether it has a lease or not.',
    zh: '第 {line} 行：lease 仅用于 fence_watchdog，不用于 {agent}：其他隔离设备无论有无租约都能终止节点。',
  },
  'config.fence-watchdog-params': {
    en: 'Line {line}: fence_watchdog asks no device and takes no params; its lease says how long a node runs without a word from the others.',
    zh: '第 {line} 行：fence_watchdog 不访问任何设备，不接受 params；其 lease 规定节点在收不到其他节点应答时可继续运行多久。',
  },
  'config.fence-agent': {
    en: 'Line {line}: "{name}" is not the name of a fence agent; it begins with fence_, for example fence_ipmilan.',
    zh: '第 {line} 行：“{name}”不是隔离代理名称；应以 fence_ 开头，例如 fence_ipmilan。',
  },
  'config.empty-list': {
    en: 'Line {line}: "{field}" is empty, so this entry says nothing; name at least one, or remove the entry.',
    zh: '第 {line} 行：“{field}”为空，该项没有意义；请至少写一个，或删除该项。',
  },
} as const satisfies Texts

const checks = {
  'config.monitor-twice': {
    en:
      'Line {line}: two monitors have the interval {intervalMs} ms and the same role, so their results cannot be told apart; ' +
      'make one differ, if only by 1 ms.',
    zh: '第 {line} 行：两个监控的间隔同为 {intervalMs} 毫秒且角色相同，结果无法区分；请让其中一个不同，差 1 毫秒即可。',
  },
  'config.fence-needs-fencing': {
    en: 'Line {line}: {op} has on-fail: fence, but fencing-enabled is false; enable fencing, or use on-fail: block.',
    zh: '第 {line} 行：{op} 设置了 on-fail: fence，而 fencing-enabled 为 false；请启用隔离，或改用 on-fail: block。',
  },
  'config.location-form': {
    en: 'Line {line}: a location has either levels (a list of nodes, best first), or node and score, or rule and score; write one of the three.',
    zh: '第 {line} 行：位置约束要么写 levels（节点列表，最优在前），要么写 node 和 score，要么写 rule 和 score；请三选一。',
  },
  'config.level-twice': {
    en: 'Line {line}: the node {node} stands twice in levels, so its rank is not clear; remove one.',
    zh: '第 {line} 行：节点 {node} 在 levels 中出现两次，级别不明确；请删除其一。',
  },
  'config.duplicate-name': {
    en: 'Line {line}: the name "{name}" is used twice, so rules that name it would be ambiguous; rename one.',
    zh: '第 {line} 行：名称“{name}”使用了两次，引用它的规则会产生歧义；请改名。',
  },
  'config.group-in-group': {
    en:
      'Line {line}: the group {group} has the group {member} as a member, but groups hold resources only; list the members of ' +
      '{member} instead.',
    zh: '第 {line} 行：组 {group} 把组 {member} 列为成员，但组只能包含资源；请直接列出 {member} 的成员。',
  },
  'config.member-twice': {
    en: 'Line {line}: the group {group} names {member} twice, but a resource has one place in the order; remove one.',
    zh: '第 {line} 行：组 {group} 两次列出 {member}，而资源在顺序中只有一个位置；请删除其一。',
  },
  'config.two-groups': {
    en:
      'Line {line}: {member} is a member of {group} and of {other}, but a resource can be in one group only; remove it from ' +
      'one, or use colocation and order.',
    zh: '第 {line} 行：{member} 同时属于 {group} 和 {other}，而资源只能属于一个组；请从其一移除，或改用并置与顺序约束。',
  },
  'config.unknown-resource': {
    en: 'Line {line}: there is no resource, group or clone "{name}"; add it under resources, or correct the name.',
    zh: '第 {line} 行：没有名为“{name}”的资源、组或克隆；请在 resources 下添加，或改正名称。',
  },
  'config.unknown-resource-near': {
    en: 'Line {line}: there is no resource, group or clone "{name}"; did you mean "{near}"?',
    zh: '第 {line} 行：没有名为“{name}”的资源、组或克隆；是否想写“{near}”？',
  },
  'config.unknown-node': {
    en: 'Line {line}: there is no node "{name}"; add it under nodes, or correct the name.',
    zh: '第 {line} 行：没有名为“{name}”的节点；请在 nodes 下添加，或改正名称。',
  },
  'config.unknown-node-near': {
    en: 'Line {line}: there is no node "{name}"; did you mean "{near}"?',
    zh: '第 {line} 行：没有名为“{name}”的节点；是否想写“{near}”？',
  },
  'config.with-itself': {
    en: 'Line {line}: the rule names {name} on both sides, which says nothing; name two different resources, or remove it.',
    zh: '第 {line} 行：该规则两边都是 {name}，没有意义；请写两个不同的资源，或删除。',
  },
  'config.contradiction': {
    en: 'Line {line}: {resource} with {with} contradicts line {other}, which says the opposite, so neither could be kept; remove one.',
    zh: '第 {line} 行：{resource} 与 {with} 的并置与第 {other} 行相反，两者无法同时满足；请删除其一。',
  },
  'config.colocation-cycle': {
    en:
      'Line {line}: the colocations go round in a circle ({cycle}), so no one can be placed first; remove one of them (a group ' +
      'counts as a chain).',
    zh: '第 {line} 行：并置约束形成环（{cycle}），无法决定先放置哪个；请删除其中之一（组视为一条链）。',
  },
  'config.order-cycle': {
    en:
      'Line {line}: the orders go round in a circle ({cycle}), so no one could ever start; remove one of them (a group counts ' +
      'as a chain).',
    zh: '第 {line} 行：顺序约束形成环（{cycle}），任何资源都无法先启动；请删除其中之一（组视为一条链）。',
  },
} as const satisfies Texts

const warnings = {
  'config.no-monitor': {
    en: 'Line {line}: {path} has no monitor, so one every 10 s was added; write ops: {monitor: {interval: ...}} to choose.',
    zh: '第 {line} 行：{path} 没有监控，已添加每 10 秒一次的默认监控；可用 ops: {monitor: {interval: ...}} 自行设定。',
  },
  'config.monitor-off': {
    en: 'Line {line}: {path} is not monitored at all (an empty list), so its failures are noticed only if its process ends.',
    zh: '第 {line} 行：{path} 完全不监控（列表为空），只有进程退出时才会发现故障。',
  },
  'config.fencing-off': {
    en:
      'fencing-enabled is false: when a node falls silent its resources stay where they are until it is back or an operator ' +
      'confirms that it is off.',
    zh: 'fencing-enabled 为 false：节点失联时其资源不会转移，直到节点恢复或操作员确认其已关机。',
  },
  'config.no-device': {
    en:
      'fencing-enabled is true, but there is no fence device: a silent node cannot be fenced, so its resources wait for an ' +
      'operator; add one under fencing.',
    zh: 'fencing-enabled 为 true，却没有隔离设备：失联节点无法被隔离，其资源需等待操作员；请在 fencing 下添加设备。',
  },
  'config.tie-break-two': {
    en:
      'Line {line}: a tie-break ({name}) cannot be used with two nodes ({nodes}): it would decide alone without knowing that the other is ' +
      'dead; leave it out (fencing decides there), or add a third node.',
    zh: '第 {line} 行：双节点（{nodes}）不能使用平局裁决（{name}）：它会在未确认对方停机的情况下单独决策；请删除该项（由隔离决定），或增加第三个节点。',
  },
  'config.fingerprint': {
    en: 'Line {line}: "{name}" is no fingerprint of a certificate, which has 64 digits of 0-9 and a-f; let kyha qdevice add write it.',
    zh: '第 {line} 行：“{name}”不是证书指纹（应为 64 位 0-9、a-f）；请由 kyha qdevice add 写入。',
  },
  'config.device-address': {
    en: 'Line {line}: "{name}" is not an IPv4 or IPv6 address; a quorum device must be found when name servers are not.',
    zh: '第 {line} 行：“{name}”不是 IPv4 或 IPv6 地址；域名服务失效时也必须能找到仲裁设备。',
  },
  'config.device-name': {
    en: 'Line {line}: a quorum device cannot be called {name}, which means the shared disks; give it another name.',
    zh: '第 {line} 行：仲裁设备不能命名为 {name}（该名称表示共享磁盘）；请换一个名称。',
  },
  'config.witness-unknown': {
    en:
      'Line {line}: the witness {name} is nothing that is known here ({known}); name the quorum device under quorum.device (kyha qdevice ' +
      'add writes both), or disks.',
    zh: '第 {line} 行：未知的见证者 {name}（已知：{known}）；请填写 quorum.device 中的仲裁设备（kyha qdevice add 会写入两者），或填写 disks。',
  },
  'config.witness-many': {
    en: 'Line {line}: a witness ({name}) counts with two voting nodes; this cluster has {count} nodes, so votes decide and it is not asked.',
    zh: '第 {line} 行：见证者（{name}）仅用于两个有票节点；本集群有 {count} 个节点，由票数决定，不会询问它。',
  },
  'config.node-without-device': {
    en:
      'Line {line}: no fence device covers the node {node}, so its resources cannot be taken over by themselves; add it to ' +
      'hosts of a device.',
    zh: '第 {line} 行：没有隔离设备覆盖节点 {node}，其资源无法自动接管；请将其加入某设备的 hosts。',
  },
  'config.quorum-ignored': {
    en:
      'no-quorum-policy is ignore, which is unsafe: a cut-off part of the cluster goes on and may run a resource twice; use ' +
      'stop or freeze.',
    zh: 'no-quorum-policy 为 ignore，不安全：被隔断的部分会继续运行，可能造成资源双活；请使用 stop 或 freeze。',
  },
} as const satisfies Texts

const node = {
  'config.node-unreadable': {
    en: 'The node settings {file} cannot be read: {error}. Create them with kyha cluster create or kyha join, or check the permissions.',
    zh: '无法读取节点设置 {file}：{error}。请用 kyha cluster create 或 kyha join 创建，或检查权限。',
  },
  'config.two-disks': {
    en: 'Line {line}: two shared disks are no better than one, since both would be needed; use one or three.',
    zh: '第 {line} 行：两个共享磁盘并不优于一个，因为两个都必须可用；请使用一个或三个。',
  },
  'config.bad-path': {
    en: 'Line {line}: {path} is "{value}", but must be an absolute path without "..".',
    zh: '第 {line} 行：{path} 为“{value}”，应为不含 ".." 的绝对路径。',
  },
  'config.bad-address': {
    en:
      'Line {line}: "{name}" is not an IPv4 or IPv6 address; names are not used for links, because a name server can fail with ' +
      'the network.',
    zh: '第 {line} 行：“{name}”不是 IPv4 或 IPv6 地址；心跳链路不使用主机名，因为域名服务可能随网络一起失效。',
  },
  'config.same-address': {
    en: 'Line {line}: the address {address} port {port} is used twice, so links could not be told apart; give each its own.',
    zh: '第 {line} 行：地址 {address} 端口 {port} 使用了两次，链路无法区分；请各用不同的地址。',
  },
  'config.link-count': {
    en:
      'Line {line}: {name} has {count} links, but this node has {own}, and link numbers must pair up; give both the same ' +
      'number, in the same order.',
    zh: '第 {line} 行：{name} 有 {count} 条链路，而本节点有 {own} 条，链路编号需一一对应；请让两边数量与顺序一致。',
  },
  'config.self-missing': {
    en:
      'Line {line}: genesis does not list this node ({name}) with its own id; the first members must include it, or genesis ' +
      'must be empty to join later.',
    zh: '第 {line} 行：genesis 中没有本节点（{name}）及其 id；初始成员必须包含本节点，若之后再加入则 genesis 应为空。',
  },
  'config.self-links': {
    en: 'Line {line}: the links of this node in genesis differ from links; they must be the same, since peers send to the ones in genesis.',
    zh: '第 {line} 行：genesis 中本节点的链路与 links 不同；两者必须一致，因为其他节点按 genesis 发送。',
  },
  'config.no-votes': {
    en: 'Line {line}: no member of genesis has a vote, so nothing could ever be decided; give at least one member votes: 1.',
    zh: '第 {line} 行：genesis 中没有任何成员拥有投票权，无法作出决定；请至少给一个成员设置 votes: 1。',
  },
  'config.timing-beats': {
    en:
      'Line {line}: limitMsFloor is {limitMsFloor} with beatMs {beatMs}, but must be at least 4 beats ({needMs} ms): one lost ' +
      'and one late beat would count as death.',
    zh: '第 {line} 行：beatMs 为 {beatMs} 时 limitMsFloor 为 {limitMsFloor}，至少应为 4 次心跳（{needMs} 毫秒），否则一丢一迟就会误判节点死亡。',
  },
  'config.timing-limits': {
    en: 'Line {line}: limitMsMax is {limitMsMax}, below limitMsFloor {limitMsFloor}, so there is no limit between them; raise limitMsMax.',
    zh: '第 {line} 行：limitMsMax 为 {limitMsMax}，小于 limitMsFloor {limitMsFloor}，两者之间没有可用的时限；请调大 limitMsMax。',
  },
  'config.timing-confirm': {
    en:
      'Line {line}: confirmMsMax is {confirmMsMax}, more than limitMsFloor {limitMsFloor}: confirming would take longer than ' +
      'detecting; lower it.',
    zh: '第 {line} 行：confirmMsMax 为 {confirmMsMax}，大于 limitMsFloor {limitMsFloor}，确认将比检测更慢；请调小。',
  },
  'config.timing-election': {
    en:
      'Line {line}: electionMsMin is {electionMsMin}, but must be above limitMsMax + confirmMsMax ({needMs} ms): nodes would ' +
      'campaign against a leader that is only slow.',
    zh: '第 {line} 行：electionMsMin 为 {electionMsMin}，应大于 limitMsMax + confirmMsMax（{needMs} 毫秒），否则节点会对仅仅变慢的领导者发起选举。',
  },
  'config.timing-spread': {
    en:
      'Line {line}: electionMsMax is {electionMsMax}, but must be at least 1.5 times electionMsMin ({needMs} ms): elections ' +
      'that begin together split the vote.',
    zh: '第 {line} 行：electionMsMax 为 {electionMsMax}，至少应为 electionMsMin 的 1.5 倍（{needMs} 毫秒），否则同时开始的选举会分散选票。',
  },
  'config.timing-fence-delay': {
    en:
      'Line {line}: fenceDelayMs is {fenceDelayMs}, but must be at least {needMs} ms (2 x beatMs + confirmMsMax, the spread of detection): ' +
      'with less, a cut between two healthy nodes could be won by either, or switch off both.',
    zh: '第 {line} 行：fenceDelayMs 为 {fenceDelayMs}，至少应为 {needMs} 毫秒（2 x beatMs + confirmMsMax，即检测时间的差异），否则两个健康节点断开时任一方都可能获胜，甚至双双断电。',
  },
  'config.timing-grace': {
    en:
      'Line {line}: managerGraceMs is {managerGraceMs}, but must be at least {needMs} ms (restart of kyhad 1,000 + ' +
      'limitMsMax): a restart of kyhad would be taken for death.',
    zh: '第 {line} 行：managerGraceMs 为 {managerGraceMs}，至少应为 {needMs} 毫秒（kyhad 重启 1000 + limitMsMax），否则 kyhad 重启会被误判为节点死亡。',
  },
} as const satisfies Texts

export const config = { ...document, ...values, ...checks, ...configClones, ...warnings, ...node } as const satisfies Texts
