/** Sentences of `runtime.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const runtime = {
  'runtime.child-restarted': {
    en: '{child} ended ({reason}); {supervisor} restarts it ({strategy}), restart {restarts} of at most {intensity} in {periodMs} ms.',
    zh: '{child} 已结束（{reason}）；{supervisor} 按 {strategy} 重启它，{periodMs} ms 内第 {restarts} 次，上限 {intensity} 次。',
  },
  'runtime.intensity': {
    en: '{child} ended ({reason}); that would be restart {restarts} in {periodMs} ms and {supervisor} allows {intensity}, so it stops all its children and ends.',
    zh: '{child} 已结束（{reason}）；这将是 {periodMs} ms 内第 {restarts} 次重启，超过 {supervisor} 允许的 {intensity} 次，因此它停止全部子项并结束。',
  },
  'runtime.child-dropped': {
    en: '{child} ended ({reason}); it is temporary, so {supervisor} does not start it again.',
    zh: '{child} 已结束（{reason}）；它是临时子项，{supervisor} 不再启动它。',
  },
  'runtime.auto-shutdown': {
    en: '{child} has done its work, so {supervisor} ends.',
    zh: '{child} 已完成工作，{supervisor} 随之结束。',
  },
  'runtime.start-failed': {
    en: '{child} of {supervisor} did not start: {reason}.',
    zh: '{supervisor} 的 {child} 启动失败：{reason}。',
  },
  'runtime.stop-late': {
    en: '{child} did not stop in the time that {supervisor} gives it, so it is killed.',
    zh: '{child} 未在 {supervisor} 给定的时间内停止，将被强制结束。',
  },
  'runtime.stop-failed': {
    en: '{child} of {supervisor} failed while it stopped: {reason}.',
    zh: '{supervisor} 的 {child} 在停止过程中失败：{reason}。',
  },
  'runtime.child-refused': {
    en: '{supervisor} does not start {child}: {why}.',
    zh: '{supervisor} 不启动 {child}：{why}。',
  },
  'runtime.thread-stalled': {
    en: 'Thread {thread} made no progress for {stalledMs} ms (limit {limitMs} ms), so it is ended and its supervisor decides.',
    zh: '线程 {thread} 已 {stalledMs} ms 没有进展（上限 {limitMs} ms），将其结束，由其监督者决定后续处理。',
  },
  'runtime.thread-stuck': {
    en: 'Thread {thread} cannot be ended within {limitMs} ms (it is blocked in the system); kyhad kills itself and the guard starts it again.',
    zh: '线程 {thread} 在 {limitMs} ms 内无法结束（阻塞在系统调用中）；kyhad 将终止自身，由守护进程重新启动。',
  },
  'runtime.late': {
    en: 'The beat thread was {lateMs} ms late; silence that was measured meanwhile is not held against peers.',
    zh: '心跳线程延迟 {lateMs} ms；其间测得的静默不计入对端。',
  },
  'runtime.priority': {
    en: 'The beat thread runs with {detail}.',
    zh: '心跳线程的优先级：{detail}。',
  },
  'runtime.overflow': {
    en: '{path} does not keep up: more than {limit} messages wait that must not be dropped, so it is ended and its supervisor decides.',
    zh: '{path} 处理不及：等待中的不可丢弃消息超过 {limit} 条，将其结束，由其监督者决定后续处理。',
  },
  'runtime.flight': {
    en: '{path} died by a bug ({error}); the last {events} events of its thread are in {file}.',
    zh: '{path} 因程序缺陷终止（{error}）；其线程最近的 {events} 条事件保存在 {file}。',
  },
  'runtime.flight-lost': {
    en: '{path} died by a bug ({error}); the events before it could not be written: {why}.',
    zh: '{path} 因程序缺陷终止（{error}）；此前的事件无法写入：{why}。',
  },
  'runtime.undeliverable': {
    en: 'A stream to node {node} lost {messages} messages: the peer began a new life, or did not take them for too long.',
    zh: '发往节点 {node} 的流丢失 {messages} 条消息：对端已开始新的生命周期，或长时间未接收。',
  },
  'runtime.started': {
    en: 'kyhad runs as node {name}, life {boot}, start {counter}; containment {containment}; watchdog {watchdog}.',
    zh: 'kyhad 以节点 {name} 运行，生命周期 {boot}，第 {counter} 次启动；进程隔离 {containment}；看门狗 {watchdog}。',
  },
  'runtime.lease': {
    en: "The lease of this node's resources: {state}.",
    zh: '本节点资源的租约：{state}。',
  },
  'runtime.ended': {
    en: 'kyhad ends: {reason}.',
    zh: 'kyhad 结束：{reason}。',
  },
  'runtime.no-guard': {
    en: 'kyhad is started by its guard and finds it on the descriptor that KYHA_GUARD_FD names; that is not set. Start the node with `kyha node start`, or run kyha-guard.',
    zh: 'kyhad 由守护进程启动，并通过 KYHA_GUARD_FD 指定的描述符与之通信；该变量未设置。请用 `kyha node start` 启动节点，或运行 kyha-guard。',
  },
  'runtime.no-config': {
    en: 'kyhad needs `--config FILE` with the settings of its node; it was not given. `kyha cluster create` and `kyha join` write that file.',
    zh: 'kyhad 需要 `--config FILE` 指定节点配置，但未给出。该文件由 `kyha cluster create` 与 `kyha join` 生成。',
  },
  'runtime.guard-gone': {
    en: 'The guard is gone ({reason}); without it no agent can be run or stopped, so kyhad ends. The guard starts a new one when it is back.',
    zh: '守护进程已断开（{reason}）；没有它就无法运行或停止任何代理，kyhad 结束。守护进程恢复后会重新启动它。',
  },
  'runtime.job-unknown': {
    en: 'No job of kind {kind} is known to this version of kyha, so nothing was done.',
    zh: '此版本的 kyha 没有类型为 {kind} 的作业，未执行任何操作。',
  },
  'runtime.job-full': {
    en: 'A job of kind {kind} is refused, since {limit} jobs wait already; ask again later.',
    zh: '类型为 {kind} 的作业被拒绝：已有 {limit} 个作业在等待，请稍后再试。',
  },
  'runtime.job-late': {
    en: 'A job of kind {kind} did not end within {limitMs} ms, so it was ended with its thread.',
    zh: '类型为 {kind} 的作业未在 {limitMs} ms 内结束，已连同其线程一并终止。',
  },
  'runtime.job-crashed': {
    en: 'A job of kind {kind} lost its thread ({error}); it is not tried again by itself.',
    zh: '类型为 {kind} 的作业失去了其线程（{error}），不会自动重试。',
  },
  'runtime.job-failed': {
    en: 'A job of kind {kind} failed: {error}.',
    zh: '类型为 {kind} 的作业失败：{error}。',
  },
  'runtime.job-closed': {
    en: 'A job of kind {kind} was not carried out, since kyhad ends.',
    zh: '由于 kyhad 正在结束，类型为 {kind} 的作业未执行。',
  },
} as const satisfies Texts
