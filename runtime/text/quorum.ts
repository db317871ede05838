/** Sentences of `quorum.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const quorum = {
  'quorum.no-members': {
    en: 'no quorum: {node} knows no members yet; it starts nothing until its log gives them',
    zh: '无法定票数：{node} 尚不知道集群成员；在日志给出成员之前不启动任何资源',
  },
  'quorum.not-member': {
    en: 'no quorum: {node} is not among the {nodesTotal} members; it starts nothing; join it to the cluster or stop it',
    zh: '无法定票数：{node} 不在 {nodesTotal} 个成员之中，不启动任何资源；请将其加入集群或停止运行',
  },
  'quorum.majority-yes': {
    en: 'quorum: {votes} of {votesTotal} votes present ({votesNeeded} needed), {nodes} of {nodesTotal} nodes; missing: {missing}',
    zh: '具备法定票数：{votesTotal} 票中到场 {votes} 票（需 {votesNeeded} 票），{nodesTotal} 个节点中到场 {nodes} 个；缺席：{missing}',
  },
  'quorum.majority-no': {
    en: 'no quorum: {votes} of {votesTotal} votes present, {votesNeeded} needed; missing: {missing}; nothing is started or fenced from here',
    zh: '无法定票数：{votesTotal} 票中到场 {votes} 票，需 {votesNeeded} 票；缺席：{missing}；本侧不启动任何资源，也不隔离任何节点',
  },
  'quorum.tie-yes': {
    en: 'quorum: {votes} of {votesTotal} votes present ({votesNeeded} needed, or {half} with {tie}), {nodes} of {nodesTotal} nodes; missing: {missing}',
    zh: '具备法定票数：{votesTotal} 票中到场 {votes} 票（需 {votesNeeded} 票，或包含 {tie} 的 {half} 票），{nodesTotal} 个节点中到场 {nodes} 个；缺席：{missing}',
  },
  'quorum.tie-no': {
    en: 'no quorum: {votes} of {votesTotal} votes present, {votesNeeded} needed, or {half} with {tie}; missing: {missing}; nothing is started or fenced from here',
    zh: '无法定票数：{votesTotal} 票中到场 {votes} 票，需 {votesNeeded} 票，或包含 {tie} 的 {half} 票；缺席：{missing}；本侧不启动任何资源，也不隔离任何节点',
  },
  'quorum.witness-yes': {
    en: 'quorum: both nodes present ({votes} of {votesTotal} votes); if one goes, witness {witness} says whether the other may go on',
    zh: '具备法定票数：两个节点均到场（{votesTotal} 票中 {votes} 票）；若一个离开，由见证者 {witness} 决定另一个能否单独运行',
  },
  'quorum.witness-no': {
    en: 'no quorum: {missing} is missing; {node} goes on alone only by the word of witness {witness}',
    zh: '无法定票数：{missing} 缺席；{node} 仅在见证者 {witness} 授权后方可单独运行',
  },
  'quorum.two-node-yes': {
    en: 'quorum: both nodes present ({votes} of {votesTotal} votes)',
    zh: '具备法定票数：两个节点均到场（{votesTotal} 票中 {votes} 票）',
  },
  'quorum.two-node-no': {
    en: 'no quorum: both nodes are needed and {missing} is missing; alone only after it is certified dead',
    zh: '无法定票数：需要两个节点同时在场，{missing} 缺席；仅在确认其已断电后方可单独运行',
  },
  'quorum.solo-yes': {
    en: 'quorum: {set} decides alone by its durable solo record; missing: {missing}',
    zh: '具备法定票数：{set} 依据持久化的单独运行记录作出决定；缺席：{missing}',
  },
  'quorum.solo-no': {
    en: 'no quorum: only {set} may decide by its durable solo record, and it is not present; bring it back, or recover by operator',
    zh: '无法定票数：按持久化的单独运行记录只有 {set} 可以决定，而其不在场；请恢复该节点，或由操作员处理',
  },
  'quorum.single-yes': {
    en: 'quorum: a cluster with one voter, which is present ({votes} of {votesTotal} votes)',
    zh: '具备法定票数：集群只有一个投票节点，且在场（{votesTotal} 票中 {votes} 票）',
  },
  'quorum.single-no': {
    en: 'no quorum: the only voter, {missing}, is missing',
    zh: '无法定票数：唯一的投票节点 {missing} 缺席',
  },
} as const satisfies Texts
