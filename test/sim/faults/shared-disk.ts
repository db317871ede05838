/**
 * Faults of the disks that two machines share, only where they are the witness. Nothing has to be kept within bounds here: whatever happens to blocks, a
 * disk that is damaged does not count. One fault is left out, since nothing can be promised under it: a disk that acknowledged a block and gives back
 * an older one (F59).
 */
import { blockOf } from '../../../actors/disk-heartbeat/layout.js'
import type { Machine } from '../machine.js'
import { blankDisk, foreign, type SharedDisk } from '../shared-disk.js'
import type { World } from '../world.js'
import { among, between, type Fault, later, pick } from './kind.js'

const one = (w: World): SharedDisk => among(w, w.shared.disks) as SharedDisk
/** One of the machines, or both. */
const some = (w: World): readonly Machine[] => (w.random.chance(0.3) ? w.machines : [pick(w)])
const namesOf = (machines: readonly Machine[]): string => machines.map((m) => m.name).join(' and ')

function ends(w: World): void {
  for (const d of w.shared.disks) d.works()
}

/** Of one disk, or one of three times of all. */
function on(w: World, run: (d: SharedDisk) => void): string {
  const disks = w.random.chance(0.35) ? w.shared.disks : [one(w)]
  for (const d of disks) run(d)
  return `shared ${disks.map((d) => d.name).join(', ')}`
}

const fault = (id: string, name: string, apply: (w: World) => string): Fault => ({ id, name, mode: 'disk', apply, ends })

export const sharedDiskFaults: readonly Fault[] = [
  fault('F49', 'shared-read-error', (w) => {
    const times = 1 + w.random.int(12)
    return `the next ${times} reads of ${on(w, (d) => (d.failsRead = times))} fail`
  }),
  fault('F50', 'shared-write-error', (w) => {
    const times = 1 + w.random.int(8)
    return `the next ${times} writes of ${on(w, (d) => (d.failsWrite = times))} fail, and some of each is on the disk`
  }),
  fault('F54', 'shared-torn-write', (w) => {
    const m = pick(w)
    const ms = between(w, 1, 3_000)
    const which = on(w, (d) => (d.extraMs = between(w, 1, 200)))
    later(w, ms, () => {
      m.powerOff()
      w.after(between(w, 50, 3000), () => m.powerOn())
    })
    return `${m.name} loses power in ${ms} ms with writes on their way to ${which}`
  }),
  fault('F57', 'shared-bit-rot', (w) => {
    const blocks: number[] = []
    const which = on(w, (d) => {
      for (let n = 1 + w.random.int(2); n > 0; n--) {
        blocks.push(w.random.int(1 + 2 * w.machines.length))
        d.rot(blocks.at(-1) as number)
      }
    })
    return `blocks ${blocks.join(', ')} of ${which} rot`
  }),
  fault('F58', 'shared-misdirected-write', (w) => {
    const times = 1 + w.random.int(3)
    // A block that its owner writes again at its next look: else hardly anything is written to these disks.
    const slot = w.random.int(w.machines.length)
    const which = on(w, (d) => {
      d.misdirects = times
      d.rot(blockOf(slot, 0))
    })
    return `the next ${times} writes of ${which} go to another block, and there is one to be mended`
  }),
  fault('F62', 'shared-stall', (w) => {
    const who = some(w)
    const ms = between(w, 20, 60_000)
    const stalled: SharedDisk[] = []
    const which = on(w, (d) => {
      stalled.push(d)
      for (const m of who) d.stalled.add(m.name)
    })
    later(w, ms, () => {
      for (const d of stalled) for (const m of who) d.release(m.name)
    })
    return `${which} stands still for ${namesOf(who)}, ${ms} ms`
  }),
  fault('F63', 'shared-gone', (w) => {
    const who = some(w)
    const ms = between(w, 100, 30_000)
    const gone: SharedDisk[] = []
    const which = on(w, (d) => {
      gone.push(d)
      for (const m of who) d.cut.add(m.name)
    })
    later(w, ms, () => {
      for (const d of gone) for (const m of who) d.cut.delete(m.name)
    })
    return `${which} is gone for ${namesOf(who)}, ${ms} ms`
  }),
  fault(
    'F63',
    'shared-blank',
    (w) => `a disk that nobody initialised is in the place of ${on(w, (d) => (d.medium = blankDisk(d.header)))}`,
  ),
  fault('F64', 'shared-foreign', (w) => `a disk of another cluster is in the place of ${on(w, (d) => (d.medium = foreign(d.header)))}`),
]
