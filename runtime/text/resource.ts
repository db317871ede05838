/** Sentences of `resource.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const resource = {
  'resource.started': {
    en: '{resource} started in {ms} ms under token {token}',
    zh: '{resource} 已启动，用时 {ms} 毫秒，令牌 {token}',
  },
  'resource.stopped': { en: '{resource} stopped in {ms} ms', zh: '{resource} 已停止，用时 {ms} 毫秒' },
  'resource.promoted': { en: '{resource} promoted in {ms} ms', zh: '{resource} 已提升为主，用时 {ms} 毫秒' },
  'resource.demoted': { en: '{resource} demoted in {ms} ms', zh: '{resource} 已降为从，用时 {ms} 毫秒' },
  'resource.stop-failed': {
    en: '{resource} did not stop (exit code {rc}: {reason}); it may still be active here, so it starts nowhere else until this node is fenced or a stop succeeds',
    zh: '{resource} 停止失败（退出码 {rc}：{reason}）；它可能仍在本节点活动，本节点被隔离或停止成功之前，不会在其他节点启动',
  },
  'resource.failed': {
    en: '{action} of {resource} failed with exit code {rc}: {reason}; failure {count} of {threshold} on this node',
    zh: '{resource} 的 {action} 操作失败，退出码 {rc}：{reason}；本节点第 {count} 次失败，上限 {threshold} 次',
  },
  'resource.failed-hard': {
    en: '{action} of {resource} failed with exit code {rc}: {reason}; it cannot run on this node. Correct the cause, then clean the resource up',
    zh: '{resource} 的 {action} 操作失败，退出码 {rc}：{reason}；它不能在本节点运行。请排除原因后清理该资源',
  },
  'resource.failed-fatal': {
    en: '{action} of {resource} failed with exit code {rc}: {reason}; its configuration is wrong on every node. Correct its parameters, then clean it up',
    zh: '{resource} 的 {action} 操作失败，退出码 {rc}：{reason}；配置有误，任何节点都无法运行。请修正参数后清理该资源',
  },
  'resource.timed-out': {
    en: '{action} of {resource} was ended after {ms} ms, its time limit; failure {count} of {threshold} on this node',
    zh: '{resource} 的 {action} 操作执行 {ms} 毫秒后超时，已被终止；本节点第 {count} 次失败，上限 {threshold} 次',
  },
  'resource.notify-failed': {
    en: 'notify ({what}) of {resource} failed with exit code {rc} after {ms} ms: {reason}; nothing waits for it any longer, and it does not count as a failure',
    zh: '{resource} 的 notify（{what}）操作失败，用时 {ms} 毫秒，退出码 {rc}：{reason}；后续操作不再等待，也不计为失败',
  },
  'resource.refused': {
    en: '{action} of {resource} was refused by the guard: {reason}; nothing was run, the resource is probed',
    zh: '守护进程拒绝了 {resource} 的 {action} 操作：{reason}；未执行任何动作，正在重新探测',
  },
  'resource.degraded': {
    en: '{resource} works but is degraded (exit code {rc}: {reason}); look at it before it fails',
    zh: '{resource} 可用但已降级（退出码 {rc}：{reason}）；请在其失败之前检查',
  },
  'resource.changed': {
    en: '{resource} runs with older parameters than the configuration has now; it has to be restarted',
    zh: '{resource} 仍以旧参数运行，配置已更改，需要重启',
  },
  'resource.reloaded': {
    en: '{resource} took its new parameters over in {ms} ms without a restart: {params}',
    zh: '{resource} 已重新加载新参数，无需重启，用时 {ms} 毫秒：{params}',
  },
  'resource.reload-failed': {
    en: '{resource} did not take its new parameters over ({params}; exit code {rc}: {reason}); it has to be restarted',
    zh: '{resource} 重新加载新参数失败（{params}；退出码 {rc}：{reason}），需要重启',
  },
  'resource.adopted': {
    en: '{resource} was found running under token {token} and goes on without a restart',
    zh: '发现 {resource} 正以令牌 {token} 运行，不重启，继续接管',
  },
  'resource.found': {
    en: '{resource} was found running here without a grant; whoever started it did so outside the cluster',
    zh: '发现 {resource} 未经授权在本节点运行，可能是在集群之外启动的',
  },
  'resource.order-refused': {
    en: 'order to {action} {resource} refused: {reason}',
    zh: '拒绝对 {resource} 执行 {action} 的指令：{reason}',
  },
  'resource.quorum-stop': {
    en: 'quorum is lost and no-quorum-policy is stop: {count} resources are stopped here, last started first',
    zh: '已失去法定票数，策略为 stop：按启动的相反顺序停止本节点上的 {count} 个资源',
  },
  'resource.orphan': {
    en: '{resource} left the configuration; it is stopped here first',
    zh: '{resource} 已从配置中移除，先在本节点停止',
  },
  'resource.agent-name': {
    en: '{agent} is not the name of an agent; write ocf:PROVIDER:TYPE, kyha:TYPE or systemd:UNIT',
    zh: '{agent} 不是有效的代理名称；请写成 ocf:PROVIDER:TYPE、kyha:TYPE 或 systemd:UNIT',
  },
  'resource.agent-missing': {
    en: 'agent {agent} does not exist on this node (looked for {path}); install it on every node that may run the resource',
    zh: '本节点没有代理 {agent}（查找位置 {path}）；请在所有可能运行该资源的节点上安装',
  },
  'resource.agent-meta': {
    en: 'agent {agent} gives no usable meta-data: {reason}; check it with its action meta-data',
    zh: '代理 {agent} 没有给出可用的元数据：{reason}；请执行它的 meta-data 操作进行检查',
  },
  'resource.params': {
    en: 'parameters of {resource} cannot be handed to an agent: {reason}; correct them',
    zh: '{resource} 的参数无法传给代理：{reason}；请修正',
  },
  'resource.param-unknown': {
    en: '{resource} has parameter {param}, which agent {agent} does not know; it knows {known}',
    zh: '{resource} 设置了代理 {agent} 不认识的参数 {param}；可用参数：{known}',
  },
  'resource.param-missing': {
    en: '{resource} lacks parameter {param} ({what}), which agent {agent} needs; add it',
    zh: '{resource} 缺少代理 {agent} 必需的参数 {param}（{what}）；请补充',
  },
} as const satisfies Texts
