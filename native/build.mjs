/**
 * Compiles native/ into dist/native/{guard,cage,fence_lab,servant,garp,httpask} with the machine's C compiler (CC, cc, gcc, clang).
 * Skips what is newer than its sources. A missing compiler or header ends with one sentence and exit code 1.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = process.env['KYHA_NATIVE_DIR'] ?? join(here, '..', 'dist', 'native')
const flags = [
  '-std=gnu11',
  '-D_GNU_SOURCE',
  '-O2',
  '-g',
  '-Wall',
  '-Wextra',
  '-fstack-protector-strong',
  '-D_FORTIFY_SOURCE=2',
  '-fPIE',
  '-pie',
  '-Wl,-z,relro,-z,now',
]
const install = 'install one and build again, e.g. `apt install gcc libc6-dev` or `dnf install gcc glibc-devel`; CC names another one'

const dir = (name) =>
  readdirSync(join(here, name))
    .sort()
    .map((file) => join(here, name, file))
const targets = [
  { name: 'guard', inputs: dir('guard').filter((f) => /\.[ch]$/.test(f)) },
  { name: 'cage', inputs: [join(here, 'cage', 'cage.c'), join(here, 'cage', 'machine.c'), join(here, 'cage', 'machine.h')] },
  { name: 'fence_lab', inputs: [join(here, 'cage', 'fence_lab.c')] },
  { name: 'servant', inputs: [join(here, 'servant', 'servant.c')] },
  { name: 'garp', inputs: [join(here, 'garp', 'garp.c')] },
  { name: 'httpask', inputs: [join(here, 'httpask', 'httpask.c')] },
]

const end = (sentence) => {
  process.stderr.write(`native: ${sentence}\n`)
  process.exit(1)
}
const mtime = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
const words = (command) => command.trim().split(/\s+/)

/** The first compiler that answers, as argv words; CC may carry flags. */
function compiler() {
  const named = process.env['CC']
  for (const candidate of named ? [named] : ['cc', 'gcc', 'clang']) {
    const [program, ...rest] = words(candidate)
    if (program && spawnSync(program, [...rest, '--version'], { stdio: 'ignore' }).status === 0) return [program, ...rest]
  }
  return end(
    named
      ? `the C compiler that CC names (${named}) cannot be run, and the guard is written in C: ${install}`
      : `no C compiler was found (tried cc, gcc, clang), and the guard is written in C: ${install}`,
  )
}

function build({ name, inputs }, cc) {
  const target = join(out, name)
  const temporary = `${target}.${process.pid}.tmp`
  const sources = inputs.filter((f) => f.endsWith('.c'))
  const done = spawnSync(cc[0], [...cc.slice(1), ...flags, '-o', temporary, ...sources], { encoding: 'utf8' })
  if (done.stderr) process.stderr.write(done.stderr)
  if (done.status !== 0) {
    const headers = /fatal error: .*No such file/.test(done.stderr ?? '') ? '; the C library headers are missing' : ''
    end(`${name} did not compile${headers}: ${headers ? install : 'see the lines above'}`)
  }
  renameSync(temporary, target)
  process.stdout.write(`native: built ${name}\n`)
}

const script = mtime(fileURLToPath(import.meta.url))
const stale = targets.filter(({ name, inputs }) => Math.max(script, ...inputs.map(mtime)) > mtime(join(out, name)))
if (stale.length > 0) {
  const cc = compiler()
  mkdirSync(out, { recursive: true })
  for (const target of stale) build(target, cc)
}
