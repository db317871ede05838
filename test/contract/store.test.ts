/** The file store, on a real directory and on a disk in memory that really loses what was not synced; and the simulator's twin. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import type { Recovered, StoreOp } from '../../runtime/actor.js'
import type { Store } from '../../runtime/ports.js'
import { type Random, seeded } from '../../runtime/random.js'
import { type File, type Files, realFiles } from '../../runtime/store/files.js'
import { openStore } from '../../runtime/store/store.js'
import { SimDisk } from '../sim/disk.js'
import { OURS, type StoreHarness, storeCases, troubles } from './store.cases.js'
import { MemoryDisk } from './store.disk.js'

const SMALL = { segmentBytes: 4096, reserveBytes: 4096 }

/** A process on the real file system that can die: its descriptors are closed and its lock file is left behind. */
function mortal(): { readonly files: Files; readonly die: () => Promise<void> } {
  let opened: File[] = []
  let releases: (() => Promise<void>)[] = []
  return {
    files: {
      ...realFiles,
      open: async (path, create) => {
        const file = await realFiles.open(path, create)
        opened.push(file)
        return file
      },
      lock: async (dir) => {
        const lock = await realFiles.lock(dir)
        releases.push(() => lock.release())
        return lock
      },
    },
    die: async () => {
      for (const file of opened) await file.close()
      for (const release of releases) await release()
      opened = []
      releases = []
    },
  }
}

const real = suite('contract: file store on a real directory')
const notHere = Object.fromEntries(
  troubles.map((name) => [name, 'a real directory cannot be told to fail; unit/store/full does it on a small one']),
)
storeCases(
  real,
  async (): Promise<StoreHarness> => {
    const dir = await mkdtemp(join(tmpdir(), 'kyha-store-'))
    const process = mortal()
    return {
      open: (id = OURS) => openStore(join(dir, 'store'), id, { ...SMALL, files: process.files }),
      crash: () => process.die(),
      dispose: async () => {
        await process.die()
        await rm(dir, { recursive: true })
      },
    }
  },
  notHere,
)
real.run()

const memory = suite('contract: file store on a disk that loses what was not synced')
let made = 0
storeCases(memory, async (): Promise<StoreHarness> => {
  const disk = new MemoryDisk()
  const random = seeded(`disk ${++made}`)
  return {
    open: (id = OURS) => openStore('/store', id, { ...SMALL, files: disk }),
    crash: async (keepSynced) => disk.crash(keepSynced ? undefined : random),
    disk(is) {
      disk.capacity = is === 'full' ? 0 : Number.POSITIVE_INFINITY
      disk.fault = (operation) => (is === 'failing' && (operation === 'write' || operation === 'sync') ? 'EIO' : undefined)
      disk.unreadable = is === 'unreadable'
    },
    dispose: async () => undefined,
  }
})
memory.run()

/** A Store over the simulator's disk: each write becomes durable some turns later, in order. */
class SimStore implements Store {
  readonly recovered: Recovered
  #closed = false
  #last: Promise<void> = Promise.resolve()

  constructor(
    private readonly disk: SimDisk,
    private readonly isAlive: () => boolean,
    private readonly random: Random,
  ) {
    this.recovered = disk.recover()
  }
  write(op: StoreOp): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'))
    try {
      this.disk.begin(op)
    } catch (error) {
      return Promise.reject(error)
    }
    const done = this.#last.then(() => {
      const end = this.isAlive() ? this.disk.finish(this.random) : 'durable'
      if (end !== 'durable') throw Object.assign(new Error(end), { full: end === 'full' })
    })
    this.#last = done.catch(() => undefined)
    return done
  }
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }
}

const sim = suite('contract: the simulator’s disk')
storeCases(
  sim,
  async (): Promise<StoreHarness> => {
    const disk = new SimDisk()
    const random = seeded(`sim disk ${++made}`)
    let life = 0
    return {
      open: async () => {
        const mine = ++life
        return new SimStore(disk, () => life === mine, random)
      },
      crash: async () => {
        life++
        disk.cut(random)
      },
      disk(is) {
        disk.full = is === 'full'
        disk.fails = is === 'failing' ? Number.POSITIVE_INFINITY : 0
        disk.unreadable = is === 'unreadable' ? 'EIO while reading' : undefined
      },
      dispose: async () => undefined,
    }
  },
  {
    'the store of another node or cluster is refused with a sentence that names both (F61)':
      'a simulated machine is never given the disk of another',
  },
)
sim.run()
