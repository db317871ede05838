/** Sentences of `membership.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const membership = {
  'membership.seen': {
    en: '{node} seen for the first time, on {links} of {linksAll} links',
    zh: '首次收到 {node} 的心跳，{linksAll} 路中有 {links} 路可用',
  },
  'membership.suspect': {
    en: '{node} suspected: silent {silentMs} ms on {links} of {links} links (limit {limitMs} ms, local stall {stallMs} ms, {accusers} other accusers)',
    zh: '怀疑 {node} 失联：全部 {links} 路心跳静默 {silentMs} 毫秒（上限 {limitMs} 毫秒，本机停顿 {stallMs} 毫秒，另有 {accusers} 个节点也未收到）',
  },
  'membership.silent': {
    en: '{node} silent {silentMs} ms on {links} of {links} links (limit {limitMs} ms, local stall {stallMs} ms, {accusers} other accusers)',
    zh: '{node} 在全部 {links} 路心跳上静默 {silentMs} 毫秒（上限 {limitMs} 毫秒，本机停顿 {stallMs} 毫秒，另有 {accusers} 个节点也未收到）',
  },
  'membership.last-gasp': {
    en: '{node} suspected: its connection ended while {links} links still beat; asking it directly',
    zh: '怀疑 {node} 失联：连接已断开，但仍有 {links} 路心跳，正在直接询问',
  },
  'membership.refuted': {
    en: '{node} lives: heard again on {links} of {linksAll} links after {suspectMs} ms of suspicion',
    zh: '{node} 仍然存活：被怀疑 {suspectMs} 毫秒后，{linksAll} 路中有 {links} 路恢复心跳',
  },
  'membership.vouched': {
    en: '{node} not heard here for {silentMs} ms (limit {limitMs} ms), but {by} hears it: held as suspect, not confirmed; check the links between this node and {node}',
    zh: '本机已有 {silentMs} 毫秒未收到 {node} 的心跳（上限 {limitMs} 毫秒），但 {by} 能收到：保持怀疑，不予确认；请检查本机与 {node} 之间的链路',
  },
  'membership.self-doubt': {
    en: '{node} silent {silentMs} ms (limit {limitMs} ms), but this node is too slow to judge (self-doubt {score} of 8, local stall {stallMs} ms): held as suspect',
    zh: '{node} 静默 {silentMs} 毫秒（上限 {limitMs} 毫秒），但本机过慢、不足以判断（自疑 {score}/8，本机停顿 {stallMs} 毫秒）：保持怀疑',
  },
  'membership.back': {
    en: '{node} is back: heard on {links} of {linksAll} links',
    zh: '{node} 已恢复：{linksAll} 路中有 {links} 路收到心跳',
  },
  'membership.hold-down': {
    en: '{node} is heard again after {flaps} silences in a row: counted as alive in {waitMs} ms if it stays',
    zh: '{node} 连续 {flaps} 次失联后再次出现：若保持稳定，{waitMs} 毫秒后视为存活',
  },
  'membership.manager-down': {
    en: 'manager of {node} is down, its guard still beats: held for {graceMs} ms (time {times} of {timesMax} in 60 s)',
    zh: '{node} 的管理进程中断，守护进程仍在发送心跳：保留 {graceMs} 毫秒（60 秒内第 {times} 次，最多 {timesMax} 次）',
  },
  'membership.manager-back': {
    en: 'manager of {node} is back after {downMs} ms, on {links} of {linksAll} links',
    zh: '{node} 的管理进程中断 {downMs} 毫秒后恢复，{linksAll} 路中有 {links} 路可用',
  },
  'membership.grace-over': {
    en: 'manager of {node} did not come back: the grace of {graceMs} ms is used up ({times} of {timesMax} times in 60 s)',
    zh: '{node} 的管理进程没有恢复：{graceMs} 毫秒的宽限已用尽（60 秒内 {times} 次，最多 {timesMax} 次）',
  },
  'membership.manager-lost': {
    en: '{node} counted as silent: only its guard beats, and the grace of {graceMs} ms is over',
    zh: '{node} 视为失联：只有守护进程在发送心跳，且 {graceMs} 毫秒的宽限已过',
  },
  'membership.new-manager': {
    en: 'manager of {node} was started again (boot {boot}, run {counter})',
    zh: '{node} 的管理进程已重新启动（本次开机 {boot}，第 {counter} 次运行）',
  },
  'membership.new-life': {
    en: '{node} was booted anew (boot {boot}, run {counter}): what was known of its former life is void',
    zh: '{node} 已重新开机（本次开机 {boot}，第 {counter} 次运行）：此前的记录作废',
  },
  'membership.deaf': {
    en: '{node} is heard, but says that it hears nobody: it can decide nothing',
    zh: '能收到 {node} 的心跳，但它声明收不到任何节点：它无法作出任何决策',
  },
  'membership.deaf-lost': {
    en: '{node} is heard, but hears nobody on any of {links} links: it is taken for gone',
    zh: '能收到 {node} 的心跳，但它在全部 {links} 路心跳上都收不到任何节点：按离开处理',
  },
  'membership.self-deaf': {
    en: 'this node has heard nobody on any link for {silentMs} ms, and says so in its beats: whoever hears it need not wait for it',
    zh: '本节点已有 {silentMs} 毫秒在任何链路上收不到任何节点，并在心跳中声明：能收到它的节点不必等待它',
  },
  'membership.self-hears': {
    en: 'this node hears somebody again after {silentMs} ms',
    zh: '本节点在 {silentMs} 毫秒后重新收到其他节点的心跳',
  },
  'membership.leaving': {
    en: '{node} announces that it leaves',
    zh: '{node} 宣布正常退出',
  },
  'membership.self-leaving': {
    en: 'this node ({node}) leaves: its beats say so from now on',
    zh: '本机（{node}）正常退出：自此在心跳中声明',
  },
  'membership.one-way': {
    en: 'link {link} to {node} works one way only: we hear it, it does not hear us; check cabling, firewall and routes of that link',
    zh: '与 {node} 之间的第 {link} 路链路单向不通：我方能收到，对方收不到；请检查该链路的布线、防火墙与路由',
  },
} as const satisfies Texts
