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
  'engine.health-kept': {
    en: 'no node is healthy enough for {resource}, so it is kept where it runs or may start on an unhealthy node (node-health-safety)',
    zh: '没有足够健康的节点可运行 {resource}，因此保持在原节点，或允许在不健康的节点启动（node-health-safety）',
  },
  'engine.duplicate-id': {
    en: 'the id {id} stands for more than one resource, and only the first one can be named; give each its own id',
    zh: '资源标识 {id} 出现多次，只有第一个能被引用；请为每个资源使用不同的标识',
  },
  'engine.dangling': {
    en: 'constraint {constraint} names {id}, which is no resource, template or tag, so it has no effect; correct the name or delete the constraint',
    zh: '约束 {constraint} 引用的 {id} 不是资源、模板或标签，因此无效；请更正名称或删除该约束',
  },
  'engine.no-template': {
    en: 'resource {id} is made from template {template}, which does not exist; add the template or define the resource in full',
    zh: '资源 {id} 使用的模板 {template} 不存在；请添加该模板或完整定义该资源',
  },
  'engine.contradiction': {
    en: 'constraints {one} and {other} demand the opposite of each other, so what they are about cannot run; delete one of them',
    zh: '约束 {one} 与 {other} 互相矛盾，相关资源无法运行；请删除其中之一',
  },
  'engine.circle': {
    en: 'order constraints {constraints} form a circle, so none of what they order can start; delete one of them',
    zh: '顺序约束 {constraints} 构成循环，相关资源都无法启动；请删除其中之一',
  },
  'engine.too-many-instances': {
    en: '{id} asks for {asked} instances, and {max} is the limit; the plan goes on with {max}',
    zh: '{id} 要求 {asked} 个实例，上限为 {max}；规划按 {max} 个进行',
  },
  'engine.bad-pattern': {
    en: 'the pattern of constraint {constraint} cannot be used ({pattern}), so it has no effect; write a plain regular expression',
    zh: '约束 {constraint} 的模式无法使用（{pattern}），因此无效；请使用简单的正则表达式',
  },
  'engine.too-large': {
    en: '{resources} resources on {nodes} nodes are more than can be planned ({max} pairs at most); split the configuration',
    zh: '{nodes} 个节点上的 {resources} 个资源超出可规划范围（最多 {max} 对）；请拆分配置',
  },
  'engine.too-deep': {
    en: 'a chain among the {constraints} constraints is too long to be followed; use groups or resource sets, or fewer links',
    zh: '{constraints} 条约束中有过长的链，无法处理；请使用组或资源集合，或减少链接',
  },
} as const satisfies Texts
