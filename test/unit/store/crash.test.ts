/**
 * Power cuts in the middle: at every single file operation of a run, with every choice of what the disk kept being random (F54-F56).
 * What was acknowledged must be there; of what was not, any part from the front may be.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { StoreOp } from '../../../runtime/actor.js'
import { seeded } from '../../../runtime/random.js'
import { openStore } from '../../../runtime/store/store.js'
import { hard, Model, OURS, record, shown, snapshot, wal } from '../../contract/store.cases.js'
import { MemoryDisk } from '../../contract/store.disk.js'

const t = suite('store: crash at every operation')
const SMALL = { segmentBytes: 2048, reserveBytes: 1024 }
const text = 'y'.repeat(500)
const script: readonly StoreOp[] = [
  hard('one'),
  wal(record(1, 1, text), record(2, 1, text)),
  wal(record(3, 1, text)),
  hard('two'),
  wal(record(3, 2, text), record(4, 2), record(5, 2, text)),
  snapshot(3, 2, 'three'),
  wal(record(6, 2, text), record(7, 2, text), record(8, 2, text)),
  wal(record(9, 2, text), record(10, 2, text), record(11, 2, text)),
  wal(record(12, 2, text), record(13, 3, text)),
  snapshot(19, 4, 'installed'),
  hard('three'),
  wal(record(20, 5)),
]

/** Every state that recovery may give when the ops from `acked` on were under way: after each further record. */
function allowed(acked: number): Set<string> {
  const model = new Model()
  for (const op of script.slice(0, acked)) model.apply(op)
  const states = new Set([model.shown()])
  const op = script[acked]
  if (op?.slot === 'wal') {
    for (const one of op.records) {
      model.apply({ slot: 'wal', records: [one] })
      states.add(model.shown())
    }
  } else if (op) {
    model.apply(op)
    states.add(model.shown())
  }
  return states
}

/** Runs the script until the file operation number `stop`, which and all later ones fail. */
async function runUntil(stop: number, disk: MemoryDisk): Promise<{ readonly acked: number; readonly stopped: boolean }> {
  let operations = 0
  disk.fault = () => (++operations >= stop ? 'EIO' : undefined)
  let acked = 0
  try {
    const store = await openStore('/s', OURS, { ...SMALL, files: disk })
    for (const op of script) {
      await store.write(op)
      acked++
    }
    await store.close()
  } catch {
    return { acked, stopped: true }
  }
  return { acked, stopped: false }
}

t('recovery gives what was acknowledged and at most a front part of the write under way', async () => {
  const seen = new Set<string>()
  let stopped = true
  for (let stop = 1; stopped; stop++) {
    for (let seed = 0; seed < 12; seed++) {
      const disk = new MemoryDisk()
      const run = await runUntil(stop, disk)
      stopped = run.stopped
      disk.fault = () => undefined
      disk.crash(seed === 0 ? undefined : seeded(`crash ${stop} ${seed}`))
      const where = `operation ${stop}, seed ${seed}, ${run.acked} acknowledged`
      const first = await openStore('/s', OURS, { ...SMALL, files: disk }).catch((error: Error) => error)
      assert.not.instance(first, Error, `${where}: ${first instanceof Error ? first.message : ''}`)
      if (first instanceof Error) continue
      for (const note of first.recovered.notes) seen.add(note.key)
      const got = shown(first.recovered)
      assert.ok(allowed(run.acked).has(got), `${where}: ${got}`)
      const last = (first.recovered.snapshot?.index ?? 0) + first.recovered.entries.length
      await first.close()
      const between = await openStore('/s', OURS, { ...SMALL, files: disk })
      assert.is(shown(between.recovered), got, where)
      await between.write(wal(record(last + 1, 9)))
      disk.crash()
      const second = await openStore('/s', OURS, { ...SMALL, files: disk })
      assert.is(second.recovered.entries.at(-1)?.index, last + 1, where)
      assert.equal(second.recovered.notes, [], where)
    }
  }
  assert.ok(seen.has('store.torn-tail'), 'torn tails came up')
  assert.ok(seen.has('store.superblock-repaired'), 'torn superblocks came up')
})

t.run()
