/** Sentences of `wire.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const wire = {
  'wire.codec-size': {
    en: 'message of {bytes} bytes dropped: {bytesMax} bytes are allowed',
    zh: '已丢弃 {bytes} 字节的消息：上限为 {bytesMax} 字节',
  },
  'wire.codec-truncated': {
    en: 'message of {bytes} bytes dropped: it announces more data than it holds; it was cut short or is not from kyha',
    zh: '已丢弃 {bytes} 字节的消息：声明的长度超过实际内容，可能被截断，或并非来自 kyha',
  },
  'wire.codec-extension': {
    en: 'message of {bytes} bytes dropped: it uses a msgpack extension type, which kyha never sends',
    zh: '已丢弃 {bytes} 字节的消息：含有 msgpack 扩展类型，kyha 从不发送此类型',
  },
  'wire.codec-depth': {
    en: 'message of {bytes} bytes dropped: it is nested deeper than {depthMax} levels',
    zh: '已丢弃 {bytes} 字节的消息：嵌套超过 {depthMax} 层',
  },
  'wire.codec-elements': {
    en: 'message of {bytes} bytes dropped: it holds more than {elementsMax} elements',
    zh: '已丢弃 {bytes} 字节的消息：元素多于 {elementsMax} 个',
  },
  'wire.codec-trailing': {
    en: 'message of {bytes} bytes dropped: bytes follow after its end',
    zh: '已丢弃 {bytes} 字节的消息：末尾之后还有多余字节',
  },
  'wire.codec-key': {
    en: 'message of {bytes} bytes dropped: it has a key that is no text or that names a prototype',
    zh: '已丢弃 {bytes} 字节的消息：键不是文本，或指向对象原型',
  },
  'wire.codec-utf8': {
    en: 'message of {bytes} bytes dropped: a text in it is not valid UTF-8',
    zh: '已丢弃 {bytes} 字节的消息：其中的文本不是有效的 UTF-8',
  },
  'wire.codec-message': {
    en: 'value of {bytes} bytes dropped: it is no message (an object whose type has 1 to 64 characters)',
    zh: '已丢弃 {bytes} 字节的数据：不是消息（应为对象，且 type 为 1 至 64 个字符）',
  },
  'wire.key-count': {
    en: 'key file {file} holds {count} keys: one is needed, two while the key is being rotated',
    zh: '密钥文件 {file} 中有 {count} 个密钥：应为一个，轮换期间为两个',
  },
  'wire.key-format': {
    en: 'key file {file} has a line that is no cluster key ({form} of 32 bytes): copy the file again from another node',
    zh: '密钥文件 {file} 中有一行不是集群密钥：应为 32 字节的 {form}；请从集群其他节点重新复制该文件',
  },
  'wire.key-mode': {
    en: 'key file {file} can be read by others (mode {mode}): set it to 600, and rotate the key if others had access',
    zh: '密钥文件 {file} 可被其他用户读取（权限 {mode}）：请改为 600；如他人可能已读取，请轮换密钥',
  },
  'wire.key-file': {
    en: 'key file {file} cannot be read: {error}; copy it from another node of the cluster',
    zh: '无法读取密钥文件 {file}：{error}；请从集群其他节点复制',
  },
  'wire.link-unbound': {
    en: 'link {link} is not in use: cannot bind {address} port {port} ({error}); tried again every second',
    zh: '链路 {link} 未启用：无法绑定 {address} 端口 {port}（{error}）；每秒重试一次',
  },
  'wire.link-bound': {
    en: 'link {link} is in use again: {address} port {port}',
    zh: '链路 {link} 已恢复使用：{address} 端口 {port}',
  },
  'wire.cert-unreadable': {
    en: 'the {which} certificate is not a PEM certificate: copy the file again, or join the node anew',
    zh: '{which} 证书不是有效的 PEM 证书：请重新复制该文件，或重新加入节点',
  },
  'wire.cert-foreign': {
    en: 'the node certificate was issued by "{issuer}", not by this cluster\'s CA "{ca}": join the node to this cluster',
    zh: '节点证书由“{issuer}”签发，并非本集群的 CA“{ca}”：请将该节点加入本集群',
  },
  'wire.cert-other-node': {
    en: 'the certificate is for node {node}, this node is {self}: files of two nodes were mixed up; join this node anew',
    zh: '证书属于节点 {node}，而本节点为 {self}：两个节点的文件混淆；请重新加入本节点',
  },
  'wire.cert-expired': {
    en: "the {which} certificate ended at {ended}: check this machine's clock, else renew the certificate",
    zh: '{which} 证书已于 {ended} 到期：请检查本机时钟，否则请更新证书',
  },
  'wire.cert-early': {
    en: "the {which} certificate begins only at {begins}: check this machine's clock",
    zh: '{which} 证书自 {begins} 起才有效：请检查本机时钟',
  },
  'wire.cert-key': {
    en: 'the private key does not belong to the node certificate: restore both from one backup, or join the node anew',
    zh: '私钥与节点证书不匹配：请从同一备份恢复两者，或重新加入节点',
  },
  'wire.join-code-form': {
    en: 'this is no join code ({chars} characters): copy the whole code that "kyha node add" printed',
    zh: '这不是加入码（{chars} 个字符）：请完整复制 “kyha node add” 输出的加入码',
  },
  'wire.join-code-typo': {
    en: 'the join code has a typing error or is cut: compare it with the one that was printed',
    zh: '加入码有输入错误或不完整：请与输出的加入码核对',
  },
  'wire.join-code-version': {
    en: "the join code has version {version}, this kyha knows {known}: install the cluster's version on this node",
    zh: '加入码版本为 {version}，本机 kyha 支持 {known}：请在本节点安装与集群相同的版本',
  },
  'wire.code-for-node': {
    en: 'this code is for enrolling a cluster at a quorum device (kyha qdevice add), not for a node that joins',
    zh: '该码用于在仲裁设备登记集群（kyha qdevice add），不是节点加入码',
  },
  'wire.code-for-device': {
    en: 'this code is for a node that joins a cluster (kyha join), not for a quorum device: make one with kyha qdevice code on its host',
    zh: '该码是节点加入码（kyha join），不能用于仲裁设备：请在设备主机上运行 kyha qdevice code 生成',
  },
  'wire.join-code-cluster': {
    en: 'the join code is for cluster {cluster}, not for this one: use a code that this cluster made',
    zh: '加入码属于集群 {cluster}，不是本集群：请使用本集群生成的加入码',
  },
  'wire.join-code-unknown': {
    en: 'the join code was already used or withdrawn: make a new one with "kyha node add"',
    zh: '加入码已被使用或撤销：请用 “kyha node add” 重新生成',
  },
  'wire.join-code-expired': {
    en: 'the join code expired {lateS} s ago: make a new one with "kyha node add"',
    zh: '加入码已过期 {lateS} 秒：请用 “kyha node add” 重新生成',
  },
  'wire.stream-foreign': {
    en: 'connection with {remote} refused: certificate not from this cluster ({error}); join that machine, or correct the address',
    zh: '已拒绝与 {remote} 的连接：其证书并非由本集群 CA 签发（{error}）；请将该机器加入本集群，或更正其地址',
  },
  'wire.stream-impostor': {
    en: 'at {remote}, an address of {node}, a machine answers that is not of this cluster ({error}): it is taken for nobody, {times} connection(s) refused; give the address back to {node}, or take that machine off this network',
    zh: '{node} 的地址 {remote} 由不属于本集群的机器应答（{error}）：不予承认，已拒绝 {times} 个连接；请将该地址交还 {node}，或将该机器移出此网络',
  },
  'wire.stream-nameless': {
    en: 'connection with {remote} refused: its certificate names no node; join that machine again',
    zh: '已拒绝与 {remote} 的连接：其证书未指明节点；请重新加入该机器',
  },
  'wire.stream-other-node': {
    en: 'connection with {remote} refused: node {node} answers there, {expected} was expected; correct the addresses of the links',
    zh: '已拒绝与 {remote} 的连接：应答者为节点 {node}，预期为 {expected}；请更正链路地址',
  },
  'wire.stream-no-member': {
    en: 'connection of node {node} refused: it is not a member of this cluster; add it, or shut it down if it was removed',
    zh: '已拒绝节点 {node} 的连接：它不是本集群成员；请添加该节点，若已移除则请将其关闭',
  },
  'wire.stream-cluster': {
    en: 'connection with {remote} refused: it belongs to cluster {cluster}; correct the addresses of the links',
    zh: '已拒绝与 {remote} 的连接：它属于集群 {cluster}；请更正链路地址',
  },
  'wire.stream-version': {
    en: '{node} refused: it speaks protocol {min}-{max} (build {build}), this node {ownMin}-{ownMax} ({ownBuild}); upgrade the older',
    zh: '已拒绝与 {node} 的连接：对方（构建 {build}）支持流协议 {min} 至 {max}，本节点（构建 {ownBuild}）支持 {ownMin} 至 {ownMax}；请升级较旧的一方',
  },
  'wire.stream-greeting': {
    en: 'connection with {remote} closed: it did not begin with a greeting that this version understands',
    zh: '已关闭与 {remote} 的连接：开头不是本版本可识别的问候',
  },
  'wire.stream-size': {
    en: 'connection with {remote} closed: it announced a frame of {bytes} bytes, {bytesMax} are allowed',
    zh: '已关闭与 {remote} 的连接：其声明的帧为 {bytes} 字节，上限为 {bytesMax} 字节',
  },
  'wire.stream-frame': {
    en: 'connection with {remote} closed: frame kind {kind} is not known to this version',
    zh: '已关闭与 {remote} 的连接：本版本不认识帧类型 {kind}',
  },
  'wire.stream-handshake': {
    en: 'TLS handshake with {remote} failed: {error}; only nodes of this cluster can connect here',
    zh: '与 {remote} 的 TLS 握手失败：{error}；只有本集群节点可以连接此处',
  },
  'wire.stream-unbound': {
    en: 'cannot listen on {address} port {port}: {error}; tried again every second',
    zh: '无法监听 {address} 端口 {port}：{error}；每秒重试一次',
  },
  'wire.stream-shut-out': {
    en: 'node {node} closes each connection before its greeting ({why}): its log says why; often its certificate or member list differs',
    zh: '节点 {node} 每次都在问候之前关闭连接（{why}）：原因见其日志；常见原因是证书或成员列表不一致',
  },
  'wire.stream-unreadable': {
    en: 'message of {bytes} bytes from {node} dropped: it is not readable; the two nodes may run different versions',
    zh: '已丢弃来自 {node} 的 {bytes} 字节消息：无法读取；两个节点的版本可能不同',
  },
  'wire.stream-contradiction': {
    en: 'connection with {node} closed: its message numbers contradict what was sent; it is made again, please report this',
    zh: '已关闭与 {node} 的连接：其消息编号与已发送内容矛盾；将重新建立连接，请报告此问题',
  },
} as const satisfies Texts
