/** The store reads its files from the disk and not from memory: what the page cache shows after a failed fsync may be a lie (design 8.9). */
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { realFiles } from '../../../runtime/store/files.js'
import { when } from '../../needs.js'

const t = suite('store: direct reads')
const dir = mkdtempSync(join(tmpdir(), 'kyha-direct-'))
t.after(() => rmSync(dir, { recursive: true }))

const fromDisk = (): number => Number(/^read_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN)
function make(name: string, bytes: Buffer): string {
  const path = join(dir, name)
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r+')
  fsyncSync(fd)
  closeSync(fd)
  return path
}
const mountOf = (path: string): string =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => path.startsWith(line.split(' ')[1] ?? '?'))
    .sort((a, b) => (a.split(' ')[1] ?? '').length - (b.split(' ')[1] ?? '').length)
    .at(-1) ?? ''

for (const size of [0, 1, 511, 512, 4095, 4096, 4097, 300_000, 1 << 20]) {
  t(`a file of ${size} bytes comes back as it is`, async () => {
    const bytes = Buffer.alloc(size)
    for (let i = 0; i < size; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff
    assert.ok((await realFiles.read(make(`f${size}`, bytes)))?.equals(bytes))
  })
}

t('a file that is not there is none; a directory is an error', async () => {
  assert.is(await realFiles.read(join(dir, 'none')), undefined)
  try {
    await realFiles.read(dir)
    assert.unreachable('it was read')
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'EISDIR')
  }
})

when(t, /^\S+ \S+ (ext4|xfs) /.test(mountOf(dir)) ? undefined : 'needs a temporary directory on ext4 or xfs')(
  'what stands in the page cache is read from the disk all the same',
  async () => {
    const path = make('cached', Buffer.alloc(1 << 18, 3))
    readFileSync(path)
    const before = fromDisk()
    assert.is((await realFiles.read(path))?.length, 1 << 18)
    assert.ok(fromDisk() - before >= 1 << 18, 'every byte came from the disk')
  },
)

t('where a write still waits for the disk, the read waits for it and shows it', async () => {
  const path = make('dirty', Buffer.alloc(8192, 4))
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.alloc(100, 5), 0, 100, 4000)
  const got = await realFiles.read(path)
  assert.equal([got?.[3999], got?.[4000], got?.[4099], got?.[4100]], [4, 5, 5, 4])
  closeSync(fd)
})

t.run()
