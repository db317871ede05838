/**
 * Every state that people are shown, once: its glyph, the same for a terminal that has only ASCII, how much it matters, and its word in both
 * languages. Page and CLI read this table, so that one state never has two signs. Readable without colour: glyph and word say it all.
 */
export type Tone = 'good' | 'quiet' | 'busy' | 'held' | 'bad'
export interface StateSign {
  readonly glyph: string
  readonly ascii: string
  readonly tone: Tone
  readonly en: string
  readonly zh: string
}

const sign = (glyph: string, ascii: string, tone: Tone, en: string, zh: string): StateSign => ({ glyph, ascii, tone, en, zh })

export const states: Readonly<Record<string, StateSign>> = {
  ok: sign('●', '*', 'good', 'normal', '正常'),
  attention: sign('!', '!', 'busy', 'attention', '注意'),
  danger: sign('✕', 'X', 'bad', 'danger', '危险'),
  // Resources
  running: sign('●', '*', 'good', 'running', '运行'),
  promoted: sign('▲', '^', 'good', 'promoted', '主'),
  unpromoted: sign('△', 'v', 'good', 'unpromoted', '从'),
  stopped: sign('○', '-', 'quiet', 'stopped', '停止'),
  starting: sign('◐', '>', 'busy', 'starting', '启动中'),
  stopping: sign('◐', '>', 'busy', 'stopping', '停止中'),
  promoting: sign('◐', '>', 'busy', 'being promoted', '提升中'),
  demoting: sign('◐', '>', 'busy', 'being demoted', '降级中'),
  checking: sign('◐', '>', 'busy', 'checking', '检查中'),
  failed: sign('✕', 'X', 'bad', 'failed', '失败'),
  'stop-failed': sign('✕', 'X', 'bad', 'stop failed', '停止失败'),
  off: sign('○', '-', 'quiet', 'off', '断电'),
  unknown: sign('?', '?', 'quiet', 'unknown', '未知'),
  // Nodes
  online: sign('●', '*', 'good', 'online', '在线'),
  standby: sign('○', '-', 'quiet', 'standby', '备用'),
  maintenance: sign('‖', '=', 'held', 'maintenance', '维护'),
  pending: sign('◐', '>', 'busy', 'joining', '加入中'),
  suspect: sign('◐', '>', 'busy', 'suspect', '可疑'),
  'manager-down': sign('◐', '>', 'busy', 'manager down', '管理进程中断'),
  leaving: sign('◐', '>', 'busy', 'leaving', '离开中'),
  left: sign('○', '-', 'quiet', 'left', '已离开'),
  fencing: sign('⊘', '#', 'bad', 'fencing', '隔离中'),
  fenced: sign('⊘', '#', 'bad', 'fenced', '已隔离'),
  // Links
  up: sign('●', '*', 'good', 'up', '正常'),
  late: sign('◐', '>', 'busy', 'late', '迟到'),
  silent: sign('✕', 'X', 'bad', 'silent', '静默'),
  'never-heard': sign('?', '?', 'quiet', 'never heard', '从未收到'),
}

/** A state of a newer node that this one does not know shows as its own word. */
export const stateOf = (word: string): StateSign => states[word] ?? sign('?', '?', 'busy', word, word)
