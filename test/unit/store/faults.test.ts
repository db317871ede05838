/** Full disks, failing syncs, rollbacks: what the store does when the disk does not do its part (F49-F61). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openStore, StoreError } from '../../../runtime/store/store.js'
import { expected, hard, OURS, record, shown, snapshot, wal } from '../../contract/store.cases.js'
import { MemoryDisk } from '../../contract/store.disk.js'

const t = suite('store: faults')
const SMALL = { segmentBytes: 2048, reserveBytes: 4096 }
const open = (disk: MemoryDisk) => openStore('/s', OURS, { ...SMALL, files: disk })
const body = 'x'.repeat(800)
const large = body + body

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  try {
    await promise
  } catch (error) {
    assert.instance(error, StoreError)
    return error as StoreError
  }
  return assert.unreachable('it was accepted') as never
}

t('writes that wait together share one sync', async () => {
  const disk = new MemoryDisk()
  const store = await openStore('/s', OURS, { files: disk, reserveBytes: 4096 })
  await store.write(wal(record(1, 1)))
  const before = disk.counts.sync
  await Promise.all(Array.from({ length: 50 }, (_, i) => store.write(wal(record(2 + i, 1)))))
  assert.is(disk.counts.sync - before, 1)
  disk.crash()
  assert.is((await open(disk)).recovered.entries.length, 51)
})

t(
  'a full disk refuses log writes, keeps nothing of them, takes a last hard state, and goes on when there is space (F52, L12)',
  async () => {
    const disk = new MemoryDisk()
    const store = await open(disk)
    await store.write(wal(record(1, 1, body)))
    disk.capacity = 0
    await store.write(wal(record(2, 1, 'fits into the segment')))
    const results = await Promise.allSettled([
      store.write(wal(record(3, 1, large))),
      store.write(wal(record(4, 1))),
      store.write(hard('resign')),
    ])
    assert.equal(
      results.map((result) => result.status),
      ['rejected', 'rejected', 'fulfilled'],
    )
    for (const result of results.slice(0, 2)) {
      assert.is(result.status === 'rejected' && (result.reason as StoreError).full, true)
      assert.match(result.status === 'rejected' && result.reason.message, 'full')
    }
    assert.not.ok(disk.names.has('/s/reserve'), 'the reserve was given up')
    assert.equal(
      [...disk.names.keys()].filter((name) => name.endsWith('.tmp')),
      [],
    )
    const copy = MemoryDisk.of(disk.dump())
    assert.is(JSON.parse(shown((await open(copy)).recovered)).entries.length, 2)

    assert.is((await failure(store.write(wal(record(3, 1, large))))).full, true)
    disk.capacity = 4096 + [...disk.names.values()].reduce((sum, inode) => sum + inode.data.length, 0)
    assert.is((await failure(store.write(wal(record(3, 1, large))))).full, true, 'the reserve comes first')
    disk.capacity = Number.POSITIVE_INFINITY
    await store.write(wal(record(3, 1, large)))
    assert.ok(disk.names.has('/s/reserve'), 'the reserve stands again')
    disk.crash()
    const { recovered } = await open(disk)
    assert.equal(
      recovered.entries.map((entry) => entry.index),
      [1, 2, 3],
    )
    assert.is(Buffer.from(recovered.hard ?? []).toString(), 'resign')
  },
)

t('ENOSPC inside a preallocated segment (copy-on-write) is undone; the next write takes the place', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write(wal(record(1, 1)))
  let failures = 1
  disk.fault = (operation, path) => (operation === 'write' && path.includes('wal-') && failures-- > 0 ? 'ENOSPC' : undefined)
  assert.is((await failure(store.write(wal(record(2, 1), record(3, 1))))).full, true)
  await store.write(wal(record(2, 7)))
  disk.crash()
  const again = await open(disk)
  assert.is(shown(again.recovered), expected(undefined, undefined, ['1.1', '7.2']))
  assert.equal(again.recovered.notes, [])
})

t('ENOSPC while a snapshot is written keeps the old one and the log', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write(wal(record(1, 1), record(2, 1), record(3, 1)))
  await store.write(snapshot(1, 1, 'one'))
  disk.fault = (operation, path) => (operation === 'write' && path.includes('snapshot') ? 'ENOSPC' : undefined)
  assert.is((await failure(store.write(snapshot(2, 1, 'two')))).full, true)
  disk.fault = (operation, path) => (operation === 'write' && path.includes('superblock') ? 'ENOSPC' : undefined)
  assert.is((await failure(store.write(snapshot(3, 9, 'three of another history')))).full, true)
  disk.fault = () => undefined
  await store.write(wal(record(4, 1)))
  disk.crash()
  assert.is(shown((await open(disk)).recovered), expected(undefined, '1.1 one', ['1.2', '1.3', '1.4']))
})

for (const [what, code] of [
  ['sync', 'EIO'],
  ['sync', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'EROFS'],
  ['syncDir', 'EIO'],
] as const) {
  t(`a ${what} that fails with ${code} ends the store for good, and it is never retried (F50, F51, F53)`, async () => {
    const disk = new MemoryDisk()
    const store = await open(disk)
    await store.write(wal(record(1, 1, body), record(2, 1, what === 'syncDir' ? body : '')))
    let failures = 1
    disk.fault = (operation) => (operation === what && failures-- > 0 ? code : undefined)
    const first = await failure(store.write(wal(record(3, 1, body))))
    assert.is(first.full, false)
    assert.match(first.message, code)
    const counts = { ...disk.counts }
    for (const op of [wal(record(2, 1)), hard('x'), snapshot(1, 1, 's')]) assert.is((await failure(store.write(op))).full, false)
    await store.close()
    assert.equal(disk.counts, counts, 'nothing was touched after the failure')
    disk.fault = () => undefined
    disk.crash()
    assert.is(JSON.parse(shown((await open(disk)).recovered)).entries.length, 2)
  })
}

t('an older copy of both superblocks under a newer log is refused (rollback, S12)', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write(hard('term 1'))
  const old = disk.dump()
  await store.write(hard('term 2'))
  await store.write(wal(record(1, 2)))
  const files = disk.dump()
  for (const name of ['/s/superblock.0', '/s/superblock.1']) files.set(name, old.get(name) as Buffer)
  const error = await failure(open(MemoryDisk.of(files)))
  assert.is(error.because.key, 'store.rolled-back')
})

t('an older copy of the log under a newer superblock is refused (rollback)', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write(wal(record(1, 1)))
  const old = disk.dump()
  await store.write(wal(record(2, 1)))
  await store.write(hard('after'))
  const files = disk.dump()
  for (const [name, bytes] of old) if (name.includes('wal-')) files.set(name, bytes)
  assert.is((await failure(open(MemoryDisk.of(files)))).because.key, 'store.log-short')
})

t('a lost file of any kind is refused or repaired, never overlooked', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  for (let i = 1; i <= 7; i++) await store.write(wal(record(i, 1, body)))
  await store.write(snapshot(2, 1, 'two'))
  await store.close()
  const whole = shown((await open(MemoryDisk.of(disk.dump()))).recovered)
  const seen: Record<string, string> = {}
  for (const name of disk.names.keys()) {
    const files = disk.dump()
    files.delete(name)
    try {
      seen[name] = shown((await open(MemoryDisk.of(files))).recovered) === whole ? 'whole' : 'wrong'
    } catch (error) {
      seen[name] = (error as StoreError).because.key
    }
  }
  assert.equal(seen, {
    '/s/superblock.0': 'whole',
    '/s/superblock.1': 'whole',
    '/s/reserve': 'whole',
    '/s/wal-0000000002': 'store.hole',
    '/s/wal-0000000003': 'store.segment-missing',
    '/s/wal-0000000004': 'store.log-short',
    '/s/snapshot-0000000000000002': 'store.snapshot-missing',
  })
  const bare = disk.dump()
  bare.delete('/s/superblock.0')
  bare.delete('/s/superblock.1')
  assert.is((await failure(open(MemoryDisk.of(bare)))).because.key, 'store.superblock-missing')
})

t('a log file of another node is refused', async () => {
  const [mine, theirs] = [new MemoryDisk(), new MemoryDisk()]
  const a = await open(mine)
  const b = await openStore('/s', { ...OURS, node: 'n-9' as typeof OURS.node }, { ...SMALL, files: theirs })
  await a.write(wal(record(1, 1)))
  await b.write(wal(record(1, 1)))
  const files = mine.dump()
  files.set('/s/wal-0000000001', theirs.dump().get('/s/wal-0000000001') as Buffer)
  assert.is((await failure(open(MemoryDisk.of(files)))).because.key, 'store.foreign-file')
})

t('a directory that cannot be used is refused with a sentence', async () => {
  const disk = new MemoryDisk()
  disk.fault = (operation) => (operation === 'open' ? 'EACCES' : undefined)
  const error = await failure(open(disk))
  assert.is(error.because.key, 'store.unreadable')
  assert.match(error.message, 'EACCES')
  disk.fault = () => undefined
  await (await open(disk)).close() // the lock was given back
})

t.run()
