/** Sentences of `disk.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const disk = {
  'disk.counts': {
    en: 'shared disk {disk} is sound and counts',
    zh: '共享磁盘 {disk} 完好，计入',
  },
  'disk.enough': {
    en: '{count} of {disks} shared disks count: they say which of two nodes may decide alone; as a heartbeat they give no evidence yet',
    zh: '{disks} 块共享磁盘中有 {count} 块计入：由它们决定两个节点中谁可以单独决策；暂不作为心跳依据',
  },
  'disk.not-enough': {
    en: '{count} of {disks} shared disks count, which is too few: they let neither of two nodes decide alone. Look at the sentences about the others',
    zh: '{disks} 块共享磁盘中仅有 {count} 块计入，数量不足：两个节点均不得据此单独决策。请查看其余磁盘的说明',
  },
  'disk.not-looked': {
    en: '{disks} shared disks are configured and were not all looked at yet',
    zh: '已配置 {disks} 块共享磁盘，尚未全部检查完毕',
  },
  'disk.not-configured': {
    en: 'witness {witness} is asked which node may decide alone, but this node has no shared disks: name them in its settings (disks) and start kyhad anew',
    zh: '需要见证者 {witness} 决定哪个节点可以单独决策，但本节点没有共享磁盘：请在本节点设置中填写 disks 并重新启动 kyhad',
  },
  'disk.out-read': {
    en: 'shared disk {disk} does not count: it could not be read ({error}). Look at the path to it',
    zh: '共享磁盘 {disk} 不计入：无法读取（{error}）。请检查到该磁盘的路径',
  },
  'disk.out-write': {
    en: 'shared disk {disk} does not count: it could not be written ({error}). Look at the path to it, and whether it is read-only',
    zh: '共享磁盘 {disk} 不计入：无法写入（{error}）。请检查到该磁盘的路径以及磁盘是否只读',
  },
  'disk.out-no-header': {
    en: 'shared disk {disk} does not count: kyha never initialised it, or it is another disk than before. Look at its name in the settings, or initialise it',
    zh: '共享磁盘 {disk} 不计入：它未经 kyha 初始化，或已不是原来的磁盘。请检查设置中的名称，或对其初始化',
  },
  'disk.out-damaged': {
    en: 'shared disk {disk} does not count: block {block} is damaged. The node whose block it is mends it while it runs; else initialise the disk',
    zh: '共享磁盘 {disk} 不计入：第 {block} 块已损坏。该块所属节点运行时会自行修复；否则请重新初始化该磁盘',
  },
  'disk.out-elsewhere': {
    en: 'shared disk {disk} does not count: block {block} holds what was meant for another block or another disk. Look at the storage: it writes to wrong places',
    zh: '共享磁盘 {disk} 不计入：第 {block} 块中是本应写往别处的内容。请检查存储设备：它写错了位置',
  },
  'disk.out-version': {
    en: 'shared disk {disk} does not count: it was written by a newer version of kyha. Bring this node to that version',
    zh: '共享磁盘 {disk} 不计入：它由更新版本的 kyha 写入。请将本节点升级到该版本',
  },
  'disk.out-other-cluster': {
    en: 'shared disk {disk} does not count: it belongs to cluster {cluster}. Nothing was written to it; look at its name in the settings',
    zh: '共享磁盘 {disk} 不计入：它属于集群 {cluster}。未向其写入任何内容；请检查设置中的名称',
  },
  'disk.out-no-slot': {
    en: 'shared disk {disk} does not count: it was initialised without this node. Initialise the disks with all nodes',
    zh: '共享磁盘 {disk} 不计入：初始化时不包含本节点。请用全部节点重新初始化磁盘',
  },
  'disk.out-other-set': {
    en: 'shared disk {disk} does not count: it was initialised together with other disks than those that are in use. Initialise the disks together',
    zh: '共享磁盘 {disk} 不计入：它与在用的磁盘不是一起初始化的。请将这些磁盘一起初始化',
  },
  'disk.out-not-kept': {
    en: 'shared disk {disk} does not count: it acknowledged a block and gives back another one. Look at the storage: its cache or its path loses writes',
    zh: '共享磁盘 {disk} 不计入：它确认写入了一块，读回却是另一内容。请检查存储设备：其缓存或路径丢失了写入',
  },
  'disk.unusable': {
    en: 'Disk {disk} ({path}) cannot be used: {error}. Is the path right, may this user open it, and does it take direct I/O?',
    zh: '磁盘 {disk}（{path}）无法使用：{error}。路径是否正确、当前用户能否打开、是否支持直接 I/O？',
  },
  'disk.too-small': {
    en: 'Disk {disk} ({path}) has {blocks} blocks of 4096 bytes and needs {needs}.',
    zh: '磁盘 {disk}（{path}）只有 {blocks} 个 4096 字节的块，需要 {needs} 个。',
  },
  'disk.not-blank': {
    en: 'Disk {disk} ({path}) is not blank: {what}. If that may go for ever, say so with --force.',
    zh: '磁盘 {disk}（{path}）不是空盘：{what}。若确认可以永久丢弃，请加 --force。',
  },
  'disk.none-listed': {
    en: 'No shared disks are listed in {file}: add "disks": [{"name": "d1", "path": "/dev/disk/by-id/..."}] (one or three) on every node, and restart it.',
    zh: '{file} 中没有列出共享磁盘：请在每个节点上添加 "disks": [{"name": "d1", "path": "/dev/disk/by-id/..."}]（一个或三个）并重启节点。',
  },
  'disk.made': {
    en: 'Disk {disk} ({path}) is one of {count} of cluster {cluster} now, with a slot for each of {nodes}. Before: {before}.',
    zh: '磁盘 {disk}（{path}）现属于集群 {cluster} 的 {count} 个磁盘之一，为 {nodes} 各有一个槽位。此前：{before}。',
  },
  'disk.would-make': {
    en: 'Disk {disk} ({path}) would become one of {count} of cluster {cluster}, with a slot for each of {nodes}. Now: {before}.',
    zh: '磁盘 {disk}（{path}）将成为集群 {cluster} 的 {count} 个磁盘之一，为 {nodes} 各有一个槽位。当前：{before}。',
  },
  'disk.blank': { en: 'blank', zh: '空盘' },
  'disk.next': {
    en: 'With the same disks in every node’s settings, quorum: {witness: disks} in the configuration takes them into use.',
    zh: '所有节点的设置中列出相同磁盘后，在配置中写入 quorum: {witness: disks} 即可启用。',
  },
  'disk.shows': {
    en: 'Disk {disk} ({path}): {blocks} blocks, of cluster {cluster}, {uuid}, one of {count}',
    zh: '磁盘 {disk}（{path}）：{blocks} 块，属于集群 {cluster}，{uuid}，共 {count} 个磁盘之一',
  },
  'disk.shows-other': {
    en: 'Disk {disk} ({path}): {blocks} blocks, no disk of a cluster; on it: {what}',
    zh: '磁盘 {disk}（{path}）：{blocks} 块，不属于任何集群；其上内容：{what}',
  },
} as const satisfies Texts
