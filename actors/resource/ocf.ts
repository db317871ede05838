/**
 * The OCF words that the resource actor needs: exit codes, recovery classes, exit reasons (OCF Resource Agent API 1.1).
 * Whatever an agent prints is hostile: bounded, stripped of control characters, never parsed for more than one line.
 */
import type { AgentResult } from '../../runtime/actor.js'

/** Exit codes of a resource agent. */
export const Ocf = {
  success: 0,
  generic: 1,
  args: 2,
  unimplemented: 3,
  permission: 4,
  installed: 5,
  configured: 6,
  notRunning: 7,
  promoted: 8,
  failedPromoted: 9,
  /** Not OCF: an operation that was killed at its time limit (the field's CRM_EX_TIMEOUT). */
  timedOut: 124,
  degraded: 190,
  degradedPromoted: 191,
} as const

/** soft: restart here, then elsewhere.  hard: not on this node.  fatal: nowhere, the configuration is wrong. */
export type FailureClass = 'soft' | 'hard' | 'fatal'

/** The recovery class of an exit code; codes that nobody knows are soft. */
export const failureClass = (rc: number): FailureClass => {
  if (rc === Ocf.configured) return 'fatal'
  return rc === Ocf.args || rc === Ocf.permission || rc === Ocf.installed ? 'hard' : 'soft'
}

/** What a monitor's exit code says about the resource. */
export const monitorSays = (rc: number): 'running' | 'promoted' | 'stopped' | 'failed' => {
  if (rc === Ocf.success || rc === Ocf.degraded) return 'running'
  if (rc === Ocf.promoted || rc === Ocf.degradedPromoted) return 'promoted'
  return rc === Ocf.notRunning ? 'stopped' : 'failed'
}

export const isDegraded = (rc: number): boolean => rc === Ocf.degraded || rc === Ocf.degradedPromoted

/** The exit code to reckon with, also for runs that gave none: a time-out is 124, a missing agent 5, a refusal what it says or 4, a signal 1. */
export const effectiveRc = (result: Pick<AgentResult, 'end' | 'rc'>): number => {
  switch (result.end) {
    case 'exited':
      return result.rc !== undefined && Number.isInteger(result.rc) && result.rc >= 0 && result.rc <= 255 ? result.rc : Ocf.generic
    case 'timeout':
      return Ocf.timedOut
    case 'spawn-failed':
      return Ocf.installed
    case 'refused':
      return result.rc ?? Ocf.permission
    case 'signalled':
      return Ocf.generic
  }
}

const REASON = 'ocf-exit-reason:'
const REASON_CHARS_MAX = 300

/** The last `ocf-exit-reason:` line of stderr; else what the guard says; else the last line of stderr. One printable line. */
export function exitReason(result: Pick<AgentResult, 'end' | 'detail' | 'stderr' | 'rc'>): string {
  const lines = result.stderr.slice(-8192).split('\n')
  const marked = lines.findLast((line) => line.startsWith(REASON))
  if (marked !== undefined) return printable(marked.slice(REASON.length))
  if (result.end !== 'exited' && result.detail !== '') return printable(result.detail)
  const said = printable(lines.findLast((line) => line.trim() !== '') ?? '')
  if (said !== '' || (result.end === 'exited' && result.rc === 0)) return said
  return MEANS[result.rc ?? -1] ?? 'the agent gave no reason'
}

/** What the exit codes of the OCF Resource Agent API 1.1 mean, for agents that say nothing. */
const MEANS: Readonly<Record<number, string>> = {
  1: 'generic error',
  2: 'wrong parameter',
  3: 'action not implemented',
  4: 'insufficient privileges',
  5: 'not installed',
  6: 'not configured',
  7: 'not running',
  8: 'running as promoted',
  9: 'failed while promoted',
}

/** `text` without control and bidirectional-override characters, trimmed, at most 300 characters. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim()
  return clean.length <= REASON_CHARS_MAX ? clean : `${clean.slice(0, REASON_CHARS_MAX - 1)}…`
}
