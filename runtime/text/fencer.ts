/** Sentences of `fencer.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const fencer = {
  'fencer.trying': { en: 'fencing {node}: {action} through {device}', zh: '正在隔离 {node}：通过 {device} 执行 {action}' },
  'fencer.waits': {
    en: 'fencing {node}: it ends itself without a lease; certain after {waitMs} ms (lease {leaseMs} ms, watchdog {watchdogMs} ms)',
    zh: '隔离 {node}：失去租约后它会自行终止；{waitMs} 毫秒后可确定（租约 {leaseMs} 毫秒，看门狗 {watchdogMs} 毫秒）',
  },
  'fencer.off': { en: '{node} is off: {device} confirmed after {ms} ms', zh: '{node} 已关闭：{device} 在 {ms} 毫秒后确认' },
  'fencer.unconfirmed': {
    en: '{node} is not confirmed off after {ms} ms: {detail}; tried again in {waitMs} ms. Check the device, or make sure that the node is off and confirm it by hand',
    zh: '{ms} 毫秒后仍未确认 {node} 已关闭：{detail}；{waitMs} 毫秒后重试。请检查隔离设备，或确认节点已关闭后人工确认',
  },
  'fencer.not-on': {
    en: '{device} did not turn the machine on again: {detail}; it stays off until somebody starts it',
    zh: '{device} 未能重新开机：{detail}；在人工启动之前保持关机',
  },
} as const satisfies Texts
