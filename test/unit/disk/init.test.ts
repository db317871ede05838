/** `kyha disk init` and `show` over real files: every disk of the set or none, header last, and nothing overwritten that carries anything. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { blocksOf, decodeHeader, readSlot } from '../../../actors/disk-heartbeat/layout.js'
import { type Initialized, initDisks, showDisk } from '../../../console/disk/disks.js'
import { foundOn } from '../../../console/disk/found.js'
import { isRefusal } from '../../../console/join/names.js'
import { diskBlockBytes } from '../../../runtime/actor.js'
import { clusterId, nodeId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { render } from '../../../runtime/text/index.js'
import type { Refusal } from '../../../runtime/verdict.js'
import { program as needsProgram, when } from '../../needs.js'
import { Shelf } from './bench.js'

const t = suite<{ shelf: Shelf }>('kyha disk')
t.before.each((c) => {
  c.shelf = new Shelf()
})
t.after.each((c) => c.shelf.close())

const cluster = clusterId('00000000-0000-4000-8000-000000000001')
const nodes = ['a', 'b'].map(nodeId)
const options = { cluster, nodes, force: false, dryRun: false }
const listed = (shelf: Shelf, count: number, blocks = 300): { name: string; path: string }[] =>
  Array.from({ length: count }, (_, i) => ({ name: `d${i + 1}`, path: shelf.file(`d${i + 1}`, blocks) }))
const ok = <T>(value: T | Refusal): T => {
  assert.ok(!isRefusal(value), isRefusal(value) ? render('en', value.because.key, value.because.args) : '')
  return value as T
}
const why = (value: readonly Initialized[] | Refusal): string =>
  isRefusal(value) ? render('en', value.because.key, value.because.args) : ''

t('three blank disks become one set, each slot blank', async ({ shelf }) => {
  const disks = listed(shelf, 3)
  const made = ok(await initDisks({ ...options, disks }))
  assert.equal(
    made.map((one) => one.before),
    [null, null, null],
  )
  for (const [i, { path }] of disks.entries()) {
    const bytes = readFileSync(path)
    const header = decodeHeader(bytes.subarray(0, diskBlockBytes))
    assert.ok(header.ok)
    assert.equal(header.value, { cluster, disk: made[i]?.disk, set: made.map((one) => one.disk), nodes })
    for (const slot of [0, 1])
      assert.equal(readSlot(bytes, header.value, slot).read, { ok: true, value: { mbal: 0, bal: 0, record: undefined } })
    const shown = ok(await showDisk(disks[i] as { name: string; path: string }))
    assert.equal(
      [shown.header, shown.slots.map((s) => [s.node, s.whole])],
      [
        header.value,
        [
          ['a', true],
          ['b', true],
        ],
      ],
    )
  }
})

t('one disk that is not blank keeps all of them as they are, with what it carries; --force does it, dryRun never', async ({ shelf }) => {
  const disks = listed(shelf, 3)
  const last = disks[2]?.path as string
  ok(await initDisks({ ...options, disks: disks.slice(2) }))
  const before = disks.map((d) => readFileSync(d.path))
  const no = why(await initDisks({ ...options, disks }))
  assert.match(no, /d3 .* is not blank: kyha header of cluster 00000000-.*--force/)
  ok(await initDisks({ ...options, disks, force: true, dryRun: true }))
  assert.equal(
    disks.map((d) => readFileSync(d.path).equals(before[disks.indexOf(d)] as Buffer)),
    [true, true, true],
  )
  const made = ok(await initDisks({ ...options, disks, force: true }))
  assert.match(String(made[2]?.before), /^kyha header/)
  const header = decodeHeader(readFileSync(last).subarray(0, diskBlockBytes))
  assert.ok(header.ok && header.value.set.length === 3)
})

t('a disk that is too small, or is not there, is said before anything is written', async ({ shelf }) => {
  const [good] = listed(shelf, 1)
  const small = { name: 'small', path: shelf.file('small', blocksOf(2) - 1) }
  assert.ok(good)
  assert.match(why(await initDisks({ ...options, disks: [good, small] })), /has 4 blocks of 4096 bytes and needs 5/)
  assert.match(why(await initDisks({ ...options, disks: [good, { name: 'x', path: `${shelf.dir}/none` }] })), /cannot be used: ENOENT/)
  assert.ok(readFileSync(good.path).every((byte) => byte === 0))
})

const tool = (name: string) => when(t, needsProgram(name))
for (const [name, argv, what] of [
  ['mkfs.ext4', ['-q', '-F'], 'ext2/3/4'],
  ['mkswap', [], 'swap'],
] as const) {
  tool(name)(`what ${name} makes is known and kept`, async () => {
    const shelf = new Shelf()
    const [disk] = listed(shelf, 1, 4096)
    assert.ok(disk)
    execFileSync(name, [...argv, disk.path], { stdio: 'ignore' })
    const before = readFileSync(disk.path)
    assert.ok(why(await initDisks({ ...options, disks: [disk] })).includes(`is not blank: ${what}`))
    assert.ok(readFileSync(disk.path).equals(before))
    await shelf.close()
  })
}

t('each mark is known by its name; what is unknown is other data', () => {
  const marked = (place: number, mark: string): Uint8Array => {
    const head = new Uint8Array(1 << 20)
    for (const [i, c] of [...mark].entries()) head[place + i] = c.charCodeAt(0)
    return head
  }
  const tail = new Uint8Array(16 * diskBlockBytes)
  for (const [what, place, mark] of [
    ['SBD header', 0, 'SBD_SBD_'],
    ['XFS', 0, 'XFSB'],
    ['GPT partition table', 512, 'EFI PART'],
    ['LVM physical volume', 512, 'LABELONE'],
    ['btrfs', 65_600, '_BHRfS_M'],
    ['LUKS volume', 0, 'LUKS\xba\xbe'],
    ['MBR partition table or boot sector', 510, '\x55\xaa'],
    ['kyha header that cannot be used (checksum)', 0, 'kyhadisk'],
    ['other data', 500_000, 'x'],
  ] as const)
    assert.ok(foundOn(marked(place, mark), tail)?.what.startsWith(what.slice(0, 20)), what)
  assert.is(foundOn(new Uint8Array(1 << 20), tail), undefined)
  tail[9] = 1
  assert.is(foundOn(new Uint8Array(1 << 20), tail)?.what, 'other data at its end')
  const r = seeded('found')
  for (let i = 0; i < 500; i++) {
    const bytes = Uint8Array.from({ length: r.int(5000) }, () => r.int(256))
    assert.ok(bytes.every((b) => b === 0) || foundOn(bytes, bytes.subarray(0, r.int(100))))
  }
})

t.run()
