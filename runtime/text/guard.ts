/** Sentences of `guard.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const guard = {
  'guard.gone': {
    en: 'The guard closed the connection. Resources keep running; this kyhad ends, and the next guard starts a new one.',
    zh: '守护进程 guard 已关闭连接。资源继续运行；本 kyhad 随即退出，由下一个 guard 重新启动。',
  },
  'guard.broken': {
    en: 'The connection to the guard broke: {error}. Resources keep running; this kyhad ends and is started again.',
    zh: '与 guard 的连接已中断：{error}。资源继续运行；本 kyhad 退出后会被重新启动。',
  },
  'guard.full': {
    en: 'The guard has not read {bytes} bytes, so the connection was closed. Resources keep running; this kyhad ends and is started again.',
    zh: '有 {bytes} 字节等待 guard 读取而未被读取，连接已关闭。资源继续运行；本 kyhad 退出后会被重新启动。',
  },
  'guard.silent': {
    en: 'The guard did not answer within {helloMs} ms. kyhad runs only below its guard: start the kyha service, not kyhad itself.',
    zh: 'guard 在 {helloMs} 毫秒内没有应答。kyhad 只能由 guard 启动：请启动 kyha 服务，而不是直接运行 kyhad。',
  },
  'guard.protocol': {
    en: 'The guard speaks protocol {theirs}, this kyhad {ours}. Install guard and kyhad of the same release and restart the kyha service.',
    zh: 'guard 使用协议版本 {theirs}，而本 kyhad 使用 {ours}。请安装同一版本的 guard 与 kyhad，然后重启 kyha 服务。',
  },
} as const satisfies Texts
