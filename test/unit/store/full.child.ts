/**
 * Runs on a small file system of its own (full.test.ts): fills it until the store is refused, says that it resigns, makes room, and goes on. Prints
 * what happened as one line of JSON.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type StoreError } from '../../../runtime/store/store.js'
import { hard, OURS, record, wal } from '../../contract/store.cases.js'

const dir = process.argv[2] ?? ''
const body = 'x'.repeat(200_000)
const filler = join(dir, 'filler')
const store = await openStore(join(dir, 'store'), OURS)
await store.write(hard('term 1, leading'))
writeFileSync(filler, Buffer.alloc(3 << 20))
let written = 0
let refusal: StoreError | undefined
while (!refusal && written < 100)
  await store.write(wal(record(written + 1, 1, body))).then(
    () => written++,
    (error: StoreError) => {
      refusal = error
    },
  )
const beside = await store.write(wal(record(written + 1, 1, 'small'))).then(
  () => 'kept',
  (error: StoreError) => (error.full ? 'full' : 'lost'),
)
if (beside === 'kept') written++
await store.write(hard('term 1, I resign'))
const again = await store.write(wal(record(written + 1, 1, body))).catch((error: StoreError) => error)
rmSync(filler)
await store.write(wal(record(written + 1, 2, body)))
await store.close()
const { recovered } = await openStore(join(dir, 'store'), OURS)
process.stdout.write(
  `${JSON.stringify({
    written,
    refused: refusal?.because.key,
    full: refusal?.full,
    stillFull: again instanceof Error && (again as StoreError).full,
    hard: Buffer.from(recovered.hard ?? []).toString(),
    entries: recovered.entries.map((e) => [e.index, e.term]),
    notes: recovered.notes.map((n) => n.key),
  })}\n`,
)
process.exit(0)
