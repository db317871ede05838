/** Sentences of `store.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

const rejoin = {
  en:
    'Nothing was changed on disk. Remove this node on another member (kyha node remove), move the directory away, and join ' +
    'again (kyha join).',
  zh: '磁盘上未作任何改动。请在其他成员上移除本节点（kyha node remove），将该目录移走后重新加入（kyha join）。',
} as const

export const store = {
  'store.locked': {
    en:
      'The state directory {dir} is in use by process {pid}; two writers would destroy it. Stop that process, or give this ' +
      'node its own stateDir.',
    zh: '状态目录 {dir} 正被进程 {pid} 使用，两个写入者会损坏数据。请先停止该进程，或为本节点另设 stateDir。',
  },
  'store.lock-taken-over': {
    en: 'The lock of a process that no longer runs was taken over.',
    zh: '已接管一个不再运行的进程所留下的锁。',
  },
  'store.foreign': {
    en:
      '{file} belongs to node {node} of cluster {cluster}, but this is node {ownNode} of cluster {ownCluster}; its votes and ' +
      'log are not ours. ' +
      "Put this node's own state directory back, or point stateDir elsewhere.",
    zh: '{file} 属于集群 {cluster} 的节点 {node}，而本节点是集群 {ownCluster} 的 {ownNode}，其投票与日志不属于本节点。请放回本节点自己的状态目录，或修改 stateDir。',
  },
  'store.foreign-file': {
    en: '{file} was written by another node or another cluster and cannot be part of this log. ' + rejoin.en,
    zh: '{file} 由其他节点或其他集群写入，不可能属于本日志。' + rejoin.zh,
  },
  'store.newer-version': {
    en: '{file} has format version {version}, this program knows up to {known}. Start the version of kyha that wrote it.',
    zh: '{file} 的格式版本为 {version}，本程序最高支持 {known}。请启动写入该文件的 kyha 版本。',
  },
  'store.unreadable': {
    en:
      'The state directory {dir} cannot be used: {error}. Check that it exists, that kyhad may read and write it, and that its ' +
      'disk works.',
    zh: '无法使用状态目录 {dir}：{error}。请检查该目录是否存在、kyhad 是否有读写权限以及磁盘是否正常。',
  },
  'store.superblock-bad': {
    en: 'Both copies of the superblock, {file} and {other}, are damaged, so the vote of this node is not known. ' + rejoin.en,
    zh: '超级块的两个副本 {file} 与 {other} 均已损坏，无法得知本节点的投票。' + rejoin.zh,
  },
  'store.superblock-missing': {
    en: 'There is no superblock in {dir}, but {file} is there, so the vote of this node was lost. ' + rejoin.en,
    zh: '{dir} 中没有超级块，却存在 {file}，说明本节点的投票已丢失。' + rejoin.zh,
  },
  'store.superblock-disagree': {
    en:
      '{file} and {other} are both valid and of the same generation, but say different things; one was copied in from elsewhere. ' +
      rejoin.en,
    zh: '{file} 与 {other} 均有效且代号相同，内容却不一致，其中之一是从别处复制来的。' + rejoin.zh,
  },
  'store.superblock-repaired': {
    en: '{file} was damaged or missing and was written again from {other}.',
    zh: '{file} 已损坏或缺失，已根据 {other} 重新写入。',
  },
  'store.torn-tail': {
    en:
      'The last {bytes} bytes of {file} do not form a whole record and were cut off; no write after them was acknowledged. The ' +
      'log ends at index {index}.',
    zh: '{file} 末尾 {bytes} 字节不是完整记录，已被截断；其后没有任何已确认的写入。日志结束于索引 {index}。',
  },
  'store.corrupt-middle': {
    en: '{file} is damaged at byte {offset}, before records that were acknowledged later (last good index {index}). ' + rejoin.en,
    zh: '{file} 在字节 {offset} 处损坏，而其后仍有已确认的记录（最后的完好索引为 {index}）。' + rejoin.zh,
  },
  'store.segment-missing': {
    en: 'The log file {file} is missing between its neighbours, so acknowledged records are lost. ' + rejoin.en,
    zh: '日志文件 {file} 缺失，其前后文件仍在，已确认的记录因此丢失。' + rejoin.zh,
  },
  'store.segment-corrupt': {
    en: 'The header of the log file {file} is damaged, so none of its records can be trusted. ' + rejoin.en,
    zh: '日志文件 {file} 的文件头已损坏，其中的记录均不可信。' + rejoin.zh,
  },
  'store.log-short': {
    en:
      'The log in {dir} ends at sync {sync}, but sync {floor} was acknowledged; its end was lost or an older copy was put back. ' +
      rejoin.en,
    zh: '{dir} 中的日志止于第 {sync} 次同步，而第 {floor} 次同步已确认过；日志尾部丢失，或被换成了较旧的副本。' + rejoin.zh,
  },
  'store.rolled-back': {
    en:
      'The superblock in {dir} is of generation {generation}, but the log was written under generation {seen}; an older copy ' +
      'was put back. ' +
      rejoin.en,
    zh: '{dir} 中超级块的代号为 {generation}，而日志写于代号 {seen} 之下；超级块被换成了较旧的副本。' + rejoin.zh,
  },
  'store.hole': {
    en: 'The log in {dir} should go on with index {expected}, but has index {index} there, so acknowledged records are lost. ' + rejoin.en,
    zh: '{dir} 中的日志应从索引 {expected} 继续，实际却是 {index}，已确认的记录因此丢失。' + rejoin.zh,
  },
  'store.snapshot-corrupt': {
    en: 'The snapshot {file} is damaged and the log before it is gone. ' + rejoin.en,
    zh: '快照 {file} 已损坏，而其之前的日志已不存在。' + rejoin.zh,
  },
  'store.snapshot-missing': {
    en: 'The snapshot of index {index} is missing in {dir}, and the log before it is gone. ' + rejoin.en,
    zh: '{dir} 中缺少索引 {index} 的快照，而其之前的日志已不存在。' + rejoin.zh,
  },
  'store.snapshot-skipped': {
    en: '{file} is damaged; it was never acknowledged, so the one before it and the log are used.',
    zh: '{file} 已损坏；它从未被确认，因此改用其之前的快照与日志。',
  },
  'store.reserve-missing': {
    en: 'There is no space for the reserve file in {dir} ({error}); free some, or a full disk can stop this node from resigning in order.',
    zh: '{dir} 中没有空间存放预留文件（{error}）；请释放空间，否则磁盘写满时本节点可能无法有序退出。',
  },
  'store.full': {
    en: 'The disk of {dir} is full; nothing of this write was kept. Free space there and it goes on by itself.',
    zh: '{dir} 所在磁盘已满，本次写入未保留任何内容。释放空间后会自动继续。',
  },
  'store.failed': {
    en:
      'Writing to {dir} failed: {error}. What is on disk is not certain any more, so nothing more is written. ' +
      'Check the disk; the store is read again from disk at the next start.',
    zh: '写入 {dir} 失败：{error}。磁盘内容已无法确定，因此不再写入。请检查磁盘；下次启动时会重新从磁盘读取。',
  },
  'store.closed': {
    en: 'The store in {dir} was closed before this write; it was not carried out.',
    zh: '{dir} 的存储在本次写入之前已关闭，写入未执行。',
  },
} as const satisfies Texts
