/** Sentences of `plan.*`: what `kyha plan` says of a configuration, English and Chinese side by side. */
import type { Texts } from './render.js'

export const plan = {
  'plan.head': {
    en: '{resources} resources on {nodes} nodes, {quorum}: {actions} actions.',
    zh: '{nodes} 个节点上的 {resources} 个资源，{quorum}：{actions} 个操作。',
  },
  'plan.quorate': { en: 'with quorum', zh: '有法定票数' },
  'plan.not-quorate': { en: 'without quorum', zh: '无法定票数' },
  'plan.after': { en: 'Where everything is then:', zh: '之后各资源的位置：' },
  'plan.action': { en: '{what} {where}: {why}', zh: '{what} {where}：{why}' },
  'plan.on': { en: '{resource} on {node}', zh: '{resource}（{node}）' },
  'plan.from-to': { en: '{resource} {from} -> {to}', zh: '{resource}（{from} -> {to}）' },
  'plan.blocked': { en: 'cannot be done: {why}', zh: '无法执行：{why}' },
  'plan.no-cib': {
    en: 'kyha plan reads a file: give one with --cib FILE, or - for standard input.',
    zh: 'kyha plan 需要一个文件：请用 --cib FILE 指定，- 表示标准输入。',
  },
  'plan.no-node': {
    en: 'The CIB has no node "{name}"; it has {nodes}.',
    zh: 'CIB 中没有节点“{name}”；其节点为 {nodes}。',
  },
  'plan.no-resource': {
    en: 'The CIB has no resource "{name}"{near}.',
    zh: 'CIB 中没有资源“{name}”{near}。',
  },
  'plan.at-unclear': {
    en: '"{text}" is not a time; write it as 2026-11-28T14:00:00Z.',
    zh: '“{text}”不是时间；请写作 2026-11-28T14:00:00Z。',
  },

  'plan.do-start': { en: 'start', zh: '启动' },
  'plan.do-stop': { en: 'stop', zh: '停止' },
  'plan.do-move': { en: 'move', zh: '移动' },
  'plan.do-migrate': { en: 'migrate', zh: '热迁移' },
  'plan.do-restart': { en: 'restart', zh: '重启' },
  'plan.do-recover': { en: 'recover', zh: '恢复' },
  'plan.do-reload': { en: 'reload', zh: '重载' },
  'plan.do-promote': { en: 'promote', zh: '提升' },
  'plan.do-demote': { en: 'demote', zh: '降级' },
  'plan.do-re-promote': { en: 're-promote', zh: '重新提升' },
  'plan.do-fence': { en: 'fence ({op})', zh: '隔离（{op}）' },
} as const satisfies Texts
