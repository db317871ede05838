/** A disk that is really full: a small tmpfs in a mount namespace of its own, with the product's own sizes (segments and reserve of 1 MiB). */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { program, root, when } from '../../needs.js'

const t = suite('store: a full disk')
const child = fileURLToPath(new URL('./full.child.js', import.meta.url))

when(
  t,
  root(),
  program('unshare'),
)('refused with a sentence, nothing is lost, "I resign" is still written, and with room again it goes on without a restart', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-full-'))
  try {
    const script = 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" "$1"'
    const out = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', dir, process.execPath, child], { encoding: 'utf8' })
    const got = JSON.parse(out) as { written: number; entries: [number, number][] } & Record<string, unknown>
    assert.ok(got.written >= 5, 'it kept at least a segment full')
    const whole = Array.from({ length: got.written }, (_, i): [number, number] => [i + 1, 1])
    assert.equal(got, {
      written: got.written,
      refused: 'store.full',
      full: true,
      stillFull: true,
      hard: 'term 1, I resign',
      entries: [...whole, [got.written + 1, 2]],
      notes: [],
    })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

t.run()
