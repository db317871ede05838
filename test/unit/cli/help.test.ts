/** `--help`: every verb and option says what it is for, in both languages, in 80 columns. */
import type { Command } from 'commander'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inLanguage } from '../../../console/cli/help.js'
import { buildProgram } from '../../../console/cli/program.js'
import { width } from '../../../console/cli/terminal.js'
import { help } from '../../../runtime/text/help.js'
import { ioOf, kyha } from './bench.js'

const t = suite('cli help')
const all = (c: Command): Command[] => [c, ...c.commands.flatMap(all)]
const commands = all(buildProgram(ioOf().io))
const pathOf = (c: Command): string[] => (c.parent ? [...pathOf(c.parent), c.name()] : [])

t('every verb and option has its words in both languages, and no words are left over', () => {
  const used = commands.flatMap((c) => [c.description(), ...c.options.map((o) => o.description)])
  for (const c of commands) assert.ok(c.description(), pathOf(c).join(' '))
  for (const text of used) assert.is.not(inLanguage('zh', text), text)
  const own = new Set([...used, 'display help for command'])
  const left = Object.entries(help).filter(([key, { en }]) => !own.has(en) && !/^help\.(title-|choices|default)/.test(key))
  assert.equal(left, [])
})

t('in Chinese where the reader’s language is, in 80 columns', async () => {
  const env = { LC_ALL: 'zh_CN.UTF-8', TERM: 'xterm' }
  for (const c of commands) {
    for (const [lang, args] of [
      ['en', { LC_ALL: 'C' }],
      ['zh', env],
    ] as const) {
      const { out, code } = await kyha('/nope', [...pathOf(c), '--help'], args)
      assert.is(code, 0, pathOf(c).join(' '))
      for (const line of out.split('\n')) assert.ok(width(line) <= 80, `${lang}: ${line}`)
      if (lang === 'zh') assert.not.match(out, /Usage:|Options:|Commands:|display help|choices:|default:/)
    }
  }
  const zh = (await kyha('/nope', ['--lang', 'zh', 'resource', '--help'], { LC_ALL: 'C.UTF-8', TERM: 'xterm' })).out
  assert.match(zh, /^用法： kyha resource/)
  assert.match(zh, /cleanup \[options\] <resource> +清除失败记录并重新探测\n/)
})

t.run()
