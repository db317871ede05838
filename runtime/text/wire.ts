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
    en: 'key file {file} has a line that is no cluster key: expected {form} of 32 bytes; copy the file again from another node of the cluster',
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
} as const satisfies Texts
