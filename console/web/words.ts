/** The page's own words in both languages; sentences of decisions come with the data. */
import { signal } from '@preact/signals'

export type Lang = 'en' | 'zh'
const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem('kyha.lang')
export const lang = signal<Lang>(stored === 'zh' || (stored === null && navigator.language.startsWith('zh')) ? 'zh' : 'en')

const words = {
  nodes: ['Nodes', '节点'],
  resources: ['Resources', '资源'],
  links: ['Heartbeat links', '心跳链路'],
  events: ['Events', '事件'],
  service: ['Service as a client sees it', '客户端所见的服务'],
  resource: ['Resource', '资源'],
  link: ['Link', '链路'],
  peer: ['to', '到'],
  live: ['live', '实时'],
  lost: ['connection to this node lost, trying again', '与本节点的连接已断开，正在重试'],
  viewOf: ['view of', '视图来自'],
  leader: ['leader', '领导'],
  quorum: ['quorum', '法定票数'],
  of: ['of', '/'],
  lastGap: ['last gap', '最近一次中断'],
  longest: ['longest', '最长'],
  answeredBy: ['answered by', '应答节点'],
  noEvents: ['Nothing happened yet.', '尚无事件。'],
  noResources: ['No resources yet. `kyha config apply FILE` adds them.', '尚无资源。用 `kyha config apply FILE` 添加。'],
  noProbe: ['This cluster has no demo service to probe.', '本集群没有可探测的演示服务。'],
  problems: ['more', '其他'],
  online: ['online', '在线'],
  standby: ['standby', '备用'],
  maintenance: ['maintenance', '维护'],
  pending: ['joining', '加入中'],
  suspect: ['suspect', '可疑'],
  silent: ['silent', '静默'],
  fencing: ['fencing', '隔离中'],
  fenced: ['fenced', '已隔离'],
  left: ['left', '已离开'],
  unknown: ['unknown', '未知'],
  leaving: ['leaving', '离开中'],
  'manager-down': ['manager down', '管理进程中断'],
  running: ['running', '运行'],
  promoted: ['promoted', '主'],
  starting: ['starting', '启动中'],
  stopping: ['stopping', '停止中'],
  stopped: ['stopped', '停止'],
  failed: ['failed', '失败'],
  'stop-failed': ['stop failed', '停止失败'],
  up: ['up', '正常'],
  late: ['late', '迟到'],
  'never-heard': ['never heard', '从未收到'],
  ok: ['normal', '正常'],
  attention: ['attention', '注意'],
  danger: ['danger', '危险'],
  theme: ['dark / light', '深色 / 浅色'],
} as const satisfies Record<string, readonly [string, string]>

export type Word = keyof typeof words
export const w = (key: Word | string): string =>
  (words as Record<string, readonly [string, string]>)[key]?.[lang.value === 'zh' ? 1 : 0] ?? key

export function setLang(next: Lang): void {
  lang.value = next
  localStorage.setItem('kyha.lang', next)
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
}

/** `level 1` is the Master Node, then Slave 1 ...: 主, 备1. */
export const level = (n: number): string =>
  n === 0 ? '' : lang.value === 'zh' ? (n === 1 ? '主' : `备${n - 1}`) : n === 1 ? 'Master' : `Slave ${n - 1}`

export function ago(ms: number | null): string {
  if (ms === null || ms < 0) return ''
  const s = Math.floor(ms / 1000)
  const zh = lang.value === 'zh'
  if (s < 60) return zh ? `${s} 秒` : `${s} s`
  if (s < 3600) return zh ? `${Math.floor(s / 60)} 分` : `${Math.floor(s / 60)} min`
  if (s < 86_400) return zh ? `${Math.floor(s / 3600)} 小时` : `${Math.floor(s / 3600)} h`
  return zh ? `${Math.floor(s / 86_400)} 天` : `${Math.floor(s / 86_400)} d`
}
