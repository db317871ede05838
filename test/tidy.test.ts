/**
 * The house rules as a test (design 3): what a reviewer would say every time, said by a machine once. Rules scan lines, so they are
 * plain and can be read in one sitting. A rule is made stricter, never looser.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../runtime/paths.js'

const t = suite('tidy')

const skip = new Set(['node_modules', 'dist', '.build', '.git', '.demo', '.rig', 'coverage'])
const walk = (dir: string): string[] =>
  readdirSync(join(root, dir), { withFileTypes: true }).flatMap((e) =>
    skip.has(e.name) ? [] : e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)],
  )
const files = walk('.')
const code = files.filter((f) => /\.(ts|tsx|mjs|c|h)$/.test(f))
const text = (f: string): string => readFileSync(join(root, f), 'utf8')
const isTs = (f: string): boolean => /\.tsx?$/.test(f)

/** `file:line: text` of every line that `bad` objects to. */
function scan(list: readonly string[], bad: (line: string, file: string) => boolean): string[] {
  return list.flatMap((f) =>
    text(f)
      .split('\n')
      .flatMap((line, i) => (bad(line, f) ? [`${f}:${i + 1}: ${line.trim()}`] : [])),
  )
}
const none = (found: readonly string[]): void => assert.is(found.join('\n'), '')
const isComment = (line: string): boolean => /^\s*(\/\/|\*|\/\*)/.test(line)

t('actors reach time, randomness and I/O through effects only', () => {
  const banned =
    /\bDate\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|Math\.random|\bawait\b|\basync\b|\bPromise\b|\bprocess\.|['"]node:|\brequire\(/
  none(
    scan(
      code.filter((f) => f.startsWith('actors/')),
      (line) => !isComment(line) && banned.test(line),
    ),
  )
})

const order = [
  'witness',
  'heartbeat-link',
  'disk-heartbeat',
  'membership',
  'quorum',
  'log',
  'coordinator',
  'fencer',
  'resource',
  'health-monitor',
  'notifier',
]
const gives = /\/(messages|state|apply|right|votes|twonode|register)\.js$/

t('imports under actors/ go with the walk: own folder, contracts of earlier folders, and the types of runtime/', () => {
  const runtimeOk = /^runtime\/(actor|ids|time|assert|random|verdict|wire\/codec|store\/crc32c|text\/index|config\/(document|search))\.js$/
  const found = code
    .filter((f) => f.startsWith('actors/'))
    .flatMap((f) => {
      const own = f.split('/')[1] as string
      return [...text(f).matchAll(/from '([^']+)'/g)].flatMap(([, path = '']) => {
        const target = join(dirname(f), path)
        const other = target.match(/^actors\/([\w-]+)\//)?.[1]
        if (other === own || runtimeOk.test(target)) return []
        const earlier = other !== undefined && order.indexOf(other) >= 0 && order.indexOf(other) < order.indexOf(own)
        return earlier && gives.test(target) ? [] : [`${f}: imports ${path}`]
      })
    })
  none(found)
})

t('runtime/ imports from actors/ only message types, the registry excepted', () => {
  const found = scan(
    code.filter((f) => f.startsWith('runtime/') && !f.endsWith('host/registry.ts')),
    (line) => /from '(\.\.\/)+actors\//.test(line) && !/^import type|from '[^']*\/messages\.js'/.test(line),
  )
  none(found)
})

t('a file is a page: at most 400 lines', () => {
  none(code.flatMap((f) => (text(f).split('\n').length > 401 ? [`${f}: ${text(f).split('\n').length - 1} lines`] : [])))
})

t('a line of C is at most 140 columns (biome sees to TypeScript)', () => {
  none(
    scan(
      code.filter((f) => /\.[ch]$/.test(f)),
      (line) => [...line].length > 140,
    ),
  )
})

t('a function is at most 70 lines', () => {
  const found = code.filter(isTs).flatMap((f) => {
    const lines = text(f).split('\n')
    return lines.flatMap((line, i) => {
      const head = line.match(/^(\s*)(export )?(async )?function \w+|^(\s*)(export )?const \w+ = (async )?\(.*=> \{$/)
      if (!head) return []
      const indent = head[1] ?? head[4] ?? ''
      const end = lines.findIndex(
        (l, j) => j > i && l.startsWith(`${indent}}`) && !l.startsWith(`${indent}} `) && !l.startsWith(`${indent}}): `),
      )
      return end - i > 70 ? [`${f}:${i + 1}: ${end - i} lines`] : []
    })
  })
  none(found)
})

t('a file begins with a comment that says what it promises', () => {
  none(code.filter((f) => !/^(#!.*\n)?\s*\/[*/]/.test(text(f))))
})

t('every room of two files and more has a README with one first-level heading', () => {
  const rooms = new Set(code.filter((f) => !f.startsWith('test/')).map((f) => dirname(f)))
  const missing = [...rooms]
    .filter((d) => code.filter((f) => dirname(f) === d).length > 1 && !existsSync(join(root, d, 'README.md')))
    .filter((d) => d !== '.' && d !== 'runtime/text')
  none(missing.map((d) => `${d}: no README.md`))
  const heads = files
    .filter((f) => f.endsWith('.md'))
    .filter(
      (f) =>
        (
          text(f)
            .replace(/```[\s\S]*?```/g, '')
            .match(/^# /gm) ?? []
        ).length !== 1,
    )
  none(heads.map((f) => `${f}: not exactly one first-level heading`))
})

t('no unfinished words, no debugging left, no bare throw of a string, no empty catch', () => {
  const unfinished = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''))
  none(
    scan(
      code,
      (line, f) =>
        f !== 'test/tidy.test.ts' &&
        (unfinished.test(line) ||
          /\bdebugger\b|console\.log\(/.test(line) ||
          /throw ['"`]/.test(line) ||
          /catch( \(\w+\))? \{\}/.test(line)),
    ),
  )
})

t('no host paths, registry addresses or foreign names', () => {
  const found = scan(
    files.filter((f) => /\.(ts|tsx|mjs|c|h|md|json|sh|yaml|yml)$/.test(f) && f !== 'test/tidy.test.ts' && f !== 'package-lock.json'),
    (line) => /\/work\/|\/root\/\.|registry\.npmjs|deb\.debian\.org/.test(line),
  )
  none(found)
  assert.not.match(text('package-lock.json'), /"resolved": "http/)
})

t('every source file is reached by an import, a script or the build', () => {
  const reached = new Set<string>()
  const all = code.map((f) => text(f)).join('\n') + text('package.json')
  for (const f of code.filter((f) => isTs(f) && !f.endsWith('.d.ts') && !f.startsWith('test/'))) {
    const base = f.replace(/^.*\//, '').replace(/\.tsx?$/, '')
    if (new RegExp(`/${base}(\\.js|\\.tsx?)['"\`)\\s]`).test(all)) reached.add(f)
    else if (/\/(main|kyha|kyha-shell)\.ts$/.test(f)) reached.add(f)
  }
  none(code.filter((f) => isTs(f) && !f.endsWith('.d.ts') && !f.startsWith('test/') && !reached.has(f)))
})

t('biome finds nothing to say', () => {
  try {
    execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['ci', '.', '--colors=off', '--reporter=summary'], {
      cwd: root,
      stdio: 'pipe',
    })
  } catch (e) {
    const out = e as { stdout: Buffer; stderr: Buffer }
    assert.unreachable(`${out.stdout.toString().slice(0, 4000)}${out.stderr.toString().slice(0, 1000)}`)
  }
})

t.run()
