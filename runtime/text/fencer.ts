/** Sentences of `fencer.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const fencer = {
  'fencer.asked': {
    en: 'Fencing {node} (life {boot}): device {device} of level {level} is asked to turn it off, attempt {attempt}',
    zh: '隔离 {node}（启动标识 {boot}）：第 {attempt} 次要求第 {level} 级设备 {device} 将其断电',
  },
  'fencer.confirmed': {
    en: '{node} is off: confirmed by {device} in {ms} ms',
    zh: '{node} 已断电：由 {device} 在 {ms} 毫秒内确认',
  },
  'fencer.device-failed': {
    en: '{device} did not confirm that {node} is off ({detail}): that is no confirmation, nothing is taken over on it',
    zh: '{device} 未确认 {node} 已断电（{detail}）：这不算确认，不会据此接管',
  },
  'fencer.round-failed': {
    en: 'No level of devices confirmed that {node} is off; next attempt in {waitMs} ms. Check the devices, or make sure by hand and run `kyha fence confirm {node}`.',
    zh: '各级设备均未确认 {node} 已断电；{waitMs} 毫秒后重试。请检查设备，或人工确认断电后执行 `kyha fence confirm {node}`。',
  },
  'fencer.no-device': {
    en: 'No fence device is configured for {node}: nothing can confirm that it is off. Add one under `fencing:`, or make sure by hand and run `kyha fence confirm {node}`.',
    zh: '没有为 {node} 配置隔离设备：无法确认其已断电。请在 `fencing:` 下添加，或人工确认断电后执行 `kyha fence confirm {node}`。',
  },
  'fencer.over': {
    en: 'Fencing of {node} is no longer needed: its life {boot} is {state}',
    zh: '不再需要隔离 {node}：启动标识 {boot} 状态为 {state}',
  },
} as const satisfies Texts
