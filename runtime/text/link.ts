/** Sentences of `link.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const link = {
  'link.disk-disabled': {
    en: 'disk heartbeat disabled: not configured; it gives no evidence',
    zh: '磁盘心跳未启用：没有配置，不作为任何判断依据',
  },
  'link.health-disabled': {
    en: 'health monitor disabled: not configured; it changes no score',
    zh: '健康监测未启用：没有配置，不影响任何评分',
  },
  'link.notifier-disabled': {
    en: 'notifier disabled: not configured; no mail is sent',
    zh: '告警通知未启用：没有配置，不会发送邮件',
  },
} as const satisfies Texts
