/** One sign a state: what the API can say has one, page and CLI show the same, and no two states of one thing share glyph and word. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { detect, state } from '../../../console/cli/terminal.js'
import { stateOf, states } from '../../../console/states.js'

const t = suite('states')

const said: Readonly<Record<string, readonly string[]>> = {
  verdict: ['ok', 'attention', 'danger'],
  node: [
    'online',
    'standby',
    'maintenance',
    'pending',
    'suspect',
    'manager-down',
    'silent',
    'fencing',
    'fenced',
    'left',
    'leaving',
    'unknown',
  ],
  resource: ['unknown', 'stopped', 'starting', 'running', 'promoted', 'unpromoted', 'stopping', 'failed', 'stop-failed'],
  link: ['up', 'late', 'silent', 'never-heard'],
}

t('every state that the API says has its sign in both languages', () => {
  for (const [what, list] of Object.entries(said)) {
    for (const word of list) assert.ok(states[word], `${what} ${word}`)
    const words = list.map((w) => stateOf(w).zh)
    assert.is(new Set(words).size, words.length, what)
  }
  for (const [word, s] of Object.entries(states)) {
    assert.is([...s.glyph].length, 1, word)
    assert.match(s.ascii, /^[\x21-\x7e]$/, word)
  }
})

t('attention is neither promoted nor changing', () => {
  const glyphs = ['ok', 'attention', 'danger', 'promoted', 'starting'].map((w) => stateOf(w).glyph)
  assert.is(new Set(glyphs).size, 5)
})

t('the terminal shows the glyph and word of the table, in ASCII where it must', () => {
  const xterm = { TERM: 'xterm', LC_ALL: 'en_US.UTF-8', NO_COLOR: '1' }
  assert.is(state(detect(xterm, { isTTY: true }), 'attention'), '! attention')
  assert.is(state(detect(xterm, { isTTY: true }, 'zh'), 'fenced'), '⊘ 已隔离')
  assert.is(state(detect({ TERM: 'linux' }, { isTTY: true }), 'manager-down'), '> manager down')
  assert.is(state(detect(xterm, {}), 'newer-word'), '? newer-word')
})

t.run()
