/** Sentences of `cli.*`: making, joining and running clusters by hand. English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const cli = {
  'cli.bad-name': {
    en: '"{name}" cannot be a {what} name: use 1 to 63 letters, digits, `_`, `.` or `-`, beginning with a letter, digit or `_`.',
    zh: '“{name}” 不能作为名称（{what}）：请用 1 到 63 个字母、数字、“_”“.” 或 “-”，并以字母、数字或 “_” 开头。',
  },
  'cli.link-text': {
    en: '"{text}" is no link address: give an IP address of this machine per link, separated by commas, like 10.0.0.1,10.1.0.1 or [fd00::1]:5407.',
    zh: '“{text}” 不是链路地址：每条链路给出本机的一个 IP 地址，以逗号分隔，例如 10.0.0.1,10.1.0.1 或 [fd00::1]:5407。',
  },
  'cli.link-port': {
    en: 'Port {port} cannot be used for a link: choose 1 to 65534 (the next one is for joining).',
    zh: '端口 {port} 不能用于链路：请选择 1 到 65534（其后一个端口用于加入）。',
  },
  'cli.link-nobody': {
    en: '{address} names no single machine: give the address that this machine has on that network.',
    zh: '{address} 不对应某一台机器：请给出本机在该网络上的地址。',
  },
  'cli.link-twice': {
    en: '{address} is named twice: each link needs an address of its own, best on a network of its own.',
    zh: '{address} 出现了两次：每条链路需要各自的地址，最好位于各自的网络。',
  },
  'cli.link-count': {
    en: '{count} links were named: a cluster has 1 to {limit}.',
    zh: '给出了 {count} 条链路：集群可有 1 到 {limit} 条。',
  },
  'cli.link-not-here': {
    en: 'This machine has no address {address}: correct --link or configure the address first; --force takes it as it is.',
    zh: '本机没有地址 {address}：请更正 --link，或先配置该地址；--force 可强制采用。',
  },
  'cli.node-exists': {
    en: '{dir} already holds a node of a cluster, and it stays untouched. Another node on this host needs other directories (--dir, --state-dir, --run-dir); to give this one up, move {dir} and its state directory away.',
    zh: '{dir} 中已有集群节点，未作任何改动。同一主机上的另一节点需使用其他目录（--dir、--state-dir、--run-dir）；如要放弃现有节点，请移走 {dir} 及其状态目录。',
  },
  'cli.state-exists': {
    en: '{dir} is not empty: it may be the state of another cluster, and it stays untouched. Move it away, or name another directory with --state-dir.',
    zh: '{dir} 不为空：其中可能是另一集群的状态，未作任何改动。请将其移走，或用 --state-dir 指定其他目录。',
  },
  'cli.file': {
    en: '{file} cannot be written or read ({error}): run this as root, or name directories of your own with --dir, --state-dir and --run-dir.',
    zh: '无法读写 {file}（{error}）：请以 root 运行，或用 --dir、--state-dir、--run-dir 指定自己的目录。',
  },
  'cli.no-node': {
    en: 'There is no node on this machine: {file} does not exist. Make a cluster with `kyha cluster create`, join one with `kyha join`, or name its directory with --dir.',
    zh: '本机没有节点：{file} 不存在。请用 `kyha cluster create` 创建集群、用 `kyha join` 加入集群，或用 --dir 指定其目录。',
  },
  'cli.node-file': {
    en: '{file} is not valid: {why} Correct it, or join this node anew.',
    zh: '{file} 无效：{why} 请更正，或重新加入本节点。',
  },
  'cli.code-made': {
    en: 'a join code for {cluster} was made: it is good for one node and {minutes} minutes',
    zh: '已生成 {cluster} 的加入码：可供一个节点使用，{minutes} 分钟内有效',
  },
  'cli.codes-full': {
    en: '{limit} join codes are open already: use one, or withdraw them with `kyha cluster code --withdraw`.',
    zh: '已有 {limit} 个未使用的加入码：请使用其中之一，或用 `kyha cluster code --withdraw` 撤销。',
  },
  'cli.codes-void': {
    en: 'All open join codes were withdrawn after {wrong} wrong secrets: make a new one with "kyha node add", and find out who tried.',
    zh: '连续 {wrong} 次密钥错误，已撤销全部加入码：请用 “kyha node add” 重新生成，并查明是谁在尝试。',
  },
  'cli.code-name': {
    en: 'This join code was made for node {name}, not for {asked}: join with --node {name}, or make another code.',
    zh: '该加入码是为节点 {name} 生成的，而不是 {asked}：请用 --node {name} 加入，或另行生成加入码。',
  },
  'cli.code-looks-late': {
    en: 'By the clock of this machine the join code expired {lateS} s ago. The clock of the node that made it counts: compare the two clocks.',
    zh: '按本机时钟，加入码已过期 {lateS} 秒。以生成该码的节点的时钟为准：请比较两台机器的时钟。',
  },
  'cli.no-ca-key': {
    en: '{node} cannot take nodes in: the key of the cluster CA ({file}) is not here. Run this on the node where the cluster was created, or copy the key from it.',
    zh: '{node} 不能接纳新节点：此处没有集群 CA 的密钥（{file}）。请在创建集群的节点上执行，或从该节点复制密钥。',
  },
  'cli.desk-unbound': {
    en: 'This node cannot listen at {address} port {port} for a new node ({error}): free the port, or bring the address up.',
    zh: '本节点无法在 {address} 端口 {port} 上等待新节点（{error}）：请释放该端口，或启用该地址。',
  },
  'cli.join-unreachable': {
    en: 'Nobody takes nodes in at {address} port {port} ({error}): the code may have expired or been used, kyhad may be stopped there, or a firewall closes TCP port {port}.',
    zh: '{address} 端口 {port} 无人接纳节点（{error}）：加入码可能已过期或已使用，对端 kyhad 可能未运行，或防火墙封闭了 TCP 端口 {port}。',
  },
  'cli.join-silent': {
    en: '{address} port {port} does not speak as a kyha node: it may be too busy, or something else listens there. Try again in a minute.',
    zh: '{address} 端口 {port} 的应答不像 kyha 节点：可能过于繁忙，或由其他程序监听。请一分钟后重试。',
  },
  'cli.join-protocol': {
    en: 'The cluster speaks version {theirs} of joining, this kyha {ours}: install the cluster’s version on this host.',
    zh: '集群使用的加入协议版本为 {theirs}，本机 kyha 为 {ours}：请在本机安装与集群相同的版本。',
  },
  'cli.join-impostor': {
    en: 'Who answers at {address} port {port} is not the cluster that made this code: its CA has another fingerprint. Nothing was sent to it. Check the address, and who has it.',
    zh: '{address} 端口 {port} 的应答者不是生成此加入码的集群：其 CA 指纹不同。未向其发送任何内容。请检查该地址及其使用者。',
  },
  'cli.join-request': {
    en: 'The request to join is not valid: install the cluster’s version of kyha on the new host.',
    zh: '加入请求无效：请在新主机上安装与集群相同版本的 kyha。',
  },
  'cli.join-lost': {
    en: 'The answer of {address} port {port} was lost: {node} may or may not be a member now. Look there with `kyha node list`; if it is listed, remove it with `kyha node remove {node}`, and join with a new code.',
    zh: '{address} 端口 {port} 的应答丢失：{node} 可能已成为成员，也可能没有。请在对端用 `kyha node list` 查看；若已列出，用 `kyha node remove {node}` 移除后以新加入码重试。',
  },
  'cli.join-refused': {
    en: '{remote} was not taken in: {why}',
    zh: '未接纳 {remote}：{why}',
  },
  'cli.join-failed': {
    en: 'a node could not be taken in: {error}; its code can be made anew with "kyha node add"',
    zh: '未能接纳节点：{error}；可用 “kyha node add” 重新生成加入码',
  },
  'cli.joined': {
    en: '{node} ({links}) was taken in; it votes once it has started and caught up',
    zh: '已接纳 {node}（{links}）；启动并追上日志后获得票数',
  },
  'cli.member-added': {
    en: '{node} became a member without a vote (join code of {by})',
    zh: '{node} 成为无票成员（使用 {by} 的加入码）',
  },
  'cli.member-votes': {
    en: '{node} has caught up: it has {votes} vote(s) now, of {votesTotal}',
    zh: '{node} 已追上日志：现有 {votes} 票，共 {votesTotal} 票',
  },
  'cli.member-removed': {
    en: '{by} took {node} out of the cluster; {votes} vote(s) remain',
    zh: '{by} 将 {node} 移出集群；剩余 {votes} 票',
  },
  'cli.member-gone': {
    en: 'Node {node} is no member of the cluster any more.',
    zh: '节点 {node} 已不是集群成员。',
  },
  'cli.votes-wait': {
    en: '{node} has no vote yet: {why}',
    zh: '{node} 尚无票数：{why}',
  },
  'cli.member-name': {
    en: '{cluster} already has a node named {node}: choose another name, or remove the old node first.',
    zh: '{cluster} 已有名为 {node} 的节点：请换一个名称，或先移除旧节点。',
  },
  'cli.member-address': {
    en: '{address} already belongs to node {node}: each node needs addresses of its own.',
    zh: '{address} 已属于节点 {node}：每个节点需要各自的地址。',
  },
  'cli.member-links': {
    en: '{has} link address(es) were given, the nodes of this cluster have {needs}: give one address per link, in the same order.',
    zh: '给出了 {has} 个链路地址，而本集群节点各有 {needs} 个：请按相同顺序为每条链路给出一个地址。',
  },
  'cli.members-full': {
    en: 'The cluster has {limit} nodes, which is the most: remove one first.',
    zh: '集群已有 {limit} 个节点，达到上限：请先移除一个。',
  },
  'cli.members-solo': {
    en: 'One of two nodes decides alone at the moment: bring the other one back, or remove it with `kyha node remove`, before a node joins.',
    zh: '两节点中的一个当前正单独决策：请先恢复另一节点，或用 `kyha node remove` 将其移除，再加入新节点。',
  },
  'cli.members-quorum': {
    en: 'With this change the nodes that are present would have {votes} of {votesTotal} votes, {votesNeeded} needed, and lose quorum: bring the missing nodes back first.',
    zh: '此变更后在场节点将只有 {votesTotal} 票中的 {votes} 票，需要 {votesNeeded} 票，会失去法定票数：请先恢复缺失的节点。',
  },
  'cli.members-busy': {
    en: 'The cluster decided something else {tries} times meanwhile, so the members were not changed: try again.',
    zh: '期间集群有 {tries} 次其他决策，成员未变更：请重试。',
  },
  'cli.remove-last': {
    en: '{node} is the last node with a vote: a cluster cannot be without one. To give the cluster up, run `kyha node stop` and delete its directories.',
    zh: '{node} 是最后一个有票的节点：集群不能没有它。如要放弃集群，请执行 `kyha node stop` 并删除其目录。',
  },
  'cli.remove-owner': {
    en: '{node} still owns {resources}: run `kyha node standby {node}` and wait until they have moved; if the node is dead, it must be fenced or confirmed first.',
    zh: '{node} 仍拥有 {resources}：请执行 `kyha node standby {node}` 并等待其迁走；若节点已故障，须先隔离或确认。',
  },
  'cli.remove-fencing': {
    en: '{node} is being fenced: wait for the end of it (`kyha fence history`), then remove it.',
    zh: '{node} 正在被隔离：请等待完成（`kyha fence history`）后再移除。',
  },
  'cli.no-guard': {
    en: '{file} does not exist: build kyha with `npm run build` (a C compiler is needed).',
    zh: '{file} 不存在：请用 `npm run build` 构建 kyha（需要 C 编译器）。',
  },
  'cli.running': {
    en: 'Node {node} runs already (guard {pid}).',
    zh: '节点 {node} 已在运行（guard {pid}）。',
  },
  'cli.not-running': {
    en: 'Node {node} does not run on this machine: start it with `kyha node start`.',
    zh: '节点 {node} 未在本机运行：可用 `kyha node start` 启动。',
  },
  'cli.start-failed': {
    en: 'The node did not start: {why}. Its log {log} ends with: {last}',
    zh: '节点未能启动：{why}。日志 {log} 的最后一行：{last}',
  },
  'cli.start-slow': {
    en: 'The node was started but does not answer after {seconds} s. Its log {log} ends with: {last}',
    zh: '节点已启动，但 {seconds} 秒内未应答。日志 {log} 的最后一行：{last}',
  },
  'cli.stop-slow': {
    en: 'The node did not end within {seconds} s: its guard has pid {pid}. Look at its log before you kill it.',
    zh: '节点未能在 {seconds} 秒内结束：其 guard 的 pid 为 {pid}。请先查看日志，再决定是否强制结束。',
  },
  'cli.leave-refused': {
    en: 'The node may not leave now: {why} `kyha node stop --force` ends it all the same and leaves its services running.',
    zh: '节点现在不能离开：{why} `kyha node stop --force` 可强制结束，其服务会继续运行。',
  },
  'cli.leave-alone': {
    en: '{node} has nobody to leave its resources to.',
    zh: '没有其他在场节点可接手 {node} 的资源。',
  },
  'cli.leave-quorum': {
    en: 'Without {node} the others would have fewer than the {votesNeeded} votes needed, and the cluster would stop.',
    zh: '没有 {node}，其他节点的票数将少于所需的 {votesNeeded} 票，集群会停止。',
  },
  'cli.leave-slow': {
    en: 'The node has announced that it leaves, but it still runs after {seconds} s: `kyha explain` says which resource does not move. Ask again, or end it with --force.',
    zh: '节点已宣布离开，但 {seconds} 秒后仍在运行：用 `kyha explain` 查看哪个资源未迁走。可重试，或用 --force 结束。',
  },
  'cli.still-runs': {
    en: '{node} runs {resources}: they would go on running here with nobody to watch them. Move them away with `kyha node standby {node}`, or stop with --force.',
    zh: '{node} 上运行着 {resources}：停止后它们会继续运行而无人监视。请用 `kyha node standby {node}` 将其迁走，或加 --force 停止。',
  },
  'cli.created': {
    en: 'Cluster {cluster} was made with this machine as its node {node}, on {links}. Files: {dir} (the key of its CA is {caKey}: keep a copy in a safe place).',
    zh: '已创建集群 {cluster}，本机为节点 {node}，链路：{links}。文件位于 {dir}（集群 CA 的密钥为 {caKey}：请妥善备份）。',
  },
  'cli.would-create': {
    en: 'Nothing was made. Cluster {cluster} could be made here, with this machine as its node {node}, on {links}.',
    zh: '未作任何改动。可在此创建集群 {cluster}，本机为节点 {node}，链路：{links}。',
  },
  'cli.next': {
    en: 'Next:',
    zh: '接下来：',
  },
  'cli.next-start': {
    en: 'starts this node',
    zh: '启动本节点',
  },
  'cli.next-add': {
    en: 'makes a join code for the next host',
    zh: '为下一台主机生成加入码',
  },
  'cli.code-given': {
    en: 'Join code, good for one node{who} for {minutes} minutes:',
    zh: '加入码，可供一个节点{who}使用，{minutes} 分钟内有效：',
  },
  'cli.code-run': {
    en: 'Run on the new host, with its own addresses, one per link (it must reach {listens} by TCP):',
    zh: '请在新主机上执行，每条链路给出该主机自己的一个地址（需能通过 TCP 访问 {listens}）：',
  },
  'cli.code-print': {
    en: 'SHA-256 of the cluster CA: {fingerprint}',
    zh: '集群 CA 的 SHA-256：{fingerprint}',
  },
  'cli.codes-withdrawn': {
    en: 'All open join codes of this node were withdrawn.',
    zh: '已撤销本节点的全部加入码。',
  },
  'cli.joined-here': {
    en: 'This machine is node {node} of cluster {cluster} now, on {links}. It has no vote until it has started and caught up.',
    zh: '本机现为集群 {cluster} 的节点 {node}，链路：{links}。启动并追上日志后才获得票数。',
  },
  'cli.would-join': {
    en: 'Nothing was done. The code is that of cluster {cluster}, which answers, and this machine could join it as {node} on {links}.',
    zh: '未作任何改动。加入码属于集群 {cluster}，对端有应答；本机可作为 {node} 加入，链路：{links}。',
  },
  'cli.removed': {
    en: 'Node {node} was taken out: {votes} vote(s) remain. If it still runs, stop it there: `kyha node stop`.',
    zh: '已移除节点 {node}：剩余 {votes} 票。若其仍在运行，请在该机器上执行 `kyha node stop`。',
  },
  'cli.started': {
    en: 'Node {node} of cluster {cluster} runs on this machine (guard {pid}). `kyha status` shows the cluster; other nodes are started on their own hosts.',
    zh: '集群 {cluster} 的节点 {node} 已在本机运行（guard {pid}）。`kyha status` 显示集群状态；其他节点请在各自主机上启动。',
  },
  'cli.stopped': {
    en: 'Node {node} is stopped; it left the cluster in order, and nothing of it runs here.',
    zh: '节点 {node} 已停止；已有序离开集群，本机不再运行其任何服务。',
  },
  'cli.stopped-only': {
    en: 'Node {node} is stopped on this machine. {running}',
    zh: '本机节点 {node} 已停止。{running}',
  },
  'cli.runs-on': {
    en: 'These go on running here with nobody to watch them: {resources}.',
    zh: '以下服务仍在本机运行而无人监视：{resources}。',
  },
  'cli.runs-nothing': {
    en: 'No service of it ran here.',
    zh: '本机没有运行其任何服务。',
  },
  'cli.would-start': {
    en: 'Nothing was done. Node {node} would be started with: {command}',
    zh: '未作任何改动。将以如下命令启动节点 {node}：{command}',
  },
  'cli.would-stop': {
    en: 'Nothing was done. Node {node} (guard {pid}) would be stopped; resources here now: {resources}',
    zh: '未作任何改动。将停止节点 {node}（guard {pid}）；本机当前资源：{resources}',
  },
  'cli.no-link-option': {
    en: 'Name this machine’s address on each heartbeat link: --link 10.0.0.1,10.1.0.1',
    zh: '请给出本机在每条心跳链路上的地址：--link 10.0.0.1,10.1.0.1',
  },
} as const satisfies Texts
