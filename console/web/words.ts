/** The page's own words in both languages, its clock and theme; sentences of decisions come with the data. */
import { computed, signal } from '@preact/signals'
import { stateOf } from '../states.js'

export type Lang = 'en' | 'zh'
const kept = (key: string): string | null => localStorage.getItem(`kyha.${key}`)
export const lang = signal<Lang>(kept('lang') === 'zh' || (kept('lang') === null && navigator.language.startsWith('zh')) ? 'zh' : 'en')

const words = {
  skip: ['Skip to content', '跳到内容'],
  resources: ['Resources', '资源'],
  resourcesNote: ['where each runs, and where it may', '运行位置与候选节点'],
  links: ['Heartbeat links', '心跳链路'],
  linksNote: ['round trip p50 / p99', '往返时延 p50 / p99'],
  events: ['Events', '事件'],
  eventsNote: ['newest first', '最新在前'],
  node: ['Node', '节点'],
  score: ['Score', '得分'],
  because: ['Because', '原因'],
  total: ['total', '合计'],
  chosen: ['chosen', '选中'],
  why: ['Why?', '为何？'],
  close: ['Close', '关闭'],
  asking: ['Asking the planner.', '正在询问规划器。'],
  service: ['The service as a client sees it', '客户端所见的服务'],
  safety: ['What safety stands on', '安全依据'],
  resource: ['Resource', '资源'],
  group: ['group', '资源组'],
  clone: ['clone', '克隆'],
  runsOn: ['runs on', '运行在'],
  promotedOn: ['promoted on', '主角色在'],
  noPromoted: ['none promoted', '无主角色'],
  runsNowhere: ['runs nowhere', '未在任何节点运行'],
  runsUnknown: ['not known here whether it runs', '此处无法得知是否在运行'],
  noWatchdog: ['none: not configured', '无：未配置'],
  runsPartly: ['changing', '切换中'],
  unmanaged: ['not managed', '未托管'],
  wantedStopped: ['to be stopped', '应停止'],
  heardBy: ['heard by', '接收方'],
  disk: ['disk', '磁盘'],
  loss: ['loss', '丢包'],
  failures: ['failed', '失败'],
  linksShort: ['links', '链路'],
  here: ['this view', '本视图'],
  live: ['live', '实时'],
  lost: ['connection to this node lost, trying again for', '与本节点的连接已断开，正在重试，已'],
  connecting: ['connecting', '正在连接'],
  connectingLong: ['Waiting for the first view from this node.', '正在等待本节点的首个视图。'],
  noView: ['This node does not know the cluster yet: its log is starting.', '本节点尚不了解集群：日志正在启动。'],
  outOfDate: ['out of date', '已过时'],
  lastKnown: ['Last known:', '最后所知：'],
  viewOf: ['view of', '视图'],
  leader: ['leader', '领导'],
  none: ['none', '无'],
  quorum: ['quorum', '法定票数'],
  needs: [', needs', '，需'],
  since: ['for', '已持续'],
  now: ['now', '现在'],
  noGap: ['no gap', '无中断'],
  watchedFor: ['watched for', '已观察'],
  noAnswer: ['without an answer', '无应答'],
  lastGap: ['last gap, at', '最近一次中断，于'],
  gapsSeen: ['gaps, the longest', '次中断，最长'],
  answeredBy: ['answered by', '应答节点'],
  fence: ['fencing', '隔离'],
  lastFence: ['last fenced', '最近隔离'],
  byDevice: ['confirmed by', '确认设备'],
  byOperator: ['confirmed by hand:', '人工确认：'],
  fencingOff: ['off: nothing takes over from a silent node', '未启用：不会接管静默节点的资源'],
  noDevice: ['no device', '无设备'],
  health: ['health', '健康监测'],
  watchdog: ['watchdog', '看门狗'],
  notSaid: ['has not said anything yet', '尚无信息'],
  noEvents: ['Nothing happened yet.', '尚无事件。'],
  noResources: ['No resources yet. `kyha config apply FILE` adds them.', '尚无资源。用 `kyha config apply FILE` 添加。'],
  dark: ['dark', '深色'],
} as const satisfies Record<string, readonly [string, string]>

export type Word = keyof typeof words
/** A word of the page, or of a state. */
export const w = (key: Word | string): string =>
  (words as Record<string, readonly [string, string]>)[key]?.[lang.value === 'zh' ? 1 : 0] ?? stateOf(key)[lang.value]

export function setLang(next: Lang): void {
  lang.value = next
  localStorage.setItem('kyha.lang', next)
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
}

const wishesDark = matchMedia('(prefers-color-scheme: dark)')
export const theme = signal(kept('theme') ?? (wishesDark.matches ? 'dark' : 'light'))
if (kept('theme')) document.documentElement.dataset['theme'] = theme.value
export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  localStorage.setItem('kyha.theme', theme.value)
  document.documentElement.dataset['theme'] = theme.value
}

const small = matchMedia('(max-width: 720px)')
export const narrow = signal(small.matches)
small.addEventListener('change', () => {
  narrow.value = small.matches
})

/** The page's clock, ms; moves four times a second, so that every shown age is true. */
export const clock = signal(performance.now())
/** When the status that is shown came in. */
export const receivedMs = signal(performance.now())
/** What has to be added to an age in the status. */
export const ageMs = computed(() => Math.max(0, clock.value - receivedMs.value))
export function startClock(): void {
  setInterval(() => {
    clock.value = performance.now()
  }, 250)
}

/** `level 1` is the Master Node, then Slave 1 ...: 主, 备1. */
export const level = (n: number): string =>
  n === 0 ? '' : lang.value === 'zh' ? (n === 1 ? '主' : `备${n - 1}`) : n === 1 ? 'Master' : `Slave ${n - 1}`

/** Time of day of this browser. */
export const time = (iso: string): string => new Date(iso).toLocaleTimeString('en-GB')

export function ago(ms: number | null): string {
  if (ms === null || ms < 0) return ''
  const s = Math.floor(ms / 1000)
  const zh = lang.value === 'zh'
  if (s < 60) return zh ? `${s} 秒` : `${s} s`
  if (s < 3600) return zh ? `${Math.floor(s / 60)} 分 ${s % 60} 秒` : `${Math.floor(s / 60)} min ${s % 60} s`
  if (s < 86_400)
    return zh
      ? `${Math.floor(s / 3600)} 小时 ${Math.floor((s % 3600) / 60)} 分`
      : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
  return zh ? `${Math.floor(s / 86_400)} 天` : `${Math.floor(s / 86_400)} d`
}
