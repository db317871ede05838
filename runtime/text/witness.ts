/** Sentences of `witness.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

/** Of a node about its quorum device. */
const node = {
  'witness.none': { en: 'no quorum device is configured', zh: '未配置仲裁设备' },
  'witness.dialing': {
    en: 'quorum device {witness} at {address} port {port} has not answered yet',
    zh: '仲裁设备 {witness}（{address} 端口 {port}）尚未应答',
  },
  'witness.reached': {
    en: 'quorum device {witness} answers at {address} port {port}',
    zh: '仲裁设备 {witness} 已在 {address} 端口 {port} 应答',
  },
  'witness.unreachable': {
    en:
      'quorum device {witness} at {address} port {port} does not answer: {error}; nothing stops because of that, but if a node goes now, the other ' +
      'one cannot go on alone; see kyha qdevice status on the device’s host',
    zh: '仲裁设备 {witness}（{address} 端口 {port}）无应答：{error}；业务不会因此停止，但此时若一个节点离开，另一个无法单独运行；请在设备主机上运行 kyha qdevice status',
  },
  'witness.impostor': {
    en:
      'whoever answers at {address} port {port} is not quorum device {witness}: it shows another certificate ({shown}...), so its word does not ' +
      'count; if the device was made anew, add it again with kyha qdevice add',
    zh: '在 {address} 端口 {port} 应答的并非仲裁设备 {witness}：其证书不同（{shown}...），因此其授权无效；若设备已重建，请用 kyha qdevice add 重新添加',
  },
  'witness.protocol': {
    en: 'quorum device {witness} at {address} port {port} speaks protocol {theirs}, this node {ours}; install kyha of the same release on both',
    zh: '仲裁设备 {witness}（{address} 端口 {port}）使用协议 {theirs}，本节点使用 {ours}；请在两端安装同一版本的 kyha',
  },
  'witness.refused': {
    en: 'quorum device {witness} at {address} port {port} refused this node: {why}',
    zh: '仲裁设备 {witness}（{address} 端口 {port}）拒绝了本节点：{whyZh}',
  },
  'witness.no-frame': {
    en: 'what came from quorum device {witness} at {address} port {port} is not its protocol; the connection was closed and is made again',
    zh: '来自仲裁设备 {witness}（{address} 端口 {port}）的内容不符合协议；连接已关闭并将重新建立',
  },
  'witness.on-link': {
    en:
      'the way to quorum device {witness} at {address} port {port} leads over heartbeat link {link}: what cuts the nodes off from each other ' +
      'can cut them off from it, too; give it a network of its own',
    zh: '通往仲裁设备 {witness}（{address} 端口 {port}）的路由经过心跳链路 {link}：隔断节点的故障也可能同时隔断该设备；请为其使用独立网络',
  },
  'witness.unknown': {
    en: 'witness {witness} is asked, but the configuration describes no device of that name ({known}); nobody goes on alone until it does',
    zh: '需要询问见证者 {witness}，但配置中没有该名称的设备（{known}）；在配置之前任何节点都不会单独运行',
  },
} as const satisfies Texts

/** Of the device itself, said on its host and to who was refused. */
const device = {
  'witness.serving': {
    en: 'quorum device {name} listens on {address} port {port}; clusters enrolled: {clusters}',
    zh: '仲裁设备 {name} 正在监听 {address} 端口 {port}；已登记集群：{clusters}',
  },
  'witness.enrolled': { en: 'cluster {name} ({cluster}) was enrolled from {remote}', zh: '集群 {name}（{cluster}）已从 {remote} 登记' },
  'witness.given': {
    en: 'cluster {name}: {node} may decide alone in epoch {epoch}',
    zh: '集群 {name}：{node} 可在第 {epoch} 纪元单独决策',
  },
  'witness.denied': {
    en: 'cluster {name}: {node} knows epoch {epoch} and may not decide alone: this device holds epoch {holds} of {owner}',
    zh: '集群 {name}：{node} 只知道第 {epoch} 纪元，不得单独决策：本设备持有 {owner} 的第 {holds} 纪元',
  },
  'witness.no-record': {
    en: 'cluster {name}: {node} may not decide alone, since no witness was taken into use here yet',
    zh: '集群 {name}：{node} 不得单独决策，因为本设备尚未被该集群启用',
  },
  'witness.both': { en: 'cluster {name}: both decide together in epoch {epoch}', zh: '集群 {name}：双方在第 {epoch} 纪元共同决策' },
  'witness.said-no': { en: '{remote} was refused: {why}', zh: '已拒绝 {remote}：{whyZh}' },
  'witness.cluster-unknown': {
    en: 'cluster {cluster} is not enrolled at this device; enroll it with kyha qdevice add',
    zh: '集群 {cluster} 未在本设备登记；请用 kyha qdevice add 登记',
  },
  'witness.cert': {
    en:
      'the certificate that was shown is not one of a node of cluster {cluster}: it was not issued by its CA, names no node, or is not valid now; ' +
      'check the node’s files and both clocks',
    zh: '所出示的证书不属于集群 {cluster} 的节点：并非其 CA 签发、未标明节点或当前无效；请检查节点文件与双方时钟',
  },
  'witness.other-node': {
    en: 'the certificate names node {node}, but it asked for {asked}; a node asks for itself only',
    zh: '证书标明的节点是 {node}，却为 {asked} 请求授权；节点只能为自己请求',
  },
  'witness.not-understood': {
    en: 'what was sent is not the protocol of a quorum device, is longer than {bytesMax} bytes, or came at the wrong time',
    zh: '所发内容不符合仲裁设备协议、超过 {bytesMax} 字节或时机不对',
  },
  'witness.rate': {
    en: 'more than {limit} questions a second were asked over one connection; ask less often',
    zh: '单个连接每秒提问超过 {limit} 次；请降低频率',
  },
  'witness.full': {
    en: 'this device has its {limit} connections already; use another device, or end what holds them',
    zh: '本设备的 {limit} 个连接已用尽；请换用其他设备或释放占用的连接',
  },
  'witness.slow': { en: 'nothing was asked for {seconds} s', zh: '{seconds} 秒内没有任何提问' },
  'witness.record-damaged': {
    en:
      'the record {file} is damaged ({why}), so nobody of this cluster may go on alone by this device; when both of its nodes are together, run ' +
      'kyha qdevice remove there, kyha qdevice forget here, and add the device anew',
    zh: '记录 {file} 已损坏（{why}），因此该集群的任何节点都不能凭本设备单独运行；待两个节点均在线时，在集群中运行 kyha qdevice remove，在此运行 kyha qdevice forget，然后重新添加设备',
  },
  'witness.record-write': {
    en: 'the record {file} could not be written ({error}), so the question stays without an answer; check the disk of the device’s host',
    zh: '无法写入记录 {file}（{error}），因此该请求没有结果；请检查设备主机的磁盘',
  },
  'witness.file-damaged': {
    en: 'the file {file} cannot be used ({why}); restore it from a backup, or remove it and enroll the cluster again',
    zh: '文件 {file} 无法使用（{why}）；请从备份恢复，或删除后重新登记集群',
  },
  'witness.busy': {
    en: 'too many questions of this cluster wait for the disk already ({limit})',
    zh: '该集群等待磁盘的请求已过多（{limit}）',
  },
  'witness.clusters-full': {
    en: 'this device holds its {limit} clusters already; remove one with kyha qdevice forget, or use another device',
    zh: '本设备已登记 {limit} 个集群；请用 kyha qdevice forget 移除一个，或换用其他设备',
  },
  'witness.other-ca': {
    en: 'a cluster with the id {cluster} and another CA is enrolled here; if that one is gone, remove it with kyha qdevice forget',
    zh: '此处已登记编号为 {cluster} 但 CA 不同的集群；若其已不存在，请用 kyha qdevice forget 移除',
  },
  'witness.codes-full': {
    en: '{limit} codes of this device are open already; use one of them, or wait until one expires',
    zh: '本设备已有 {limit} 个未使用的登记码；请使用其中之一，或等待其过期',
  },
  'witness.code-unknown': {
    en: 'the code was already used or withdrawn: make a new one with kyha qdevice code on the device’s host',
    zh: '登记码已被使用或撤销：请在设备主机上运行 kyha qdevice code 重新生成',
  },
  'witness.code-expired': {
    en: 'the code expired {lateS} s ago: make a new one with kyha qdevice code on the device’s host',
    zh: '登记码已过期 {lateS} 秒：请在设备主机上运行 kyha qdevice code 重新生成',
  },
  'witness.codes-void': {
    en: 'all open codes were withdrawn after {wrong} wrong secrets: make a new one with kyha qdevice code, and find out who tried',
    zh: '连续 {wrong} 次密钥错误，已撤销全部登记码：请用 kyha qdevice code 重新生成，并查明是谁在尝试',
  },
  'witness.locked': {
    en: 'a quorum device already works with {dir} (process {pid}); stop it first, or give this one a directory of its own',
    zh: '已有仲裁设备在使用 {dir}（进程 {pid}）；请先停止它，或使用其他目录',
  },
} as const satisfies Texts

/** Of the verbs `kyha qdevice ...`. */
const cli = {
  'witness.code-given': {
    en: 'Code for one cluster, good for {minutes} min. On a node of that cluster, as root:',
    zh: '用于一个集群的登记码，{minutes} 分钟内有效。在该集群的一个节点上以 root 运行：',
  },
  'witness.no-address': {
    en: 'The code must say where the device is reached: give --address with an address of this host that the cluster’s nodes reach.',
    zh: '登记码须包含设备的可达地址：请用 --address 给出集群节点可访问的本机地址。',
  },
  'witness.no-device': {
    en: 'There is no quorum device in {dir} yet: start it with kyha qdevice serve.',
    zh: '{dir} 中还没有仲裁设备：请用 kyha qdevice serve 启动。',
  },
  'witness.bad-listen': {
    en: '{text} is no address to listen on: write 0.0.0.0:5409, 10.9.0.9, or [fd00::9]:5409.',
    zh: '{text} 不是可监听的地址：请写成 0.0.0.0:5409、10.9.0.9 或 [fd00::9]:5409。',
  },
  'witness.not-bound': {
    en: 'The quorum device cannot listen on {address} port {port}: {error}. Is another program there, or is it no address of this host?',
    zh: '仲裁设备无法监听 {address} 端口 {port}：{error}。是否已有其他程序占用，或该地址不属于本机？',
  },
  'witness.add-unreachable': {
    en: 'The quorum device does not answer at {address} port {port}: {error}. Does kyha qdevice serve run there, and may this host reach it?',
    zh: '仲裁设备在 {address} 端口 {port} 无应答：{error}。那里是否在运行 kyha qdevice serve，本机能否访问？',
  },
  'witness.add-impostor': {
    en: 'Whoever answers at {address} port {port} is not the quorum device that made this code. Nothing was sent to it.',
    zh: '在 {address} 端口 {port} 应答的并非生成该登记码的仲裁设备。未向其发送任何内容。',
  },
  'witness.add-refused': { en: 'The quorum device refused: {why}', zh: '仲裁设备拒绝：{whyZh}' },
  'witness.added': {
    en: 'Quorum device {witness} at {address} port {port} knows this cluster and is in its configuration.',
    zh: '仲裁设备 {witness}（{address} 端口 {port}）已登记本集群，并已写入集群配置。',
  },
  'witness.would-add': {
    en: 'Would enroll this cluster at quorum device {witness} at {address} port {port} and write it into the configuration.',
    zh: '将在仲裁设备 {witness}（{address} 端口 {port}）登记本集群并写入配置。',
  },
  'witness.removed': {
    en: 'The cluster does not use a quorum device any more. On the device’s host, kyha qdevice forget {cluster} removes its record.',
    zh: '集群不再使用仲裁设备。在设备主机上运行 kyha qdevice forget {cluster} 可删除其记录。',
  },
  'witness.forgotten': { en: 'Cluster {name} ({cluster}) and its record were removed.', zh: '集群 {name}（{cluster}）及其记录已删除。' },
  'witness.many': {
    en: 'A quorum device counts with two voting nodes; this cluster has {count}, so their votes decide and it is not asked.',
    zh: '仲裁设备仅用于两个有票节点；本集群有 {count} 个有票节点，由票数决定，不会询问它。',
  },
  'witness.second': {
    en: 'This cluster has a quorum device already ({witness}); it can have one. Remove it first: kyha qdevice remove.',
    zh: '本集群已有仲裁设备（{witness}），只能有一个。请先移除：kyha qdevice remove。',
  },
  'witness.here': {
    en: 'Quorum device {name} ({device}) in {dir}: {runs}. Certificate {fingerprint}.',
    zh: '仲裁设备 {name}（{device}），目录 {dir}：{runs}。证书 {fingerprint}。',
  },
  'witness.runs': { en: 'it runs as process {pid}', zh: '正在运行，进程 {pid}' },
  'witness.runs-not': { en: 'it does not run', zh: '未在运行' },
} as const satisfies Texts

export const witness = { ...node, ...device, ...cli } as const
