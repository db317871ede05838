/**
 * What every Store must do, whoever implements it: the file store on a real disk, the file store on a disk in memory, the simulator's twin.
 * A harness gives one place to open stores in, and a crash: the process is gone, and nothing that was not acknowledged needs to be there.
 */
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Recovered, StoreOp, WalRecord } from '../../runtime/actor.js'
import { clusterId, index, nodeId, term } from '../../runtime/ids.js'
import type { Store } from '../../runtime/ports.js'
import { seeded } from '../../runtime/random.js'
import type { Identity } from '../../runtime/store/store.js'

export const OURS: Identity = { cluster: clusterId('c-1'), node: nodeId('n-1') }
export const OTHER_NODE: Identity = { cluster: clusterId('c-1'), node: nodeId('n-2') }
export const OTHER_CLUSTER: Identity = { cluster: clusterId('c-2'), node: nodeId('n-1') }

export interface StoreHarness {
  open(id?: Identity): Promise<Store>
  /** The process of the open store dies without a word. `keepSynced` = only acknowledged and synced bytes stay. */
  crash(keepSynced: boolean): Promise<void>
  /** From now on the disk has no room, or fails each write, or cannot be read; or is well again. */
  disk?(is: 'full' | 'failing' | 'unreadable' | 'well'): void
  dispose(): Promise<void>
}

export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
export const record = (i: number, t: number, text = `${t}.${i}`): WalRecord => ({ index: index(i), term: term(t), bytes: bytes(text) })
export const wal = (...records: readonly WalRecord[]): StoreOp => ({ slot: 'wal', records })
export const hard = (text: string): StoreOp => ({ slot: 'hard', bytes: bytes(text) })
export const snapshot = (i: number, t: number, text: string): StoreOp => ({
  slot: 'snapshot',
  index: index(i),
  term: term(t),
  bytes: bytes(text),
})

const plain = (b: Uint8Array | undefined): string | undefined => b && Buffer.from(b).toString()
/** What came back, as text that compares. */
export const shown = (got: Recovered): string =>
  JSON.stringify({
    hard: plain(got.hard),
    snapshot: got.snapshot && `${got.snapshot.term}.${got.snapshot.index} ${plain(got.snapshot.bytes)}`,
    entries: got.entries.map((entry) => `${entry.term}.${entry.index} ${plain(entry.bytes)}`),
  })
export const expected = (h: string | undefined, s: string | undefined, entries: readonly string[]): string =>
  JSON.stringify({ hard: h, snapshot: s, entries: entries.map((entry) => `${entry} ${entry}`) })

/** What the acknowledged writes say: the reference that recovery is compared with. */
export class Model {
  hard: string | undefined
  snapshot: { readonly index: number; readonly term: number; readonly text: string } | undefined
  entries: WalRecord[] = []

  get last(): number {
    return (this.snapshot?.index ?? 0) + this.entries.length
  }
  apply(op: StoreOp): void {
    if (op.slot === 'hard') this.hard = plain(op.bytes)
    else if (op.slot === 'wal') for (const r of op.records) this.entries = [...this.entries.filter((e) => e.index < r.index), r]
    else {
      const keeps = this.entries.some((e) => e.index === op.index && e.term === op.term)
      this.entries = keeps ? this.entries.filter((e) => e.index > op.index) : []
      this.snapshot = { index: op.index, term: op.term, text: plain(op.bytes) ?? '' }
    }
  }
  shown(): string {
    const s = this.snapshot
    return JSON.stringify({
      hard: this.hard,
      snapshot: s && `${s.term}.${s.index} ${s.text}`,
      entries: this.entries.map((e) => `${e.term}.${e.index} ${plain(e.bytes)}`),
    })
  }
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  return assert.unreachable('it was accepted') as never
}

type Case = (name: string, run: (harness: StoreHarness) => Promise<void>) => void

/** Adds the cases to the suite, each with a harness of its own; `senseless`: names of those that this store cannot be asked, and why. */
export function storeCases(t: Test, make: () => Promise<StoreHarness>, senseless: Readonly<Record<string, string>> = {}): void {
  const names = new Set<string>()
  const cases: Case = (name, run) => {
    names.add(name)
    if (Object.hasOwn(senseless, name)) return
    t(name, async () => {
      const harness = await make()
      try {
        await run(harness)
      } finally {
        await harness.dispose()
      }
    })
  }
  durabilityCases(cases)
  snapshotCases(cases)
  refusalCases(cases)
  troubleCases(cases)
  for (let seed = 1; seed <= 12; seed++) {
    cases(`random writes and crashes never lose or invent anything (seed ${seed})`, (h) => randomRun(h, `store ${seed}`))
  }
  assert.equal(
    Object.keys(senseless).filter((name) => !names.has(name)),
    [],
    'every senseless case is a case',
  )
}

function durabilityCases(cases: Case): void {
  cases('a new store is empty, and so is one that crashed before its first write', async (h) => {
    assert.is(shown((await h.open()).recovered), expected(undefined, undefined, []))
    await h.crash(true)
    const again = await h.open()
    assert.is(shown(again.recovered), expected(undefined, undefined, []))
    assert.equal(
      again.recovered.notes.filter((note) => note.severity === 'warning'),
      [],
    )
  })

  cases('what was acknowledged is there after a crash (S12)', async (h) => {
    const store = await h.open()
    await store.write(hard('term 1'))
    await store.write(wal(record(1, 1), record(2, 1)))
    await store.write(hard('term 2'))
    await store.write(wal(record(3, 2)))
    await h.crash(true)
    assert.is(shown((await h.open()).recovered), expected('term 2', undefined, ['1.1', '1.2', '2.3']))
  })

  cases('what was acknowledged is there after an orderly close, again and again', async (h) => {
    for (let round = 1; round <= 5; round++) {
      const store = await h.open()
      await store.write(wal(record(round, round)))
      await store.write(hard(`round ${round}`))
      await store.close()
    }
    assert.is(shown((await h.open()).recovered), expected('round 5', undefined, ['1.1', '2.2', '3.3', '4.4', '5.5']))
  })

  cases('a record of index i replaces i and everything after it', async (h) => {
    const store = await h.open()
    await store.write(wal(record(1, 1), record(2, 1), record(3, 1), record(4, 1)))
    await store.write(wal(record(2, 2)))
    await h.crash(true)
    const again = await h.open()
    assert.is(shown(again.recovered), expected(undefined, undefined, ['1.1', '2.2']))
    await again.write(wal(record(3, 3), record(2, 4)))
    await again.close()
    assert.is(shown((await h.open()).recovered), expected(undefined, undefined, ['1.1', '4.2']))
  })

  cases('writes that are not awaited are carried out in the order of the calls', async (h) => {
    const store = await h.open()
    const order: number[] = []
    const ops = [
      wal(record(1, 1)),
      hard('a'),
      wal(record(2, 1)),
      wal(record(3, 1)),
      hard('b'),
      hard('c'),
      snapshot(2, 1, 'two'),
      wal(record(4, 1)),
    ]
    await Promise.all(ops.map((op, i) => store.write(op).then(() => order.push(i))))
    assert.equal(order, [0, 1, 2, 3, 4, 5, 6, 7])
    await h.crash(true)
    assert.is(shown((await h.open()).recovered), expected('c', '1.2 two', ['1.3', '1.4']))
  })
}

function snapshotCases(cases: Case): void {
  cases('a snapshot replaces the log up to its index; what follows has no hole', async (h) => {
    const store = await h.open()
    for (let i = 1; i <= 9; i++) await store.write(wal(record(i, 1)))
    await store.write(snapshot(6, 1, 'six'))
    await store.write(wal(record(10, 2)))
    await h.crash(true)
    const again = await h.open()
    assert.is(shown(again.recovered), expected(undefined, '1.6 six', ['1.7', '1.8', '1.9', '2.10']))
    await again.write(snapshot(10, 2, 'ten'))
    await again.close()
    assert.is(shown((await h.open()).recovered), expected(undefined, '2.10 ten', []))
  })

  cases('a snapshot of another history voids the whole log (installed by a leader)', async (h) => {
    const store = await h.open()
    await store.write(wal(record(1, 1), record(2, 1), record(3, 1), record(4, 1)))
    await store.write(snapshot(3, 2, 'other three'))
    await h.crash(true)
    const again = await h.open()
    assert.is(shown(again.recovered), expected(undefined, '2.3 other three', []))
    await again.write(wal(record(4, 2)))
    await again.write(snapshot(40, 7, 'far ahead'))
    await again.write(wal(record(41, 7)))
    await h.crash(true)
    assert.is(shown((await h.open()).recovered), expected(undefined, '7.40 far ahead', ['7.41']))
  })

  cases('large and empty bodies come back as they were', async (h) => {
    const large = 'x'.repeat(300_000)
    const store = await h.open()
    await store.write(wal(record(1, 1, large), record(2, 1, '')))
    await store.write(hard('y'.repeat(3072)))
    await h.crash(true)
    const { recovered } = await h.open()
    assert.is(plain(recovered.entries[0]?.bytes), large)
    assert.is(recovered.entries[1]?.bytes.length, 0)
    assert.is(recovered.hard?.length, 3072)
  })
}

function refusalCases(cases: Case): void {
  cases('a hole, a record inside the snapshot and a hard state of over 3 KiB are bugs of the caller and change nothing', async (h) => {
    const store = await h.open()
    await store.write(wal(record(1, 1), record(2, 1)))
    await store.write(snapshot(1, 1, 'one'))
    assert.match((await rejection(store.write(wal(record(4, 1))))).message, 'hole')
    assert.match((await rejection(store.write(wal(record(1, 2))))).message, 'snapshot')
    assert.match((await rejection(store.write(hard('z'.repeat(3073))))).message, '3072')
    await store.write(wal(record(3, 1)))
    await store.close()
    assert.is(shown((await h.open()).recovered), expected(undefined, '1.1 one', ['1.2', '1.3']))
  })

  cases('a write after close is refused with a sentence', async (h) => {
    const store = await h.open()
    await store.close()
    assert.match((await rejection(store.write(hard('late')))).message, 'closed')
  })

  cases('the store of another node or cluster is refused with a sentence that names both (F61)', async (h) => {
    const store = await h.open()
    await store.write(hard('mine'))
    await store.close()
    for (const other of [OTHER_NODE, OTHER_CLUSTER]) {
      const message = (await rejection(h.open(other))).message
      assert.match(message, OURS.node)
      assert.match(message, OURS.cluster)
      assert.match(message, other.cluster)
    }
    assert.is(shown((await h.open()).recovered), expected('mine', undefined, []))
  })
}

/** Names of the cases that need a disk which can be told to fail. */
export const troubles = [
  'a full disk refuses what goes into the log, keeps nothing of it, takes hard states, and goes on when there is room (F52)',
  'a write that failed is the end of this store; the next one has what was acknowledged, and at most a front part of it (F50, F51)',
  'a store that cannot be read is not opened and not changed (F49)',
] as const

type Failed = Error & { readonly full?: boolean }
const large = (i: number): WalRecord => record(i, 1, `${i} `.padEnd(9000, 'l'))

function troubleCases(cases: Case): void {
  cases(troubles[0], async (h) => {
    const store = await h.open()
    await store.write(hard('a'))
    await store.write(wal(record(1, 1)))
    h.disk?.('full')
    const ends = await Promise.allSettled([store.write(wal(large(2))), store.write(hard('b')), store.write(wal(record(3, 1)))])
    assert.equal(
      ends.map((e) => e.status),
      ['rejected', 'fulfilled', 'rejected'],
    )
    for (const e of ends) if (e.status === 'rejected') assert.is((e.reason as Failed).full, true)
    h.disk?.('well')
    await store.write(wal(record(2, 2), record(3, 2)))
    await h.crash(true)
    assert.is(shown((await h.open()).recovered), expected('b', undefined, ['1.1', '2.2', '2.3']))
  })

  cases(troubles[1], async (h) => {
    const store = await h.open()
    await store.write(hard('a'))
    await store.write(wal(record(1, 1)))
    h.disk?.('failing')
    const ends = await Promise.allSettled([store.write(wal(record(2, 1), record(3, 1))), store.write(hard('b'))])
    h.disk?.('well')
    const late = await rejection(store.write(wal(record(2, 1))))
    for (const e of [...ends.map((end) => (end.status === 'rejected' ? (end.reason as Failed) : undefined)), late as Failed])
      assert.is(e?.full, false)
    await h.crash(true)
    const front = [[], ['1.2'], ['1.2', '1.3']].map((more) => expected('a', undefined, ['1.1', ...more]))
    assert.ok(front.includes(shown((await h.open()).recovered)))
  })

  cases(troubles[2], async (h) => {
    const store = await h.open()
    await store.write(wal(record(1, 1)))
    await store.close()
    h.disk?.('unreadable')
    assert.ok((await rejection(h.open())).message.length > 10)
    h.disk?.('well')
    assert.is(shown((await h.open()).recovered), expected(undefined, undefined, ['1.1']))
  })
}

/** Acknowledged writes come back exactly; of the ones in flight at a crash, a part from the front may have become durable. */
async function randomRun(h: StoreHarness, seed: string): Promise<void> {
  const random = seeded(seed)
  let acked = new Model()
  for (let life = 0; life < 6; life++) {
    const store = await h.open()
    assert.is(shown(store.recovered), acked.shown(), `life ${life}`)
    const planned = Object.assign(new Model(), acked)
    for (let n = random.int(12); n > 0; n--) {
      const ops = Array.from({ length: 1 + random.int(4) }, () => {
        const op = randomOp(planned, random.int(10), random.int(1000), life + 1)
        planned.apply(op)
        return op
      })
      await Promise.all(ops.map((op) => store.write(op)))
      for (const op of ops) acked.apply(op)
    }
    if (random.chance(0.3)) await store.close()
    else await h.crash(random.chance(0.5))
    acked = Object.assign(new Model(), acked)
  }
}

function randomOp(model: Model, kind: number, salt: number, t: number): StoreOp {
  if (kind < 2) return hard(`hard ${salt}`)
  if (kind < 3 && model.last > (model.snapshot?.index ?? 0)) {
    const entry = model.entries[salt % model.entries.length] as WalRecord
    return salt % 5 === 0 ? snapshot(model.last + 3, t, `install ${salt}`) : snapshot(entry.index, entry.term, `snap ${salt}`)
  }
  const back = kind < 4 ? Math.min(model.entries.length, salt % 3) : 0
  const first = model.last + 1 - back
  return wal(...Array.from({ length: 1 + (salt % 3) }, (_, i) => record(first + i, t, 'b'.repeat(salt % 700))))
}
