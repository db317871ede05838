/** What the CLI prints on poor terminals: ASCII and English, never wider than the window; CJK counts two columns. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ResourceView } from '../../../console/api/views.js'
import { resources } from '../../../console/cli/render.js'
import { cut, detect, duration, fold, state, table, width } from '../../../console/cli/terminal.js'

const t = suite('terminal')
const tty = { isTTY: true, columns: 80 }

t('a Linux console speaks English in ASCII without colour', () => {
  const got = detect({ TERM: 'linux', LANG: 'zh_CN.UTF-8' }, tty)
  assert.equal(got, { columns: 80, unicode: false, colour: false, lang: 'en' })
  assert.is(state(got, 'online'), '* online')
})
t('a non-UTF-8 locale is ASCII too', () => {
  assert.is(detect({ TERM: 'xterm', LANG: 'zh_CN.GB18030' }, tty).unicode, false)
  assert.is(detect({ TERM: 'xterm', LC_ALL: 'C' }, tty).lang, 'en')
})
t('a UTF-8 xterm shows glyphs, and Chinese where the locale says so', () => {
  const got = detect({ TERM: 'xterm-256color', LANG: 'zh_CN.UTF-8' }, tty)
  assert.is(got.lang, 'zh')
  assert.match(state(got, 'online'), /●/)
})
t('NO_COLOR is honoured', () => assert.is(detect({ TERM: 'xterm', LANG: 'en_US.UTF-8', NO_COLOR: '1' }, tty).colour, false))
t('tables never exceed the window', () => {
  const terminal = { columns: 40, unicode: false, colour: false, lang: 'en' } as const
  const text = table(terminal, ['A', 'B'], [['x', 'y'.repeat(200)]])
  for (const line of text.split('\n')) assert.ok(width(line) <= 40, line)
  const narrow = table(terminal, ['A'.repeat(30), 'B'], [['x', 'y'.repeat(200)]])
  for (const line of narrow.split('\n')) assert.ok(width(line) <= 40, line)
  assert.match(narrow, /~/)
})
t('the last column is folded under itself, nothing of it is lost', () => {
  const terminal = { columns: 40, unicode: false, colour: false, lang: 'en' } as const
  const sentence = 'without n1, n2 the rest has 1 of 3 votes and needs 2'
  const text = table(terminal, ['LOST', 'WHY'], [['n1 n2', sentence]])
  assert.is(text, 'LOST   WHY\nn1 n2  without n1, n2 the rest has 1 of\n       3 votes and needs 2\n')
})
t('an empty table says so', () => {
  const terminal = { columns: 40, unicode: false, colour: false, lang: 'en' } as const
  assert.is(table(terminal, ['A', 'B'], []), 'A  B\n(none)\n')
})
t('a Chinese sign takes two columns, in folding as well', () => {
  assert.is(width('隔离x'), 5)
  const lines = fold({ columns: 10, unicode: true, colour: false, lang: 'zh' }, '节点静默故障时不接管').split('\n')
  for (const line of lines) assert.ok(width(line) <= 10, line)
  assert.is(lines.join(''), '节点静默故障时不接管')
})
t('cut keeps what fits', () => assert.is(cut('abcdef', 4, false), 'abc~'))
t('durations read as people say them', () => {
  assert.equal(
    [-1, 312, 61_000, 7_200_000].map((ms) => duration({ lang: 'en' }, ms)),
    ['-', '312 ms', '1 min 1 s', '2 h 0 min'],
  )
  assert.is(duration({ lang: 'zh' }, 61_000), '1 分 1 秒')
})

t('unknown is not stopped: the word, and the node that may run it', () => {
  const web = {
    name: 'web',
    agent: 'kyha:Dummy',
    group: null,
    clone: null,
    nodes: [],
    role: 'Unknown',
    node: null,
    mayRunOn: 'n3',
    sinceMs: 5000,
    cells: [],
  }
  const text = resources(detect({}, {}), [web as unknown as ResourceView])
  assert.match(text, /web +kyha:Dummy +\? unknown +n3\? /)
})

t.run()
