/** Sentences of `runtime.*`: supervisors, threads, kyhad itself. */
import type { Texts } from './render.js'

export const runtime = {
  'runtime.child-died': {
    en: '{child} under {supervisor} ended: {reason}',
    zh: '{supervisor} 下的 {child} 已结束：{reason}',
  },
  'runtime.restart': {
    en: '{child} under {supervisor} is restarted ({restarts} restart(s) in the window): {reason}',
    zh: '{supervisor} 重启 {child}（窗口内第 {restarts} 次）：{reason}',
  },
  'runtime.start-failed': {
    en: '{child} under {supervisor} could not start: {reason}',
    zh: '{supervisor} 下的 {child} 无法启动：{reason}',
  },
  'runtime.intensity': {
    en: '{supervisor} gives up: {child} was restarted {restarts} times within its window; last reason: {reason}',
    zh: '{supervisor} 放弃：{child} 在窗口内重启 {restarts} 次；最后原因：{reason}',
  },
  'runtime.bug': {
    en: '{path} broke a promise and ends this life: {error}',
    zh: '{path} 违反自身约定，本次运行终止：{error}',
  },
  'runtime.thread-stuck': {
    en: 'Thread {thread} made no progress for {stuckMs} ms and is ended',
    zh: '线程 {thread} 在 {stuckMs} 毫秒内没有进展，将被终止',
  },
  'runtime.thread-behind': {
    en: 'Thread {thread} has {waiting} messages waiting (limit {limit}) and is ended',
    zh: '线程 {thread} 有 {waiting} 条消息待处理（上限 {limit}），将被终止',
  },
  'runtime.started': {
    en: 'kyhad of {node} runs: life {boot}, start {counter}, agents contained by {containment}, deaths noticed by {deathNotice}, watchdog {watchdog}',
    zh: '{node} 的 kyhad 已运行：启动标识 {boot}，第 {counter} 次启动，代理由 {containment} 隔离，死亡通知方式 {deathNotice}，看门狗 {watchdog}',
  },
  'runtime.guard-gone': {
    en: 'The guard is gone ({reason}): kyhad ends; resources keep running',
    zh: 'guard 已不在（{reason}）：kyhad 退出，资源继续运行',
  },
  'runtime.rt': {
    en: 'Heartbeat thread: {detail}',
    zh: '心跳线程：{detail}',
  },
  'runtime.no-agent': {
    en: 'No agent can have the name {agent}: use ocf:PROVIDER:TYPE, kyha:TYPE, systemd:UNIT or fence_NAME',
    zh: '不存在名为 {agent} 的代理：请使用 ocf:PROVIDER:TYPE、kyha:TYPE、systemd:UNIT 或 fence_NAME',
  },
} as const satisfies Texts
