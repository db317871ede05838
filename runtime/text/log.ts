/** Sentences of `log.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const log = {
  // Leadership
  'log.leads': {
    en: 'this node leads term {term}; decisions up to {index} are committed',
    zh: '本节点成为第 {term} 任期的领导者；截至 {index} 的决策均已提交',
  },
  'log.follows': { en: 'follows {node} in term {term}', zh: '在第 {term} 任期跟随 {node}' },
  'log.deposed': { en: 'leads no more: {node} is in the later term {term}', zh: '不再担任领导者：{node} 已处于更新的任期 {term}' },
  'log.resigned': {
    en: 'leads term {term} no more: {votes} of the {needed} votes needed are present; decisions wait until quorum returns',
    zh: '放弃第 {term} 任期的领导权：需要 {needed} 票，当前仅 {votes} 票；恢复法定人数前不做任何决策',
  },
  'log.transfer': { en: 'hands the leadership of term {term} to {node}', zh: '将第 {term} 任期的领导权移交给 {node}' },
  'log.transfer-nobody': {
    en: 'leadership stays here: no other voter is present with the whole log up to {index}; try again when one has caught up',
    zh: '领导权未移交：没有在线且日志已同步到 {index} 的投票节点；待其追上后再试',
  },
  'log.self-certified': {
    en: 'this life of {node} was confirmed dead: it decides nothing until the machine starts anew',
    zh: '{node} 的本次启动已被确认停机：机器重新启动前不参与任何决策',
  },
  'log.installed': { en: 'took over the state up to {index} from {node}', zh: '已从 {node} 接收截至 {index} 的完整状态' },

  // Proposals
  'log.no-quorum': {
    en: 'not decided: {votes} votes are present and {needed} are needed; bring nodes back, then try again',
    zh: '未作决策：当前 {votes} 票，需要 {needed} 票；请恢复节点后重试',
  },
  'log.no-leader': {
    en: 'not decided: no leader is known in term {term}; try again shortly',
    zh: '未作决策：第 {term} 任期尚无已知的领导者；请稍后重试',
  },
  'log.busy': {
    en: 'not decided: {limit} decisions already wait for their commit; try again later',
    zh: '未作决策：已有 {limit} 项决策等待提交；请稍后重试',
  },
  'log.stale': {
    en: 'not decided: the proposal was made for revision {wanted} and the log is at {is}; read again and repeat',
    zh: '未作决策：提案基于修订 {wanted}，而日志已到 {is}；请重新读取后再提交',
  },
  'log.propose-misshapen': {
    en: 'not decided: {field} is missing or not of the right kind in a proposal of type {type}; correct it and try again',
    zh: '未作决策：类型为 {type} 的提案缺少 {field} 或其格式有误；请更正后重试',
  },
  'log.entry-too-large': {
    en: 'not decided: the proposal has {bytes} bytes and {limit} are allowed; split it',
    zh: '未作决策：提案为 {bytes} 字节，上限 {limit} 字节；请拆分后提交',
  },
  'log.ack-alive': {
    en: 'refused: {node} (life {boot}) is alive and heard; look again which machine is dead, or stop this one first',
    zh: '已拒绝：{node}（本次启动 {boot}）仍在线；请确认究竟哪台机器已停机，或先将其停止',
  },
  'log.outcome-unknown': {
    en: 'no answer within {afterMs} ms: it is not known whether this was decided; ask again with the same id',
    zh: '{afterMs} 毫秒内没有答复：无法确定该决策是否生效；请用同一标识再次查询',
  },

  // The disk
  'log.disk-full': {
    en: 'the disk of this node is full: it acknowledges and decides nothing until there is room; free some space',
    zh: '本节点磁盘已满：腾出空间之前不确认也不作任何决策；请清理磁盘',
  },
  'log.disk-back': { en: 'the disk has room again; everything up to {index} is stored', zh: '磁盘已有空间；截至 {index} 的内容均已保存' },
  'log.store-lost': {
    en: 'writing {slot} failed ({error}): what the disk holds is not certain any more, so the log is read from disk again',
    zh: '写入 {slot} 失败（{error}）：磁盘内容已不可确信，将从磁盘重新读取日志',
  },
  'log.chain-broken': {
    en: '{dropped} entries after {index} do not follow what stands before them and were dropped; the leader sends them again',
    zh: '{index} 之后的 {dropped} 条记录与前文不连续，已丢弃；将由领导者重新发送',
  },
  'log.entry-unknown': {
    en: 'entry {index} has type {type} version {version}; this build knows versions up to {known}: install the newer build on this node',
    zh: '第 {index} 条记录的类型为 {type}、版本为 {version}，本程序最高支持版本 {known}：请在本节点安装新版本',
  },
  'log.hard-unreadable': {
    en: 'the stored vote ({bytes} bytes) cannot be read: this node must not vote again with it; remove it from the cluster and join it anew',
    zh: '无法读取已保存的投票状态（{bytes} 字节）：本节点不得再据此投票；请将其移出集群后重新加入',
  },
  'log.snapshot-unreadable': {
    en: 'the snapshot ({bytes} bytes) cannot be read: remove this node from the cluster and join it anew',
    zh: '无法读取快照（{bytes} 字节）：请将本节点移出集群后重新加入',
  },
  'log.snapshot-damaged': {
    en: 'the state up to {index} from {node} ({bytes} bytes) arrived damaged and is not used; it is asked for again',
    zh: '来自 {node}、截至 {index} 的状态（{bytes} 字节）在传输中损坏，未予采用；将重新获取',
  },
  'log.snapshot-too-large': {
    en: '{node} offers a state of {bytes} bytes and {limit} are allowed: this node cannot follow; remove resources or old cleanups there',
    zh: '{node} 提供的状态为 {bytes} 字节，上限 {limit} 字节：本节点无法跟随；请在该集群中精简资源或清除记录',
  },
  'log.went-back': {
    en: '{node} had acknowledged everything up to {best} and now holds only {holds}: its disk was replaced or restored; it is synced anew',
    zh: '{node} 曾确认截至 {best} 的内容，如今仅有 {holds}：其磁盘被更换或还原；正在重新同步',
  },
  'log.append-conflicts': {
    en: '{node} wants to replace entry {index}, but entries up to {commit} are committed here: refused; compare both nodes before anything else',
    zh: '{node} 要求替换第 {index} 条记录，而本节点截至 {commit} 的记录均已提交：已拒绝；请先比对两个节点',
  },

  // Decisions
  'log.config': { en: 'new configuration', zh: '配置已更新' },
  'log.members': { en: 'new member list', zh: '成员列表已更新' },
  'log.version': { en: 'all members run version {version} or later', zh: '所有成员的版本均不低于 {version}' },
  'log.admitted': { en: '{node} is admitted (life {boot})', zh: '已接纳 {node}（本次启动 {boot}）' },
  'log.left': { en: '{node} left in order (life {boot})', zh: '{node} 已正常离开（本次启动 {boot}）' },
  'log.fence-intent': { en: '{node} is to be fenced (life {boot})', zh: '将隔离 {node}（本次启动 {boot}）' },
  'log.certified': { en: '{node} is confirmed dead by {by} (life {boot})', zh: '{by} 确认 {node} 已停机（本次启动 {boot}）' },
  'log.operator-ack': {
    en: '{by} vouches that {node} is dead (life {boot}); kyha trusts this word',
    zh: '{by} 担保 {node} 已停机（本次启动 {boot}）；kyha 以此为准',
  },
  'log.released-stopped': { en: '{node} stopped {resource} (token {token})', zh: '{node} 已停止 {resource}（令牌 {token}）' },
  'log.released-reboot-probe': {
    en: '{node} restarted and found {resource} stopped (token {token})',
    zh: '{node} 重启后确认 {resource} 已停止（令牌 {token}）',
  },
  'log.released-demoted': { en: '{node} has demoted {resource} (token {token})', zh: '{node} 已将 {resource} 降为从（令牌 {token}）' },
  'log.granted-promotion': { en: '{node} may promote {resource}', zh: '允许 {node} 将 {resource} 提升为主' },
  'log.granted': { en: '{node} may run {resource}', zh: '允许 {node} 运行 {resource}' },
  'log.intent-move': { en: '{by} moves {resource} to {node} for {forMs} ms', zh: '{by} 将 {resource} 迁移到 {node}，有效 {forMs} 毫秒' },
  'log.intent-ban': {
    en: '{by} keeps {resource} away from {node} for {forMs} ms',
    zh: '{by} 禁止 {resource} 在 {node} 上运行，有效 {forMs} 毫秒',
  },
  'log.cleanup': { en: '{by} forgets the failures of {resource}', zh: '{by} 清除了 {resource} 的失败记录' },

  // Two nodes
  'log.solo-by-witness': {
    en: 'epoch {epoch}: {node} decides alone, by the word of witness {witness}',
    zh: '纪元 {epoch}：{node} 依据见证者 {witness} 的授权单独决策',
  },
  'log.solo-witness': {
    en: 'does not decide alone by a certificate: witness {witness} says who of the two may',
    zh: '不能凭证书单独决策：由见证者 {witness} 决定两个节点中谁可以单独决策',
  },
  'log.leased-already': {
    en: '{node} has a lease of other terms in this life; the new ones count from its next start',
    zh: '{node} 本次启动已有不同期限的租约；新期限自下次启动起生效',
  },
  'log.leased': {
    en: '{node} runs resources only under a lease of {leaseMs} ms (life {boot}); without it, its watchdog resets it within {watchdogMs} ms',
    zh: '{node} 仅在 {leaseMs} 毫秒租约内运行资源（本次启动 {boot}）；租约失效后其看门狗在 {watchdogMs} 毫秒内复位该机',
  },
  'log.witness-set': {
    en: 'witness {witness} says from now on which of the two nodes may decide alone',
    zh: '从现在起由见证者 {witness} 决定两个节点中谁可以单独决策',
  },
  'log.witness-off': {
    en: 'witness {witness} is not asked any more: both nodes are needed, or a certificate',
    zh: '不再询问见证者 {witness}：需要两个节点都在，或隔离证书',
  },
  'log.witness-refused': {
    en: 'witness {witness} does not let this node decide alone: it knows epoch {epoch}, the witness holds epoch {holds} of {owner}',
    zh: '见证者 {witness} 不允许本节点单独决策：本节点知道纪元 {epoch}，见证者记录的是 {owner} 的纪元 {holds}',
  },
  'log.witness-forgot': {
    en: 'witness {witness} does not know this cluster: it was replaced or lost its memory. Take it out of the configuration while both nodes run, and put it in again',
    zh: '见证者 {witness} 不认识本集群：它可能被更换或丢失了记录。请在两个节点都运行时将其从配置中移除，然后重新加入',
  },
  'log.witness-alone': {
    en: 'witness {witness} comes, goes and changes in an entry of its own, while both nodes decide',
    zh: '见证者 {witness} 的加入、移除和更改必须单独成条，且在两个节点共同决策时进行',
  },
  'log.witness-two': {
    en: 'witness {witness} is for exactly two voters',
    zh: '见证者 {witness} 只用于恰好两个有投票权的节点',
  },
  'log.solo-opened': {
    en: 'epoch {epoch}: {node} decides alone, since {peer} is confirmed dead (life {boot})',
    zh: '纪元 {epoch}：{peer} 已确认停机（该次启动 {boot}），由 {node} 单独决策',
  },
  'log.solo-ended': {
    en: 'epoch {epoch}: {node} and {peer} decide together again; {peer} holds the whole log',
    zh: '纪元 {epoch}：{peer} 已同步全部日志，{node} 与 {peer} 恢复共同决策',
  },
  'log.solo-not-two': {
    en: 'deciding alone is refused: the cluster has {voters} voters, and only two-node clusters know it',
    zh: '拒绝单独决策：集群有 {voters} 个投票节点，仅双节点集群支持',
  },
  'log.solo-not-admitted': {
    en: 'deciding alone is refused: this start of the machine ({boot}) was not admitted by a live cluster; it needs {peer}, or an operator',
    zh: '拒绝单独决策：本机本次启动（{boot}）未被运行中的集群接纳；需要 {peer} 上线，或由管理员处理',
  },
  'log.solo-other': {
    en: 'deciding alone is refused: {peer} was the last to decide alone, so this log may lack decisions; it needs {peer}',
    zh: '拒绝单独决策：最近由 {peer} 单独决策，本机日志可能不完整；需要 {peer} 上线',
  },
  'log.solo-wrong-life': {
    en: 'deciding alone is refused: the certificate names {boot}, which is not the last admitted life of {peer}',
    zh: '拒绝单独决策：停机证明针对 {boot}，并非 {peer} 最近一次被接纳的启动',
  },

  // Members
  'log.members-pending': {
    en: 'not decided: the member list is being changed already; look again and repeat',
    zh: '未作决策：成员列表正在变更；请重新查看后再试',
  },
  'log.members-solo': {
    en: 'not decided: {node} decides alone; the list changes when both are there again, or by the removal of the other one',
    zh: '未作决策：目前由 {node} 单独决策；须待双方恢复，或移除另一节点后，方可更改成员列表',
  },
  'log.members-asks': {
    en: 'a list of two voters is changed by both: {node} is asked first whether it is there; try again in a moment',
    zh: '两个投票节点的列表须由双方共同更改：先确认 {node} 在线；请稍后重试',
  },
  'log.members-not-synced': {
    en: 'not decided: {node} gets a vote when it holds the log; it has {match} of {commit} decisions, wait and try again',
    zh: '未作决策：{node} 须先同步日志才能获得投票权；目前已有 {match}/{commit} 项决策，请稍后再试',
  },
  'log.tie-break-set': {
    en: '{node} decides ties from now on: exactly half of the votes is enough where it takes part',
    zh: '自此由 {node} 决定平局：有其参与时，恰好半数票即可决策',
  },
  'log.tie-break-off': { en: '{node} decides ties no more', zh: '{node} 不再决定平局' },
  'log.tie-break-rests': {
    en: '{node} decides no ties while votes change; it does again when the member list has come to rest',
    zh: '投票变更期间 {node} 不决定平局；成员列表稳定后恢复',
  },
  'log.tie-break-alone': {
    en: 'the member list is refused: a tie-break comes and goes in a change of its own; take it back first, then change votes or name {node}',
    zh: '拒绝成员列表：平局裁决节点须单独变更；请先取消，再修改投票或指定 {node}',
  },
  'log.tie-break-two': {
    en: 'the member list is refused: with fewer than three voters {node} would decide alone, without knowing that the other is dead',
    zh: '拒绝成员列表：投票节点不足三个时，{node} 会在未确认对方停机的情况下单独决策',
  },
  'log.tie-break-voter': {
    en: 'the member list is refused: {node} decides ties only with a vote',
    zh: '拒绝成员列表：{node} 没有投票权，不能裁决平局',
  },
  'log.solo-open': {
    en: 'deciding alone is refused: the change to two voters is not committed yet, so others may still decide without {peer} and this node',
    zh: '拒绝单独决策：改为双投票节点的变更尚未提交，其他节点仍可能在本机与 {peer} 之外作出决策',
  },

  // Rules that stopped something
  'log.solo-epoch': {
    en: 'the member list is refused: opening or ending a solo epoch needs a later epoch than {epoch}',
    zh: '拒绝成员列表：开始或结束单独决策需要晚于 {epoch} 的纪元',
  },
  'log.solo-members': {
    en: 'the member list of epoch {epoch} is refused: while one of two nodes decides alone, only these two may have votes',
    zh: '拒绝纪元 {epoch} 的成员列表：双节点单独决策期间，仅这两个节点可有投票权',
  },
  'log.solo-certificate': {
    en: 'the member list of epoch {epoch} is refused: its certificate does not name the present life of the other node',
    zh: '拒绝纪元 {epoch} 的成员列表：停机证明与对方节点的当前启动不符',
  },
  'log.version-back': { en: 'the cluster version stays {from}: it never goes back to {to}', zh: '集群版本保持 {from}：不会退回 {to}' },
  'log.epoch-back': { en: 'epoch {to} is refused: the cluster is in epoch {from} already', zh: '拒绝纪元 {to}：集群已处于纪元 {from}' },
  'log.members-invalid': {
    en: 'the member list is refused: a node appears twice, or nobody has a vote',
    zh: '拒绝成员列表：有节点重复，或没有任何投票节点',
  },
  'log.members-votes': {
    en: 'the member list is refused: it moves {moved} votes and one at a time is allowed; change one node after the other',
    zh: '拒绝成员列表：一次改变了 {moved} 票，每次只允许一票；请逐个节点修改',
  },
  'log.member-owns': {
    en: '{node} cannot be removed: it still owns {count} resources; move them, or fence it first',
    zh: '无法移除 {node}：它仍拥有 {count} 个资源；请先迁移资源或隔离该节点',
  },
  'log.not-a-member': { en: '{node} is not admitted: it is no member', zh: '不接纳 {node}：它不是集群成员' },
  'log.admit-fenced': {
    en: '{node} is not admitted: its life {boot} was confirmed dead; it must start anew',
    zh: '不接纳 {node}：其本次启动 {boot} 已被确认停机，必须重新启动',
  },
  'log.admit-past': {
    en: '{node} is not admitted: its life {boot} is over, {now} has come after it',
    zh: '不接纳 {node}：其启动 {boot} 已结束，之后已有启动 {now}',
  },
  'log.not-this-life': {
    en: 'refused for {node}: {boot} is not its present life, or that life is already confirmed dead',
    zh: '拒绝针对 {node} 的操作：{boot} 不是其当前启动，或该次启动已被确认停机',
  },
  'log.leave-owns': {
    en: '{node} cannot leave: it still owns {count} resources; stop or move them first',
    zh: '{node} 不能离开：它仍拥有 {count} 个资源；请先停止或迁移',
  },
  'log.certificate-without-intent': {
    en: 'the certificate for {node} (life {boot}) is refused: no fencing of that life was decided',
    zh: '拒绝 {node} 的停机证明（本次启动 {boot}）：此前没有隔离该次启动的决策',
  },
  'log.release-stale': {
    en: 'the release of {resource} is refused: token {token} is not the one that counts',
    zh: '拒绝释放 {resource}：令牌 {token} 不是当前有效的令牌',
  },
  'log.release-unproven': {
    en: 'the release of {resource} by {node} is refused: life {boot} cannot prove that it stopped',
    zh: '拒绝 {node} 对 {resource} 的释放：本次启动 {boot} 无法证明其已停止',
  },
  'log.clone-held': {
    en: '{resource} becomes a clone, or ceases to be one, only while it is stopped everywhere; {node} still has the right to run it: set target-role Stopped first',
    zh: '{resource} 仅在所有节点均已停止时才能变为克隆或取消克隆；{node} 仍持有其运行权：请先将 target-role 设为 Stopped',
  },
  'log.grant-unknown': { en: 'no grant for {resource}: the configuration does not name it', zh: '不授权 {resource}：配置中没有该资源' },
  'log.grant-without-evidence': {
    en: '{node} may not run {resource}: {owner} holds token {token} and nothing proves that it stopped',
    zh: '{node} 不得运行 {resource}：{owner} 持有令牌 {token}，且没有证据表明它已停止',
  },
  'log.grant-not-admitted': {
    en: '{node} may not run {resource}: this life of {node} is not admitted',
    zh: '{node} 不得运行 {resource}：其本次启动未被接纳',
  },
  'log.intents-full': { en: 'no more than {limit} moves and bans may stand at once', zh: '同时有效的迁移与禁止不得超过 {limit} 个' },
  'log.cleanups-full': { en: 'no more than {limit} cleanups are kept', zh: '保留的清除记录不得超过 {limit} 条' },
} as const satisfies Texts
