/** State as glyph, word and colour: readable without colour, quiet while it is well. */
import { w } from './words.js'

export const glyphs: Readonly<Record<string, string>> = {
  ok: '●',
  attention: '▲',
  danger: '✕',
  running: '●',
  promoted: '▲',
  starting: '◐',
  stopping: '◐',
  checking: '◐',
  stopped: '○',
  off: '○',
  failed: '✕',
  'stop-failed': '✕',
  unknown: '?',
  up: '●',
  late: '◐',
  silent: '✕',
  'never-heard': '?',
  online: '●',
  standby: '○',
  maintenance: '‖',
  pending: '◐',
  suspect: '◐',
  'manager-down': '◐',
  fencing: '⊘',
  fenced: '⊘',
  left: '○',
  leaving: '◐',
}

export function State({ word }: { word: string }) {
  return (
    <span class={`state ${word}`}>
      <span class="glyph" aria-hidden="true">
        {glyphs[word] ?? '?'}
      </span>{' '}
      {w(word)}
    </span>
  )
}
