/**
 * A disk in memory under the real store: what was not synced can be lost or torn at a crash (sector by sector, name by name),
 * it can be full, and any operation can be made to fail. Used by the contract, unit and fuzz tests of the store.
 */
import { join } from 'node:path'
import type { Random } from '../../runtime/random.js'
import { refused } from '../../runtime/store/error.js'
import type { File, Files } from '../../runtime/store/files.js'

const SECTOR = 512

interface Inode {
  data: Buffer
  synced: Buffer
}
export type Operation = 'open' | 'write' | 'sync' | 'rename' | 'remove' | 'syncDir'

const errno = (code: string): Error => Object.assign(new Error(code), { code })

export class MemoryDisk implements Files {
  names = new Map<string, Inode>()
  private syncedNames = new Map<string, Inode>()
  private locked = false
  private life = 0
  /** Bytes that files may hold together; growth beyond it is ENOSPC. */
  capacity = Number.POSITIVE_INFINITY
  /** Every read fails. */
  unreadable = false
  /** Makes an operation fail with an errno code. */
  fault: (operation: Operation, path: string) => string | undefined = () => undefined
  readonly counts: Record<Operation, number> = { open: 0, write: 0, sync: 0, rename: 0, remove: 0, syncDir: 0 }

  /** A disk that holds these files, durable. */
  static of(files: ReadonlyMap<string, Buffer>): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [path, bytes] of files) disk.names.set(path, { data: Buffer.from(bytes), synced: Buffer.from(bytes) })
    disk.syncedNames = new Map(disk.names)
    return disk
  }
  /** Copies of all files as they stand. */
  dump(): Map<string, Buffer> {
    return new Map([...this.names].map(([path, inode]) => [path, Buffer.from(inode.data)]))
  }
  /** Power off: each sector and name that was not synced is kept or lost as `random` says; without it all of them are lost. */
  crash(random?: Random): void {
    this.life++
    this.locked = false
    const keeps = (): boolean => random?.chance(0.5) ?? false
    const after = new Map<string, Inode>()
    for (const path of new Set([...this.names.keys(), ...this.syncedNames.keys()])) {
      const now = this.names.get(path)
      const before = this.syncedNames.get(path)
      const inode = now === before || keeps() ? now : before
      if (inode) after.set(path, inode)
    }
    for (const inode of new Set(after.values())) {
      const size = keeps() ? inode.data.length : inode.synced.length
      const data = Buffer.alloc(size)
      for (let at = 0; at < size; at += SECTOR) {
        const from = keeps() ? inode.data : inode.synced
        from.subarray(at, Math.min(at + SECTOR, size)).copy(data, at)
      }
      inode.data = data
      inode.synced = Buffer.from(data)
    }
    this.names = after
    this.syncedNames = new Map(after)
  }

  makeDir = async (): Promise<void> => undefined
  lock = async (dir: string): Promise<{ stale: boolean; release(): Promise<void> }> => {
    if (this.locked) throw refused('store.locked', { dir, pid: process.pid })
    this.locked = true
    return {
      stale: false,
      release: async () => {
        this.locked = false
      },
    }
  }
  list = async (dir: string): Promise<readonly string[]> =>
    [...this.names.keys()].filter((path) => path.startsWith(`${dir}/`)).map((path) => path.slice(dir.length + 1))
  read = async (path: string): Promise<Buffer | undefined> => {
    if (this.unreadable) throw errno('EIO')
    const inode = this.names.get(path)
    return inode && Buffer.from(inode.data)
  }
  open = async (path: string, create: boolean): Promise<File> => {
    this.check('open', path)
    if (create) this.names.set(path, { data: Buffer.alloc(0), synced: Buffer.alloc(0) })
    const inode = this.names.get(path)
    if (!inode) throw errno('ENOENT')
    const life = this.life
    const alive = (): void => {
      if (life !== this.life) throw errno('EBADF') // the process that opened it died
    }
    return {
      write: async (bytes, position) => {
        alive()
        const end = position + bytes.length
        const room = this.capacity - this.used() + inode.data.length
        const code = this.count('write', path) ?? (end > inode.data.length && end > room ? 'ENOSPC' : undefined)
        const fits = code ? bytes.subarray(0, bytes.length >> 1) : bytes
        const grown = Buffer.alloc(Math.max(inode.data.length, position + fits.length))
        inode.data.copy(grown)
        grown.set(fits, position)
        inode.data = grown
        if (code) throw errno(code)
      },
      sync: async () => {
        alive()
        this.check('sync', path)
        inode.synced = Buffer.from(inode.data)
      },
      close: async () => undefined,
    }
  }
  rename = async (from: string, to: string): Promise<void> => {
    this.check('rename', to)
    const inode = this.names.get(from)
    if (!inode) throw errno('ENOENT')
    this.names.delete(from)
    this.names.set(to, inode)
  }
  remove = async (path: string): Promise<void> => {
    this.check('remove', path)
    if (!this.names.delete(path)) throw errno('ENOENT')
  }
  syncDir = async (dir: string): Promise<void> => {
    this.check('syncDir', join(dir, '.'))
    this.syncedNames = new Map(this.names)
  }

  private used(): number {
    return [...this.names.values()].reduce((sum, inode) => sum + inode.data.length, 0)
  }
  private count(operation: Operation, path: string): string | undefined {
    this.counts[operation]++
    return this.fault(operation, path)
  }
  private check(operation: Operation, path: string): void {
    const code = this.count(operation, path)
    if (code) throw errno(code)
  }
}
