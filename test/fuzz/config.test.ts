/** Hostile and broken documents: each is accepted or refused with sentences that have a line; nothing throws, hangs or grows. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseNodeConfig } from '../../runtime/config/node.js'
import { parseConfig } from '../../runtime/config/parse.js'
import { printDoc } from '../../runtime/config/print.js'
import { type Problem, sentence } from '../../runtime/config/problem.js'
import { seeded } from '../../runtime/random.js'
import { EXAMPLE, EXAMPLE_CLONES } from '../unit/config/example.js'
import { runsOf } from './help.js'

const t = suite('fuzz: config')

const judge = (problems: readonly Problem[], what: string): void => {
  assert.ok(problems.length > 0 && problems.length <= 51, what)
  for (const problem of problems) {
    for (const lang of ['en', 'zh'] as const) {
      assert.not.match(
        sentence(lang, problem),
        /\{(?:line|path|value|name|key|near|known|limit|error|min|max|clone|resource|pool|node|pattern|count|op|date|needs|start|end|word)\}/,
      )
      assert.ok(sentence(lang, problem).length < 1000, what)
    }
    assert.ok(problem.line >= 1, what)
  }
}
const check = (text: string, what: string): string[] => {
  const parsed = parseConfig(text)
  if (parsed.ok) {
    const again = parseConfig(printDoc(parsed.doc))
    assert.ok(again.ok, `${what}: what was printed was refused`)
    if (again.ok) assert.equal(again.doc, parsed.doc, what)
    return []
  }
  judge(parsed.problems, what)
  const node = parseNodeConfig(text)
  if (!node.ok) judge(node.problems, what)
  return parsed.problems.map((problem) => problem.because.key)
}

t('bombs, deep nests and floods are refused before they cost anything', () => {
  const tens = [...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${tens.join('\n')}\n`
  assert.equal(check(bomb, 'alias bomb'), ['config.too-many-nodes'])
  assert.equal(check('a: &a [*a]', 'an alias of itself'), ['config.too-deep'])
  for (const open of ['[', '{a: ', '- ', '? ', '[\n', '{"a":\n'])
    assert.equal(check(open.repeat(5000), `${open} x 5000`), ['config.too-deep'])
  assert.equal(check(`${'['.repeat(300)}${']'.repeat(300)}`, 'closed'), ['config.too-deep'])
  assert.equal(check(Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'indented'), ['config.too-deep'])
  assert.equal(check(`name: "${'x'.repeat(1024 * 1024)}"`, 'too large'), ['config.too-large'])
  assert.equal(check('- x\n'.repeat(200_000), 'flood'), ['config.too-many-nodes'])
  assert.ok(check(Array.from({ length: 40_000 }, (_, i) => `k${i}: 1`).join('\n'), 'many keys').includes('config.unknown-key'))
})

t('a big but honest document is accepted', () => {
  const names = Array.from({ length: 1500 }, (_, i) => `r${i}`)
  const resources = names.map((name) => `  - {name: ${name}, agent: kyha:http, ops: {monitor: {interval: 10s}}}`).join('\n')
  const orders = names
    .slice(1)
    .map((name, i) => `  - {first: r${i}, then: ${name}}`)
    .join('\n')
  assert.equal(check(`apiVersion: kyha/v1\nname: big\nresources:\n${resources}\norder:\n${orders}\n`, 'big'), [])
})

t('every line left out, doubled or cut', () => {
  for (const lines of [EXAMPLE, EXAMPLE_CLONES].map((example) => example.trim().split('\n'))) everyLine(lines)
})
function everyLine(lines: readonly string[]): void {
  for (const [i, line] of lines.entries()) {
    check(lines.filter((_, j) => j !== i).join('\n'), `without line ${i}`)
    check(lines.flatMap((one, j) => (j === i ? [one, one] : [one])).join('\n'), `line ${i} twice`)
    for (const at of [0.25, 0.5, 0.75]) check([...lines.slice(0, i), line.slice(0, line.length * at)].join('\n'), `cut in line ${i}`)
  }
}

t('random bytes over the examples', () => {
  const random = seeded('config')
  const odd = [
    '{',
    '}',
    '[',
    ']',
    ':',
    '-',
    '&',
    '*',
    '!',
    '|',
    '>',
    '"',
    "'",
    '#',
    '%',
    '@',
    '\n',
    '\t',
    '\0',
    '中',
    '<<: *a',
    'null',
    '~',
    '!!js/function x',
    '9'.repeat(30),
    '---\n',
    '...\n',
    '? ',
  ]
  for (let round = 0; round < runsOf(250); round++) {
    let text = round % 2 === 0 ? EXAMPLE : EXAMPLE_CLONES
    for (let n = 1 + random.int(4); n > 0; n--) {
      const at = random.int(text.length)
      text = text.slice(0, at) + (odd[random.int(odd.length)] ?? '') + text.slice(at + random.int(6))
    }
    check(text, `round ${round}:\n${text}`)
  }
})

t('random trees in the place of each part of a document that is well', () => {
  const random = seeded('parts')
  const part = (text: string, indent: string): string[] => text.split(new RegExp(`^(?=${indent}\\S)`, 'm'))
  const values = [
    '[]',
    '{}',
    '',
    '7',
    '-1',
    'x',
    '"#"',
    '[x]',
    '[[]]',
    '{x: 1}',
    '{all: []}',
    '[{any: }]',
    '"(a+)+"',
    '2026-02-30',
    '-INFINITY',
  ]
  const parts = part(EXAMPLE_CLONES, '(?:  - )?')
  for (const [i, one] of parts.entries()) {
    for (const [found] of one.matchAll(/[\w-]+: (?!\s)/g)) {
      if (random.chance(0.5)) continue
      const broken = one.replace(found, `${found}${values[random.int(values.length)]}, zz: `)
      check([...parts.slice(0, i), broken, ...parts.slice(i + 1)].join(''), broken)
      const at = one.indexOf(found) + found.length
      const rest = one.slice(at).replace(/^(?:'[^']*'|[^\s,{}[\]]+)/, values[random.int(values.length)] ?? '')
      check([...parts.slice(0, i), one.slice(0, at) + rest, ...parts.slice(i + 1)].join(''), one)
    }
  }
})

t('random trees of JSON', () => {
  const random = seeded('trees')
  const top = ['properties', 'nodes', 'resources', 'groups', 'clones', 'pools', 'location', 'colocation', 'order', 'fencing']
  const inner =
    'name members meta ops monitor levels x __proto__ resource with first then node score role promoted max min standby choose pattern rule ' +
    'any all attribute op value type date start end spec hours utilization node-health strategy red placement-strategy promote'
  const words = [...top, ...inner.split(' ')]
  const tree = (depth: number): unknown => {
    const kind = random.int(depth > 4 ? 5 : 8)
    if (kind < 5) return [null, random.int(100), random.chance(0.5), words[random.int(words.length)], -1.5][kind]
    if (kind === 5) return Array.from({ length: random.int(4) }, () => tree(depth + 1))
    return Object.fromEntries(Array.from({ length: random.int(6) }, () => [words[random.int(words.length)], tree(depth + 1)]))
  }
  for (let round = 0; round < runsOf(300); round++) {
    const text = JSON.stringify({
      apiVersion: 'kyha/v1',
      name: 'x',
      [top[random.int(top.length)] ?? '']: tree(0),
      [top[random.int(top.length)] ?? '']: tree(0),
    })
    check(text, text)
  }
})

t.run()
