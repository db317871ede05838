/**
 * One writer per state directory. The lock is a file `lock` {pid, boot} that its holder keeps open: it is held while that
 * process lives in this boot of the kernel and still has this very file open (so a dead worker thread of our own process
 * does not hold it, and neither does a stranger that got the pid). Anything else is stale and is taken over.
 * Appears by link(2), complete or not at all.
 */

import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, refused } from './error.js'

export interface Lock {
  /** True if a dead holder's lock was taken over. */
  readonly stale: boolean
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  readonly boot: string
  readonly inode: number
}

/** Takes `dir` for this process, or rejects with the StoreError `store.locked`. */
export async function acquireLock(dir: string): Promise<Lock> {
  const path = join(dir, 'lock')
  const own = join(dir, `lock.${process.pid}.${randomUUID()}`)
  const handle = await open(own, 'wx', 0o600)
  try {
    await handle.writeFile(JSON.stringify({ pid: process.pid, boot: await kernelBoot() }))
    const inode = (await handle.stat()).ino
    const stale = await take(dir, own, path)
    if ((await inodeOf(path)) !== inode) throw refused('store.locked', { dir, pid: (await readHolder(path))?.pid ?? 0 })
    return { stale, release: () => release(path, handle, inode) }
  } catch (error) {
    await handle.close()
    throw error
  } finally {
    await removeIfThere(own)
  }
}

/** Links `own` to `path`, moving stale locks aside. True if it had to. */
async function take(dir: string, own: string, path: string): Promise<boolean> {
  let stale = false
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await link(own, path)
      return stale
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = await readHolder(path)
    if (holder === undefined) continue
    if (await lives(holder)) throw refused('store.locked', { dir, pid: holder.pid })
    stale = true
    await moveAside(path, `${own}.stale`, holder)
  }
  throw refused('store.locked', { dir, pid: (await readHolder(path))?.pid ?? 0 })
}

/** Removes the lock that was judged stale; one that somebody took in the meantime is put back. */
async function moveAside(path: string, aside: string, judged: Holder): Promise<void> {
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  try {
    if ((await inodeOf(aside)) !== judged.inode) await link(aside, path)
  } finally {
    await removeIfThere(aside)
  }
}

async function release(path: string, handle: FileHandle, inode: number): Promise<void> {
  if ((await inodeOf(path)) === inode) await unlink(path)
  await handle.close()
}

async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string
  let inode: number
  try {
    inode = (await stat(path)).ino
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const found = /^\{"pid":(\d{1,10}),"boot":"([^"]*)"\}$/.exec(text)
  return { pid: Number(found?.[1] ?? 0), boot: found?.[2] ?? '', inode }
}

async function lives(holder: Holder): Promise<boolean> {
  if (holder.pid === 0 || holder.boot !== (await kernelBoot())) return false
  let names: readonly string[]
  try {
    process.kill(holder.pid, 0)
    names = await readdir(`/proc/${holder.pid}/fd`)
  } catch (error) {
    return !['ESRCH', 'ENOENT'].includes(codeOf(error)) // EPERM, EACCES: it lives and is not ours to look into
  }
  for (const name of names) if ((await inodeOf(`/proc/${holder.pid}/fd/${name}`)) === holder.inode) return true
  return false
}

/** Inode of the file behind `path`, undefined if there is none (any more). */
async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch {
    return undefined
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

const kernelBoot = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
