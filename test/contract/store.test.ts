/** The file store, on a real directory and on a disk in memory that really loses what was not synced. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import { seeded } from '../../runtime/random.js'
import { type File, type Files, realFiles } from '../../runtime/store/files.js'
import { openStore } from '../../runtime/store/store.js'
import { OURS, type StoreHarness, storeCases } from './store.cases.js'
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
storeCases(real, async (): Promise<StoreHarness> => {
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
})
real.run()

const memory = suite('contract: file store on a disk that loses what was not synced')
let made = 0
storeCases(memory, async (): Promise<StoreHarness> => {
  const disk = new MemoryDisk()
  const random = seeded(`disk ${++made}`)
  return {
    open: (id = OURS) => openStore('/store', id, { ...SMALL, files: disk }),
    crash: async (keepSynced) => disk.crash(keepSynced ? undefined : random),
    dispose: async () => undefined,
  }
})
memory.run()
