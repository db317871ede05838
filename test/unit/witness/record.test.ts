/** What a quorum device keeps on disk: whole or refused, durable before it is answered, and never taken for "none". */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WitnessRecord } from '../../../actors/log/register.js'
import { isRefusal } from '../../../console/join/names.js'
import { writeDurably } from '../../../console/qdevice/files.js'
import { ClusterRecord, readRecord, recordFile, recordText } from '../../../console/qdevice/record.js'
import { nodeId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'

const t = suite('quorum device: record')
const cluster = '6f1c8a52-0d8e-4f43-9a31-0a6a2f1d7b11'
const node = nodeId('0f0e0d0c-0b0a-4908-8706-050403020100')
const other = nodeId('1f0e0d0c-0b0a-4908-8706-050403020100')
const owned: WitnessRecord = { epoch: 4, owner: node }

/** A directory of its own with the record `text`. */
async function inDir(text: string, run: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-record-'))
  try {
    writeFileSync(recordFile(dir), text)
    await run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
const opened = (dir: string, write = writeDurably): ClusterRecord => {
  const record = ClusterRecord.read(dir, cluster, write)
  assert.ok(!isRefusal(record))
  return record
}

t('what is written is read back', () => {
  for (const record of [undefined, { epoch: 0 }, { epoch: Number.MAX_SAFE_INTEGER }, owned])
    assert.equal(readRecord(recordText(cluster, record), cluster), { record })
})

t('every byte that is changed, cut off or added is noticed', () => {
  const text = recordText(cluster, owned)
  const r = seeded('record')
  for (let i = 0; i < text.length; i++) {
    const flipped = text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ (1 << r.int(7))) + text.slice(i + 1)
    assert.ok('damaged' in readRecord(flipped, cluster), `byte ${i} flipped`)
    assert.ok('damaged' in readRecord(text.slice(0, i), cluster), `cut off at ${i}`)
    assert.ok('damaged' in readRecord(`${text}${text.slice(0, i + 1)}`, cluster), `${i + 1} bytes behind it`)
  }
  assert.ok('damaged' in readRecord(text, node), 'of another cluster')
})

t('random bytes are no record, and nothing throws', () => {
  const r = seeded('random records')
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(Array.from({ length: r.int(200) }, () => r.int(256)))
    assert.ok('damaged' in readRecord(bytes.toString('latin1'), cluster))
  }
})

t('a missing or damaged file is a refusal with the file and why, never "none"', async () => {
  await inDir('', async (dir) => {
    const damaged = ClusterRecord.read(dir, cluster)
    assert.ok(isRefusal(damaged))
    assert.is(damaged.because.key, 'witness.record-damaged')
    assert.is(damaged.because.args['file'], recordFile(dir))
    rmSync(recordFile(dir))
    const missing = ClusterRecord.read(dir, cluster)
    assert.ok(isRefusal(missing))
    assert.is(missing.because.args['why'], 'ENOENT')
  })
})

t('an answer is on disk before it is given', () =>
  inDir(recordText(cluster, { epoch: 3 }), async (dir) => {
    const told = await opened(dir).ask({ ask: 'claim', node, epoch: 3 })
    assert.equal(told, { record: owned, ok: true })
    assert.equal(readRecord(readFileSync(recordFile(dir), 'utf8'), cluster), { record: owned })
  }),
)

t('what a life finds on disk it writes again before it relies on it', () =>
  inDir(recordText(cluster, owned), async (dir) => {
    let written = 0
    const record = opened(dir, async (path, text) => {
      written++
      await writeDurably(path, text)
    })
    assert.equal(await record.ask({ ask: 'claim', node, epoch: 3 }), { record: owned, ok: true })
    assert.is(written, 1, 'it may have been renamed and not synced by a process that died')
    assert.equal(await record.ask({ ask: 'claim', node, epoch: 3 }), { record: owned, ok: true })
    assert.is(written, 1)
  }),
)

t('a write that failed is answered by nobody, and the next answer rests on one that did not', () =>
  inDir(recordText(cluster, { epoch: 3 }), async (dir) => {
    let fails = true
    const record = opened(dir, async (path, text) => {
      await writeDurably(path, text)
      if (fails) throw Object.assign(new Error('sync'), { code: 'EIO' }) // after the rename: whether it lasts is not known
    })
    const no = await record.ask({ ask: 'claim', node, epoch: 3 })
    assert.ok(isRefusal(no))
    assert.is(no.because.key, 'witness.record-write')
    fails = false
    assert.equal(
      await record.ask({ ask: 'claim', node: other, epoch: 3 }),
      { record: { epoch: 4, owner: other }, ok: true },
      'nobody was told anything',
    )
    assert.equal(await record.ask({ ask: 'claim', node, epoch: 3 }), { record: { epoch: 4, owner: other }, ok: false })
    assert.equal(readRecord(readFileSync(recordFile(dir), 'utf8'), cluster), { record: { epoch: 4, owner: other } })
  }),
)

t('questions are answered in order, and beyond 64 that wait they are refused', () =>
  inDir(recordText(cluster, { epoch: 3 }), async (dir) => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const record = opened(dir, async () => gate)
    const asked = Array.from({ length: 70 }, (_, i) => record.ask({ ask: 'claim', node: i === 0 ? node : other, epoch: 3 }))
    go()
    const told = await Promise.all(asked)
    assert.is(told.filter((one) => isRefusal(one) && one.refused === 'busy').length, 6)
    assert.equal(told[0], { record: owned, ok: true })
    assert.equal(told[1], { record: owned, ok: false })
  }),
)

t.run()
