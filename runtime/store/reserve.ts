/**
 * One MiB of the disk held back in a file `reserve`. When the disk is full it is given up, so that the last hard state ("I resign")
 * can be written even where overwriting in place needs space (copy-on-write file systems). No new log segment is made before the
 * reserve stands again: otherwise the log would eat it.
 */
import { join } from 'node:path'
import { type Verdict, verdict } from '../verdict.js'
import { codeOf, isFull } from './error.js'
import { createFile, type Files } from './files.js'
import { RESERVE } from './format.js'

export interface Reserve {
  readonly notes: readonly Verdict[]
  /** Gives the space back to the file system. */
  release(): Promise<void>
  /** Makes it anew if it is gone; rejects with ENOSPC if there is no space for it. */
  restore(): Promise<void>
  /** The same, but a full disk is no error. */
  tryRestore(): Promise<void>
}

export async function openReserve(files: Files, dir: string, bytes: number): Promise<Reserve> {
  const notes: Verdict[] = []
  let stands = (await files.list(dir)).includes(RESERVE)
  const restore = async (): Promise<void> => {
    if (!stands) await createFile(files, dir, RESERVE, [Buffer.alloc(bytes)])
    stands = true
  }
  const tryRestore = async (): Promise<string | undefined> => {
    try {
      await restore()
      return undefined
    } catch (error) {
      if (isFull(error)) return codeOf(error)
      throw error
    }
  }
  const error = await tryRestore()
  if (error) notes.push(verdict('warn', 'store.reserve-missing', { dir, error }, 'warning'))
  return {
    notes,
    restore,
    tryRestore: async () => {
      await tryRestore()
    },
    release: async () => {
      if (!stands) return
      stands = false
      await files.remove(join(dir, RESERVE))
    },
  }
}
