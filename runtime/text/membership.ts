/** Sentences of `membership.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const membership = {
  'membership.silent': {
    en: '{node} silent {silentMs} ms on {links} of {links} links (limit {limitMs} ms, local stall {stallMs} ms)',
    zh: '{node} 在全部 {links} 路心跳上静默 {silentMs} 毫秒（上限 {limitMs} 毫秒，本机停顿 {stallMs} 毫秒）',
  },
} as const satisfies Texts
