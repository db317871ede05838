/** Sentences of `engine.*`: what a contribution to a score of the placement engine means; the score and its source stand beside it. */
import type { Texts } from './render.js'

export const engine = {
  'engine.location': { en: 'location constraint {source}', zh: '位置约束 {source}' },
  'engine.stickiness': { en: 'it runs here (stickiness)', zh: '正在此节点运行（粘性）' },
  'engine.shutdown-lock': {
    en: 'it waits for the node that shut down with it (shutdown-lock)',
    zh: '等待随其关闭的节点恢复（shutdown-lock）',
  },
  'engine.threshold': { en: 'it failed here as often as migration-threshold allows', zh: '在此节点的失败次数已达到 migration-threshold' },
  'engine.target-role': { en: 'it shall be stopped', zh: '目标状态为停止' },
  'engine.ticket': { en: 'the ticket that it needs is not there', zh: '缺少所需的票据' },
  'engine.promotion-score': { en: 'promotion score of the agent', zh: '代理给出的提升分数' },
  'engine.clone-max': { en: 'the clone has all its instances already', zh: '克隆的实例数已满' },
  'engine.discovery': {
    en: 'it may only be where a constraint with exclusive discovery allows it',
    zh: '仅允许位于独占发现约束所列的节点',
  },
  'engine.unmanaged': { en: 'it is not managed and runs here', zh: '未受管理且正在此节点运行' },
  'engine.orphan': { en: 'the configuration does not know it any more', zh: '配置中已不存在该资源' },
  'engine.multiple-active': {
    en: 'it ran in more than one place and multiple-active says to stop it',
    zh: '曾在多处运行，multiple-active 要求停止',
  },
  'engine.stop-failed': { en: 'a stop failed here', zh: '在此节点停止失败' },
  'engine.hard-error': { en: 'this node cannot run it (hard error)', zh: '此节点无法运行该资源（硬错误）' },
  'engine.fatal-error': { en: 'its configuration is wrong (fatal error)', zh: '该资源的配置有误（致命错误）' },
  'engine.failed-stopped': { en: 'it failed and on-fail says to leave it stopped', zh: '失败后 on-fail 要求保持停止' },
  'engine.on-fail-ban': { en: 'it failed here and on-fail says to leave the node', zh: '在此节点失败，on-fail 要求离开' },
} as const satisfies Texts
