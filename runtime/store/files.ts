/**
 * The few file operations that the store needs, so that tests can put a disk under it that tears, fills up, lies and dies.
 * One real implementation: `realFiles` (node:fs/promises). All calls reject with the errno error of the system.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './error.js'
import { TEMP } from './format.js'
import { acquireLock, type Lock } from './lock.js'

export interface File {
  /** Writes all of `bytes` at `position`; growing the file if it must. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** fdatasync: after it, what was written survives a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface Files {
  /** Makes the directory (mode 0700) if it is missing. */
  makeDir(dir: string): Promise<void>
  /** Takes the directory for this process, or rejects with a StoreError. */
  lock(dir: string): Promise<Lock>
  list(dir: string): Promise<readonly string[]>
  /** The whole file as the disk has it, not as the page cache remembers it; undefined if there is none. */
  read(path: string): Promise<Buffer | undefined>
  /** An existing file for writing, or a new and empty one (`create`: an old one of that name is emptied). */
  open(path: string, create: boolean): Promise<File>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** fsync of a directory: makes created, renamed and removed names durable. */
  syncDir(dir: string): Promise<void>
}

/** Makes `name` appear whole and durable under its name, or not at all: temp file, fdatasync, rename, fsync of the directory. */
export async function createFile(files: Files, dir: string, name: string, parts: readonly Uint8Array[]): Promise<void> {
  const temp = join(dir, name + TEMP)
  const file = await files.open(temp, true)
  try {
    let position = 0
    for (const part of parts) {
      await file.write(part, position)
      position += part.length
    }
    await file.sync()
    await file.close()
    await files.rename(temp, join(dir, name))
  } catch (error) {
    await file.close()
    await files.remove(temp)
    throw error
  }
  await surely('fsync of the directory', files.syncDir(dir))
}

/** An error that leaves open what is on disk: whatever its code, it is final, and never "disk full, try again". */
export async function surely(what: string, done: Promise<void>): Promise<void> {
  try {
    await done
  } catch (error) {
    throw new Error(`${what} failed with ${codeOf(error)}`, { cause: error })
  }
}

export const realFiles: Files = {
  makeDir: async (dir) => {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  },
  lock: acquireLock,
  list: (dir) => readdir(dir),
  read: async (path) => {
    try {
      return (await readDirect(path)) ?? (await readFile(path))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  },
  open: async (path, create) => wrap(await open(path, create ? 'w+' : 'r+', 0o600)),
  rename,
  remove: unlink,
  syncDir: async (dir) => {
    const handle = await open(dir, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** Of memory, file position and length in a direct read: enough for every disk. */
const blockBytes = 4096
const stepBytes = 16

/**
 * Reads past the page cache: after a failed fsync the kernel may have marked pages as clean that never reached the disk, and would go on showing
 * them. Node cannot ask for aligned memory, so the place in a larger buffer that the kernel takes is found by trying. Undefined where the file system
 * has no such reads.
 */
async function readDirect(path: string): Promise<Buffer | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECT).catch(unlessInvalid)
  if (!handle) return undefined
  try {
    const { size } = await handle.stat()
    const room = Math.ceil(size / blockBytes) * blockBytes + blockBytes
    const memory = Buffer.allocUnsafeSlow(room + blockBytes)
    for (let from = 0; from < blockBytes; from += stepBytes) {
      const first = await handle.read(memory, from, blockBytes, 0).catch(unlessInvalid)
      if (!first) continue
      let done = first.bytesRead
      while (done < size && done % blockBytes === 0) {
        const { bytesRead } = await handle.read(memory, from + done, room - done, done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return memory.subarray(from, from + Math.min(done, size))
    }
    return undefined
  } finally {
    await handle.close()
  }
}
const unlessInvalid = (error: unknown): undefined => {
  if (codeOf(error) !== 'EINVAL') throw error
}

function wrap(handle: FileHandle): File {
  return {
    write: async (bytes, position) => {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    },
    sync: () => handle.datasync(),
    close: () => handle.close(), // a second close of a FileHandle is harmless
  }
}
