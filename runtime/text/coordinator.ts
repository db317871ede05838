/** Sentences of `coordinator.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const coordinator = {
  // Where something belongs
  'coordinator.placed': {
    en: '{resource} belongs on {node}: score {score}, next is {second} with {secondScore}',
    zh: '{resource} 应在 {node} 上：得分 {score}，其次是 {second}，得分 {secondScore}',
  },
  'coordinator.placed-only': {
    en: '{resource} belongs on {node}: score {score}; no other node can run it',
    zh: '{resource} 应在 {node} 上：得分 {score}；没有其他节点可以运行它',
  },
  'coordinator.unplaced': { en: '{resource} has no place yet', zh: '{resource} 尚未安排位置' },
  'coordinator.no-node': {
    en: 'none of {nodes} nodes can run {resource}; the table says why for each',
    zh: '{nodes} 个节点都不能运行 {resource}，原因见下表',
  },
  'coordinator.target-stopped': {
    en: '{resource} is to be stopped (target-role Stopped)',
    zh: '{resource} 按要求停止（target-role 为 Stopped）',
  },
  'coordinator.group-stopped': { en: '{resource} is to be stopped with its group {group}', zh: '{resource} 随资源组 {group} 按要求停止' },
  'coordinator.after-stopped': {
    en: '{resource} stays stopped: {first}, before it in group {group}, is to be stopped',
    zh: '{resource} 保持停止：资源组 {group} 中在它之前的 {first} 按要求停止',
  },
  'coordinator.stop-all': {
    en: '{resource} is to be stopped: stop-all-resources is on',
    zh: '{resource} 按要求停止：已启用 stop-all-resources',
  },
  'coordinator.group-cut': {
    en: '{resource} cannot run: no node can run {group} beyond {member}',
    zh: '{resource} 无法运行：没有节点能运行资源组 {group} 中 {member} 及其后的资源',
  },
  'coordinator.order-first': {
    en: '{resource} cannot run before {first}, which runs nowhere (order {constraint})',
    zh: '{resource} 必须在 {first} 之后启动，而它没有运行（顺序约束 {constraint}）',
  },
  'coordinator.order-promoted': {
    en: '{resource} cannot run before {first} is promoted, and no instance of it is to be (order {constraint})',
    zh: '{resource} 必须在 {first} 提升为主之后启动，而它没有主实例（顺序约束 {constraint}）',
  },
  'coordinator.unmanaged': {
    en: '{resource} is left as it is on {node}: it is unmanaged or in maintenance',
    zh: '{resource} 在 {node} 上保持原状：未受管理或处于维护模式',
  },
  'coordinator.unmanaged-idle': {
    en: '{resource} is not started: it is unmanaged or in maintenance',
    zh: '{resource} 不会启动：未受管理或处于维护模式',
  },
  // Contributions to scores
  'coordinator.stickiness': { en: '{resource} is on {node} now (stickiness {score})', zh: '{resource} 目前在 {node} 上（粘性 {score}）' },
  'coordinator.location': { en: '{constraint} gives {node} {score}', zh: '{constraint} 给 {node} {score} 分' },
  'coordinator.promote': { en: 'promote {resource} on {node}', zh: '在 {node} 上将 {resource} 提升为主' },
  'coordinator.demote': { en: 'demote {resource} on {node}', zh: '在 {node} 上将 {resource} 降为从' },
  'coordinator.notify': {
    en: '{clone}: {count} instances are told ({type}-{action}, on {nodes})',
    zh: '{clone}：通知 {count} 个实例（{type}-{action}，节点 {nodes}）',
  },
  'coordinator.placed-instance': { en: 'an instance of {clone} belongs on {node}', zh: '{clone} 的一个实例应在 {node} 上运行' },
  'coordinator.no-instance': {
    en: 'no instance of {clone} belongs on {node}: others have those that there are ({max})',
    zh: '{node} 上不需要 {clone} 的实例：其余节点已有全部 {max} 个',
  },
  'coordinator.placed-promoted': { en: '{node} has the promoted role of {clone}', zh: '{node} 担任 {clone} 的主角色' },
  'coordinator.placed-clone': { en: '{clone} belongs on {nodes}', zh: '{clone} 应在 {nodes} 上运行' },
  'coordinator.placed-clone-promoted': {
    en: '{clone} belongs on {nodes}, with the promoted role on {promoted}',
    zh: '{clone} 应在 {nodes} 上运行，主角色在 {promoted} 上',
  },
  'coordinator.placed-clone-unpromoted': {
    en: '{clone} belongs on {nodes}, and no instance of it can be promoted',
    zh: '{clone} 应在 {nodes} 上运行，但没有可提升为主的实例',
  },
  'coordinator.placed-clone-quiet': {
    en: '{clone} belongs on {nodes}, all unpromoted: its target-role is Unpromoted',
    zh: '{clone} 应在 {nodes} 上运行，均为从：其 target-role 为 Unpromoted',
  },
  'coordinator.placed-beside': {
    en: 'an instance of {clone} belongs on {node}; the promoted role is on {promoted}',
    zh: '{clone} 的一个实例应在 {node} 上运行；主角色在 {promoted} 上',
  },
  'coordinator.clone-stopped': { en: '{resource} is to be stopped with its clone {clone}', zh: '{resource} 随克隆 {clone} 按要求停止' },
  'coordinator.clone-unpromoted': {
    en: 'no instance of {clone} is to be promoted (target-role Unpromoted)',
    zh: '{clone} 的所有实例按要求均为从（target-role 为 Unpromoted）',
  },
  'coordinator.no-promoted': { en: 'no instance of {clone} can be promoted', zh: '{clone} 没有可提升为主的实例' },
  'coordinator.rule': { en: 'the rule of {constraint} holds on {node}: {score}', zh: '{constraint} 的规则在 {node} 上成立：{score} 分' },
  'coordinator.capacity': { en: '{node} has not enough capacity left for {resource}', zh: '{node} 的剩余容量不足以运行 {resource}' },
  'coordinator.health': { en: 'health of {node}: {score}', zh: '{node} 的健康状况：{score} 分' },
  'coordinator.pool-standby': {
    en: '{node} stands by for {resource} (pool {pool})',
    zh: '{node} 是 {resource} 的待机节点（待机池 {pool}）',
  },
  'coordinator.pool-only': {
    en: '{node} is neither one of its levels nor a standby node of pool {pool}',
    zh: '{node} 既不在其主备级别中，也不是待机池 {pool} 的待机节点',
  },
  'coordinator.pool-taken': {
    en: '{node} stands in for {with} already (pool {pool} is exclusive)',
    zh: '{node} 已接管 {with}（待机池 {pool} 为独占）',
  },
  'coordinator.level-master': { en: '{node} is the Master Node of {constraint}', zh: '{node} 是 {constraint} 的主节点' },
  'coordinator.level-slave': { en: '{node} is Slave {level} of {constraint}', zh: '{node} 是 {constraint} 的备节点 {level}' },
  'coordinator.asymmetric': {
    en: '{resource} runs only where a location names it, and none names {node} (symmetric-cluster is off)',
    zh: '未启用 symmetric-cluster，{resource} 只在位置约束列出的节点上运行，其中没有 {node}',
  },
  'coordinator.intent-move': { en: '{by} asked to move {resource} to {node}', zh: '{by} 要求将 {resource} 迁移到 {node}' },
  'coordinator.intent-ban': { en: '{by} asked to keep {resource} off {node}', zh: '{by} 要求 {resource} 不在 {node} 上运行' },
  'coordinator.colocated-near': { en: 'preferably with {with} on {node} ({constraint})', zh: '倾向与 {with} 同在 {node}（{constraint}）' },
  'coordinator.colocated-apart': { en: 'not with {with} on {node} ({constraint})', zh: '不与 {with} 同在 {node}（{constraint}）' },
  'coordinator.colocated-elsewhere': {
    en: 'has to be with {with}, which is on {node} ({constraint})',
    zh: '必须与 {with} 在一起，而它在 {node} 上（{constraint}）',
  },
  'coordinator.colocated-unplaced': {
    en: 'has to be with {with}, which runs nowhere ({constraint})',
    zh: '必须与 {with} 在一起，而它没有运行（{constraint}）',
  },
  'coordinator.colocated-promoted': {
    en: 'has to be with the promoted role of {with}, which is on {node} ({constraint})',
    zh: '必须与 {with} 的主角色在一起，而它在 {node} 上（{constraint}）',
  },
  'coordinator.colocated-unpromoted': {
    en: 'has to be with the promoted role of {with}, which no node has ({constraint})',
    zh: '必须与 {with} 的主角色在一起，而没有节点担任（{constraint}）',
  },
  'coordinator.colocated-near-promoted': {
    en: 'preferably with the promoted role of {with} on {node} ({constraint})',
    zh: '倾向与 {with} 的主角色同在 {node}（{constraint}）',
  },
  'coordinator.colocated-apart-promoted': {
    en: 'not with the promoted role of {with} on {node} ({constraint})',
    zh: '不与 {with} 的主角色同在 {node}（{constraint}）',
  },
  'coordinator.colocated-wish': {
    en: '{with} has to be considered with it: {score} on {node} ({constraint})',
    zh: '一并考虑 {with}：在 {node} 上 {score} 分（{constraint}）',
  },
  // Nodes
  'coordinator.node-standby': { en: '{node} is in standby', zh: '{node} 处于备用状态' },
  'coordinator.node-maintenance': { en: '{node} is in maintenance', zh: '{node} 处于维护模式' },
  'coordinator.node-leaving': { en: '{node} is leaving the cluster', zh: '{node} 正在退出集群' },
  'coordinator.node-holding': {
    en: '{node} is not heard well now: it keeps what it runs and is given nothing new',
    zh: '{node} 暂时联系不稳定：保留其已运行的资源，不再分配新的资源',
  },
  'coordinator.node-held': {
    en: '{node} came and went: for {seconds} s more it keeps what it runs and is given nothing new',
    zh: '{node} 反复上下线：{seconds} 秒内保留其已运行的资源，不分配新的资源',
  },
  'coordinator.node-joining': { en: '{node} has not joined yet, or its state is not known', zh: '{node} 尚未加入集群，或其状态未知' },
  'coordinator.node-unseen': { en: '{node} has not been heard yet', zh: '尚未收到 {node} 的心跳' },
  'coordinator.node-gone': { en: '{node} is off or not part of the cluster now', zh: '{node} 已关闭或目前不在集群中' },
  'coordinator.not-probed': { en: '{resource} has not been probed on {node} yet', zh: '尚未在 {node} 上探测 {resource}' },
  // Failures
  'coordinator.failed-fatal': {
    en: '{action} of {resource} on {node} says that its configuration is wrong (exit code {rc}: {reason}); correct it, then clean it up',
    zh: '{resource} 在 {node} 上的 {action} 操作报告配置有误（退出码 {rc}：{reason}）；请修正后清理该资源',
  },
  'coordinator.failed-hard': {
    en: '{resource} cannot run on {node}: {action} gave exit code {rc}: {reason}; correct the cause there, then clean it up',
    zh: '{resource} 不能在 {node} 上运行：{action} 操作退出码 {rc}：{reason}；请在该节点排除原因后清理',
  },
  'coordinator.start-fatal': {
    en: '{resource} did not start on {node} (exit code {rc}: {reason}) and start-failure-is-fatal is on; clean it up to try there again',
    zh: '{resource} 在 {node} 上启动失败（退出码 {rc}：{reason}），且已启用 start-failure-is-fatal；清理后可再次尝试',
  },
  'coordinator.threshold': {
    en: '{resource} failed {failures} times on {node}, its migration-threshold is {threshold}',
    zh: '{resource} 在 {node} 上失败 {failures} 次，达到迁移阈值 {threshold}',
  },
  'coordinator.on-fail-stop': {
    en: '{resource} stays stopped after {action} failed on {node} (on-fail=stop); clean it up to start it again',
    zh: '{resource} 在 {node} 上 {action} 失败后保持停止（on-fail=stop）；清理后才会再次启动',
  },
  'coordinator.on-fail-block': {
    en: '{resource} is left as it is after {action} failed on {node} (on-fail=block); repair it by hand, then clean it up',
    zh: '{resource} 在 {node} 上 {action} 失败后不再处理（on-fail=block）；请手工修复后清理',
  },
  'coordinator.on-fail-standby': {
    en: '{node} takes nothing after {action} of {resource} failed there (on-fail=standby)',
    zh: '{resource} 在 {node} 上 {action} 失败（on-fail=standby），该节点不再承载资源',
  },
  'coordinator.on-fail-fence': {
    en: '{node} is fenced: {action} of {resource} failed there (on-fail=fence)',
    zh: '隔离 {node}：{resource} 在其上 {action} 失败（on-fail=fence）',
  },
  'coordinator.stop-failed-fence': {
    en: '{node} is fenced: {resource} did not stop there (exit code {rc}: {reason}) and may still run',
    zh: '隔离 {node}：{resource} 未能在其上停止（退出码 {rc}：{reason}），可能仍在运行',
  },
  'coordinator.stop-failed-block': {
    en: '{resource} did not stop on {node} (exit code {rc}: {reason}) and is left as it is; stop it by hand, then clean it up',
    zh: '{resource} 未能在 {node} 上停止（退出码 {rc}：{reason}），不再处理；请手工停止后清理',
  },
  'coordinator.blocked-no-fencing': {
    en: '{resource} may still run on {node} and nothing can fence that node; stop it there by hand, then clean it up, or set up fencing',
    zh: '{resource} 可能仍在 {node} 上运行，而该节点无法被隔离；请手工停止后清理，或配置隔离设备',
  },
  // Why an action
  'coordinator.fence-silent': {
    en: '{node} has been silent for {silentMs} ms and is fenced before anything is taken over',
    zh: '{node} 已静默 {silentMs} 毫秒，接管前先隔离该节点',
  },
  'coordinator.fence-deaf': {
    en: '{node} says that it hears nobody, so it decides nothing; it is fenced before anything is taken over',
    zh: '{node} 声明收不到任何节点，无法作出决策；接管前先隔离该节点',
  },
  'coordinator.fence-unseen': {
    en: '{node} was not heard within {waitedMs} ms of this leader (startup-fencing) and is fenced for what it may still run',
    zh: '本届主控等待 {waitedMs} 毫秒仍未收到 {node} 的心跳（startup-fencing），因其可能仍在运行资源而隔离',
  },
  'coordinator.start': { en: 'start {resource} on {node}', zh: '在 {node} 上启动 {resource}' },
  'coordinator.start-again': { en: 'start {resource} on {node} again', zh: '在 {node} 上再次启动 {resource}' },
  'coordinator.start-found': {
    en: '{resource} was found running on {node}: give it the right to run there',
    zh: '发现 {resource} 正在 {node} 上运行：授予其运行权',
  },
  'coordinator.start-failover': {
    en: 'take {resource} over on {node}: its owner is proven to be off',
    zh: '由 {node} 接管 {resource}：已证实原节点关闭',
  },
  'coordinator.start-move': {
    en: 'start {resource} on {node} after its stop elsewhere',
    zh: '{resource} 在原节点停止后，在 {node} 上启动',
  },
  'coordinator.start-first': { en: 'start {resource} on {node} after {first}', zh: '在 {first} 之后，于 {node} 上启动 {resource}' },
  'coordinator.stop-move': { en: 'stop {resource} on {node}: it moves to {to}', zh: '在 {node} 上停止 {resource}：将迁移到 {to}' },
  'coordinator.stop-unplaced': { en: 'stop {resource} on {node}: it is not to run', zh: '在 {node} 上停止 {resource}：它不应运行' },
  'coordinator.stop-multiple': {
    en: 'stop {resource} on {node}: it is active on {count} nodes, and may be on one only',
    zh: '在 {node} 上停止 {resource}：它在 {count} 个节点上活动，只允许一个',
  },
  'coordinator.stop-failed-here': {
    en: 'recover {resource} on {node}: {action} gave exit code {rc}, failure {failures} there',
    zh: '在 {node} 上恢复 {resource}：{action} 操作退出码 {rc}，第 {failures} 次失败',
  },
  'coordinator.stop-changed': {
    en: 'restart {resource} on {node}: it does not run as configured',
    zh: '在 {node} 上重启 {resource}：其运行状态与配置不符',
  },
  'coordinator.stop-redefined': {
    en: 'restart {resource} on {node}: its agent or parameters change',
    zh: '在 {node} 上重启 {resource}：其代理或参数已更改',
  },
  'coordinator.stop-unowned': {
    en: 'stop {resource} on {node}: it runs there without the right to',
    zh: '在 {node} 上停止 {resource}：它未经授权在此运行',
  },
  'coordinator.stop-prove': {
    en: 'stop {resource} on {node} to prove that it does not run there any more',
    zh: '在 {node} 上停止 {resource}，以证实它不再运行',
  },
  'coordinator.stop-first': {
    en: 'stop {resource} on {node}: {first}, which it runs on top of, is to stop',
    zh: '在 {node} 上停止 {resource}：它所依赖的 {first} 将要停止',
  },
  // What waits, what is blocked
  'coordinator.wait-probe': {
    en: '{resource} waits until it is known whether it runs on {node}',
    zh: '{resource} 等待探明其是否在 {node} 上运行',
  },
  'coordinator.wait-node': { en: '{resource} waits until {node} can take orders', zh: '{resource} 等待 {node} 可以接受指令' },
  'coordinator.wait-owner': {
    en: '{resource} waits to start on {node} until its owner {owner} is proven to be off, or is heard and stops it',
    zh: '{resource} 等待在 {node} 上启动：须先证实其所属节点 {owner} 已关闭，或联系上该节点并由其停止',
  },
  'coordinator.wait-role': {
    en: '{resource} waits to be promoted on {node} until {owner}, which has that role, is proven to be off, or is heard and demotes it',
    zh: '{resource} 等待在 {node} 上提升为主：须先证实担任主角色的 {owner} 已关闭，或联系上该节点并由其降为从',
  },
  'coordinator.wait-run': { en: '{resource} is promoted once it runs on {node}', zh: '{resource} 在 {node} 上运行后才提升为主' },
  'coordinator.wait-quorum': {
    en: '{resource} is not started on {node}: there is no quorum, and without it nothing is fenced, started or moved',
    zh: '{resource} 未在 {node} 上启动：无法定票数，此时不隔离、不启动、也不迁移',
  },
  'coordinator.wait-first': { en: '{resource} waits for {first}', zh: '{resource} 等待 {first}' },
  'coordinator.stuck': {
    en: '{resource} is not taken over: {owner} is silent and nothing can fence it. Make sure that {owner} is off, then run: kyha fence confirm {owner} --boot {boot}',
    zh: '{resource} 未被接管：{owner} 静默且无法隔离。请确认 {owner} 已关闭，然后执行 kyha fence confirm {owner} --boot {boot}',
  },
  'coordinator.no-device': {
    en: '{node} must be fenced ({holds} resources) but no fence device lists it. Make sure that it is off, then run: kyha fence confirm {node} --boot {boot}',
    zh: '必须隔离 {node}（{holds} 个资源），但没有隔离设备包含它。请确认其已关闭，然后执行 kyha fence confirm {node} --boot {boot}',
  },
  'coordinator.fencing-off': {
    en: '{node} is lost ({holds} resources) and fencing is disabled: nothing is taken over. Make sure that it is off, then run: kyha fence confirm {node} --boot {boot}',
    zh: '{node} 失联（{holds} 个资源），且未启用隔离：不会接管。请确认其已关闭，然后执行 kyha fence confirm {node} --boot {boot}',
  },
  'coordinator.fenced-alive': {
    en: '{node} beats though this life of it was certified dead; it is not admitted. Check the fence device, then reboot the node',
    zh: '{node} 的本次运行已被证实关闭，却仍有心跳；不予接纳。请检查隔离设备后重启该节点',
  },
  'coordinator.multiple-blocked': {
    en: '{resource} is active on {count} nodes and is left as it is (multiple-active=block); stop all but one by hand',
    zh: '{resource} 在 {count} 个节点上活动，不再处理（multiple-active=block）；请手工停止多余的实例',
  },
  'coordinator.multiple-stopped': {
    en: '{resource} was active on {count} nodes and is stopped everywhere (multiple-active=stop_only)',
    zh: '{resource} 曾在 {count} 个节点上活动，已全部停止（multiple-active=stop_only）',
  },
  'coordinator.order-circle': {
    en: 'these actions wait for each other because the orders form a circle: {actions}; remove one of the orders',
    zh: '顺序约束构成环，以下动作互相等待：{actions}；请删除其中一个约束',
  },
  // explain
  'coordinator.explain-negative': {
    en: '{resource} cannot run on {node}: its score there is {score}',
    zh: '{resource} 不能在 {node} 上运行：得分为 {score}',
  },
  'coordinator.explain-lower': {
    en: '{resource} is not on {node}: {score} there is less than {bestScore} on {best}',
    zh: '{resource} 不在 {node} 上：其得分 {score} 低于 {best} 的 {bestScore}',
  },
  'coordinator.explain-tie': {
    en: '{resource} is not on {node}: {best} has the same score {score}, and fewer resources, the resource itself, or the earlier name',
    zh: '{resource} 不在 {node} 上：{best} 得分同为 {score}，但资源更少、资源已在其上或名称靠前',
  },
  // Decisions and orders
  'coordinator.decision': {
    en: 'decided: {certificates} certificates, {releases} rights given up, {grants} granted',
    zh: '已决定：{certificates} 份证书，{releases} 项权利交还，{grants} 项权利授予',
  },
  'coordinator.refused': {
    en: 'the log refused {what}: {reason}; it is tried again after {ms} ms',
    zh: '日志拒绝了 {what}：{reason}；{ms} 毫秒后重试',
  },
  'coordinator.leading': { en: '{node} decides from now on (term {term})', zh: '{node} 从现在起负责决策（任期 {term}）' },
  'coordinator.resting': { en: '{node} decides no longer', zh: '{node} 不再负责决策' },
  'coordinator.admit': { en: '{node} is admitted', zh: '接纳 {node}' },
  'coordinator.intent-end': {
    en: 'the wish to {kind} {resource} has ended after {ms} ms and leaves nothing behind',
    zh: '{resource} 的 {kind} 要求在 {ms} 毫秒后结束，不留任何痕迹',
  },
  'coordinator.fence-unconfirmed': {
    en: '{node} could not be fenced: {detail}; nothing is taken over until a device confirms or an operator runs: kyha fence confirm {node} --boot {boot}',
    zh: '未能隔离 {node}：{detail}；在设备确认或操作员执行 kyha fence confirm {node} --boot {boot} 之前不会接管',
  },
  'coordinator.fence-race': {
    en: 'two nodes: {node} is fenced in {delayMs} ms, so that the side which runs more goes first',
    zh: '双节点：{delayMs} 毫秒后隔离 {node}，让承载较多资源的一方先行',
  },
  'coordinator.fence-dropped': { en: 'fencing of {node} is dropped: it is heard again', zh: '取消隔离 {node}：已重新收到其心跳' },
  'coordinator.solo': { en: '{node} asks to lead alone: {peer} is proven to be off', zh: '{node} 请求单独主导：已证实 {peer} 关闭' },
  // Figures
  'coordinator.failover-timing': {
    en: 'failover of {node}: fault seen, {fenceMs} ms until proven off, {ms} ms until the first start was sent',
    zh: '{node} 故障切换：自发现故障起 {fenceMs} 毫秒证实其关闭，{ms} 毫秒发出首个启动指令',
  },
  'coordinator.move-timing': {
    en: '{resource}: {ms} ms from the last stop result to the start on {node}',
    zh: '{resource}：从最后的停止结果到在 {node} 上启动用时 {ms} 毫秒',
  },
  'coordinator.recover-timing': {
    en: '{resource}: {ms} ms from its failure on {node} to the first order',
    zh: '{resource}：从在 {node} 上失败到发出首个指令用时 {ms} 毫秒',
  },
} as const satisfies Texts
