/**
 * What the terminal can show. On a Linux console, a serial line or a non-UTF-8 locale: English, ASCII, no colour. Never wider than the
 * window (80 columns where it is not known). State is glyph + word; colour only adds.
 */
import { render } from '../../runtime/text/index.js'
import { stateOf, type Tone } from '../states.js'

export interface Terminal {
  readonly columns: number
  readonly unicode: boolean
  readonly colour: boolean
  readonly lang: 'en' | 'zh'
}

export function detect(env: NodeJS.ProcessEnv, stdout: { isTTY?: boolean; columns?: number }, lang?: string): Terminal {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || ''
  const charset = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  const plain = /^(linux|vt\d+|dumb|ansi|)$/.test(env['TERM'] ?? '')
  const unicode = /utf-?8/i.test(charset) && !(plain && stdout.isTTY === true)
  const wish = lang ?? (locale.startsWith('zh') ? 'zh' : 'en')
  return {
    columns: Math.max(40, stdout.columns ?? Number(env['COLUMNS'] ?? 80)),
    unicode,
    colour: stdout.isTTY === true && !plain && !env['NO_COLOR'],
    lang: wish === 'zh' && unicode ? 'zh' : 'en',
  }
}

const colours: Readonly<Record<Tone, number>> = { good: 32, quiet: 90, busy: 33, held: 36, bad: 31 }

/** `● online`: glyph and word of a state. */
export function state(t: Terminal, word: string): string {
  const sign = stateOf(word)
  const glyph = t.unicode ? sign.glyph : sign.ascii
  return `${t.colour ? `\x1b[${colours[sign.tone]}m${glyph}\x1b[0m` : glyph} ${sign[t.lang]}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colour starts with ESC
const bare = (s: string): string => s.replace(/\x1b\[\d+m/g, '')

/** Columns that a text takes: CJK and full-width signs take two. */
export function width(s: string): number {
  let n = 0
  for (const ch of bare(s))
    n += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(ch) ? 2 : 1
  return n
}

export function cut(s: string, max: number, unicode: boolean): string {
  if (width(s) <= max) return s
  const mark = unicode ? '…' : '~'
  let out = ''
  for (const ch of bare(s)) {
    if (width(out + ch) > max - 1) break
    out += ch
  }
  return out + mark
}

/** Narrower than this the last column is cut, not folded. */
const foldColumnsMin = 20

/** Rows under a header, two blanks between columns; the last column is folded under itself where there is room, else cut. */
export function table(t: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((r) => width(r[i] ?? ''))))
  const last = head.length - 1
  const before = widths.slice(0, last).reduce((n, w) => n + w + 2, 0)
  const room = t.columns - before
  const line = (r: readonly string[]): string => {
    const out = head.slice(0, last).reduce((text, _, i) => {
      const cell = r[i] ?? ''
      return text + cell + ' '.repeat(Math.max(0, (widths[i] as number) - width(cell)) + 2)
    }, '')
    const end = r[last] ?? ''
    if (width(end) <= room || room < foldColumnsMin) return cut((out + end).trimEnd(), t.columns, t.unicode)
    const [first = '', ...more] = fold({ ...t, columns: room }, end).split('\n')
    return [out + first, ...more.map((l) => ' '.repeat(before) + l)].join('\n')
  }
  const none = rows.length === 0 ? `\n${render(t.lang, 'word.nothing')}` : ''
  return `${all.map(line).join('\n')}${none}\n`
}

/** Text folded at blanks (or between CJK signs) to the window; lines after the first stand `hang` further in. */
export function fold(t: Terminal, text: string, indent = '', hang = ''): string {
  const max = t.columns - indent.length - hang.length
  const lines: string[] = []
  let line = ''
  const words = text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/g) ?? []
  // A word that no line can hold is broken.
  for (const word of words.flatMap((w) => (width(w) > max ? (w.match(new RegExp(`.{1,${max}}`, 'gu')) ?? []) : [w]))) {
    if (width(line + word) > max && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = ''
    }
    if (line !== '' || word.trim() !== '') line += word
  }
  lines.push(line.trimEnd())
  return lines.map((l, i) => indent + (i === 0 ? '' : hang) + l).join('\n')
}

const spans = {
  en: { ms: ' ms', s: ' s', min: ' min', h: ' h', d: ' d' },
  zh: { ms: ' 毫秒', s: ' 秒', min: ' 分', h: ' 小时', d: ' 天' },
} as const

export function duration({ lang }: Pick<Terminal, 'lang'>, ms: number): string {
  const u = spans[lang]
  if (ms < 0) return '-'
  if (ms < 1000) return `${ms}${u.ms}`
  const s = Math.floor(ms / 1000)
  if (s < 60) return `${s}${u.s}`
  if (s < 3600) return `${Math.floor(s / 60)}${u.min} ${s % 60}${u.s}`
  if (s < 86_400) return `${Math.floor(s / 3600)}${u.h} ${Math.floor((s % 3600) / 60)}${u.min}`
  return `${Math.floor(s / 86_400)}${u.d} ${Math.floor((s % 86_400) / 3600)}${u.h}`
}
