/** Sentences of `secret.*`: English and Chinese side by side, `{name}` filled from a verdict's args. None of them ever holds a value. */
import type { Texts } from './render.js'

export const secret = {
  'secret.missing-resource': {
    en: 'parameter {param} of {name} names the secret {secret}, which {node} does not have: run `kyha secret set {secret}` on {node}, then `kyha resource cleanup {name}`',
    zh: '{name} 的参数 {param} 引用了机密 {secret}，而 {node} 上没有它：请在 {node} 上执行 `kyha secret set {secret}`，然后执行 `kyha resource cleanup {name}`',
  },
  'secret.missing-device': {
    en: 'parameter {param} of {name} names the secret {secret}, which {node} does not have: run `kyha secret set {secret}` on {node}',
    zh: '{name} 的参数 {param} 引用了机密 {secret}，而 {node} 上没有它：请在 {node} 上执行 `kyha secret set {secret}`',
  },
  'secret.no-file': {
    en: 'parameter {param} of {name} names the secret {secret}, but {node} cannot use its secrets: {why}',
    zh: '{name} 的参数 {param} 引用了机密 {secret}，但 {node} 无法使用其机密：{why}',
  },
  'secret.bad-reference': {
    en: 'parameter {param} of {name} begins with @secret: and names no secret: a name has 1 to 64 letters, digits, `_`, `.` or `-`; correct the configuration',
    zh: '{name} 的参数 {param} 以 @secret: 开头，但不是机密名称：名称由 1 至 64 个字母、数字、`_`、`.` 或 `-` 组成；请更正配置',
  },
  'secret.too-many': {
    en: '{name} names more than {limit} secrets, which is more than one operation can be given',
    zh: '{name} 引用的机密超过 {limit} 个，超出单次操作的上限',
  },
  'secret.open': {
    en: '{file} is open to others than its owner (mode {mode}), so it is not used. Run `chmod 600 {file}`; set anew what somebody may have read.',
    zh: '{file} 对属主以外的用户开放（权限 {mode}），因此不予使用。请执行 `chmod 600 {file}`；可能已被他人读取的机密请重新设置。',
  },
  'secret.owner': {
    en: '{file} belongs to user {uid}, who runs neither kyhad nor this command, so it is not used. Give it to whoever runs kyhad.',
    zh: '{file} 属于用户 {uid}，该用户既不运行 kyhad 也不运行本命令，因此不予使用。请将其属主改为运行 kyhad 的用户。',
  },
  'secret.unreadable': {
    en: '{file} cannot be read ({error}).',
    zh: '无法读取 {file}（{error}）。',
  },
  'secret.damaged': {
    en: '{file} is not a whole file of secrets, so nothing of it is used. Correct it, or remove it and set the secrets anew.',
    zh: '{file} 不是完整的机密文件，因此不予使用。请更正，或将其删除并重新设置机密。',
  },
  'secret.bad-name': {
    en: '{name} is no name of a secret: it has 1 to 64 letters, digits, `_`, `.` or `-`.',
    zh: '{name} 不是机密名称：名称由 1 至 64 个字母、数字、`_`、`.` 或 `-` 组成。',
  },
  'secret.no-value': {
    en: 'No value came. It is asked for on a terminal, or read from standard input: `kyha secret set NAME < FILE`; kyha-shell cannot ask.',
    zh: '没有得到值。值在终端上询问，或从标准输入读取：`kyha secret set 名称 < 文件`；kyha-shell 不能询问。',
  },
  'secret.too-short': {
    en: 'The value has {bytes} bytes; with fewer than {limit} it could not be told from other words in what agents print.',
    zh: '该值有 {bytes} 字节；少于 {limit} 字节时无法在代理的输出中与其他文字区分。',
  },
  'secret.too-long': {
    en: 'The value has {bytes} bytes; at most {limit} are possible.',
    zh: '该值有 {bytes} 字节；最多 {limit} 字节。',
  },
  'secret.no-line': {
    en: 'The value is not one line of text (UTF-8, without control characters), as agents read it.',
    zh: '该值不是代理可读取的单行文本（UTF-8，不含控制字符）。',
  },
  'secret.not-same': {
    en: 'The two values differ: nothing was changed.',
    zh: '两次输入的值不同：未作任何修改。',
  },
  'secret.full': {
    en: 'This node has {limit} secrets already; delete one first.',
    zh: '本节点已有 {limit} 个机密；请先删除一个。',
  },
  'secret.busy': {
    en: 'Another process changes the secrets of this node just now; try again.',
    zh: '另一个进程正在修改本节点的机密；请重试。',
  },
  'secret.unknown': {
    en: '{node} has no secret {secret}. It has: {known}.',
    zh: '{node} 没有机密 {secret}。已有：{known}。',
  },
  'secret.used': {
    en: 'The running configuration names {secret} ({params}): without it nothing of them starts on {node}, and once kyhad has begun anew there their stops are not run either, which is a stop that failed. Take it out of the configuration first, or give --force. A new value needs no delete.',
    zh: '运行中的配置引用了 {secret}（{params}）：没有它，它们无法在 {node} 上启动；该节点的 kyhad 重启后停止操作也无法运行，即视为停止失败。请先将其从配置中去除，或使用 --force。更换值无需删除。',
  },
  'secret.ask': { en: 'value of {secret}: ', zh: '{secret} 的值：' },
  'secret.again': { en: 'once more: ', zh: '再输入一次：' },
  'secret.set': {
    en: '{secret} is set on {node}; nothing is restarted, the next operation is given it. Parameters name it as @secret:{secret}. Other nodes need a value of their own: run this on each.',
    zh: '已在 {node} 上设置 {secret}；不会重启任何资源，下一次操作即使用它。参数中写作 @secret:{secret}。其他节点需要各自的值：请在每个节点上执行。',
  },
  'secret.would-set': { en: '{secret} would be set on {node}.', zh: '将在 {node} 上设置 {secret}。' },
  'secret.deleted': { en: '{secret} is deleted on {node}.', zh: '已在 {node} 上删除 {secret}。' },
  'secret.would-delete': { en: '{secret} would be deleted on {node}.', zh: '将在 {node} 上删除 {secret}。' },
  'secret.was-used': {
    en: 'The running configuration names it: {params}.',
    zh: '运行中的配置引用了它：{params}。',
  },
  'secret.use-unknown': {
    en: 'kyhad does not answer here, so it is not known whether the configuration names it.',
    zh: '此处的 kyhad 没有应答，因此不知道配置是否引用了它。',
  },
  'secret.plan-missing': {
    en: 'this node, {node}, has no secret {secret}, which is named by {params}: run `kyha secret set {secret}` on each node that may run them; other nodes are not looked at',
    zh: '本节点 {node} 没有机密 {secret}，而 {params} 引用了它：请在每个可能运行它们的节点上执行 `kyha secret set {secret}`；未检查其他节点',
  },
  'secret.plan-no-file': {
    en: 'this node, {node}, cannot give secrets to {params}: {why}',
    zh: '本节点 {node} 无法向 {params} 提供机密：{why}',
  },
} as const satisfies Texts
